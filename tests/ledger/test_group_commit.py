"""Group commit: one caller commits for all, and the failure of one does not reach the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, ReservationRefused
from ppkit.spending.ledger.errors import OutcomeUnknown
from ppkit.spending.ledger.group_commit import GroupCommit, Ticket
from ppkit.spending.ledger.transaction import Transaction

from .examples import call, on_sqlite

PATIENCE_SECONDS = 20.0


class Desk:
    """Runs batches without a database. The first waits at the gate, so that others queue up behind it."""

    def __init__(self, trouble: BaseException | None = None) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.transactions = 0
        self.queue = GroupCommit(self.transact, lambda: 0, LookupError)
        self._trouble = trouble

    def transact(self, run: Callable[[Transaction], Any], committed: Callable[[], None] | None) -> Any:
        self.transactions += 1
        if self.transactions == 1:
            self.begun.set()
            assert self.gate.wait(PATIENCE_SECONDS)
            if self._trouble is not None:
                raise self._trouble
        result = run(NO_TRANSACTION)
        if committed is not None:
            committed()
        return result

    def crowd(self, operations: Sequence[Callable[[Transaction], Any]]) -> list[Any]:
        """Submit the first operation, then, while it is under way, all others; their outcomes in order."""
        outcomes: list[Any] = [None] * len(operations)

        def submit(number: int) -> None:
            try:
                outcomes[number] = self.queue.run(operations[number])
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


def no_statement(sql: str, parameters: Any = (), /) -> Any:
    raise AssertionError(sql)


NO_TRANSACTION = Transaction(no_statement, no_statement)


def returning(value: Any) -> Callable[[Transaction], Any]:
    return lambda tx: value


def failing(tx: Transaction) -> None:
    raise ValueError("mine")


def test_one_caller_is_served_alone() -> None:
    desk = Desk()
    desk.gate.set()
    assert desk.queue.run(returning(1)) == 1
    assert desk.queue.run(returning(2)) == 2
    assert desk.transactions == 2


def test_those_who_come_meanwhile_share_one_commit() -> None:
    desk = Desk()
    assert desk.crowd([returning(number) for number in range(20)]) == list(range(20))
    assert desk.transactions == 2


def test_what_may_have_been_committed_together_is_not_run_again() -> None:
    class FarAway(Desk):
        def transact(self, run: Callable[[Transaction], Any], committed: Callable[[], None] | None) -> Any:
            if self.transactions != 1:
                return super().transact(run, committed)
            self.transactions += 1  # the batch: it is run, and no answer comes to its commit
            run(NO_TRANSACTION)
            raise OutcomeUnknown("a server")

    runs = list[int]()

    def noting(number: int) -> Callable[[Transaction], Any]:
        return lambda tx: runs.append(number)

    desk = FarAway()
    first, *others = desk.crowd([noting(number) for number in range(5)])
    assert first is None
    assert [type(outcome) for outcome in others] == [OutcomeUnknown] * 4
    assert sorted(runs) == [0, 1, 2, 3, 4]


def test_who_fails_fails_alone() -> None:
    desk = Desk()
    outcomes = desk.crowd([returning(0), returning(1), failing, returning(3)])
    assert [str(outcome) for outcome in outcomes] == ["0", "1", "mine", "3"]


def test_an_interrupted_leader_leaves_the_others_work_to_them() -> None:
    desk = Desk(trouble=KeyboardInterrupt())
    first, *others = desk.crowd([returning(number) for number in range(5)])
    assert isinstance(first, KeyboardInterrupt)
    assert others == [1, 2, 3, 4]
    assert desk.queue.run(returning("free again")) == "free again"


def test_a_caller_interrupted_while_waiting_withdraws(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, done = Desk(), list[str]()
    leader = threading.Thread(target=desk.queue.run, args=(returning(1),))
    leader.start()
    assert desk.begun.wait(PATIENCE_SECONDS)

    def interrupted(ticket: Ticket[Any]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr(Ticket, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            desk.queue.run(lambda tx: done.append("withdrawn"))
    desk.gate.set()
    leader.join(PATIENCE_SECONDS)
    assert desk.queue.run(returning("free again")) == "free again"
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
    tx.take_credits(month, 1)


def written(ledger: Ledger) -> list[str]:
    return sorted(row[0] for row in ledger.store.read(lambda tx: tx.rows("plan_credit")))


def behind_a_first(ledger: Ledger, operations: Sequence[Callable[[Transaction], Any]]) -> list[Any]:
    """Run operations in one transaction, since they come while another one is under way; their outcomes."""
    begun, go_on = threading.Event(), threading.Event()
    outcomes: list[Any] = [None] * len(operations)
    queue: Any = ledger.store
    waiting = queue._commits

    def first(tx: Transaction) -> None:
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)

    def run(number: int) -> None:
        try:
            ledger.store.write(operations[number])
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=ledger.store.write, args=(first,))]
    threads[0].start()
    assert begun.wait(PATIENCE_SECONDS)
    pause = threading.Event()
    for number in range(len(operations)):
        threads.append(threading.Thread(target=run, args=(number,)))
        threads[-1].start()
        while waiting.waiting <= number:
            pause.wait(0.001)
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return outcomes


@on_sqlite
def test_what_a_failing_operation_wrote_is_undone_while_its_neighbours_stay(ledger: Ledger) -> None:
    def write_and_fail(tx: Transaction) -> None:
        write("undone", tx)
        raise ValueError("mine")

    before, failed, after = behind_a_first(
        ledger, [partial(write, "before"), write_and_fail, partial(write, "after")]
    )
    assert (before, str(failed), after) == (None, "mine", None)
    assert written(ledger) == ["after", "before"]


@on_sqlite
def test_a_transaction_the_database_gave_up_costs_only_who_caused_it(ledger: Ledger) -> None:
    def give_up(tx: Transaction) -> None:
        tx.execute("ROLLBACK")  # as SQLite itself may do when a disk is full
        raise ValueError("mine")

    before, failed, after = behind_a_first(
        ledger, [partial(write, "before"), give_up, partial(write, "after")]
    )
    assert (before, str(failed), after) == (None, "mine", None)
    assert written(ledger) == ["after", "before"]
