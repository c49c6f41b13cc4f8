"""An amount as a user types it, in either language's way of writing, and the month's as it is shown."""

from __future__ import annotations

import re

from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.spending.ledger import Totals
from ppkit.spending.ledger.errors import InvalidLimit
from ppkit.spending.marks import SIGNS


def spent_so_far(totals: Totals, texts: Texts) -> str:
    """Money spent with the signs of its marks, and apart from it what is uncertain."""
    signs = "".join(sign for mark, sign in SIGNS.items() if getattr(totals, mark))
    spent = f"{signs} {formats.money(totals.spent, texts.language)}".strip()
    if not totals.uncertain:
        return spent
    return texts(
        "costs.spent_and_uncertain", spent=spent, uncertain=formats.money(totals.uncertain, texts.language)
    )


class AmbiguousAmount(InvalidLimit):
    """A thousand to one reader, one to another; nothing was changed. Facts: value, whole (no mark)."""

    code = "amount_ambiguous"


def typed_amount(text: str) -> str | None:
    """ "5,00 USD", "$5", "1.000,50" and "1,000.50" as plain decimals for Money; None when nothing is typed.

    What is no amount comes back as it is, for the budget to refuse. Raises AmbiguousAmount for "1.000" and
    "1,000", whatever the language: a guess could be wrong by a thousand times.
    """
    bare = re.sub(r"(?i)usd|\$|\s", "", text)
    if not bare:
        return None
    if re.fullmatch(r"-?[1-9]\d{0,2}[.,]\d{3}", bare):
        raise AmbiguousAmount(value=bare, whole=re.sub("[.,]", "", bare))
    if re.fullmatch(r"-?[1-9]\d{0,2}(?:(?:\.\d{3}){2,}|(?:,\d{3}){2,})", bare):
        return re.sub("[.,]", "", bare)
    decimal_mark = max(bare.rfind(","), bare.rfind("."))
    if decimal_mark < 0:
        return bare
    whole, decimals = bare[:decimal_mark], bare[decimal_mark + 1 :]
    grouped = re.fullmatch(r"-?\d{1,3}(?:[.,]\d{3})+", whole)
    return f"{re.sub('[.,]', '', whole) if grouped else whole}.{decimals}"
