"""The platform's bill: its figures imported and held against the ledger; uncertain calls settled by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ppkit.bill.csv_exports import read_export
from ppkit.bill.fetching import FiguresPage, fetch
from ppkit.bill.figure_file import FigureFile
from ppkit.bill.figures import DATASETS, Dataset, base_model, is_final
from ppkit.bill.reconciliation import DayModel, KeysOfAccount, Own, Place, UsageSums, reconcile
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.spending.cost import cost_of
from ppkit.spending.ledger import Ledger
from ppkit.spending.prices import PriceCatalogue

USUAL_DAYS = 31
TOLD_TOKENS = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens")
WHY = "platform figures of {day}"

LendUsage = Callable[[], AbstractContextManager[Any]]
"""Lends the SDK's resource `admin.organization.usage`."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought: days by dataset, figures in all, lines of a file."""

    days: Mapping[Dataset, int]
    figures: int
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Days and models, the oldest first. `missing`: days with calls here of which no costs were imported.

    `keys_known`: whether the account's keys were listed, so that calls with other keys can be told apart.
    """

    rows: tuple[DayModel, ...]
    missing: tuple[date, ...]
    keys_known: bool

    @property
    def differences(self) -> tuple[DayModel, ...]:
        """The rows that differ, or have uncertain calls."""
        return tuple(row for row in self.rows if row.causes or row.own.uncertain)

    @property
    def to_settle(self) -> int:
        """How many uncertain calls the figures decide."""
        return sum(len(row.settlings) for row in self.rows)


class PlatformBill:
    """The figures of one mode's account. Methods raise FiguresError, and what the ledger raises."""

    def __init__(
        self,
        file: FigureFile,
        ledger: Callable[[], Ledger],
        clock: Clock,
        catalogue: Callable[[], PriceCatalogue],
    ) -> None:
        self._file = file
        self._ledger = ledger
        self._clock = clock
        self._catalogue = catalogue

    # --- importing

    def fetch(
        self,
        usage: LendUsage,
        key_ends: Mapping[str, str],
        since: date | None = None,
        until: date | None = None,
        on_page: Callable[[FiguresPage], None] = lambda _page: None,
    ) -> Imported:
        """Ask the platform for all datasets, by day, model and key; by default the last 31 days.

        Each page is kept at once, so an import that broke off goes on where it was: days that are complete
        are not asked for again. `key_ends` are the ends that a masked list shows, by the platform's ids.
        Raises the SDK's errors, too.
        """
        today = self._clock.now().astimezone(UTC).date()
        last = min(until or today, today)
        first = since or last - timedelta(days=USUAL_DAYS - 1)
        self._file.remember_keys(key_ends)
        days: dict[Dataset, int] = {}
        figures = 0
        with usage() as resource:
            for dataset in DATASETS:
                days[dataset] = 0
                for page in self._pages(resource, dataset, first, last):
                    on_page(page)
                    days[dataset] += len(page.days)
                    figures += len(page.figures)
        return Imported(days, figures)

    def _pages(self, usage: Any, dataset: Dataset, first: date, last: date) -> Iterator[FiguresPage]:
        known = self._file.final_days(dataset, first, last)
        wanted = [day for day in _days(first, last) if day not in known]
        if not wanted:
            return
        told_at, left = self._clock.now(), set(wanted)
        for page in fetch(usage, dataset, wanted[0], wanted[-1]):
            self._file.replace(dataset, page.days, page.figures, source="platform", told_at=told_at)
            left -= set(page.days)
            yield page
        # A day that a complete answer leaves out had nothing.
        self._file.replace(dataset, left, (), source="platform", told_at=told_at)

    def read_csv(self, content: bytes, name: str = "") -> Imported:
        """Take over an exported file (see `csv_exports`): from now on it tells the figures of its days.

        Nobody knows when it was exported, so it counts as told when its last period with figures began: of
        that day and of the one before it more may come.
        """
        export = read_export(content, name)
        told_at = min(export.told_at, self._clock.now())
        self._file.replace(export.dataset, export.days, export.figures, source="file", told_at=told_at)
        return Imported({export.dataset: len(export.days)}, len(export.figures), export.lines)

    # --- holding them against the ledger

    def reconcile(self, since: date | None = None, until: date | None = None) -> Reconciliation:
        """The ledger beside the figures, by day and model; by default of all days that were imported."""
        ledger = self._ledger()
        ledger.expire()  # what killed processes left behind is uncertain from here on
        found = self._file.days()
        if found is None:
            return Reconciliation((), (), keys_known=False)
        first, last = since or found[0], until or found[1]
        told = self._file.told_at(first, last)
        final = {
            day: frozenset(name for name in DATASETS if (at := told.get((name, day))) and is_final(day, at))
            for dataset, day in told
            if dataset == "costs"
        }
        own, ends = _own(ledger, first, last)
        listed = self._file.keys()
        keys = KeysOfAccount(
            own=frozenset(key for key, end in listed.items() if end and _may_be_one_of(end, ends)),
            foreign=frozenset(key for key, end in listed.items() if not _may_be_one_of(end, ends)),
        )
        rows = reconcile(own, self._file.figures(first, last), keys, final, self._cost_of)
        missing = sorted({day for day, _ in own if day not in final})
        return Reconciliation(tuple(rows), tuple(missing), bool(listed))

    def _cost_of(self, model: str, day: date, sums: UsageSums) -> int | None:
        noon = datetime.combine(day, time(12), UTC)
        try:
            return cost_of(sums.usage, self._catalogue().price_of(model, noon)).total.pico_usd
        except PpkitError:  # no price is known, or these are no tokens of calls
            return None

    def settle(self, found: Reconciliation) -> int:
        """Write the adjusting entries that the figures decide; returns how many calls are settled.

        A day and model is settled whole or not at all; one of which a call was resolved meanwhile is not.
        """
        settled = 0
        for row in found.rows:
            costs = {one.call_id: (one.cost, one.mark, one.usage) for one in row.settlings}
            why = WHY.format(day=row.day.isoformat())
            if costs and self._ledger().settle_uncertain(costs, why=why):
                settled += len(costs)
        return settled


def _own(ledger: Ledger, first: date, last: date) -> tuple[dict[Place, Own], set[str]]:
    """What the ledger has of each day and model, and how the keys end that it has calls with."""
    own: dict[Place, Own] = defaultdict(Own)
    for row in ledger.report(("day", "model"), first, last).rows:
        figures = {name: int(value) for name, value in row.items() if isinstance(value, int)}
        names = ("calls", "cost_pico_usd", *TOLD_TOKENS)
        sums = UsageSums(*(figures[name] for name in names))
        doubtful = figures["estimated_pico_usd"] + figures["ceiling_pico_usd"]
        place = date.fromisoformat(str(row["day"])), base_model(str(row["model"]))
        own[place] += Own(sums, doubtful)
    for call in ledger.uncertain():
        day = call.reserved_at.astimezone(UTC).date()
        if first <= day <= last:
            own[day, base_model(call.call.model)] += Own(UsageSums(calls=-1), uncertain=(call,))
    # Where several keys end alike, the report also shows a part of the fingerprint, "…WXYZ#0123".
    ends = {str(row["key"]).partition("#")[0] for row in ledger.report("key").rows}
    return dict(own), ends


def _may_be_one_of(end: str, shown: set[str]) -> bool:
    """Whether a listed key with this end can be one of those that the ledger shows; unknown ends may be."""
    return not end or any(one.endswith(end) for one in shown)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
