"""A text that a regular expression matches, as short as it allows: for `pattern` in a JSON Schema."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from re import _parser as parser  # type: ignore[attr-defined]  # the only parser of Python's own syntax
from typing import Any

LONGEST_PATTERN = 1_000
LONGEST_TEXT = 2_000
USUAL_SIGNS = (
    "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -_.,:/@#+!?'\"()%&=*;<>[]{}|\\~^$`€àèéìòù"
)
CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdigit,
    "SPACE": str.isspace,
    "WORD": lambda sign: sign.isalnum() or sign == "_",
}


def text_like(pattern: str, shortest: int = 0) -> str | None:
    """A text in which `pattern` is found, with at least so many signs if the pattern can grow.

    None for what is no Python pattern, has no short text, or looks around itself in ways not followed here.
    """
    if len(pattern) > LONGEST_PATTERN:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a pattern that is not ours
            compiled, parsed = re.compile(pattern), parser.parse(pattern)
        maker = _PatternMaker()
        text = maker.text(parsed)
        if len(text) < shortest:
            maker = _PatternMaker(spare=shortest - len(text))
            text = maker.text(parsed)
    except (re.error, ValueError, OverflowError, RecursionError, _NoText):
        return None
    return text if compiled.search(text) else None


def is_found(pattern: str, text: str) -> bool:
    """Whether the pattern is a Python one and stands somewhere in the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.search(pattern, text) is not None
    except (re.error, OverflowError, RecursionError):
        return False


class _NoText(Exception):
    """Nothing that this module can write fits."""


@dataclass(slots=True)
class _PatternMaker:
    """`spare` signs more than the least are wanted: the first repetition that may grow takes them."""

    spare: int = 0
    groups: dict[int | None, str] = field(default_factory=dict)
    any_signs: Iterator[str] = field(default_factory=lambda: cycle("aB1-c"))

    def text(self, parts: Sequence[tuple[Any, Any]]) -> str:
        found = ""
        for operation, argument in parts:
            found += self._one(str(operation), argument)
            if len(found) > LONGEST_TEXT:
                raise _NoText
        return found

    def _one(self, operation: str, argument: Any) -> str:
        match operation:
            case "LITERAL":
                found = chr(argument)
            case "NOT_LITERAL":
                found = _sign([("NEGATE", None), ("LITERAL", argument)])
            case "ANY":
                found = next(self.any_signs)
            case "IN":
                found = _sign([(str(kind), value) for kind, value in argument])
            case "BRANCH":
                found = self.text(argument[1][0])
            case "SUBPATTERN":
                found = self.groups[argument[0]] = self.text(argument[-1])
            case "ATOMIC_GROUP":
                found = self.text(argument)
            case "GROUPREF":
                found = self.groups.get(argument, "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                found = self._repeated(*argument)
            case "AT" | "ASSERT" | "ASSERT_NOT":
                found = ""  # the finished text is looked at
            case _:
                raise _NoText
        return found

    def _repeated(self, least: int, most: int, inner: Sequence[tuple[Any, Any]]) -> str:
        if least > LONGEST_TEXT:
            raise _NoText
        once = self.text(inner) if most else ""
        count = least
        # What may be left out is, unless more signs are wanted; "one or more" and "any number" read better
        # with a few signs than with one.
        if once and most > least:
            usual = min(most, max(least, 1 if least == 0 else 3)) if most > 1 else least
            count = max(usual, least)
            if self.spare > 0:
                count = min(most, count + -(-self.spare // len(once)))
                self.spare -= (count - least) * len(once)
        if count * len(once) > LONGEST_TEXT:
            raise _NoText
        return once + "".join(self.text(inner) for _ in range(count - 1)) if count else ""


def _sign(kinds: Sequence[tuple[str, Any]]) -> str:
    """A sign of a class, an ordinary one where there is one."""
    negated = bool(kinds) and kinds[0][0] == "NEGATE"
    for sign in USUAL_SIGNS:
        if negated != any(_is_in(sign, kind, value) for kind, value in kinds):
            return sign
    if negated:
        raise _NoText
    for kind, value in kinds:
        if kind in ("LITERAL", "RANGE"):
            return chr(value if kind == "LITERAL" else value[0])
    raise _NoText


def _is_in(sign: str, kind: str, value: Any) -> bool:
    match kind:
        case "LITERAL":
            return ord(sign) == int(value)
        case "RANGE":
            return int(value[0]) <= ord(sign) <= int(value[1])
        case "CATEGORY":
            name = str(value).removeprefix("CATEGORY_")
            is_in = CATEGORIES[name.removeprefix("NOT_")](sign)
            return is_in != name.startswith("NOT_")
        case _:
            return False
