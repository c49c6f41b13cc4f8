"""What one client's month cost, what the agency adds, and that in its currency: facts alone, no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from ppkit.agency import Client, Currency, Markup
from ppkit.clock import days_of_month, month_of
from ppkit.money import ZERO, Money
from ppkit.papers.counted_costs import CountedCosts, reports_of
from ppkit.spending.ledger import NotADay, Report

if TYPE_CHECKING:
    from ppkit.sessions import Session


@dataclass(frozen=True, slots=True)
class ClientStatement(CountedCosts):
    """One calendar month (UTC), as "2026-11".

    `is_final` says that the month is over and nothing in it is uncertain, or reserved for a call under way.
    """

    month: str
    client: Client
    by_day: Report

    @property
    def markup(self) -> Markup | None:
        return self.agency.markup_of(self.client)

    @property
    def added(self) -> Money:
        """The mark-up on the whole cost: rounded once, and not line by line."""
        return ZERO if self.markup is None else self.markup.on(self.cost)

    @property
    def total(self) -> Money:
        return self.cost + self.added

    @property
    def currency(self) -> Currency | None:
        return self.agency.currency

    @property
    def in_currency(self) -> Decimal | None:
        """The total at the agency's rate; None where it names no currency."""
        return None if self.currency is None else self.currency.of(self.total)

    @property
    def is_final(self) -> bool:
        return self.month < month_of(self.at) and not self.uncertain and not self.reserved

    @property
    def days(self) -> list[date]:
        return days_of_month(first_day(self.month))


def first_day(month: str) -> date:
    """Of a month as "2026-11". Raises NotADay."""
    try:
        day = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise NotADay(value=month) from None
    return day


def client_statement(session: Session, client: str, month: str) -> ClientStatement:
    """As the ledger stands now. Raises NotADay, UnknownClient, AgencyFileInvalid."""
    days, agency = days_of_month(first_day(month)), session.accounting.agency
    chosen = agency.client(client)

    report = reports_of(session, days[0], days[-1], chosen.where)
    return ClientStatement(
        mode=session.mode,
        at=session.clock.now(),
        agency=agency,
        by_model=report("model"),
        month=month,
        client=chosen,
        by_day=report("day"),
    )


def of_no_client(session: Session, month: str) -> Money:
    """What the month cost beside all clients' statements. Negative where one call is on two of them."""
    days = days_of_month(first_day(month))
    everything = Money(sum(session.ledger.report((), days[0], days[-1]).figures["cost_pico_usd"]))
    for client in session.accounting.agency.clients:
        everything -= client_statement(session, client.id, month).cost
    return everything
