"""What one client's month cost, what the agency adds, and that in its currency: facts alone, no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ppkit.agency import Agency, Client, Currency, Markup
from ppkit.clock import days_of_month, month_of
from ppkit.mode import Mode
from ppkit.money import ZERO, Money
from ppkit.spending.ledger import NotADay, Report

if TYPE_CHECKING:
    from ppkit.sessions import Session


@dataclass(frozen=True, slots=True)
class ClientStatement:
    """One calendar month (UTC), as "2026-11". `cost` is the ledger's, to the pico-dollar.

    `is_final` says that the month is over and nothing in it is uncertain, or reserved for a call under way.
    """

    mode: Mode
    at: datetime
    month: str
    agency: Agency
    client: Client
    by_model: Report
    by_day: Report

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

    def report(*by: str) -> Report:
        return session.ledger.report(by, days[0], days[-1], chosen.where)

    return ClientStatement(
        session.mode, session.clock.now(), month, agency, chosen, report("model"), report("day")
    )


def of_no_client(session: Session, month: str) -> Money:
    """What the month cost beside all clients' statements. Negative where one call is on two of them."""
    days = days_of_month(first_day(month))
    everything = Money(sum(session.ledger.report((), days[0], days[-1]).figures["cost_pico_usd"]))
    for client in session.accounting.agency.clients:
        everything -= client_statement(session, client.id, month).cost
    return everything
