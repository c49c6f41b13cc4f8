"""Group commit: the caller who finds nobody at work commits for everybody who waits.

One caller alone does its own work with no thread handed to; sixty-four callers share a commit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from ppkit.spending.ledger.store import Operation

Result = TypeVar("Result")


class Ticket(Generic[Result]):
    """One operation on its way, and its outcome once `done`."""

    __slots__ = ("_turn", "done", "error", "leads", "operation", "result")

    def __init__(self, operation: Operation[Result]) -> None:
        self.operation = operation
        self.result: Result
        self.error: Exception | None = None
        self.done = False
        self.leads = False
        self._turn: threading.Lock | None = None

    def prepare_to_wait(self) -> None:
        """Called under the queue's lock, before anybody could call `wake`."""
        self._turn = threading.Lock()
        self._turn.acquire()

    def wait(self) -> None:
        """Until the operation is done, or it is this caller's turn to lead."""
        assert self._turn is not None
        self._turn.acquire()

    def wake(self) -> None:
        if self._turn is not None:
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


class GroupCommit:
    """A queue of operations, and the first caller as their leader; one batch runs at a time.

    `commit` is given a batch and completes each ticket: `result` or `error`, then `done`.
    """

    def __init__(self, commit: Callable[[Sequence[Ticket[Any]]], None]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[Ticket[Any]] = []
        self._led = False

    @property
    def waiting(self) -> int:
        """How many operations no leader has taken up yet."""
        return len(self._waiting)

    def submit(self, operation: Operation[Result]) -> Result:
        """Run the operation together with whatever waits; returns what it returned, raises what it raised.

        An interrupt (KeyboardInterrupt) withdraws the operation when it has not begun.
        """
        ticket = Ticket(operation)
        try:
            self._join(ticket)
            if not ticket.leads:
                ticket.wait()
            if not ticket.done:
                self._lead(ticket)
        except BaseException:
            self._leave(ticket)
            raise
        return ticket.outcome()

    def _join(self, ticket: Ticket[Any]) -> None:
        with self._lock:
            ticket.leads = not self._led
            self._led = True
            if not ticket.leads:
                ticket.prepare_to_wait()
            self._waiting.append(ticket)

    def _lead(self, leader: Ticket[Any]) -> None:
        """Commit what waits, then hand the lead to the first who came meanwhile."""
        batch: list[Ticket[Any]] = []
        try:
            with self._lock:
                batch, self._waiting = self._waiting, batch
            self._commit(batch)
        finally:
            with self._lock:
                # Where an interrupt stopped the batch, the others' work has not happened and comes first.
                undone = [ticket for ticket in batch if not ticket.done and ticket is not leader]
                if undone:
                    self._waiting[:0] = undone
                self._hand_over(leader)
            if len(batch) > 1:
                for ticket in batch:
                    if ticket.done and ticket is not leader:
                        ticket.wake()

    def _leave(self, ticket: Ticket[Any]) -> None:
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if ticket.leads:
                self._hand_over(ticket)

    def _hand_over(self, leader: Ticket[Any]) -> None:
        """Called under the lock."""
        leader.leads = False
        self._led = bool(self._waiting)
        if self._waiting:
            heir = self._waiting[0]
            heir.leads = True
            heir.wake()
