"""Lint: what was pasted is understood offline, before any client is built.

Formats change, so an unknown but plausible "sk-" text is let through: the platform is the judge.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from ppkit.keys.apikey import (
    ADMIN_KINDS,
    OPENAI_INFIX,
    PRACTICE_KINDS,
    SHORTEST_KEY,
    ApiKey,
    KeyKind,
    kind_of,
)
from ppkit.keys.cleaning import Repair, RepairKind, clean

LONGEST_PASTE = 5_000  # characters; more is a file, not a key


class Refusal(StrEnum):
    """Why no key came out; the texts are "keys.refusal.<name>.what", ".why" and ".now"."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    MASKED = "masked"
    HALF = "half"
    TWO_KEYS = "two_keys"
    INNER_SPACES = "inner_spaces"
    LOOK_ALIKE = "look_alike"
    STRANGE_CHARACTER = "strange_character"
    CAPITALS = "capitals"
    PLACEHOLDER = "placeholder"
    EMAIL = "email"
    URL = "url"
    OPENAI_ID = "openai_id"
    OTHER_VENDOR = "other_vendor"
    NOT_A_KEY = "not_a_key"
    ADMIN_KEY = "admin_key"
    NOT_AN_ADMIN_KEY = "not_an_admin_key"
    PRACTICE_KEY_IN_LIVE = "practice_key_in_live"
    REAL_KEY_IN_PRACTICE = "real_key_in_practice"


@dataclass(frozen=True, slots=True)
class Lint:
    """A key and the repairs made on the way, or a refusal with its facts; never the pasted text."""

    key: ApiKey | None = None
    repairs: tuple[Repair, ...] = ()
    refusal: Refusal | None = None
    facts: dict[str, object] = field(default_factory=dict)


class _Refused(Exception):
    def __init__(self, refusal: Refusal, **facts: object) -> None:
        self.refusal, self.facts = refusal, facts
        super().__init__(refusal)


Expected = Literal["project", "admin"]

OTHER_VENDORS: tuple[tuple[str, str], ...] = (
    (r"sk-ant-", "Anthropic"),
    (r"sk-or-", "OpenRouter"),
    (r"AIza", "Google"),
    (r"gsk_", "Groq"),
    (r"hf_", "Hugging Face"),
    (r"xai-", "xAI"),
    (r"pplx-", "Perplexity"),
    (r"r8_", "Replicate"),
    (r"gh[pousr]_|github_pat_", "GitHub"),
    (r"[srp]k_(?:live|test)_", "Stripe"),
    (r"AKIA[0-9A-Z]{16}", "AWS"),
    (r"xox[abprs]-", "Slack"),
)
OPENAI_IDS = re.compile(r"(?:org|proj|key|user|resp|req|asst|acct)[-_][A-Za-z0-9_-]{6,}")
URL = re.compile(r"(?i)(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*|(?:\w+\.)*openai\.com")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MASK = re.compile(r"…|\.{3}|\*{2}|•{2}|●{2}|[xX]{8}")
PLACEHOLDER = re.compile(
    r"(?i)<[^>]*>|(?:your|my|tua|mia|la_tua|insert|inserisci)[-_ ].*key.*|.*(?:your|tua)[-_](?:api|key).*"
)

PRACTICE_BODY = 48  # letters and digits after "sk-practice-" or "sk-practice-admin-"
KNOWN_SIDES = (20, 58, 74)  # characters on each side of OpenAI's infix, by gitleaks' rule of July 2026
KEY_START = r"sk-(?:practice-(?:admin-)?|proj-|svcacct-|service-|admin-)?"
COMPLETE = re.compile(
    rf"sk-practice-(?:admin-)?[A-Za-z0-9]{{{PRACTICE_BODY}}}"
    + "".join(
        rf"|sk-(?:(?:proj|svcacct|service|admin)-)?[A-Za-z0-9_-]{{{side}}}{OPENAI_INFIX}[A-Za-z0-9_-]{{{side}}}"
        for side in KNOWN_SIDES
    )
)
LONG_START = re.compile(r"sk-(?:practice|proj|svcacct|service|admin)-")


def lint(pasted: str, mode: str, expected: Expected = "project") -> Lint:
    """Understand pasted text; never raises, never quotes it.

    `mode` is "practice" or "live"; `expected` is the kind of key that belongs here.
    """
    if len(pasted) > LONGEST_PASTE:
        return Lint(refusal=Refusal.TOO_LONG)
    text, repairs = clean(pasted)
    try:
        value, more_repairs = _one_key(text)
        _fits(kind_of(value), mode, expected)
    except _Refused as refused:
        return Lint(refusal=refused.refusal, facts=refused.facts)
    return Lint(key=ApiKey(value), repairs=(*repairs, *more_repairs))


def _one_key(text: str) -> tuple[str, list[Repair]]:
    """The single key in a cleaned text. Raises _Refused."""
    _refuse_other_things(text)
    value, repairs = _joined(text)
    halves = len(value) // 2
    if value[:halves] == value[halves:] and value.startswith("sk-"):
        value, repairs = value[:halves], [*repairs, Repair(RepairKind.REPEATED)]
    if any(found.start() > 0 for found in LONG_START.finditer(value)):
        raise _Refused(Refusal.TWO_KEYS)
    _refuse_other_things(value)
    _refuse_strange_characters(value)
    if _is_half(value):
        raise _Refused(Refusal.HALF, length=len(value))
    return value, repairs


def _joined(text: str) -> tuple[str, list[Repair]]:
    """A text with white space inside, made one word where there is only one way to read it."""
    words = text.split()
    if len(words) == 1:
        return text, []
    complete = {found.group() for word in words if (found := COMPLETE.fullmatch(word.strip("\"'`.,;:()<>")))}
    if len(complete) > 1:
        raise _Refused(Refusal.TWO_KEYS)
    if len(complete) == 1:
        repeated = len(set(words)) == 1
        return complete.pop(), [Repair(RepairKind.REPEATED if repeated else RepairKind.SURROUNDING_TEXT)]
    starts = [word for word in words if word.startswith("sk-")]
    if len(starts) > 1:
        raise _Refused(Refusal.TWO_KEYS)
    if COMPLETE.fullmatch("".join(words)):
        return "".join(words), [Repair(RepairKind.INNER_SPACES, {"count": len(words) - 1})]
    raise _Refused(Refusal.INNER_SPACES if starts else Refusal.NOT_A_KEY)


def _refuse_other_things(text: str) -> None:
    if not text:
        raise _Refused(Refusal.EMPTY)
    if any(COMPLETE.fullmatch(word) for word in text.split()):
        return  # a complete key may contain anything that the shapes below look for
    for pattern, vendor in OTHER_VENDORS:
        if re.match(pattern, text):
            raise _Refused(Refusal.OTHER_VENDOR, vendor=vendor)
    for pattern_of_thing, refusal in (
        (PLACEHOLDER, Refusal.PLACEHOLDER),
        (EMAIL, Refusal.EMAIL),
        (URL, Refusal.URL),
        (OPENAI_IDS, Refusal.OPENAI_ID),
    ):
        if pattern_of_thing.fullmatch(text):
            raise _Refused(refusal)
    if MASK.search(text) and text.lower().startswith("sk"):
        raise _Refused(Refusal.MASKED)


def _refuse_strange_characters(value: str) -> None:
    """Only letters, digits, "-" and "_" are in any key seen; the place is told, not the text around it."""
    for place, character in enumerate(value, start=1):
        if not character.isascii() and _reads_as_key(value):
            name = unicodedata.name(character, f"U+{ord(character):04X}")
            raise _Refused(Refusal.LOOK_ALIKE, name=name, place=place)
    if not value.startswith("sk-"):
        if value[:3].lower() == "sk-":
            raise _Refused(Refusal.CAPITALS)
        if OPENAI_INFIX in value:
            raise _Refused(Refusal.HALF, length=len(value))
        raise _Refused(Refusal.NOT_A_KEY)
    strange = re.search(r"[^A-Za-z0-9_-]", value)
    if strange:
        raise _Refused(Refusal.STRANGE_CHARACTER, character=strange.group(), place=strange.start() + 1)


def _reads_as_key(value: str) -> bool:
    """Whether the text was meant as a key: its look-alike letters undone, it begins like one."""
    head = unicodedata.normalize("NFKC", value[:3]).translate(str.maketrans("ѕкк–—", "skk--"))
    return head.lower() == "sk-"


def _is_half(value: str) -> bool:
    if len(value) < SHORTEST_KEY:
        return True
    kind = kind_of(value)
    body = re.sub(rf"\A{KEY_START}", "", value)
    if kind in PRACTICE_KINDS:
        return len(body) != PRACTICE_BODY
    left, infix, right = body.partition(OPENAI_INFIX)
    if infix:
        return len(left) in KNOWN_SIDES and len(right) < len(left)
    return kind is not KeyKind.UNKNOWN and len(body) < 2 * KNOWN_SIDES[0] + len(OPENAI_INFIX)


def _fits(kind: KeyKind, mode: str, expected: Expected) -> None:
    """Practice and live never mix, and an admin key is never the key that an application uses."""
    if mode == "live" and kind in PRACTICE_KINDS:
        raise _Refused(Refusal.PRACTICE_KEY_IN_LIVE)
    if mode != "live" and kind not in PRACTICE_KINDS:
        raise _Refused(Refusal.REAL_KEY_IN_PRACTICE)
    if expected == "project" and kind in ADMIN_KINDS:
        raise _Refused(Refusal.ADMIN_KEY)
    if expected == "admin" and kind not in ADMIN_KINDS:
        raise _Refused(Refusal.NOT_AN_ADMIN_KEY)
