"""The platform's bill in the costs window: its figures imported, every difference named, then settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Event
from typing import TYPE_CHECKING

from ppkit.bill import Imported, Reconciliation, causes_in_words, model_in_words
from ppkit.keys import parse_pasted_key
from ppkit.look import formats
from ppkit.money import ZERO, Money
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Action, Window

FILES = ("costs", "activity")
MOST_ROWS = 60
MOST_DAYS = 10
IMPORT = "bill"  # the work that can be stopped, between two pages of figures


class _ImportStopped(Exception):
    """The user has had enough; what was imported stays."""


@dataclass(frozen=True, slots=True)
class BillRow:
    """A day and model for the template; `difference` is what the platform has more."""

    day: date
    difference: Money
    model: str
    here: Money
    there: Money
    causes: str


class BillPanel:
    """Asks for nothing and reads nothing before a button of it is pressed."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def begin(self) -> None:
        self.asked = ""  # the action of this panel that was pressed last; "" where it was another's
        self.found: Reconciliation | None = None
        self.settled = 0
        self.answers = 0  # so that the page can tell a new answer from the one before
        self.no_file = self.too_large = False
        self._imported: list[Imported] = []

    def page(self) -> Mapping[str, object]:
        return {"bill": self, "bill_files": FILES, "admin_key": self._window.session.linking.admin_key}

    def actions(self) -> Mapping[str, Action]:
        return {
            "bill_import": self._import,
            "bill_files": self._read_files,
            "bill_compare": lambda *_: self._work(list),
            "bill_settle": lambda *_: self._settle(),
        }

    # --- what the template shows

    @property
    def is_asked(self) -> bool:
        """Whether what goes wrong or well now is told here."""
        return bool(self.asked)

    @property
    def is_working(self) -> bool:
        return self._window.working and self.is_asked

    @property
    def rows(self) -> list[BillRow]:
        """What differs, the latest days first."""
        if self.found is None:
            return []
        texts = self._window.texts
        return [
            BillRow(
                row.day,
                row.difference,
                model_in_words(row, texts),
                Money(row.own.sums.pico_usd),
                Money(row.theirs.pico_usd),
                causes_in_words(row, texts),
            )
            for row in self.found.differences[::-1][:MOST_ROWS]
        ]

    @property
    def rest(self) -> int:
        """The rows that are left out."""
        return max(len(self.found.differences) - MOST_ROWS, 0) if self.found else 0

    @property
    def kinds(self) -> list[str]:
        """The causes on show, to be explained once each."""
        differences = self.found.differences if self.found else ()
        return list(dict.fromkeys(cause.kind for row in differences for cause in row.causes))

    @property
    def to_settle(self) -> int:
        return self.found.to_settle if self.found else 0

    @property
    def settled_cost(self) -> Money:
        """What the calls that can be settled have cost together."""
        rows = self.found.rows if self.found else ()
        return sum((one.cost for row in rows for one in row.settlings), ZERO)

    @property
    def leaves_uncertain(self) -> bool:
        """Whether there are uncertain calls that the figures do not decide."""
        rows = self.found.rows if self.found else ()
        return any(len(row.own.uncertain) > len(row.settlings) for row in rows)

    @property
    def missing(self) -> str:
        """The days with calls of which no costs were imported, the latest ones, in words."""
        days = self.found.missing if self.found else ()
        shown = [formats.date(day, self._window.texts.language, "short") for day in days[-MOST_DAYS:]]
        return ", ".join(["…", *shown] if len(days) > MOST_DAYS else shown)

    @property
    def figures(self) -> int:
        """How many were imported just now."""
        return sum(one.figures for one in self._imported)

    @property
    def days(self) -> int:
        return max((days for one in self._imported for days in one.days.values()), default=0)

    # --- what it does

    def _import(self, _fields: Fields, secrets: Secrets) -> None:
        """With the admin key that is typed, else with the one in use. Raises KeyRefused."""
        window = self._window
        typed = secrets["admin_key"].get_secret_value() if "admin_key" in secrets else ""
        if typed.strip():
            understood = parse_pasted_key(typed, window.session.mode, "admin")
            if understood.key is None:
                window.problem = understood
                return
            window.session.linking.adopt_admin(understood.key)
        account = window.session.platform_account

        def imported() -> list[Imported]:
            asked = window.stop_asked

            def stop_if_asked(_page: object) -> None:
                _raise_if(asked)

            try:
                return [account.fetch_bill(on_page=stop_if_asked)]
            except _ImportStopped:
                return []

        self._work(imported, IMPORT)

    def _read_files(self, fields: Fields, _secrets: Secrets) -> None:
        """The platform's export, or several. Their names tell what they are about where columns do not."""
        contents = [
            (self._window.files[name], fields.get(f"{name}_name", ""))
            for name in FILES
            if name in self._window.files
        ]
        self.too_large, self.no_file = "too_large" in fields, not contents
        if contents and not self.too_large:
            bill = self._window.session.platform_account.bill
            self._work(lambda: [bill.read_csv(content, name) for content, name in contents])

    def _work(self, imported: Callable[[], list[Imported]], stoppable: str = "") -> None:
        bill = self._window.session.platform_account.bill
        self.no_file = self.too_large = False
        self._window.work(lambda: (imported(), bill.reconcile()), self._have_compared, stoppable)

    def _have_compared(self, answer: tuple[list[Imported], Reconciliation]) -> None:
        self._imported, self.found = answer
        self.settled = 0
        self._tell()

    def _settle(self) -> None:
        """What is on show was agreed to, and nothing else."""
        found = self.found
        if found is None or not found.to_settle:
            return
        bill = self._window.session.platform_account.bill
        self._window.work(lambda: (bill.settle(found), bill.reconcile()), self._have_settled)

    def _have_settled(self, answer: tuple[int, Reconciliation]) -> None:
        self.settled, self.found = answer
        self._imported = []
        self._tell()

    def _tell(self) -> None:
        self.answers += 1
        texts = self._window.texts
        if self.settled:
            self._window.news = texts.plural("cli.reconcile.settled", self.settled)
        elif self.found and self.found.differences:
            self._window.news = texts.plural("costs.bill.found", len(self.found.differences))
        else:
            has_any = self.found is not None and self.found.rows
            self._window.news = texts("cli.reconcile.agree" if has_any else "costs.bill.nothing")


def _raise_if(asked: Event) -> None:
    if asked.is_set():
        raise _ImportStopped
