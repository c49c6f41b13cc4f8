"""What a report of costs and a client's statement have in common: sums of the ledger, as it stands now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from ppkit.agency import Agency
from ppkit.mode import Mode
from ppkit.money import Money
from ppkit.spending.ledger import Report

if TYPE_CHECKING:
    from ppkit.sessions import Session


@dataclass(frozen=True, slots=True)
class CountedCosts:
    """Amounts are the ledger's, to the pico-dollar."""

    mode: Mode
    at: datetime
    agency: Agency
    by_model: Report

    @property
    def calls(self) -> int:
        return sum(self.by_model.figures["calls"])

    @property
    def cost(self) -> Money:
        return Money(sum(self.by_model.figures["cost_pico_usd"]))

    @property
    def uncertain(self) -> Money:
        return Money(sum(self.by_model.figures["uncertain_pico_usd"]))

    @property
    def reserved(self) -> Money:
        """For calls under way, which will cost something or become uncertain."""
        return Money(sum(self.by_model.figures["reserved_pico_usd"]))


def reports_of(session: Session, first: date, last: date, where: Mapping[str, str]) -> Callable[..., Report]:
    """Answers by the fields it is given, for these days (UTC, both included) and this filter.

    Raises what reading the ledger raises.
    """
    ledger = session.ledger
    ledger.expire()  # what a killed process held is uncertain, and no call under way
    return lambda *by: ledger.report(by, first, last, where)
