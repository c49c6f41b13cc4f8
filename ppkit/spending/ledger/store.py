"""The port to a database that keeps the books: transactions that happen wholly or not at all.

What can be asked and changed inside one is `transaction.Transaction`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ppkit.spending.ledger.transaction import Transaction

Result = TypeVar("Result")

Operation = Callable[[Transaction], Result]
"""Reads and writes inside one transaction. It may be run again from the start when a transaction is lost."""


class Store(Protocol):
    """A database shared by many threads and processes."""

    @property
    def shown(self) -> str:
        """Its address as a sentence may show it: without user, password and parameters."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether a network lies between: an event loop must not wait for it."""
        ...

    def write(self, operation: Operation[Result]) -> Result:
        """Run the operation in a committed transaction; what it raises undoes what it wrote.

        Writing transactions follow each other, those of all processes: each sees all that the earlier ones
        wrote, and what it decides still holds when it writes.
        """
        ...

    def read(self, operation: Operation[Result]) -> Result:
        """Run a reading operation on one consistent state."""
        ...

    def data_version(self) -> object:
        """What is another after every change, by whichever process; None where there is no such thing."""
        ...

    def scrub(self) -> None:
        """Let what was overwritten be gone from the file as far as this is in our hands."""
        ...

    def close(self) -> None:
        """Give up connections. Using the store again opens it again."""
        ...
