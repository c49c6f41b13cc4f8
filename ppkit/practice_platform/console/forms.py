"""What people type into forms, understood or refused."""

from __future__ import annotations

import re

from ppkit.money import Money
from ppkit.practice_platform.errors import InvalidField


def amount(field: str, typed: str) -> Money:
    """Dollars and cents as people write them: 5, 5.00, 5,00, $5, 5 USD. Raises InvalidField."""
    digits = re.sub(r"\s|\$|usd", "", typed.lower())
    if not digits:
        raise InvalidField(field=field, reason="empty")
    if not re.fullmatch(r"[0-9]{1,7}([.,][0-9]{1,2})?", digits, re.ASCII):
        raise InvalidField(field=field, reason="not_an_amount")
    return Money.usd(digits.replace(",", "."))


def cents(field: str, typed: str) -> int:
    """The same amount in whole cents. Raises InvalidField."""
    return amount(field, typed).pico_usd // 10**10
