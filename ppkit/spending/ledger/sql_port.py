"""What the ledger asks of a database's connection: to execute statements and to hand over rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

Parameters = Mapping[str, Any] | Sequence[Any]


class Rows(Protocol):
    """The answer to one statement."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def fetchmany(self, size: int, /) -> list[Any]: ...


class Execute(Protocol):
    def __call__(self, sql: str, parameters: Parameters = ..., /) -> Rows: ...


class ExecuteMany(Protocol):
    def __call__(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> object: ...
