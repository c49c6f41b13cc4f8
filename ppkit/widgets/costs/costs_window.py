"""The costs window: what the ledger says of some days, every limit, and what to take away of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from IPython import get_ipython

from ppkit.clock import next_month
from ppkit.look import formats
from ppkit.papers import ClientStatement, Paper, client_statement, cost_report, costs_paper, statement_paper
from ppkit.papers.paper_file import MEDIA_TYPES, PaperFile
from ppkit.practice_link import PagesPort
from ppkit.spending.marks import SIGNS
from ppkit.spending.price_list import price_list
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.downloads import Downloads
from ppkit.widgets.base.ledger_watch import LedgerWatch
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action, Window
from ppkit.widgets.costs.costs_bill import BillPanel
from ppkit.widgets.costs.costs_choice import RANGES, STACKS, VIEWS, CostsChoice
from ppkit.widgets.costs.costs_figures import (
    FIGURES,
    costs_chart,
    costs_table,
    dearest_calls,
    filter_options,
    month_figures,
    other_models,
)
from ppkit.widgets.costs.costs_limits import LimitForms

if TYPE_CHECKING:
    from ppkit.sessions import Session


class CostsWindow(Window):
    """Reads the ledger and nothing else, so it can never disagree with it."""

    template: ClassVar[str] = "costs"

    def __init__(
        self, session: Session, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        self.downloads = Downloads(self)
        self.limits = LimitForms(self)
        self.bill = BillPanel(self)
        super().__init__(session, run)

    def begin(self) -> None:
        self._choice = CostsChoice()
        self._has_reached = False  # an alert's threshold, or a limit
        self._port: PagesPort | None = None
        self._mails = 0  # of ours, seen in the practice platform's inbox
        self._has_asked = False  # for the mail about a soft limit, since something was pressed here
        self.limits.begin()
        self.bill.begin()
        self.downloads.last = ""

    def follow(self) -> None:
        """Redraw, from now on, whenever calls change the ledger: also those of a cell that is running.

        The window of this kind that was opened last follows it; an earlier one, whose cell was most likely
        run again, is redrawn with the others when something is pressed.
        """
        if get_ipython() is not None:  # without a kernel nobody sees it
            self.window_group.follow(LedgerWatch(self, self.session.clock.monotonic))

    def page(self) -> Mapping[str, object]:
        session, language = self.session, self.window_group.language
        choice = self._choice
        prices, today = price_list(), session.clock.now().date()
        days = choice.days(today)
        chart = costs_chart(session, choice, language)
        limits, options = self.limits.page(), filter_options(session, choice)
        self._has_reached = any(one.status.reached or one.is_reached for one in self.limits.shown)
        is_table = choice.view not in {"calls", "other_models"}
        return {
            "totals": session.ledger.totals(),
            "figures": month_figures(session),
            "is_mailed": self._mails > 0,
            "practice_port": self._port,
            "resets": next_month(session.clock.now()),
            "days": days,
            "choice": choice,
            "chart": chart if chart.series else None,
            "table": costs_table(session, choice, language) if is_table else None,
            "calls": dearest_calls(session, choice) if choice.view == "calls" else [],
            "other_models": other_models(session, choice) if choice.view == "other_models" else None,
            "views": [view for view in VIEWS if view != "client" or options["client"]],
            "options": options,
            "ranges": RANGES,
            "stacks": STACKS,
            "columns": FIGURES,
            "signs": SIGNS,
            "in_currency": self._in_currency(),
            "statement_month": self._statement_month(),
            "downloads": self.downloads,
            "prices": prices,
            "prices_age": prices.age_days(today),
            **limits,
            **self.bill.page(),
        }

    def _in_currency(self) -> str:
        """What is spent this month in the agency's currency; "" without one."""
        currency = self.session.accounting.agency.currency
        return currency.shown(self.session.ledger.totals().spent, self.texts) if currency else ""

    def _statement_month(self) -> str:
        """The month that a client's statement can be had of; "" where no client of the agency is chosen."""
        known = any(one.id == self._choice.client for one in self.session.accounting.agency.clients)
        first, _last = self._choice.days(self.session.clock.now().date())
        return formats.month(first, self.window_group.language) if known else ""

    def receive(self, action: str, fields: Fields, secrets: Secrets) -> None:
        self._has_asked = False
        if action in self.actions():
            self.bill.asked = action if action in self.bill.actions() else ""
            if self.bill.is_asked:
                self.limits.begin()  # what goes wrong now is not told among what was typed there
        super().receive(action, fields, secrets)

    def redraw(self) -> None:
        super().redraw()
        if self.session.mode == "practice" and self._has_reached and not self._has_asked:
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
            "refresh": lambda *_: self.limits.begin(),
            "group": self._group,
            "choose": self._choose,
            "usual": lambda *_: self._show(CostsChoice()),
            "download": lambda fields, _: self._download(fields["form"]),
            "statement": lambda fields, _: self._download_statement(fields["form"]),
            **self.limits.actions(),
            **self.bill.actions(),
        }

    def _group(self, fields: Fields, _secrets: Secrets) -> None:
        if fields["grouping"] in VIEWS:
            self._choice = replace(self._choice, view=fields["grouping"])

    def _choose(self, fields: Fields, _secrets: Secrets) -> None:
        """Raises NotADay, KeyOfAnother; then what was shown stays."""
        self._show(self._choice.with_fields(fields, self.session.clock.now().date()))

    def _show(self, choice: CostsChoice) -> None:
        choice.check(self.session.clock.now().date(), self.session.accounting.agency)
        self._choice = choice
        self.downloads.last = ""

    def _download(self, form: str) -> None:
        session, choice, language = self.session, self._choice, self.window_group.language
        first, last = choice.days(session.clock.now().date())
        where = choice.where(session.accounting.agency)
        known = any(one.id == choice.client for one in session.accounting.agency.clients)
        if known:
            where = replace(choice, client="").where(session.accounting.agency)
        client = choice.client if known else None

        def paper() -> Paper:
            facts = cost_report(session, first, last, client=client, where=where, stack=choice.stack)
            return costs_paper(facts, language)

        self.downloads.send_drawn(paper, form)

    def _download_statement(self, form: str) -> None:
        session, language, client = self.session, self.window_group.language, self._choice.client
        first, _last = self._choice.days(session.clock.now().date())

        def facts() -> ClientStatement:
            return client_statement(session, client, f"{first:%Y-%m}")

        def workbook() -> PaperFile:
            from ppkit.papers.workbook import workbook_of  # lazy: only who wants a spreadsheet needs it

            found = facts()
            name = statement_paper(found, language).name
            return PaperFile(f"{name}.xlsx", MEDIA_TYPES["xlsx"], workbook_of(found, language))

        if form == "xlsx":
            self.downloads.send_made(workbook)
        else:
            self.downloads.send_drawn(lambda: statement_paper(facts(), language), form)
