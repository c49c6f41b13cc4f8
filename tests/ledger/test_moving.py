"""Books that move from one database to another: all of them or none, equal to the last pico-dollar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import AnswerTerms, Blocked, LedgerOfOtherMode, open_ledger
from ppkit.spending.ledger.moving import (
    LedgerEmpty,
    LedgerInUse,
    LedgerNotEmpty,
    LedgerNotInBalance,
    move_ledger,
)
from ppkit.spending.ledger.tables import TABLES
from ppkit.spending.ledger.transaction import Transaction
from ppkit.spending.plan_credits import PlanCredits

from .conftest import NewLedgerUrl, places_of
from .examples import USAGE, call, usd
from .test_expiry import die
from .test_properties import LedgerMachine

processes = pytest.mark.processes
Books = dict[str, set[tuple[Any, ...]]]


@pytest.fixture(
    params=[
        "sqlite to sqlite",
        pytest.param("sqlite to postgres", marks=processes),
        pytest.param("postgres to sqlite", marks=processes),
    ]
)
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[NewLedgerUrl, NewLedgerUrl]:
    """Where fresh ledgers can be opened: of the kind that is left, and of the kind that is moved to."""
    leaving, arriving = request.param.split(" to ")
    return places_of(leaving, request, tmp_path / "leaving"), places_of(
        arriving, request, tmp_path / "arriving"
    )


@pytest.fixture
def urls(places: tuple[NewLedgerUrl, NewLedgerUrl]) -> Iterator[tuple[str, str]]:
    with places[0]() as leaving, places[1]() as arriving:
        yield leaving, arriving


def books_at(url: str, clock: ManualClock) -> Books:
    """Every row of every table, the books being right."""
    ledger = open_ledger(url, clock)
    found = ledger.store.read(lambda tx: {table: set(map(tuple, tx.rows(table))) for table in TABLES})
    assert ledger.audit() == []
    ledger.close()
    return found


def write_a_history(url: str, clock: ManualClock) -> None:
    """Two months with a call of every fate, limits, alerts sent and waiting, plan credits."""
    ledger = open_ledger(url, clock, mode="practice")
    budget = Budget(ledger)
    budget.set(soft="0.50", hard="100.00")
    budget.set(hard="0.90", tag="client=a")
    budget.set(["50%", "100%"], "80.00", period="day")
    budget.set(hard="70.00", period="total", since="2026-01-01", tag="client=a")
    for number, mark in enumerate((None, "estimated", "ceiling", "overrun")):
        ledger.reserve(call(f"settled-{number}", client="a"), usd("0.20"))
        ledger.settle(f"settled-{number}", usd("0.20"), USAGE, mark=mark)  # type: ignore[arg-type]
    ledger.mark_sent(ledger.pending_alerts()[0].id)
    ledger.reserve(call("released"), usd("0.02"))
    ledger.release("released")
    for call_id in ("lost", "resolved"):
        ledger.reserve(call(call_id, lesson="Caffè “Così”"), usd("0.03"))
        ledger.give_up(call_id, "no_answer", AnswerTerms(f"resp_{call_id}", '{"tier":"flex"}'))
    ledger.resolve("resolved", Money(1), by="ada", why="the bill says so")
    clock.advance(timedelta(days=20))
    ledger.reserve(call("next month"), usd("0.70"))
    ledger.settle("next month", usd("0.60"), USAGE, answer=AnswerTerms("resp_next", "{}"))
    ledger.reserve(call("in the background"), usd("0.05"))
    ledger.await_outcome("in the background", AnswerTerms("resp_bg", "{}"), clock.now() + timedelta(hours=24))
    PlanCredits(ledger).take("image")
    ledger.close()


def test_everything_arrives_and_the_old_books_stay_as_they_were(
    urls: tuple[str, str], clock: ManualClock
) -> None:
    write_a_history(urls[0], clock)
    before = books_at(urls[0], clock)
    assert [table for table, rows in before.items() if not rows] == []
    moved = move_ledger(*urls, clock, "practice")
    assert (moved.calls, moved.months) == (7, 2)
    assert (moved.spent, moved.uncertain) == (usd("1.40") + Money(1), usd("0.03"))
    assert moved.reserved == usd("0.05")
    assert books_at(urls[1], clock) == before
    assert books_at(urls[0], clock) == before


def test_a_moved_ledger_goes_on_where_the_old_one_stopped(urls: tuple[str, str], clock: ManualClock) -> None:
    write_a_history(urls[0], clock)
    move_ledger(*urls, clock)
    ledger = open_ledger(urls[1], clock, mode="practice")
    assert ledger.learn("in the background", usd("0.04"), USAGE, why="retrieved")
    assert ledger.awaited("resp_lost") is not None
    (waiting,) = ledger.pending_alerts()
    Budget(ledger).set(soft="0.01", key="…WXYZ")
    ledger.reserve(call("another", client="a"), usd("0.90"))
    assert [alert.id > waiting.id for alert in ledger.pending_alerts()] == [False, True]
    ledger.settle("another", usd("0.90"), USAGE)
    with pytest.raises(Blocked):
        ledger.reserve(call("too much", client="a"), Money(1))
    assert PlanCredits(ledger).left() == 90
    assert ledger.audit() == []
    ledger.close()


def test_books_are_not_moved_onto_others(urls: tuple[str, str], clock: ManualClock) -> None:
    write_a_history(urls[0], clock)
    there = open_ledger(urls[1], clock)
    Budget(there).set(hard="5")
    there.close()
    before = books_at(urls[1], clock)
    with pytest.raises(LedgerNotEmpty):
        move_ledger(*urls, clock)
    assert books_at(urls[1], clock) == before


def test_a_ledger_is_not_moved_onto_itself(urls: tuple[str, str], clock: ManualClock) -> None:
    write_a_history(urls[0], clock)
    with pytest.raises(LedgerNotEmpty):
        move_ledger(urls[0], urls[0], clock)


@pytest.mark.parametrize("where", ["asked for", "at the target"])
def test_practice_money_is_not_moved_among_real_money(
    urls: tuple[str, str], clock: ManualClock, where: str
) -> None:
    write_a_history(urls[0], clock)
    if where == "at the target":
        open_ledger(urls[1], clock, mode="live").close()
    with pytest.raises(LedgerOfOtherMode):
        move_ledger(*urls, clock, "live" if where == "asked for" else "practice")
    assert not any(books_at(urls[1], clock)[table] for table in TABLES if table != "world")


def test_what_moves_stays_in_its_mode(urls: tuple[str, str], clock: ManualClock) -> None:
    write_a_history(urls[0], clock)
    move_ledger(*urls, clock)
    with pytest.raises(LedgerOfOtherMode):
        open_ledger(urls[1], clock, mode="live")


def test_a_ledger_with_calls_in_flight_stays_where_it_is(urls: tuple[str, str], clock: ManualClock) -> None:
    ledger = open_ledger(urls[0], clock)
    ledger.reserve(call("a"), usd("0.01"))
    with pytest.raises(LedgerInUse) as refused:
        move_ledger(*urls, clock)
    assert refused.value.facts["calls"] == 1
    ledger.settle("a", usd("0.01"))
    assert move_ledger(*urls, clock).calls == 1
    ledger.close()


@processes
def test_what_a_killed_process_held_moves_and_is_uncertain_there(
    urls: tuple[str, str], clock: ManualClock
) -> None:
    die(urls[0])
    assert move_ledger(*urls, clock).reserved == usd("0.60")
    ledger = open_ledger(urls[1], clock)
    assert ledger.expire() == 1
    assert ledger.totals().uncertain == usd("0.60")
    ledger.close()


def test_nothing_is_moved_from_nowhere_and_no_file_is_made_for_it(tmp_path: Path, clock: ManualClock) -> None:
    missing, target = tmp_path / "missing.sqlite3", tmp_path / "target.sqlite3"
    with pytest.raises(LedgerEmpty):
        move_ledger(f"sqlite:///{missing}", f"sqlite:///{target}", clock)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_ledger_is_not_moved(urls: tuple[str, str], clock: ManualClock) -> None:
    open_ledger(urls[0], clock).close()
    with pytest.raises(LedgerEmpty):
        move_ledger(*urls, clock)


Insert = Callable[[Transaction, str, Any], None]


@pytest.mark.parametrize("table", [table for table in TABLES if table != "world"])
def test_books_that_do_not_arrive_whole_do_not_arrive_at_all(
    urls: tuple[str, str], clock: ManualClock, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_a_history(urls[0], clock)
    opened = open_ledger(urls[1], clock)
    kind: Any = opened.store.read(type)
    opened.close()
    insert: Insert = kind.insert_rows

    def lose_one(tx: Transaction, name: str, rows: Any) -> None:
        insert(tx, name, list(rows)[1:] if name == table else rows)

    def break_off(tx: Transaction, name: str, rows: Any) -> None:
        if name == table:
            raise KeyboardInterrupt
        insert(tx, name, rows)

    for trouble, error in ((lose_one, LedgerNotInBalance), (break_off, KeyboardInterrupt)):
        with monkeypatch.context() as now:
            now.setattr(kind, "insert_rows", trouble)
            with pytest.raises(error):
                move_ledger(*urls, clock)
        assert not any(books_at(urls[1], clock)[name] for name in TABLES if name != "world")
    assert move_ledger(*urls, clock).calls == 7


def test_books_that_are_not_right_are_not_moved(urls: tuple[str, str], clock: ManualClock) -> None:
    write_a_history(urls[0], clock)
    ledger = open_ledger(urls[0], clock)
    ledger.store.write(lambda tx: tx.execute("UPDATE rollup SET cost_pico_usd = cost_pico_usd + 1"))
    ledger.close()
    with pytest.raises(LedgerNotInBalance) as refused:
        move_ledger(*urls, clock)
    assert refused.value.facts["path"] == ledger.store.shown
    assert not any(books_at(urls[1], clock)[table] for table in TABLES if table != "world")


class MovedThereAndBack(LedgerMachine):
    """A random history, and at its end two moves."""

    def __init__(self, places: tuple[NewLedgerUrl, NewLedgerUrl]) -> None:
        super().__init__(places[0])
        self.places = places

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.clock.advance(timedelta(days=60))  # further than the clock can have jumped back
            self.ledger.expire()
            self.ledger.close()
            self.move_there_and_back()
        super().teardown()

    def move_there_and_back(self) -> None:
        before = books_at(self.url, self.clock)
        if not any(before.values()):
            return
        with ExitStack() as opened:
            there, back = (opened.enter_context(self.places[number]()) for number in (1, 0))
            move_ledger(self.url, there, self.clock)
            move_ledger(there, back, self.clock)
            assert books_at(there, self.clock) == before
            assert books_at(back, self.clock) == before


def test_any_history_moved_there_and_back_is_the_same(places: tuple[NewLedgerUrl, NewLedgerUrl]) -> None:
    run_state_machine_as_test(
        lambda: MovedThereAndBack(places),  # type: ignore[arg-type]  # it is only ever called
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
