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

    def write(self, operation: Operation[Result]) -> Result:
        """Run the operation in a committed transaction; what it raises undoes what it wrote."""
        ...

    def read(self, operation: Operation[Result]) -> Result:
        """Run a reading operation on one consistent state."""
        ...

    def close(self) -> None: ...
