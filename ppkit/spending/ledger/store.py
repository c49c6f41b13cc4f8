"""What the rules of the ledger ask of a database: transactions that happen wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

Result = TypeVar("Result")
Row = Sequence[Any]


class Rows(Protocol):
    """The answer to one statement."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...


class Transaction(Protocol):
    """One open transaction. Parameters are named (`:name`) or, on the path of every call, counted (`?`)."""

    def execute(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ..., /) -> Rows: ...


Operation = Callable[[Transaction], Result]
"""Reads and writes inside one transaction. It may be run again from the start when a transaction is lost."""


class Store(Protocol):
    """A database shared by many threads and processes."""

    def write(self, operation: Operation[Result], *, with_late: bool = False) -> Result:
        """Run the operation in a committed transaction; what it raises undoes what it wrote.

        `with_late`: after everything that `write_soon` has queued so far.
        """
        ...

    @property
    def has_late(self) -> bool:
        """Whether something queued by `write_soon` may still be waiting."""
        ...

    def write_soon(self, operation: Operation[None]) -> None:
        """The same, some milliseconds later, off the caller's path. `flush` waits for it."""
        ...

    def catch_up(self) -> None:
        """For moments of waiting: do now what was queued, if it is worth it and nobody is writing.

        Never raises what goes wrong in it.
        """
        ...

    def flush(self) -> None:
        """Return when everything queued so far is committed; raises what the first failed one raised."""
        ...

    def read(self, operation: Operation[Result]) -> Result:
        """Run a reading operation on one consistent state."""
        ...

    def close(self) -> None: ...
