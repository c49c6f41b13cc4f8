"""Where the spending stands at one moment: today, this month, limits, models, the last calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ppkit.mode import Mode
from ppkit.money import ZERO, Money
from ppkit.sessions import Session
from ppkit.spending.ledger.limit_status import LimitStatus
from ppkit.spending.ledger.report import ReportRow
from ppkit.spending.ledger.values import Entry
from ppkit.spending.limit_facts import limit_facts

LAST_CALLS = 8


@dataclass(frozen=True, slots=True)
class PeriodSpending:
    """A day or a month (UTC): calls that have ended, their tokens and cost, and what is not settled."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost: Money
    uncertain: Money
    reserved: Money

    @classmethod
    def of(cls, row: Mapping[str, object]) -> PeriodSpending:
        """From a row of a report."""

        def figure(name: str) -> int:
            return int(str(row.get(name) or 0))

        amounts = (Money(figure(f"{name}_pico_usd")) for name in ("cost", "uncertain", "reserved"))
        return cls(figure("calls"), figure("input_tokens"), figure("output_tokens"), *amounts)

    def as_json(self) -> dict[str, object]:
        """Amounts in whole pico-dollars."""
        return {
            "calls": self.calls,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost_pico_usd": self.cost.pico_usd,
            "uncertain_pico_usd": self.uncertain.pico_usd,
            "reserved_pico_usd": self.reserved.pico_usd,
        }


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """`models` are those of the month, the dearest first; `latest` the last calls, the latest first."""

    at: datetime
    mode: Mode
    today: PeriodSpending
    month: PeriodSpending
    models: tuple[tuple[str, PeriodSpending], ...]
    limits: tuple[LimitStatus, ...]
    latest: tuple[Entry, ...]

    def as_json(self) -> dict[str, object]:
        """The same as plain data."""
        return {
            "at": self.at.isoformat(),
            "mode": self.mode,
            "today": self.today.as_json(),
            "month": self.month.as_json(),
            "models": [{"model": model, **spending.as_json()} for model, spending in self.models],
            "limits": [limit_facts(limit) for limit in self.limits],
            "latest": [_call_document(call) for call in self.latest],
        }


def snapshot_of(session: Session, last_calls: int = LAST_CALLS) -> LedgerSnapshot:
    """Raises what the ledger raises."""
    ledger, now = session.ledger, session.clock.now()
    first: date = now.date().replace(day=1)
    today = ledger.report(since=now.date(), until=now.date())
    models = [
        (str(row["model"]), PeriodSpending.of(row))
        for row in ledger.report(by="model", since=first, until=now.date())
    ]
    return LedgerSnapshot(
        now,
        session.mode,
        PeriodSpending.of(_only(today.rows)),
        PeriodSpending.of(_only(ledger.report(since=first, until=now.date()).rows)),
        tuple(sorted(models, key=lambda one: (-one[1].cost.pico_usd, one[0]))),
        tuple(session.budget.status()),
        tuple(ledger.latest(last_calls)),
    )


def _only(rows: list[ReportRow]) -> ReportRow:
    return rows[0] if rows else {}


def _call_document(call: Entry) -> dict[str, object]:
    return {
        "call_id": call.call.id,
        "at": call.reserved_at.isoformat(),
        "state": call.state,
        "model": call.call.model,
        "key": call.call.key,
        "endpoint": call.call.endpoint,
        "tags": dict(call.call.tags),
        "input_tokens": call.usage.input_tokens if call.usage else None,
        "output_tokens": call.usage.output_tokens if call.usage else None,
        "cost_pico_usd": (call.cost or ZERO).pico_usd if call.state != "reserved" else None,
        "reserved_pico_usd": call.reserved.pico_usd,
        "mark": call.mark,
    }
