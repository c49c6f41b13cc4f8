"""Keys in the middle of any text: as they are, escaped, broken over lines, in base64.

For places where a wrong alarm costs: files, notebooks about to be written, what a shell remembers. What is
only shown goes through `redact`, which hides more.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ppkit.keys.apikey import OPENAI_INFIX, KeyKind, kind_of
from ppkit.keys.leak_rules import ANNOUNCED, SIGNS, is_example, is_random
from ppkit.keys.masking import fingerprint_of, masked
from ppkit.keys.shapes import COMPLETE
from ppkit.keys.vendor_search import keys_of_vendors
from ppkit.keys.vendors import vendor_of_whole_key

LONGEST_KEY = 300  # signs; the longest known form has 167
BEFORE = 256  # characters before a key's first letter that its recognition may need
OVERLAP = 8192  # characters from a key's first letter on that its recognition may need

_RUN = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_KEY}}}")
_HYPHEN = r"\\{1,4}(?:u002[dD]|x2[dD])|%(?:25)?2[dD]|&#(?:45|x2[dD]);|=2D"
_START = re.compile(rf"sk(?:-|{_HYPHEN})")
_UNDERSCORE = r"\\{1,4}(?:u005[fF]|x5[fF])|%(?:25)?5[fF]|&#(?:95|x5[fF]);|=5F"
# What may stand between two signs of one key: line ends of mails, shells and printers, the seam between two
# quoted pieces, signs without width (or their bytes, where a file is read byte by byte), terminals' colours.
_SEAM = (
    r"=\r?\n|\\\r?\n\s{0,40}|\r?\n[ \t>|]{0,40}|[\"']\s{0,40}\+?\s{0,40}[\"']"
    r"|[\u200b\u200c\u200d\u2060\ufeff\u00ad]|\u00e2\u0080[\u008b-\u008d]|\u00c2\u00ad|<wbr ?/?>|&shy;"
    r"|\\{1,2}[nrt]|%0[aAdD9]|(?:\x1b|\\{1,2}(?:u001b|x1b|033))\[[\d;]{0,12}m"
)
_UNIT = re.compile(rf"(?P<sign>[A-Za-z0-9_-])|(?P<hyphen>{_HYPHEN})|(?P<underscore>{_UNDERSCORE})|{_SEAM}")
# A letter before "sk-" makes it a word ("task-"), unless that letter ends an escape or a terminal's colour.
_NO_WORD = re.compile(
    r"(?:\A|[^A-Za-z0-9]|\\[nrtbfv]|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|%[0-9A-Fa-f]{2}|\[[\d;]*m)\Z"
)
# "sk-" in base64, by where in a group of three bytes it begins: the signs it always gives, signs before them.
_IN_BASE64 = (("c2st", 0), ("NrL", 2), ("zay", 3))
_NOT_BASE64 = re.compile(r"\\[nr]|\s")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*")
# Each sign of a key with one or three zeros after it: where the text has zeros at all.
_WIDE = tuple((re.compile(rf"(?:[!-~]\0{{{width - 1}}}){{20,}}"), width) for width in (2, 4))


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key at `text[start:end]`. Its `kind` is a KeyKind's value, or that of another service (`vendors`)."""

    start: int
    end: int
    kind: str
    value: str = field(repr=False)
    in_base64: bool = False

    @property
    def is_example(self) -> bool:
        """It has a key's form, but somebody made it up for a text."""
        return is_example(self.value)

    @property
    def is_practice(self) -> bool:
        return self.kind in (KeyKind.PRACTICE, KeyKind.PRACTICE_ADMIN)

    @property
    def masked(self) -> str:
        return masked(self.value)

    @property
    def fingerprint(self) -> str:
        """Distinguishes this key from others in reports and in lists of accepted alarms."""
        return fingerprint_of(self.value, "scan")


def keys_in(text: str) -> Iterator[FoundKey]:
    """Every key, once, in the order of the text. Takes time in proportion to the text's length."""
    return _in_order(one for one in _all_in(text) if not one.is_example)


def keys_and_examples_in(text: str) -> Iterator[FoundKey]:
    """The same with what only looks like a key (`is_example`): for whom nothing must be silent."""
    return _in_order(_all_in(text))


def _all_in(text: str) -> Iterator[FoundKey]:
    for find in (_openai, _halves, _others, _encoded, _wide):
        yield from find(text)


def _in_order(found: Iterable[FoundKey]) -> Iterator[FoundKey]:
    found = sorted(found, key=lambda one: (one.start, one.is_example, -one.end))
    end = 0
    for one in found:
        if one.start >= end:
            end = one.end
            yield one


def without_keys(text: str) -> tuple[str, list[FoundKey]]:
    """The text with each key reduced to its last four signs, and what was found; nothing else is changed.

    A key inside of base64 stays: taking it out would break what it is part of.
    """
    plain = [found for found in keys_in(text) if not found.in_base64]
    for found in reversed(plain):
        text = text[: found.start] + found.masked + text[found.end :]
    return text, plain


def _openai(text: str) -> Iterator[FoundKey]:
    """From "sk-" on: also other services' that begin like this."""
    position, patience = 0, 10_000 + len(text)
    while anchor := _START.search(text, position):
        start = anchor.start()
        found = _plain(text, start)
        if patience > 0 and (not found or not COMPLETE.match(found.value)):
            spelled, units = _spelled(text, start)
            found, patience = spelled or found, patience - units
        position = found.end if found else _end_of_run(text, anchor.end())
        if found:
            yield found


def _end_of_run(text: str, start: int) -> int:
    run = _RUN.match(text, start)
    return run.end() if run else start


def _plain(text: str, start: int) -> FoundKey | None:
    run = _RUN.match(text, start)
    if not run:
        return None
    complete = COMPLETE.match(run.group())
    value = complete.group() if complete else run.group()
    kind = _kind(value, bounded=_begins_here(text, start))
    return FoundKey(start, run.end(), kind, value) if kind else None


def _kind(value: str, bounded: bool) -> str | None:
    """What these signs, from "sk-" on, are; None when they are no key."""
    if OPENAI_INFIX in value or ANNOUNCED.match(value):
        return str(kind_of(value))
    vendor = vendor_of_whole_key(value)
    if vendor:
        return vendor.kind
    return str(KeyKind.UNKNOWN) if bounded and len(value) >= 35 and is_random(value[3:]) else None


def _begins_here(text: str, start: int) -> bool:
    return _NO_WORD.search(text, max(0, start - 16), start) is not None


def _spelled(text: str, start: int) -> tuple[FoundKey | None, int]:
    """A whole key of a known form, read through escapes and seams: nothing shorter, for words may follow.

    Also the number of units that were read.
    """
    signs: list[str] = []
    ends: list[int] = []
    position, units = start, 0
    while len(signs) < LONGEST_KEY and units < 2 * LONGEST_KEY and (unit := _UNIT.match(text, position)):
        position, units = unit.end(), units + 1
        sign = {"sign": unit.group(), "hyphen": "-", "underscore": "_"}.get(unit.lastgroup or "")
        if sign:
            signs.append(sign)
            ends.append(position)
    whole = COMPLETE.match("".join(signs))
    if not whole:
        return None, units
    end = _end_of_run(text, ends[whole.end() - 1])
    return FoundKey(start, end, str(kind_of(whole.group())), whole.group()), units


def _halves(text: str) -> Iterator[FoundKey]:
    """What is left of an OpenAI key whose beginning is gone: the infix, at least twenty signs beside it."""
    position = 0
    while (infix := text.find(OPENAI_INFIX, position)) >= 0:
        before = text[max(position, infix - LONGEST_KEY) : infix]
        start = infix - (len(before) - len(before.rstrip(SIGNS)))
        end = position = _end_of_run(text, infix + len(OPENAI_INFIX))
        value = text[start:end]
        longer = max(infix - start, end - infix - len(OPENAI_INFIX))
        if longer >= 20 and "sk-" not in value:
            yield FoundKey(start, end, str(KeyKind.UNKNOWN), value)


def _others(text: str) -> Iterator[FoundKey]:
    for kind, start, end in keys_of_vendors(text):
        if _begins_here(text, start):
            yield FoundKey(start, end, kind, text[start:end])


def _encoded(text: str) -> Iterator[FoundKey]:
    """Keys that went through base64 once, in whatever stands around them (`user:key`, "Bearer key")."""
    patience = 200 + len(text) // 200  # chance gives these letters a dozen times in a million
    for mark, lead in _IN_BASE64:
        position = 0
        while (place := text.find(mark, position)) >= 0 and patience > 0:
            found, patience = _decoded(text, place - lead), patience - 1
            position = found.end if found else place + len(mark)
            if found:
                yield found


def _decoded(text: str, start: int) -> FoundKey | None:
    if start < 0:
        return None
    piece = text[start : start + 2 * LONGEST_KEY].replace("-", "+").replace("_", "/")
    letters = _BASE64.match(_NOT_BASE64.sub("", piece))
    usable = letters.group() if letters else ""
    usable = usable[: len(usable) - (len(usable) % 4 == 1)]
    plain = base64.b64decode(usable + "=" * (-len(usable) % 4)).decode("latin-1")
    begin = plain.find("sk-", 0, 5)
    found = _plain(plain, begin) if begin >= 0 else None
    if not found or found.kind == KeyKind.UNKNOWN:
        return None
    return FoundKey(start, start + len(usable), found.kind, found.value, in_base64=True)


def _wide(text: str) -> Iterator[FoundKey]:
    """UTF-16, or UTF-32 as numpy keeps it, inside of something else, such as a program or a document."""
    for runs, width in _WIDE if "\0" in text else ():
        for run in runs.finditer(text):
            narrow = run.group()[::width]
            for found in (*_openai(narrow), *_halves(narrow), *_others(narrow)):
                start, end = (run.start() + width * place for place in (found.start, found.end))
                yield FoundKey(start, end, found.kind, found.value)
