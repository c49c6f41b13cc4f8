"""PDFs: pages, annotations, form values, metadata, attachments; pypdf, in a process that can be stopped."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ppkit import extras
from ppkit.keys.scan import pdf_reader
from ppkit.keys.scan.archives import CannotLookInside
from ppkit.keys.scan.embedded import EmbeddedFile, EmbeddedText, Inside
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit, Reason

MOST_SECONDS = 60.0  # for one PDF; one of a thousand pages takes ten to twenty
MOST_TOLD = 512 * 1024 * 1024  # bytes that the reader may print
# Programs let other bytes stand before it, but a text that speaks of it is none.
_MARK = re.compile(rb"(?:\A|[\r\n]|[^\t -~])%PDF-\d")
_MARK_WITHIN = 1024 + 6  # bytes
_ENDS = {
    pdf_reader.ENCRYPTED: Reason.ENCRYPTED,
    pdf_reader.DAMAGED: Reason.DAMAGED,
    pdf_reader.TOO_LARGE: Reason.TOO_LARGE,
}


def is_pdf(head: bytes) -> bool:
    return bool(_MARK.search(head[:_MARK_WITHIN]))


def is_installed() -> bool:
    return extras.is_installed("pypdf")


def parts_of_pdf(content: bytes) -> Iterator[Inside]:
    """What is written in a PDF. Raises CannotLookInside at the end, when it was not all."""
    if not is_installed():
        raise CannotLookInside(Reason.NO_LIBRARY)
    with tempfile.TemporaryFile() as told:
        is_late = _tell(content, told)
        if told.tell() > MOST_TOLD:
            raise CannotLookInside(Reason.TOO_LARGE)
        told.seek(0)
        end = None
        for line in told:
            try:
                said = json.loads(line)
            except ValueError:
                break  # it was stopped in the middle of a line
            end = said.get("end")
            if end is None:
                yield _inside(said)
    if is_late:
        raise CannotLookInside(Reason.TOO_SLOW)
    if end != pdf_reader.DONE:
        raise CannotLookInside(_ENDS.get(str(end), Reason.DAMAGED))


def _tell(content: bytes, told: IO[bytes]) -> bool:
    """Let the reader print into `told`. Returns whether it had to be stopped."""
    try:
        subprocess.run(  # noqa: S603  (our own program, without a shell)
            [sys.executable, "-P", str(Path(pdf_reader.__file__))],
            input=content,
            stdout=told,
            stderr=subprocess.DEVNULL,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        told.seek(0, 2)
        return True
    told.seek(0, 2)
    return False


def _inside(said: dict[str, object]) -> Inside:
    if "name" in said:
        return EmbeddedFile(str(said["name"]), base64.b64decode(str(said["content"])))
    page = said.get("page")
    return EmbeddedText(
        LeakPlace(PlaceUnit.PAGE, page) if isinstance(page, int) else LeakPlace(PlaceUnit.TEXT),
        str(said["text"]),
    )
