"""An amount as a person types it, in either language's way of writing."""

from __future__ import annotations

import re


def typed_amount(text: str) -> str | None:
    """ "5,00 USD", "$5", "1.000,50" and "1,000.50" as plain decimals for Money; None when nothing is typed.

    What is no amount comes back as it is, for the budget to refuse.
    """
    bare = re.sub(r"(?i)usd|\$|\s", "", text)
    if not bare:
        return None
    decimal_mark = max(bare.rfind(","), bare.rfind("."))
    if decimal_mark < 0:
        return bare
    whole, decimals = bare[:decimal_mark], bare[decimal_mark + 1 :]
    grouped = re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", whole)
    return f"{re.sub('[.,]', '', whole) if grouped else whole}.{decimals}"
