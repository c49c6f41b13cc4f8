"""A pasted key: what was pasted is understood offline, before any client is built.

Formats change, so an unknown but plausible "sk-" text is let through with a remark: the platform judges it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ppkit.keys import look_alikes, non_keys
from ppkit.keys.apikey import ADMIN_KINDS, OPENAI_INFIX, PRACTICE_KINDS, ApiKey, KeyKind, kind_of
from ppkit.keys.cleaning import QUOTES, Repair, RepairKind, clean
from ppkit.keys.masking import SHORTEST_KEY
from ppkit.keys.non_keys import PasteRefusal
from ppkit.keys.shapes import (
    COMPLETE,
    KEY_START,
    KNOWN_SIDES,
    LONG_START,
    PRACTICE_BODY,
    RUN,
    runs,
    whole_keys,
    with_its_beginning,
)
from ppkit.keys.vendors import DEEPSEEK_FORM, foreign_vendor
from ppkit.mode import Mode

LONGEST_PASTE = 5_000  # characters; more is a file, not a key
LONGEST_KEY = 512  # the longest known has 167


class RemarkKind(StrEnum):
    """What is said about a key that is tried all the same; the texts are "keys.remark.<name>"."""

    UNKNOWN_FORMAT = "unknown_format"
    UNUSUAL_LENGTH = "unusual_length"
    LIKE_OTHER_VENDOR = "like_other_vendor"


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark and its facts (never a piece of the text)."""

    kind: RemarkKind
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastedKey:
    """A key with the repairs made and the remarks due, or a refusal with its facts; never the pasted text."""

    key: ApiKey | None = None
    repairs: tuple[Repair, ...] = ()
    refusal: PasteRefusal | None = None
    facts: dict[str, object] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


class _PasteRefused(Exception):
    def __init__(self, refusal: PasteRefusal, **facts: object) -> None:
        self.refusal, self.facts = refusal, facts
        super().__init__(refusal)


Expected = Literal["project", "admin"]
_Read = tuple[str, list[Repair]]


def parse_pasted_key(pasted: str, mode: Mode, expected: Expected = "project") -> PastedKey:
    """Understand pasted text; never raises, never quotes it.

    `mode` is "practice" or "live"; `expected` is the kind of key that belongs here.
    """
    if len(pasted) > LONGEST_PASTE:
        return PastedKey(refusal=PasteRefusal.TOO_LONG)
    try:
        value, repairs = _read(pasted)
        _fits(kind_of(value), mode, expected)
    except _PasteRefused as refused:
        return PastedKey(refusal=refused.refusal, facts=refused.facts)
    return PastedKey(key=ApiKey(value), repairs=tuple(repairs), remarks=_remarks(value))


def _read(pasted: str) -> _Read:
    if COMPLETE.fullmatch(pasted):
        return pasted, []  # the key in use is parsed at every call, so what needs no thought gets none
    text, repairs = clean(pasted)
    value, more_repairs = _one_key(text)
    return value, [*repairs, *more_repairs]


def _one_key(text: str) -> _Read:
    """The single key in a cleaned text. Raises _Refused.

    A whole key of a known format is looked for first, wherever it stands, however it was broken or retyped:
    its length and its fixed middle leave no doubt. Only then is the text taken for something else.
    """
    if not text:
        raise _PasteRefused(PasteRefusal.EMPTY)
    whole, rejoined = _whole(text), _rejoined(text)
    if whole and rejoined and whole[0] != rejoined[0]:
        # A key of a shorter format and a word after it, or one of a longer format in two pieces.
        raise _PasteRefused(PasteRefusal.INNER_SPACES)
    return whole or rejoined or _with_its_beginning(text) or _retyped(text) or _plausible(text)


# --- whole keys of a known format


def _whole(text: str) -> _Read | None:
    keys = whole_keys(text)
    if not keys:
        return None
    if len(set(keys)) > 1 or _candidates(text) - set(keys):
        raise _PasteRefused(PasteRefusal.TWO_KEYS)
    repairs = [Repair(RepairKind.REPEATED)] if len(keys) > 1 else []
    around = text.replace(keys[0], "")
    if any(character.isalnum() for character in around):
        repairs.append(Repair(RepairKind.SURROUNDING_TEXT))
    return keys[0], repairs or ([Repair(RepairKind.PUNCTUATION)] if around else [])


# Spaces, or the end of a line with what mail programs, terminals and programs put there. Nothing else: half a
# key and the word after it must not make a whole one.
_BREAK = rf"[{QUOTES}]?[=\\]?[^\S\t\n]*\n[\s>|{QUOTES}]*|[^\S\t\n]+"
_IN_PIECES = re.compile(
    rf"(?<![A-Za-z0-9_-])sk-[A-Za-z0-9_-]+(?:(?:{_BREAK})[A-Za-z0-9_-]+)+(?=[^A-Za-z0-9_-]*\Z)"
)


def _rejoined(text: str) -> _Read | None:
    """A key that was broken over lines or by spaces, and after which nothing follows."""
    found = _IN_PIECES.search(text)
    pieces = RUN.findall(found[0]) if found else []
    value = "".join(pieces)
    if not COMPLETE.fullmatch(value):
        return None
    return value, [Repair(RepairKind.INNER_SPACES, {"count": len(pieces) - 1})]


def _with_its_beginning(text: str) -> _Read | None:
    value = with_its_beginning(text)
    return (value, [Repair(RepairKind.BEGINNING)]) if value else None


def _retyped(text: str) -> _Read | None:
    """A key with letters of another alphabet in it, if undoing them gives a whole one (see `look_alikes`)."""
    strange = [word for word in look_alikes.words(text) if not word.isascii()]
    found = {
        key: word for word in strange for reading in look_alikes.undone(word) for key in whole_keys(reading)
    }
    for key, word in found.items():
        if len(found) > 1 or _candidates(text.replace(word, " ")):
            raise _PasteRefused(PasteRefusal.TWO_KEYS)
        first, *more = look_alikes.strangers(word)
        facts: dict[str, object] = {"name": first.name, "place": first.place, "count": 1 + len(more)}
        return key, [Repair(RepairKind.LOOK_ALIKES, facts)]
    return None


# --- anything else: plausible, or refused by name

# A key of a format we do not know ends at a quotation mark, a bracket, a separator or the end of its line.
# Where a word follows, or a line that could be its other half, it cannot be known.
_ENDED = re.compile(
    rf"(?<![A-Za-z0-9_.…*•●/@-])sk-[A-Za-z0-9_-]+(?=[{QUOTES})>\]}},;&|<]|[ \t]*(?:#|$))"
    r"(?![ \t]*\n[ \t>|]*[A-Za-z0-9_-]+[ \t]*$)",
    re.MULTILINE,
)


def _plausible(text: str) -> _Read:
    candidates = _candidates(text)
    if len(candidates) > 1 and not any(non_keys.MASK.search(candidate) for candidate in candidates):
        raise _PasteRefused(PasteRefusal.TWO_KEYS)
    if not candidates:
        other = non_keys.named(text)
        if other:
            raise _PasteRefused(other.refusal, **other.facts)
    if non_keys.is_masked(text):
        raise _PasteRefused(PasteRefusal.MASKED)
    ended = {value for value in _ENDED.findall(text) if not foreign_vendor(value)}
    if len(ended) != 1:
        raise _unreadable(text)
    return _checked(ended.pop(), text)


def _checked(value: str, text: str) -> _Read:
    repairs = [] if value == text else [Repair(RepairKind.SURROUNDING_TEXT)]
    once = _unrepeated(value)
    if once != value:
        value, repairs = once, [*repairs, Repair(RepairKind.REPEATED)]
    if any(found.start() > 0 for found in LONG_START.finditer(value)):
        raise _PasteRefused(PasteRefusal.TWO_KEYS)
    if non_keys.is_placeholder(value):
        raise _PasteRefused(PasteRefusal.PLACEHOLDER)
    if OPENAI_INFIX.lower() in value.lower() and OPENAI_INFIX not in value:
        raise _PasteRefused(PasteRefusal.CAPITALS)
    if len(value) > LONGEST_KEY:
        raise _PasteRefused(PasteRefusal.TOO_LONG)
    if _is_half(value):
        raise _PasteRefused(PasteRefusal.HALF, length=len(value))
    return value, repairs


def _candidates(text: str) -> set[str]:
    """Runs of key characters that begin like a key and are long enough to be one."""
    return {
        key or run
        for run, key in runs(text)
        if run.startswith("sk-") and len(run) >= SHORTEST_KEY and not foreign_vendor(run)
    }


def _unrepeated(value: str) -> str:
    """A text that is one key several times over, once."""
    period = (value + value).find(value, 1)
    return value[:period] if value.startswith("sk-") else value


def _unreadable(text: str) -> _PasteRefused:
    """Why no key could be made out: the damage by its name and place, never the text around it."""
    words = text.split()
    meant_as_key = any(look_alikes.begins_like_key(word) for word in words)
    if len(words) > 1:
        return _PasteRefused(PasteRefusal.INNER_SPACES if meant_as_key else PasteRefusal.NOT_A_KEY)
    if meant_as_key:
        return _damaged(text)
    if OPENAI_INFIX in text:
        return _PasteRefused(PasteRefusal.HALF, length=len(text))
    return _PasteRefused(PasteRefusal.NOT_A_KEY)


def _damaged(word: str) -> _PasteRefused:
    strangers = look_alikes.strangers(word)
    if strangers:
        return _PasteRefused(PasteRefusal.LOOK_ALIKE, name=strangers[0].name, place=strangers[0].place)
    if not word.startswith("sk-"):
        return _PasteRefused(PasteRefusal.CAPITALS)
    strange = re.search(r"[^A-Za-z0-9_-]", word)
    if strange:
        return _PasteRefused(PasteRefusal.STRANGE_CHARACTER, character=strange[0], place=strange.start() + 1)
    return _PasteRefused(PasteRefusal.HALF, length=len(word))


def _is_half(value: str) -> bool:
    if len(value) < SHORTEST_KEY:
        return True
    kind = kind_of(value)
    body = KEY_START.sub("", value, count=1)
    if kind in PRACTICE_KINDS:
        return len(body) != PRACTICE_BODY
    left, infix, right = body.partition(OPENAI_INFIX)
    if infix:
        return any(len(left) == known for known, _ in KNOWN_SIDES) and len(right) < len(left)
    return kind is not KeyKind.UNKNOWN and len(body) < sum(KNOWN_SIDES[0]) + len(OPENAI_INFIX)


def _remarks(value: str) -> tuple[Remark, ...]:
    if COMPLETE.fullmatch(value):
        return ()
    if DEEPSEEK_FORM.fullmatch(value):
        return (Remark(RemarkKind.LIKE_OTHER_VENDOR, {"vendor": "DeepSeek"}),)
    return (Remark(RemarkKind.UNUSUAL_LENGTH if OPENAI_INFIX in value else RemarkKind.UNKNOWN_FORMAT),)


def _fits(kind: KeyKind, mode: Mode, expected: Expected) -> None:
    """Practice and live never mix, and an admin key is never the key that an application uses."""
    if mode == "live" and kind in PRACTICE_KINDS:
        raise _PasteRefused(PasteRefusal.PRACTICE_KEY_IN_LIVE)
    if mode != "live" and kind not in PRACTICE_KINDS:
        raise _PasteRefused(PasteRefusal.REAL_KEY_IN_PRACTICE)
    if expected == "project" and kind in ADMIN_KINDS:
        raise _PasteRefused(PasteRefusal.ADMIN_KEY)
    if expected == "admin" and kind not in ADMIN_KINDS:
        raise _PasteRefused(PasteRefusal.NOT_AN_ADMIN_KEY)
