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
from ppkit.spending.ledger.group_commit import LATE_TOGETHER, WORTH_A_PAUSE, GroupCommit, Ticket
from ppkit.spending.ledger.store import Transaction

from .examples import call

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

    def crowd(self, operations: Sequence[Callable[[Transaction], Any]]) -> list[Any]:
        """Submit the first operation, then, while it is under way, all others; their outcomes in order."""
        outcomes: list[Any] = [None] * len(operations)

        def submit(number: int) -> None:
            try:
                outcomes[number] = self.queue.submit(operations[number])
            except BaseException as error:
                outcomes[number] = error

        threads = [threading.Thread(target=submit, args=(number,)) for number in range(len(operations))]
        threads[0].start()
        assert self.begun.wait(PATIENCE_SECONDS)
        for thread in threads[1:]:
            thread.start()
        ready = threading.Event()
        while self.queue.waiting < len(operations) - 1:
            ready.wait(0.001)
        self.gate.set()
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


def test_work_left_for_later_goes_first_when_it_is_asked_for() -> None:
    desk = Desk()
    desk.gate.set()
    done = list[str]()
    desk.queue.enqueue(lambda tx: done.append("later"))
    desk.queue.submit(lambda tx: done.append("now"))
    assert done == ["now"]
    assert desk.queue.has_work
    desk.queue.submit(lambda tx: done.append("flushed"), with_late=True)
    assert done == ["now", "later", "flushed"]
    assert desk.batches == [1, 2]
    assert not desk.queue.has_work


def test_enough_work_left_for_later_goes_with_the_next_caller() -> None:
    desk = Desk()
    desk.gate.set()
    done = list[int]()
    for number in range(LATE_TOGETHER):
        desk.queue.enqueue(lambda tx, number=number: done.append(number))  # type: ignore[misc]
    desk.queue.submit(returning("now"))
    assert done == list(range(LATE_TOGETHER))
    assert desk.batches == [LATE_TOGETHER + 1]


def test_a_pause_is_used_once_enough_work_lies_there_and_nobody_is_at_work() -> None:
    desk, worth = Desk(), list[bool]()
    for _ in range(WORTH_A_PAUSE):
        worth.append(desk.queue.is_worth_a_pause)
        desk.queue.enqueue(lambda tx: None)
    worth.append(desk.queue.is_worth_a_pause)
    assert worth == [False] * WORTH_A_PAUSE + [True]
    leader = threading.Thread(target=desk.queue.submit, args=(returning(1),))
    leader.start()
    assert desk.begun.wait(PATIENCE_SECONDS)
    assert not desk.queue.is_worth_a_pause
    desk.gate.set()
    leader.join(PATIENCE_SECONDS)


def test_what_was_settled_soon_is_written_in_a_pause(ledger: Ledger) -> None:
    for number in range(WORTH_A_PAUSE):
        ledger.reserve(call(f"c{number}"), Money(9))
        ledger.settle_soon(f"c{number}", Money(5))
    ledger.catch_up()
    assert not ledger.store.has_late
    assert ledger.totals().spent == Money(5 * WORTH_A_PAUSE)


def test_an_interrupted_leader_leaves_the_others_work_to_them() -> None:
    desk = Desk(trouble=KeyboardInterrupt())
    done = list[int]()
    for _ in range(LATE_TOGETHER):
        desk.queue.enqueue(lambda tx: done.append(0))
    first, *others = desk.crowd([returning(number) for number in range(5)])
    assert isinstance(first, KeyboardInterrupt)
    assert others == [1, 2, 3, 4]
    assert done == [0] * LATE_TOGETHER
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


def test_what_a_failing_operation_wrote_is_undone_while_its_neighbours_stay(ledger: Ledger) -> None:
    def write_and_fail(tx: Transaction) -> None:
        write("undone", tx)
        raise ValueError("mine")

    ledger.store.write_soon(partial(write, "before"))
    ledger.store.write_soon(write_and_fail)
    ledger.store.write(partial(write, "after"), with_late=True)
    with pytest.raises(ValueError, match="mine"):
        ledger.flush()
    assert written(ledger) == ["after", "before"]


def test_a_transaction_the_database_gave_up_costs_only_who_caused_it(ledger: Ledger) -> None:
    def give_up(tx: Transaction) -> None:
        tx.execute("ROLLBACK")  # as SQLite itself may do when a disk is full
        raise ValueError("mine")

    ledger.store.write_soon(partial(write, "before"))
    ledger.store.write_soon(give_up)
    ledger.store.write(partial(write, "after"), with_late=True)
    with pytest.raises(ValueError, match="mine"):
        ledger.flush()
    assert written(ledger) == ["after", "before"]
