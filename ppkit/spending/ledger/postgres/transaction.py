"""What PostgreSQL says otherwise; and how its statements travel: together, until an answer is needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import psycopg

from ppkit.spending.ledger.errors import DuplicateCall
from ppkit.spending.ledger.limit_check import ScopeBalance
from ppkit.spending.ledger.limit_rows import balances_sql, by_scope
from ppkit.spending.ledger.sql_port import Parameters, Rows
from ppkit.spending.ledger.tables import OpenCall
from ppkit.spending.ledger.transaction import Transaction

IS_KNOWN = """
SELECT 1 FROM reservation WHERE call_id = ? UNION ALL SELECT 1 FROM entry WHERE call_id = ? AND number = 1"""

OPEN = f"INSERT INTO reservation VALUES ({', '.join('?' * len(OpenCall._fields))})"  # noqa: S608

NEXT_ALERT = """
SELECT setval(pg_get_serial_sequence('alert', 'id'), coalesce((SELECT max(id) FROM alert), 0) + 1, false)"""


class PostgresTransaction(Transaction):
    """A transaction of PostgreSQL, in a pipeline: only what asks for rows waits for the server."""

    def __init__(
        self, connection: psycopg.Connection[Any], series_ids: dict[tuple[str | None, ...], int] | None = None
    ) -> None:
        super().__init__(self._execute, self._execute_many, series_ids)
        self._connection = connection
        self.changes = 0
        """How many statements that write have left."""

    def _execute(self, sql: str, parameters: Parameters = ()) -> Rows:
        if not sql.lstrip().startswith("SELECT"):
            self.changes += 1
        return self._connection.execute(as_postgres(sql), parameters)

    def _execute_many(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self.changes += 1
        self._connection.cursor().executemany(as_postgres(sql), parameters)

    def balances(self, call_id: str, at: str, scopes: Sequence[str]) -> list[ScopeBalance]:
        """Where each limit stands. Raises DuplicateCall for a call's id that was used before."""
        known = self.execute(IS_KNOWN, (call_id, call_id))
        found = self.execute(balances_sql(len(scopes)), by_scope(at, scopes))
        if known.fetchone() is not None:
            raise DuplicateCall(call_id=call_id)
        return [ScopeBalance(*row) for row in found.fetchall()]

    def open(self, call: OpenCall, scopes: Sequence[str], further: Sequence[tuple[str, str]] = ()) -> None:
        self._hold(call, scopes, further)
        self.execute(OPEN, call)  # that the id is new was seen with the balances, under the same lock

    def reaches_soft_limit(self, _at: str, _scopes: Sequence[str]) -> bool:
        return True  # looking would cost a round trip, and queueing looks again

    def insert_rows(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        super().insert_rows(table, rows)
        if table == "alert":
            self.execute(NEXT_ALERT)


@cache
def as_postgres(sql: str) -> bytes:
    """The statement with psycopg's places for parameters."""
    return re.sub(r":(\w+)", r"%(\1)s", sql.replace("?", "%s")).encode()
