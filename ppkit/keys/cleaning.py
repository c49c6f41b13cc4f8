"""Repairs that are safe whatever the key: what no key contains is taken away, and the repair is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote

from ppkit.keys.look_alikes import DASHES, as_read, plain_style


class RepairKind(StrEnum):
    """Names of repairs; the texts are "keys.repair.<name>"."""

    INVISIBLE = "invisible"
    NO_BREAK_SPACE = "no_break_space"
    LINE_BREAKS = "line_breaks"
    SPACES = "spaces"
    INNER_SPACES = "inner_spaces"
    QUOTES = "quotes"
    BEARER = "bearer"
    ASSIGNMENT = "assignment"
    PUNCTUATION = "punctuation"
    ESCAPES = "escapes"
    DASHES = "dashes"
    FULL_WIDTH = "full_width"
    CAPITAL = "capital"
    LOOK_ALIKES = "look_alikes"
    BEGINNING = "beginning"
    REPEATED = "repeated"
    SURROUNDING_TEXT = "surrounding_text"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair and its facts (a count, the name and place of a character; never a piece of the text)."""

    kind: RepairKind
    facts: dict[str, object] = field(default_factory=dict)


QUOTES = "\"'`´\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"

Step = Callable[[str], str]


def clean(pasted: str) -> tuple[str, list[Repair]]:
    """The text without what surely is not part of a key, and the repairs made, each named once.

    A key of letters, digits, "-" and "_" comes back unchanged with no repair, and so does a text that was
    cleaned before.
    """
    repairs: dict[RepairKind, Repair] = {}
    text, before = pasted, None
    # Until nothing changes: `export OPENAI_API_KEY="Bearer sk-…";` needs four of them, and what one step lays
    # bare is another one's business. Each step takes something away for good, so this ends.
    while text != before:
        before = text
        for kind, step in STEPS:
            changed = step(text)
            if changed != text:
                repairs.setdefault(kind, Repair(kind, {"count": max(1, len(text) - len(changed))}))
                text = changed
    return text, list(repairs.values())


def as_meant(text: str) -> str:
    """A text with its signs as they were meant: none invisible, letters and dashes plain, escapes
    undone, however often they were made. A reading: a key of it may be another than the one that was meant.
    """
    before = None
    while text != before:
        before = text
        for step in (_without_invisible, _with_plain_dashes, _in_plain_style, as_read, _without_escapes):
            text = step(text)
    return text


def _without_invisible(text: str) -> str:
    # Each sign is looked up once: a brief of 2,000 is read whenever a window is drawn.
    invisible = set(filter(_is_invisible, set(text)))
    return "".join(character for character in text if character not in invisible) if invisible else text


def _is_invisible(character: str) -> bool:
    """Format characters (zero-width, BOM, direction marks), controls other than white space, and fillers."""
    category = unicodedata.category(character)
    return category == "Cf" or (category == "Cc" and not character.isspace()) or character in "\u115f\u3164"


def _with_plain_spaces(text: str) -> str:
    return "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)


def _with_plain_dashes(text: str) -> str:
    return text.translate({ord(dash): "-" for dash in DASHES})


def _in_plain_style(text: str) -> str:
    return text.translate({ord(sign): plain_style(sign) for sign in set(text) if not sign.isascii()})


# Written escapes, as they stand in JSON, in a program's output, in a web address, in a page's source.
_ESCAPE = re.compile(r"\\(?:([nrtfv0])|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENTITY = re.compile(r"&(?:nbsp|quot|apos|lt|gt|#[0-9]{1,5}|#x[0-9A-Fa-f]{1,4});")


def _without_escapes(text: str) -> str:
    """No key contains a backslash, a percent sign or an ampersand, so each stands for something else."""
    text = _ESCAPE.sub(lambda found: " " if found[1] else chr(int(found[2] or found[3], 16)), text)
    text = _PERCENT.sub(lambda found: unquote(found[0], errors="replace"), text)
    return _ENTITY.sub(" ", text)


_NAME = rf"[{QUOTES}]?(?:[a-z][a-z_.]*)?(?:api|secret|admin)[ _-]?key[{QUOTES}]?\]?"
_ASSIGNMENT = re.compile(
    rf"(?i)\A[{{\s]*(?:export\s+|set\s+|setx\s+|\$env:|-e\s+)?(?:\w+\.environ\[)?{_NAME}\s*(?:[=:]|\s)\s*"
)
_BEARER = re.compile(r"(?i)\A(?:authorization\s*:\s*)?bearer[\s:]+")
_LINE_BREAKS = frozenset("\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def _without_line_breaks_around(text: str) -> str:
    """White space at an end goes if a line break or a tab is in it; mere spaces are another repair."""
    left = len(text) - len(text.lstrip())
    right = len(text.rstrip())
    first = left if _LINE_BREAKS & set(text[:left]) else 0
    last = right if _LINE_BREAKS & set(text[right:]) else len(text)
    return text[first:last]


STEPS: tuple[tuple[RepairKind, Step], ...] = (
    (RepairKind.INVISIBLE, _without_invisible),
    (RepairKind.NO_BREAK_SPACE, _with_plain_spaces),
    (RepairKind.DASHES, _with_plain_dashes),
    (RepairKind.FULL_WIDTH, _in_plain_style),
    (RepairKind.ESCAPES, _without_escapes),
    (RepairKind.LINE_BREAKS, _without_line_breaks_around),
    (RepairKind.SPACES, lambda text: text.strip()),
    (RepairKind.QUOTES, lambda text: text.strip(QUOTES)),
    (RepairKind.BEARER, lambda text: _BEARER.sub("", text)),
    (RepairKind.ASSIGNMENT, lambda text: _ASSIGNMENT.sub("", text)),
    (RepairKind.PUNCTUATION, lambda text: re.sub(r"(?<!\.)\.\Z|[,;:}\\]+\Z", "", text)),
    # Phones begin a sentence with a capital; inside a run of key characters "Sk-" is left alone.
    (RepairKind.CAPITAL, lambda text: re.sub(r"(?<![A-Za-z0-9_-])Sk-", "sk-", text)),
)
