"""The published test cards of payment providers. No other number is taken, kept, logged or repeated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ppkit.practice_platform.errors import InvalidField, RealCardRefused

Behaviour = Literal["ok", "declined", "insufficient_funds", "confirm", "hold", "review"]


@dataclass(frozen=True, slots=True)
class PublishedCard:
    """A card that payment providers publish for tests, and what it rehearses."""

    number: str
    brand: str
    behaviour: Behaviour


TEST_CARDS = (
    PublishedCard("4242424242424242", "Visa", "ok"),
    PublishedCard("5555555555554444", "Mastercard", "ok"),
    PublishedCard("4000000000000002", "Visa", "declined"),  # refused when it is added
    PublishedCard("4000000000009995", "Visa", "insufficient_funds"),  # accepted, then every purchase fails
    PublishedCard("4000002500003155", "Visa", "confirm"),  # 3-D Secure: the bank asks first
    PublishedCard("5200828282828210", "Mastercard", "hold"),  # the bank sets 5 USD aside: nothing is bought
    PublishedCard("4000000000009235", "Visa", "review"),  # paid at once, credited minutes later
)


def published_card(number: str) -> PublishedCard:
    """The test card with this number, typed with or without spaces. Raises RealCardRefused for any other."""
    digits = re.sub(r"[\s-]", "", number)
    for card in TEST_CARDS:
        if card.number == digits:
            return card
    raise RealCardRefused()  # no facts: the number must not travel any further


def check_no_card_number(text: str) -> None:
    """Raises RealCardRefused when a number as long as a card's stands in a field meant for something else."""
    if re.search(r"(?:\d[\s-]*){12}", text):
        raise RealCardRefused()


def behaviour_of(last4: str) -> Behaviour:
    """What a stored card does when it is charged (the last four digits distinguish the test cards)."""
    return next((card.behaviour for card in TEST_CARDS if card.number.endswith(last4)), "declined")


def check_expiry(expires: str, year: int, month: int) -> str:
    """An expiry as "MM/YY", not in the past. Raises InvalidField."""
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*/\s*(?:20)?(\d\d)\s*", expires)
    if not found:
        raise InvalidField(field="expires", reason="not_a_date")
    typed_month, typed_year = int(found[1]), 2000 + int(found[2])
    if (typed_year, typed_month) < (year, month):
        raise InvalidField(field="expires", reason="in_the_past")
    return f"{typed_month:02d}/{typed_year % 100:02d}"


def check_security_code(security_code: str) -> None:
    """Three or four digits; read and dropped. Raises InvalidField."""
    if not re.fullmatch(r"\s*\d{3,4}\s*", security_code):
        raise InvalidField(field="security_code", reason="not_three_digits")
