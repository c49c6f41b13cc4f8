"""What a lone caller pays: its own two transactions, few statements each, and nothing for others' sake."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.ledger.sqlite import process_lock
from ppkit.spending.ledger.sqlite.process_lock import ProcessLock
from ppkit.spending.ledger.sqlite.store import SqliteStore

from .examples import USAGE, call

RESERVE = ["BEGIN", "SELECT", "INSERT", "INSERT", "COMMIT"]
SETTLE = ["BEGIN", "DELETE", "INSERT", "INSERT", "INSERT", "SELECT", "COMMIT"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(path)
    yield store
    store.close()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The first word of every statement that SQLite was asked to write."""
    asked = list[str]()
    connect = SqliteStore._connect

    def traced(store: SqliteStore) -> sqlite3.Connection:
        connection = connect(store)
        connection.set_trace_callback(lambda sql: asked.append(sql.split()[0]))
        return connection

    monkeypatch.setattr(SqliteStore, "_connect", traced)
    return asked


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each time that the process took its turn among others."""
    taken = list[str]()
    acquire = ProcessLock.acquire

    def noted(lock: ProcessLock) -> None:
        taken.append("taken")
        acquire(lock)

    monkeypatch.setattr(ProcessLock, "acquire", noted)
    return taken


def test_a_call_takes_twelve_statements(
    statements: list[str], store: SqliteStore, clock: ManualClock
) -> None:
    ledger = Ledger(store, clock)
    Budget(ledger).set(soft="1", hard="2")
    ledger.reserve(call("a", client="x"), Money(2))  # the first one also looks for what is over
    ledger.settle("a", Money(1), USAGE)  # and gives the calls that have this in common a number
    statements.clear()
    ledger.reserve(call("b", client="x"), Money(2))
    assert statements == RESERVE
    statements.clear()
    ledger.settle("b", Money(1), USAGE)
    assert statements == SETTLE


def test_only_a_call_with_a_limit_of_a_day_or_a_total_takes_one_more(
    statements: list[str], store: SqliteStore, clock: ManualClock
) -> None:
    ledger = Ledger(store, clock)
    Budget(ledger).set("1", "2", period="day")
    Budget(ledger).set(hard="2", period="total", tag="client=x")
    ledger.reserve(call("a", client="x"), Money(2))
    ledger.settle("a", Money(1), USAGE)
    statements.clear()
    ledger.reserve(call("b", client="x"), Money(2))
    assert statements == RESERVE
    statements.clear()
    ledger.settle("b", Money(1), USAGE)
    assert statements == [*SETTLE[:4], "UPDATE", *SETTLE[4:]]


def test_a_process_that_meets_no_other_takes_no_turn(
    store: SqliteStore, clock: ManualClock, turns: list[str]
) -> None:
    ledger = Ledger(store, clock)
    turns.clear()
    ledger.reserve(call("a"), Money(1))
    ledger.settle("a", Money(1))
    assert turns == []


def test_a_process_that_meets_another_takes_turns_for_a_while(
    store: SqliteStore, path: Path, clock: ManualClock, turns: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger(store, clock)
    ledger.reserve(call("first"), Money(1))  # which also looks for what is over
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    turns.clear()
    waiting = threading.Event()
    note = ProcessLock.note_contention

    def noted(lock: ProcessLock) -> None:
        note(lock)
        waiting.set()

    monkeypatch.setattr(ProcessLock, "note_contention", noted)

    def leave() -> None:
        assert waiting.wait(20)
        other.execute("ROLLBACK")

    leaving = threading.Thread(target=leave)
    leaving.start()
    ledger.reserve(call("a"), Money(1))
    leaving.join(20)
    other.close()
    assert turns == ["taken"]
    ledger.settle("a", Money(1))
    assert turns == ["taken"] * 2
    monkeypatch.setattr(process_lock, "CONTENDED_SECONDS", 0.0)
    assert store._lock is not None
    note(store._lock)
    ledger.reserve(call("b"), Money(1))
    assert turns == ["taken"] * 2


def test_an_open_ledger_can_be_opened_again_beside_it(path: Path, clock: ManualClock) -> None:
    first, second = (open_ledger(f"sqlite:///{path}", clock) for _ in range(2))
    for number, ledger in enumerate((first, second) * 5):
        ledger.reserve(call(f"c{number}"), Money(1))
        ledger.settle(f"c{number}", Money(1))
    assert first.totals() == second.totals()
    assert first.audit() == []
    first.close()
    second.close()
