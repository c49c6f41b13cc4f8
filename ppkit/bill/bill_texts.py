"""A row of the reconciliation in words, for whatever shows it."""

from __future__ import annotations

from ppkit.bill.reconciliation import DayModel
from ppkit.keys import presentable
from ppkit.look import formats
from ppkit.look.texts import Texts


def causes_in_words(row: DayModel, texts: Texts) -> str:
    """Each cause with its amount; where there is none, the row is there for its uncertain calls."""
    named = [
        f"{texts(f'reconcile.cause.{cause.kind}')} {formats.money(cause.amount, texts.language)}"
        for cause in row.causes
    ]
    return ", ".join(named) or texts("reconcile.cause.uncertain")


def model_in_words(row: DayModel, texts: Texts) -> str:
    """The platform's name of it, which nobody vouches for; without one, the costs are those of the day."""
    return presentable(row.model) or texts("cli.reconcile.all_models")
