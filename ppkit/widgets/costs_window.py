"""The costs window: what the ledger says about this month, and the two limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, ClassVar

from ppkit.clock import days_of_month, next_month
from ppkit.look import charts, formats
from ppkit.money import ZERO, Money
from ppkit.practice_link import PagesPort
from ppkit.spending.ledger import ReportRow
from ppkit.spending.marks import SIGNS, marked_amounts, marked_sums, signs_of
from ppkit.widgets.amounts import typed_amount
from ppkit.widgets.view import Fields, Secrets
from ppkit.widgets.window import Action, Window

GROUPINGS: dict[str, tuple[str, ...]] = {
    "all": ("day", "model", "key"),
    "day": ("day",),
    "model": ("model",),
    "key": ("key",),
}
FIGURES = ("calls", "input_tokens", "output_tokens")


class CostsWindow(Window):
    """Reads the ledger and nothing else, so it can never disagree with it."""

    template: ClassVar[str] = "costs"

    def begin(self) -> None:
        self._grouping = "all"
        self._saves = 0  # how often the limits were saved, so that the page can tell a new time
        self._is_soft_reached = False
        self._port: PagesPort | None = None
        self._mails = 0  # of ours, seen in the practice platform's inbox
        self._has_asked = False  # for the mail about a soft limit, since something was pressed here
        self._typed: Fields = {}  # limits that could not be set, so that they can be mended

    def page(self) -> Mapping[str, object]:
        ledger = self.session.ledger
        today = self.session.clock.now().date()
        first = today.replace(day=1)
        days = [_shown(row) for row in ledger.report(by=["day"], since=first)]
        by_day = {row["day"]: row["cost"] for row in days}
        signs = {row["day"]: row["signs"] for row in days}
        totals = ledger.totals()
        rows = [_shown(row) for row in ledger.report(by=GROUPINGS[self._grouping], since=first)]
        limits = self.session.budget.get()
        self._is_soft_reached = limits.soft is not None and totals.counted >= limits.soft
        return {
            "totals": totals,
            "today": by_day.get(today, ZERO),
            "today_signs": signs.get(today, ""),
            "month_signs": signs_of(marked_sums(days)),
            "limits": limits,
            "is_mailed": self._mails > 0,
            "practice_port": self._port,
            "typed": self._typed,
            "saved": self._saves if self.news == self.texts("costs.saved") else 0,
            "resets": next_month(self.session.clock.now()),
            "bars": self._bars(by_day, signs, first) if by_day else None,
            "highest": max(by_day.items(), key=lambda item: item[1], default=None),
            "grouping": self._grouping,
            "groupings": tuple(GROUPINGS),
            "columns": GROUPINGS[self._grouping],
            "figures": FIGURES,
            "rows": rows,
            "signs": SIGNS,
            "marked": {mark: Money(amount) for mark, amount in marked_amounts(rows).items()},
        }

    def _bars(self, costs: Mapping[date, Money], signs: Mapping[date, str], first: date) -> list[charts.Bar]:
        """One for every day of the month, those without cost included."""

        def amount(day: date) -> str:
            return f"{signs.get(day, '')} {formats.money(costs.get(day, ZERO), self.language)}".strip()

        return charts.bars(
            (
                formats.date(day, self.language, "short"),
                f"{formats.date(day, self.language)}: {amount(day)}",
                costs.get(day, ZERO).pico_usd,
            )
            for day in days_of_month(first)
        )

    def receive(self, action: str, fields: Fields, secrets: Secrets) -> None:
        self._has_asked = False
        super().receive(action, fields, secrets)

    def redraw(self) -> None:
        super().redraw()
        if self.session.mode == "practice" and self._is_soft_reached and not self._has_asked:
            self._has_asked = True
            self.watch(self._mailing(), self._saw_mails)

    def _mailing(self) -> Callable[[], tuple[PagesPort | None, int]]:
        """Nobody should wait for the mailer's next round to see the mail come."""
        accounting, link = self.session.accounting, self.session.practice_link

        def mailed() -> tuple[PagesPort | None, int]:
            accounting.send_alerts()
            return link.pages_port(), link.alerts_in_inbox()

        return mailed

    def _saw_mails(self, seen: tuple[PagesPort | None, int]) -> None:
        self._port, self._mails = seen

    def actions(self) -> Mapping[str, Action]:
        return {
            "refresh": lambda *_: self._forget_typed(),
            "group": self._group,
            "set_limits": self._set_limits,
        }

    def _group(self, fields: Fields, _secrets: Secrets) -> None:
        if fields["grouping"] in GROUPINGS:
            self._grouping = fields["grouping"]

    def _set_limits(self, fields: Fields, _secrets: Secrets) -> None:
        self._typed = fields
        self.session.budget.set(
            soft=typed_amount(fields["soft"]),
            hard=typed_amount(fields["hard"]),
            why=self.texts("costs.limit_reason"),
        )
        self._forget_typed()
        self._saves += 1
        self.news = self.texts("costs.saved")
        if self.session.budget.get().hard is not None:
            self.has_done("costs.limit_set")

    def _forget_typed(self) -> None:
        """The fields show the limits in force again."""
        self._typed = {}


def _shown(row: ReportRow) -> dict[str, Any]:
    """A row with its day as a date, its amounts as Money and the signs of its marks, for the template."""
    shown: dict[str, Any] = dict(row)
    if "day" in shown:
        shown["day"] = date.fromisoformat(shown["day"])
    amounts = {"cost": Money(shown["cost_pico_usd"]), "uncertain": Money(shown["uncertain_pico_usd"])}
    return shown | amounts | {"signs": signs_of(shown)}
