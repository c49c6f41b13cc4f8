"""Repairs that are safe: what a key can never contain is taken away, and the repair is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


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
    DASHES = "dashes"
    FULL_WIDTH = "full_width"
    CAPITAL = "capital"
    REPEATED = "repeated"
    SURROUNDING_TEXT = "surrounding_text"


@dataclass(frozen=True, slots=True)
class Repair:
    """One repair and its facts (a count at most; never a piece of the text)."""

    kind: RepairKind
    facts: dict[str, object] = field(default_factory=dict)


HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2212\ufe63\uff0d", "-"))
FULL_WIDTH = str.maketrans({chr(0xFF00 + code - 0x20): chr(code) for code in range(0x21, 0x7F)})
QUOTES = "\"'`´\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a"

Step = Callable[[str], str]

# Each is tried again until none changes anything: `export OPENAI_API_KEY="Bearer sk-…";` needs four of them.
WRAPPINGS: tuple[tuple[RepairKind, Step], ...] = (
    (RepairKind.LINE_BREAKS, lambda text: re.sub(r"\A\s*[\t\n\r\v\f]\s*|\s*[\t\n\r\v\f]\s*\Z", "", text)),
    (RepairKind.SPACES, lambda text: text.strip()),
    (RepairKind.QUOTES, lambda text: text.strip(QUOTES)),
    (RepairKind.BEARER, lambda text: re.sub(r"(?i)\A(?:authorization\s*:\s*)?bearer[\s:]+", "", text)),
    (
        RepairKind.ASSIGNMENT,
        lambda text: re.sub(
            rf"(?i)\A[{{\s]*(?:export\s+|set\s+|setx\s+|\$env:)?[{QUOTES}]?"
            rf"[a-z_]*(?:api|secret)[ _-]?key[{QUOTES}]?\s*(?:[=:]|\s)\s*",
            "",
            text,
        ),
    ),
    (RepairKind.PUNCTUATION, lambda text: re.sub(r"(?<!\.)\.\Z|[,;:}]+\Z", "", text)),
)


def clean(pasted: str) -> tuple[str, list[Repair]]:
    """The text without what surely is not part of a key, and the repairs made, each named once.

    A key of letters, digits, "-" and "_" comes back unchanged with no repair.
    """
    repairs: dict[RepairKind, Repair] = {}
    text = pasted
    for kind, step in (*CHARACTER_STEPS, *_until_settled()):
        changed = step(text)
        if changed != text:
            repairs.setdefault(kind, Repair(kind, {"count": abs(len(text) - len(changed))}))
            text = changed
    return text, list(repairs.values())


def _until_settled() -> Iterator[tuple[RepairKind, Step]]:
    rounds = 8  # wrappings seen in practice nest four deep; a bound keeps odd input from looping
    for _ in range(rounds):
        yield from WRAPPINGS


def _without_invisible(text: str) -> str:
    return "".join(character for character in text if not _is_invisible(character))


def _is_invisible(character: str) -> bool:
    """Format characters (zero-width, BOM, direction marks), controls other than white space, and fillers."""
    category = unicodedata.category(character)
    return category == "Cf" or (category == "Cc" and not character.isspace()) or character in "\u115f\u3164"


def _with_plain_spaces(text: str) -> str:
    return "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)


CHARACTER_STEPS: tuple[tuple[RepairKind, Step], ...] = (
    (RepairKind.INVISIBLE, _without_invisible),
    (RepairKind.NO_BREAK_SPACE, _with_plain_spaces),
    (RepairKind.DASHES, lambda text: text.translate(HYPHENS)),
    (RepairKind.FULL_WIDTH, lambda text: text.translate(FULL_WIDTH)),
    (RepairKind.CAPITAL, lambda text: re.sub(r"\A(\W*)Sk-", r"\1sk-", text)),
)
