"""Group commit: a caller who finds the ledger free writes alone; those who come meanwhile share a commit.

One caller alone pays for nothing but its own transaction; sixty-four callers share the next one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from ppkit.spending.ledger.errors import OutcomeUnknown
from ppkit.spending.ledger.store import Operation
from ppkit.spending.ledger.transaction import Transaction

Result = TypeVar("Result")

_log = logging.getLogger("ppkit.ledger")


class Ticket(Generic[Result]):
    """One operation that waits, and its outcome once `done`."""

    __slots__ = ("_turn", "done", "error", "leads", "operation", "result")

    def __init__(self, operation: Operation[Result]) -> None:
        self.operation = operation
        self.result: Result
        self.error: Exception | None = None
        self.done = False
        self.leads = False
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Until the operation is done, or it is this caller's turn to lead."""
        self._turn.acquire()

    def wake(self) -> None:
        self._turn.release()

    def outcome(self) -> Result:
        """What the operation returned; raises what it raised."""
        if self.error is None:
            return self.result
        error, self.error = self.error, None
        try:
            raise error
        finally:
            del error  # or the traceback, this frame and the error would keep each other alive


class Transact(Protocol):
    def __call__(
        self, run: Callable[[Transaction], Result], committed: Callable[[], None] | None, /
    ) -> Result:
        """Run in a committed transaction; undone when this raises. `committed`, where there is one, is called
        once it is certain, even when an interrupt arrives during the commit.
        """
        ...


class GroupCommit:
    """One transaction of this process at a time; whatever waits meanwhile goes into the next one.

    `transact` runs one transaction. `changes_in` counts what a transaction has changed so far, and never
    gives the same figure again for one that the database gave up. An error of the class `database_error`
    loses the whole transaction.
    """

    def __init__(
        self, transact: Transact, changes_in: Callable[[], int], database_error: type[Exception]
    ) -> None:
        self._transact = transact
        self._changes_in = changes_in
        self._database_error = database_error
        self._lead = threading.Lock()  # held while a transaction runs, and handed on to the first who waits
        self._lock = threading.Lock()
        self._waiting: list[Ticket[Any]] = []

    @property
    def waiting(self) -> int:
        """How many operations wait for the next transaction."""
        return len(self._waiting)

    def run(self, operation: Operation[Result]) -> Result:
        """Run the operation, together with whatever else waits; returns and raises what it does.

        An interrupt (KeyboardInterrupt) withdraws the operation when it has not begun.
        """
        if not self._lead.acquire(blocking=False):
            return self._run_in_turn(operation)
        try:
            return self._transact(operation, None)
        finally:
            self._hand_over()

    def _run_in_turn(self, operation: Operation[Result]) -> Result:
        ticket = Ticket(operation)
        try:
            with self._lock:
                self._waiting.append(ticket)
                ticket.leads = self._lead.acquire(blocking=False)  # it became free in between
            if not ticket.leads:
                ticket.wait()
            if not ticket.done:
                self._run_batch(ticket)
        except BaseException:
            self._leave(ticket)
            raise
        return ticket.outcome()

    def _run_batch(self, leader: Ticket[Any]) -> None:
        """Commit what waits, then hand the lead to the first who came meanwhile."""
        batch: list[Ticket[Any]] = []
        try:
            with self._lock:
                batch, self._waiting = self._waiting, batch
            self._commit(batch)
        finally:
            with self._lock:
                # Where an interrupt stopped the batch, the others' work has not happened and comes first.
                self._waiting[:0] = [each for each in batch if not each.done and each is not leader]
            leader.leads = False
            self._hand_over()
            for ticket in batch:
                if ticket.done and ticket is not leader:
                    ticket.wake()

    def _commit(self, batch: Sequence[Ticket[Any]]) -> None:
        """Complete each ticket: together, or one by one when the transaction of all is lost."""
        if len(batch) > 1:
            try:
                self._transact(lambda tx: self._run_each(tx, batch), lambda: _finish(batch))
            except OutcomeUnknown as error:
                # It may be committed: to run what has happened once more would find it done by somebody else.
                for ticket in batch:
                    ticket.error = OutcomeUnknown(error.path)
                _finish(batch)
            except Exception:
                # Nothing was committed. Alone, some may still succeed, and each learns its own error.
                _log.debug("a shared transaction was lost", exc_info=True)
        for ticket in batch:
            if not ticket.done:
                self._commit_alone(ticket)

    def _run_each(self, tx: Transaction, batch: Sequence[Ticket[Any]]) -> None:
        """Run each ticket within one transaction; one that raises before having written spoils nothing."""
        for ticket in batch:
            changes_before = self._changes_in()
            ticket.error = None
            try:
                ticket.result = ticket.operation(tx)
            except Exception as error:
                if isinstance(error, self._database_error) or self._changes_in() != changes_before:
                    raise  # each alone, then: savepoints would cost everybody what hardly ever happens
                ticket.error = error

    def _commit_alone(self, ticket: Ticket[Any]) -> None:
        ticket.error = None
        try:
            ticket.result = self._transact(ticket.operation, lambda: _finish([ticket]))
        except Exception as error:
            ticket.error = error
        ticket.done = True

    def _leave(self, ticket: Ticket[Any]) -> None:
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
        if ticket.leads:
            ticket.leads = False
            self._hand_over()

    def _hand_over(self) -> None:
        with self._lock:
            heir = self._waiting[0] if self._waiting else None
            if heir is None:
                self._lead.release()
            else:
                heir.leads = True
                heir.wake()


class SharedCommits:
    """What a store whose threads share commits is made of: it writes by its group commit."""

    _commits: GroupCommit

    def write(self, operation: Operation[Result]) -> Result:
        """As `store.Store.write`."""
        return self._commits.run(operation)


def _finish(tickets: Sequence[Ticket[Any]]) -> None:
    for ticket in tickets:
        ticket.done = True
