"""What some days cost, for one client or for everything: facts alone, no words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ppkit.agency import Client
from ppkit.papers.counted_costs import CountedCosts, reports_of
from ppkit.spending.ledger import Report
from ppkit.spending.reports import period_of

if TYPE_CHECKING:
    from ppkit.sessions import Session


@dataclass(frozen=True, slots=True)
class CostReport(CountedCosts):
    """From the first to the last day, both included (UTC). `where` narrows it, the client's filter included.

    `by_period` is by day, or by month where the days are too many, and by what is stacked in the chart.
    """

    first: date
    last: date
    client: Client | None
    where: Mapping[str, str]
    by_period: Report
    by_key: Report


def cost_report(
    session: Session,
    first: date,
    last: date,
    *,
    client: str | None = None,
    where: Mapping[str, str] | None = None,
    stack: str = "model",
) -> CostReport:
    """As the ledger stands now. `client` is a name or id of the agency's file.

    Raises UnknownClient, AgencyFileInvalid, UnknownGrouping and what reading the ledger raises.
    """
    agency = session.accounting.agency
    chosen = None if client is None else agency.client(client)
    narrowed = {**(where or {}), **(chosen.where if chosen else {})}

    report = reports_of(session, first, last, narrowed)
    return CostReport(
        mode=session.mode,
        at=session.clock.now(),
        first=first,
        last=last,
        agency=agency,
        client=chosen,
        where=dict(where or {}),
        by_period=report(period_of(first, last), stack),
        by_model=report("model"),
        by_key=report("key"),
    )
