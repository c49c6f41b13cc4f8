"""Mails and whatever has their form: mailboxes, and pages that a browser saved in one file (MHTML)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from itertools import pairwise

from ppkit.keys.scan.archives import MOST_MEMBERS, CannotLookInside
from ppkit.keys.scan.embedded import EmbeddedFile, EmbeddedText, Inside
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit, Reason

_FIELD = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t]")
_KNOWN = re.compile(
    rb"(?im)^(?:received|return-path|delivered-to|from|to|subject|date|message-id|mime-version"
    rb"|content-type|content-transfer-encoding|x-[a-z-]+):[ \t]"
)
_NEXT_MAIL = re.compile(rb"(?m)^From .*\r?\n(?=[A-Za-z][A-Za-z0-9-]*:)")


def is_mail(head: bytes) -> bool:
    """Whether this begins with the fields of a mail, two at least that no other file has."""
    begin = head[:4096]
    if begin.startswith(b"From "):
        begin = begin.partition(b"\n")[2]
    fields = begin.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return bool(_FIELD.match(fields)) and len(set(map(bytes.lower, _KNOWN.findall(fields)))) >= 2


def parts_of_mail(content: bytes) -> Iterator[Inside]:
    """Fields, and each part decoded: attachments are files of their own."""
    starts = [0, *(found.start() for found in _NEXT_MAIL.finditer(content) if found.start()), len(content)]
    for number, (start, end) in enumerate(pairwise(starts), start=1):
        mail = message_from_bytes(_NEXT_MAIL.sub(b"", content[start:end], count=1), policy=policy.compat32)
        for count, part in enumerate(mail.walk()):
            if count > MOST_MEMBERS:
                raise CannotLookInside(Reason.TOO_LARGE)
            yield EmbeddedText(LeakPlace(PlaceUnit.MAIL, number), "\n".join(_fields(part)))
            if not part.is_multipart():
                payload = part.get_payload(decode=True)
                if isinstance(payload, bytes):
                    yield EmbeddedFile(str(part.get_filename() or f"{number}.{count}"), payload)


def _fields(part: Message) -> Iterator[str]:
    for value in map(str, part.values()):
        for text, charset in decode_header(value):
            yield text if isinstance(text, str) else text.decode(_known(charset), "replace")


def _known(charset: str | None) -> str:
    return charset if charset and charset.lower() in ("utf-8", "utf-16", "ascii", "us-ascii") else "latin-1"
