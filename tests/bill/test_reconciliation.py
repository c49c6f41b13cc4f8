"""The ledger beside the platform's figures: every difference has its causes, and uncertain calls are settled.

A platform is played: it bills some of the uncertain calls, has calls of others, and tells it late or not.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.bill.figure_file import FigureFile
from ppkit.bill.figures import DATASETS, Dataset, Figure
from ppkit.bill.platform_bill import PlatformBill, Reconciliation
from ppkit.bill.settling import shared_out
from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Call, Ledger, Mark, open_ledger
from ppkit.spending.prices import PriceCatalogue
from ppkit.spending.usage import Usage

DAY = date(2026, 11, 23)
MODEL = "gpt-6-luna"
OWN, FOREIGN = "key_own", "key_foreign"
CATALOGUE = PriceCatalogue().with_user_price(MODEL, input="0.000001", output="0")
"""A token of input costs a pico-dollar, so that tokens and costs are the same number."""


@dataclass
class Books:
    """A ledger, and the figures that a platform would tell of it."""

    ledger: Ledger
    clock: ManualClock
    file: FigureFile
    figures: list[Figure]
    count: int = 0

    @property
    def bill(self) -> PlatformBill:
        return PlatformBill(self.file, lambda: self.ledger, self.clock, lambda: CATALOGUE)

    def call(self, cost: int, model: str = MODEL, mark: Mark | None = None) -> str:
        """A call that was settled here."""
        self.count += 1
        name = f"call-{self.count}"
        self.ledger.reserve(Call(name, model, "…WXYZ", "responses"), Money(max(cost, 1)))
        self.ledger.settle(name, Money(cost), Usage(input_tokens=cost, output_tokens=20), mark=mark)
        return name

    def lost(self, ceiling: int) -> str:
        """A call of which nobody knows whether it was billed."""
        self.count += 1
        name = f"call-{self.count}"
        self.ledger.reserve(Call(name, MODEL, "…WXYZ", "responses"), Money(ceiling))
        self.ledger.give_up(name)
        return name

    def billed(
        self,
        cost: int,
        calls: int = 1,
        key: str = OWN,
        model: str = MODEL,
        tokens: int | None = None,
        dataset: Dataset = "completions",
    ) -> None:
        """What the platform tells of calls."""
        read = max(cost, 0) if tokens is None else tokens
        used = {"calls": calls, "input_tokens": read, "output_tokens": 20 * calls}
        if dataset == "images":
            used = {"calls": calls}
        self.figures += [
            Figure("costs", DAY, f"{model}, input_tokens", key, pico_usd=cost),
            Figure(dataset, DAY, model, key, **used),
        ]

    def told(self, after: timedelta = timedelta(days=3), datasets: tuple[Dataset, ...] = DATASETS) -> None:
        """The import, so long after the day began."""
        at = datetime(2026, 11, 23, tzinfo=UTC) + after
        self.file.remember_keys({OWN: "WXYZ", FOREIGN: "AAAA"})
        for dataset in datasets:
            mine = [figure for figure in self.figures if figure.dataset == dataset]
            self.file.replace(dataset, [DAY], mine, source="platform", told_at=at)

    def causes(self, found: Reconciliation | None = None) -> dict[str, int]:
        found = found or self.bill.reconcile()
        return {cause.kind: cause.amount.pico_usd for row in found.rows for cause in row.causes}


NewBooks = Callable[[], Books]


@contextmanager
def new_books(url: str, folder: Path) -> Iterator[Books]:
    clock = ManualClock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    ledger = open_ledger(url, clock)
    yield Books(ledger, clock, FigureFile(folder / "figures.sqlite3"), [])
    assert ledger.audit() == []
    ledger.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.processes)])
def books(request: pytest.FixtureRequest, tmp_path: Path, blank_ledger: Path) -> Iterator[Books]:
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{shutil.copy(blank_ledger, tmp_path / 'ledger.sqlite3')}"
    with new_books(url, tmp_path) as found:
        yield found


def test_where_both_agree_there_is_nothing_to_say(books: Books) -> None:
    for cost in (500, 700):
        books.call(cost)
        books.billed(cost)
    books.told()
    found = books.bill.reconcile()
    assert (len(found.rows), found.differences, found.missing) == (1, (), ())


def test_a_dated_snapshot_is_its_model(books: Books) -> None:
    books.call(500)
    books.billed(500, model=f"{MODEL}-2026-09-01")
    books.told()
    assert books.bill.reconcile().differences == ()


def test_an_uncertain_call_that_was_billed_costs_what_the_figures_have_more(books: Books) -> None:
    books.call(500)
    lost = books.lost(9_000)
    books.billed(500)
    books.billed(321)
    books.told()
    found = books.bill.reconcile()
    assert books.causes(found) == {"resolved": 321}
    assert books.bill.settle(found) == 1
    entry = books.ledger.entry(lost)
    assert (entry.cost, entry.mark, entry.adjustments[-1].by) == (Money(321), None, "platform")
    assert "2026-11-23" in entry.adjustments[-1].why
    assert entry.usage == Usage(input_tokens=321, output_tokens=20)
    assert books.bill.reconcile().differences == ()


def test_an_uncertain_call_that_was_not_billed_costs_nothing(books: Books) -> None:
    books.call(500)
    lost = books.lost(9_000)
    books.billed(500)
    books.told()
    assert books.bill.settle(books.bill.reconcile()) == 1
    assert (books.ledger.entry(lost).cost, books.ledger.uncertain()) == (Money(0), [])


def test_several_that_were_billed_share_their_sum_and_say_that_they_are_estimates(books: Books) -> None:
    lost = [books.lost(ceiling) for ceiling in (1_000, 3_000)]
    books.billed(1_001, calls=2)
    books.told()
    books.bill.settle(books.bill.reconcile())
    entries = [books.ledger.entry(name) for name in lost]
    assert [entry.cost for entry in entries] == [Money(250), Money(751)]
    assert {entry.mark for entry in entries} == {"estimated"}


def test_where_the_tokens_cost_otherwise_here_nothing_is_settled(books: Books) -> None:
    books.call(500)
    books.lost(9_000)
    books.billed(450, tokens=500)
    books.billed(321)
    books.told()
    found = books.bill.reconcile()
    assert (books.causes(found), found.to_settle) == ({"unexplained": 271}, 0)


def test_a_picture_whose_tokens_are_not_told_is_settled_as_an_estimate(books: Books) -> None:
    lost = books.lost(9_000)
    books.billed(321, dataset="images")
    books.told()
    books.bill.settle(books.bill.reconcile())
    assert (books.ledger.entry(lost).cost, books.ledger.entry(lost).mark) == (Money(321), "estimated")


def test_nothing_is_settled_while_the_day_may_not_be_complete(books: Books) -> None:
    books.lost(9_000)
    books.call(500)
    books.told(after=timedelta(hours=47, minutes=59))
    found = books.bill.reconcile()
    assert (books.causes(found), found.to_settle) == ({"delay": -500}, 0)
    books.told(after=timedelta(hours=48))
    assert books.causes() == {"not_told": -500}


def test_calls_with_other_keys_were_made_elsewhere(books: Books) -> None:
    lost = books.lost(9_000)
    books.billed(4_000, key=FOREIGN)
    books.billed(321)
    books.told()
    found = books.bill.reconcile()
    assert books.causes(found) == {"elsewhere": 4_000, "resolved": 321}
    books.bill.settle(found)
    assert books.ledger.entry(lost).cost == Money(321)


@pytest.mark.parametrize(("cost", "calls"), [(9_001, 1), (500, 2), (-1, 1)])
def test_what_the_uncertain_calls_cannot_have_cost_settles_none_of_them(
    books: Books, cost: int, calls: int
) -> None:
    books.lost(9_000)
    books.billed(cost, calls=calls)
    books.told()
    assert books.bill.settle(books.bill.reconcile()) == 0


def test_beside_estimates_nothing_is_settled(books: Books) -> None:
    books.call(500, mark="estimated")
    books.lost(9_000)
    books.billed(520, calls=2)
    books.told()
    found = books.bill.reconcile()
    assert (books.causes(found), found.to_settle) == ({"estimates": 20}, 0)


def test_the_same_calls_and_tokens_at_another_cost_are_another_price(books: Books) -> None:
    books.call(500)
    books.billed(450, tokens=500)
    books.told()
    assert books.causes() == {"price": -50}


def test_other_tokens_are_no_price(books: Books) -> None:
    books.call(500)
    books.billed(450)
    books.told()
    found = books.bill.reconcile()
    assert books.causes(found) == {"unexplained": -50}
    assert not found.rows[0].is_explained


def test_a_call_more_with_our_own_key_was_made_elsewhere_too(books: Books) -> None:
    books.call(500)
    books.billed(900, calls=2)
    books.told()
    assert books.causes() == {"elsewhere": 400}


def test_a_tools_fee_is_found_again_in_its_models_row(books: Books) -> None:
    books.call(10_500)
    books.billed(500)
    books.figures.append(Figure("costs", DAY, "web search tool calls", OWN, pico_usd=10_000))
    books.told()
    found = books.bill.reconcile()
    fees = [cause.amount for row in found.rows for cause in row.causes if cause.kind == "tool_fee"]
    assert sum(fees, Money(0)) == Money(0)
    assert len(fees) == 2
    assert all(row.is_explained for row in found.rows)


def test_costs_told_by_day_alone_are_held_against_the_whole_day(books: Books) -> None:
    books.call(500)
    books.call(700, model="gpt-6-sol")
    books.figures.append(Figure("costs", DAY, "", pico_usd=1_200))
    books.told(datasets=("costs",))
    found = books.bill.reconcile()
    assert ([row.model for row in found.rows], found.differences) == ([""], ())


def test_without_usage_nothing_is_settled(books: Books) -> None:
    books.call(500)
    books.lost(9_000)
    books.billed(500)
    books.told(datasets=("costs",))
    assert books.bill.reconcile().to_settle == 0
    books.billed(321)
    books.told(datasets=("costs",))
    found = books.bill.reconcile()
    assert (books.causes(found), found.to_settle) == ({"unexplained": 321}, 0)


def test_a_tools_fee_does_not_hide_what_an_uncertain_call_cost(books: Books) -> None:
    books.call(40_000)
    lost = books.lost(9_000)
    books.billed(35_000, calls=2)
    books.figures.append(Figure("costs", DAY, "web search", OWN, pico_usd=20_000))
    for datasets in (("costs",), ("completions",)):
        books.told(datasets=datasets)
        books.bill.settle(books.bill.reconcile())
        assert [call.call.id for call in books.ledger.uncertain()] == [lost]


@pytest.mark.parametrize("key", ["", FOREIGN])
@pytest.mark.parametrize("model", [MODEL, "gpt-6-sol"])
def test_figures_of_somebody_else_free_no_uncertain_call(books: Books, key: str, model: str) -> None:
    books.lost(9_000)
    if model != MODEL or key:
        books.billed(4_000, key=key, model=model)
    books.told()
    assert books.bill.reconcile().to_settle == 0


def test_a_key_is_known_by_its_end_though_two_end_alike(books: Books) -> None:
    for name, fingerprint in (("one", "0123456789ab"), ("two", "1123456789ab")):
        call = Call(name, MODEL, "…WXYZ", "responses", fingerprint=fingerprint)
        books.ledger.reserve(call, Money(9_000))
        books.ledger.give_up(name)
    assert "#" in str(books.ledger.report("key").rows[0]["key"])
    books.billed(4_000, calls=1)
    books.told()
    assert books.causes() == {"resolved": 4_000}


def test_a_file_is_judged_by_what_it_holds_and_not_by_when_it_is_imported(books: Books) -> None:
    books.call(500)
    books.lost(9_000)
    periods = [(DAY + timedelta(days=n), DAY + timedelta(days=n + 1)) for n in range(3)]

    def imported(days: int) -> Reconciliation:
        """Of a file whose last figures are of this day; the others are listed without use."""
        costs, usage = [], []
        for at, (begin, end) in enumerate(periods):
            period, used = f"{begin}T00:00:00,{end}T00:00:00", at in {0, days}
            costs.append(f'{period},0.0000000005,usd,"{MODEL}, input_tokens"' if used else f"{period},,,")
            usage.append(f"{period},1,{MODEL},500,20" if used else f"{period},,,,")
        head = "start_time_iso,end_time_iso,"
        for columns, lines in (
            ("amount_value,amount_currency,line_item", costs),
            ("num_model_requests,model,input_tokens,output_tokens", usage),
        ):
            books.bill.read_csv("\n".join([head + columns, *lines]).encode())
        return books.bill.reconcile(until=DAY)

    books.clock.advance(timedelta(days=9))
    assert [imported(days).to_settle for days in (0, 1, 2)] == [0, 0, 1]


def test_usage_that_may_not_be_complete_settles_nothing(books: Books) -> None:
    books.lost(9_000)
    books.billed(321)
    books.told(datasets=("costs",))
    books.told(timedelta(hours=47), datasets=("completions",))
    assert books.bill.reconcile().to_settle == 0


def test_a_call_resolved_by_hand_meanwhile_keeps_its_group_from_being_settled(books: Books) -> None:
    first, second = books.lost(1_000), books.lost(3_000)
    books.billed(1_001, calls=2)
    books.told()
    found = books.bill.reconcile()
    books.ledger.resolve(first, Money(1), by="ada", why="seen in the log")
    assert books.bill.settle(found) == 0
    assert [call.call.id for call in books.ledger.uncertain()] == [second]
    # Of the one resolved by hand the ledger knows no tokens, so those of the other cannot be told apart.
    assert books.bill.settle(books.bill.reconcile()) == 0


def test_days_with_calls_and_without_costs_are_named(books: Books) -> None:
    books.call(500)
    books.file.replace("costs", [DAY - timedelta(days=1)], [], source="file", told_at=books.clock.now())
    found = books.bill.reconcile(until=DAY)
    assert (found.missing, found.rows) == ((DAY,), ())


def test_before_any_import_nothing_is_compared(books: Books) -> None:
    books.call(500)
    assert books.bill.reconcile() == Reconciliation((), (), keys_known=False)


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**12), min_size=1, max_size=9))
def test_shares_add_up_and_exceed_no_weight(whole: int, weights: list[int]) -> None:
    shares = shared_out(whole, weights)
    assert sum(shares) == whole
    if whole <= sum(weights):
        assert all(share <= weight for share, weight in zip(shares, weights, strict=True))


costs = st.integers(0, 10**6)
Lost = tuple[int, int | None]
lost_calls = st.integers(1, 10**6).flatmap(
    lambda ceiling: st.tuples(st.just(ceiling), st.none() | st.integers(0, ceiling))
)


@given(
    settled=st.lists(st.tuples(costs, st.none() | st.integers(-1_000, 1_000)), max_size=4),
    lost=st.lists(lost_calls, max_size=4),
    elsewhere=st.lists(st.tuples(costs, st.sampled_from([OWN, FOREIGN])), max_size=3),
    late=st.booleans(),
)
def test_causes_add_up_and_what_is_settled_is_settled_once(
    blank_ledger: Path,
    settled: list[tuple[int, int | None]],
    lost: list[Lost],
    elsewhere: list[tuple[int, str]],
    late: bool,
) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        new_books(
            f"sqlite:///{shutil.copy(blank_ledger, Path(name) / 'ledger.sqlite3')}", Path(name)
        ) as books,
    ):
        for cost, drift in settled:
            books.call(cost)
            books.billed(max(cost + (drift or 0), 0), tokens=cost)
        for ceiling, billed in lost:
            books.lost(ceiling)
            if billed is not None:
                books.billed(billed)
        for cost, key in elsewhere:
            books.billed(cost, key=key)
        books.told(timedelta(days=1) if late else timedelta(days=9))
        once = books.file.figures(DAY, DAY)
        books.told(timedelta(days=1) if late else timedelta(days=9))
        assert books.file.figures(DAY, DAY) == once

        found = books.bill.reconcile()
        for row in found.rows:
            assert sum((cause.amount for cause in row.causes), Money(0)) == row.difference
            resolved = [cause.amount for cause in row.causes if cause.kind == "resolved"]
            if row.settlings:
                assert sum((one.cost for one in row.settlings), Money(0)) == sum(resolved, Money(0))
        spent = books.ledger.totals().spent
        difference = sum((row.difference for row in found.rows), Money(0))
        resolved_in_all = sum((one.cost for row in found.rows for one in row.settlings), Money(0))
        assert books.bill.settle(found) == found.to_settle
        assert books.ledger.totals().spent == spent + resolved_in_all
        assert books.bill.settle(found) == 0

        again = books.bill.reconcile()
        assert again.to_settle == 0
        left = sum((row.difference for row in again.rows), Money(0))
        assert left == difference - resolved_in_all
        if late:
            assert found.to_settle == 0
        elif not elsewhere and books.figures and all(drift is None for _, drift in settled):
            assert books.ledger.uncertain() == []
            assert again.differences == ()
            true = sum(cost for cost, _ in settled) + sum(billed or 0 for _, billed in lost)
            assert books.ledger.totals().spent == Money(true)


def test_ten_thousand_figures_are_kept_and_compared_at_once(books: Books) -> None:
    """How fast is measured in the benchmarks; here, that nothing of so many is lost."""
    many = [Figure("costs", DAY, f"model-{number}, input", OWN, pico_usd=1) for number in range(10_000)]
    books.file.replace("costs", [DAY], many, source="file", told_at=books.clock.now())
    found: Mapping[date, int] = {row.day: 1 for row in books.bill.reconcile().rows}
    assert (len(books.bill.reconcile().rows), list(found)) == (10_000, [DAY])
