"""What people paste in place of a key, each told by its own name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from ppkit.keys.vendors import foreign_vendor, vendor_of_form


class PasteRefusal(StrEnum):
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
    KEY_NAME = "key_name"
    EMAIL = "email"
    URL = "url"
    CARD_NUMBER = "card_number"
    NUMBER = "number"
    OPENAI_ID = "openai_id"
    SESSION_TOKEN = "session_token"  # noqa: S105  (a name, not a token)
    OTHER_VENDOR = "other_vendor"
    LIKE_OTHER_VENDOR = "like_other_vendor"
    NOT_A_KEY = "not_a_key"
    ADMIN_KEY = "admin_key"
    NOT_AN_ADMIN_KEY = "not_an_admin_key"
    PRACTICE_KEY_IN_LIVE = "practice_key_in_live"
    REAL_KEY_IN_PRACTICE = "real_key_in_practice"


@dataclass(frozen=True, slots=True)
class NonKey:
    """A refusal and its facts (the name of a service at most)."""

    refusal: PasteRefusal
    facts: dict[str, object] = field(default_factory=dict)


LONGEST_WORD = 320  # characters: the longest e-mail address; longer texts are none of the one-word things

URL = re.compile(r"(?i)(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*|(?:[\w-]+\.)*openai\.com")
EMAIL = re.compile(r"(?i)(?:mailto:)?[^@\s]+@[^@\s]+\.[^@\s]+")
OPENAI_IDS = re.compile(r"(?:org|proj|key|user|resp|req|asst|acct|sa)[-_][A-Za-z0-9_-]{6,}")
SESSION_TOKEN = re.compile(r"(?:sess-|ek_|whsec_)[A-Za-z0-9_+/=-]{8,}|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*")
KEY_NAME = re.compile(
    r"(?i)postpickr\b.{0,40}|my (?:test )?key|la mia chiave|(?:secret|api) keys?|chiave (?:api|segreta)"
)
PLACEHOLDER = re.compile(
    r"(?i)<[^>]*>|\{+[^}]*\}*|\$\{?\w+\}?|%\w+%"
    r"|(?:\w+\.)*(?:environ|getenv|env)\b.{0,60}|[a-z_]*api_key"
    r"|(?:sk-)?(?:your|my|tua|mia|la_tua|insert|inserisci|paste|incolla|change[-_ ]?me)[-_ ].*"
    r"|.*(?:your|tua|here|qui|example|esempio)[-_](?:api|key|chiave).*|sk-(?:test|dummy|fake|example)\w*"
)
NUMBER = re.compile(r"\+?[0-9][0-9\s()./-]{5,30}")
MASK = re.compile(r"…|\.{3}|\*{2}|•{2}|●{2}|[xX]{8}|(?i:redacted|omissis)")
_MASKED_KEY = re.compile(rf"(?i:sk-)[A-Za-z0-9_-]*?(?:{MASK.pattern})|\[[^\]]*\]\Z")
_ONLY_MASK = re.compile(r"[*•●.…∙⋅·\s]{3,}|…|[xX]{8,}")


def named(text: str) -> NonKey | None:
    """What this text is instead of a key; None when it is nothing that we know."""
    vendor = foreign_vendor(text)
    if vendor:
        return NonKey(PasteRefusal.OTHER_VENDOR, {"vendor": vendor})
    if len(text) > LONGEST_WORD:
        return None
    refusal = next((refusal for refusal, matches in _THINGS if matches(text)), None)
    if refusal:
        return NonKey(refusal)
    vendor = vendor_of_form(text)
    return NonKey(PasteRefusal.LIKE_OTHER_VENDOR, {"vendor": vendor}) if vendor else None


def is_masked(text: str) -> bool:
    """Whether a key in this text is shortened: its middle is dots, stars or crosses."""
    return bool(_MASKED_KEY.search(text))


def is_placeholder(text: str) -> bool:
    """Whether this is the sample that a guide asks to replace, or the name of the place that holds a key."""
    return bool(PLACEHOLDER.fullmatch(text))


def _is_card_number(text: str) -> bool:
    digits = re.sub(r"[\s-]", "", text)
    return digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and _has_check_digit(digits)


def _has_check_digit(digits: str) -> bool:
    """By Luhn: every second figure from the right counts twice, and the cross sum ends in 0."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + sum(doubled)) % 10 == 0


_THINGS: tuple[tuple[PasteRefusal, Callable[[str], object]], ...] = (
    (PasteRefusal.MASKED, _ONLY_MASK.fullmatch),
    (PasteRefusal.KEY_NAME, KEY_NAME.fullmatch),
    (PasteRefusal.PLACEHOLDER, is_placeholder),
    (PasteRefusal.EMAIL, EMAIL.fullmatch),
    (PasteRefusal.URL, URL.fullmatch),
    (PasteRefusal.CARD_NUMBER, _is_card_number),
    (PasteRefusal.NUMBER, NUMBER.fullmatch),
    (PasteRefusal.OPENAI_ID, OPENAI_IDS.fullmatch),
    (PasteRefusal.SESSION_TOKEN, SESSION_TOKEN.fullmatch),
)
