"""Group commit: one works for all, and nobody's trouble is another's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, ReservationRefused
from ppkit.spending.ledger.group_commit import GroupCommit, Ticket
from ppkit.spending.ledger.sqlite_store import SqliteStore
from ppkit.spending.ledger.store import Operation, Transaction

from .examples import call, on_sqlite

PATIENCE_SECONDS = 20.0


class Desk:
    """Runs batches without a database. The first waits at the gate, so that others queue up behind it."""

    def __init__(self, trouble: BaseException | None = None) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.batches: list[int] = []
        self.queue = GroupCommit(self.commit)
        self._trouble = trouble

    def commit(self, batch: Sequence[Ticket[Any]]) -> None:
        self.batches.append(len(batch))
        if len(self.batches) == 1:
            self.begun.set()
            assert self.gate.wait(PATIENCE_SECONDS)
            if self._trouble is not None:
                raise self._trouble
        for ticket in batch:
            try:
                ticket.result = ticket.operation(NO_TRANSACTION)
            except ValueError as error:
                ticket.error = error
            ticket.done = True

    def crowd(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Submit the first operation, then, while it is under way, all others; their outcomes in order."""
        return crowd(self.queue, operations, self.begun, self.gate.set)


def crowd(
    queue: GroupCommit, operations: Sequence[Operation[Any]], begun: threading.Event, go: Callable[[], None]
) -> list[Any]:
    """Submit the first operation and wait until it has begun; submit all others, then say `go`."""
    outcomes: list[Any] = [None] * len(operations)

    def submit(number: int) -> None:
        try:
            outcomes[number] = queue.submit(operations[number])
        except BaseException as error:
            outcomes[number] = error

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(len(operations))]
    threads[0].start()
    assert begun.wait(PATIENCE_SECONDS)
    for thread in threads[1:]:
        thread.start()
    ready = threading.Event()
    while queue.waiting < len(operations) - 1:
        ready.wait(0.001)
    go()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()
    return outcomes


class NoTransaction:
    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        raise AssertionError(sql)


NO_TRANSACTION = NoTransaction()


def returning(value: Any) -> Callable[[Transaction], Any]:
    return lambda tx: value


def failing(tx: Transaction) -> None:
    raise ValueError("mine")


def test_one_caller_is_served_alone() -> None:
    desk = Desk()
    desk.gate.set()
    assert desk.queue.submit(returning(1)) == 1
    assert desk.queue.submit(returning(2)) == 2
    assert desk.batches == [1, 1]


def test_those_who_come_meanwhile_share_one_commit() -> None:
    desk = Desk()
    assert desk.crowd([returning(number) for number in range(20)]) == list(range(20))
    assert desk.batches == [1, 19]


def test_who_fails_fails_alone() -> None:
    desk = Desk()
    outcomes = desk.crowd([returning(0), returning(1), failing, returning(3)])
    assert [str(outcome) for outcome in outcomes] == ["0", "1", "mine", "3"]


def test_an_interrupted_leader_leaves_the_others_work_to_them() -> None:
    desk = Desk(trouble=KeyboardInterrupt())
    first, *others = desk.crowd([returning(number) for number in range(5)])
    assert isinstance(first, KeyboardInterrupt)
    assert others == [1, 2, 3, 4]
    assert desk.queue.submit(returning("free again")) == "free again"


def test_a_caller_interrupted_while_waiting_withdraws(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, done = Desk(), list[str]()
    leader = threading.Thread(target=desk.queue.submit, args=(returning(1),))
    leader.start()
    assert desk.begun.wait(PATIENCE_SECONDS)

    def interrupted(ticket: Ticket[Any]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr(Ticket, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.queue.submit(lambda tx: done.append("withdrawn"))
    desk.gate.set()
    leader.join(PATIENCE_SECONDS)
    assert desk.queue.submit(returning("free again")) == "free again"
    assert done == []


def test_refused_reservations_do_not_spoil_those_committed_with_them(ledger: Ledger, budget: Budget) -> None:
    budget.set(hard="0.0000000001")  # a hundred pico-dollars
    granted, refused = list[str](), list[str]()
    barrier = threading.Barrier(32)

    def reserve(number: int) -> None:
        barrier.wait()
        try:
            ledger.reserve(call(f"c{number}"), Money(9))
            granted.append(f"c{number}")
        except ReservationRefused:
            refused.append(f"c{number}")

    crowd = [threading.Thread(target=reserve, args=(number,)) for number in range(32)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join(PATIENCE_SECONDS)
    assert (len(granted), len(refused)) == (11, 21)
    assert ledger.totals().reserved == Money(99)
    assert {ledger.entry(call_id).state for call_id in granted} == {"reserved"}


def write(month: str, tx: Transaction) -> None:
    tx.execute("INSERT INTO plan_credit (month, used) VALUES (:month, 1)", {"month": month})


def written(ledger: Ledger) -> list[str]:
    rows = ledger.store.read(lambda tx: tx.execute("SELECT month FROM plan_credit ORDER BY month").fetchall())
    return [month for (month,) in rows]


def outcomes_together(ledger: Ledger, operations: Sequence[Operation[Any]]) -> list[Any]:
    """What operations come to that wait for one transaction, behind another one under way."""
    assert isinstance(ledger.store, SqliteStore)
    begun, go = threading.Event(), threading.Event()

    def first(tx: Transaction) -> None:
        begun.set()
        assert go.wait(PATIENCE_SECONDS)

    return crowd(ledger.store.queue, [first, *operations], begun, go.set)[1:]


@on_sqlite
def test_what_a_failing_operation_wrote_is_undone_while_its_neighbours_stay(ledger: Ledger) -> None:
    def write_and_fail(tx: Transaction) -> None:
        write("undone", tx)
        raise ValueError("mine")

    outcomes = outcomes_together(ledger, [partial(write, "before"), write_and_fail, partial(write, "after")])
    assert [str(outcome) for outcome in outcomes] == ["None", "mine", "None"]
    assert written(ledger) == ["after", "before"]


@on_sqlite
def test_a_transaction_the_database_gave_up_costs_only_who_caused_it(ledger: Ledger) -> None:
    def give_up(tx: Transaction) -> None:
        tx.execute("ROLLBACK")  # as SQLite itself may do when a disk is full
        raise ValueError("mine")

    outcomes = outcomes_together(ledger, [partial(write, "before"), give_up, partial(write, "after")])
    assert [str(outcome) for outcome in outcomes] == ["None", "mine", "None"]
    assert written(ledger) == ["after", "before"]
