"""The schema's history in PostgreSQL: numbered files, each with its way back, the version in a table."""

from __future__ import annotations

from functools import cache
from typing import Any

import psycopg
from psycopg import sql

from ppkit.schema_steps import SchemaStep, steps_of, ways_between
from ppkit.spending.ledger.errors import LedgerTooNew

# Read from the catalogue, not asked of to_regclass or CREATE … IF NOT EXISTS: these may go by what the
# connection remembers from before it waited for its turn.
FIND_TABLE = """
SELECT EXISTS (SELECT FROM pg_class WHERE relname = 'schema_version' AND pg_table_is_visible(oid))"""
HAS_SCHEMA = "SELECT current_schema() IS NOT NULL"
FIND_SCHEMA = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
FIND_VERSION = "SELECT version FROM schema_version"
BEGIN_VERSIONS = "CREATE TABLE schema_version (version INTEGER NOT NULL)"

TURN = "SELECT pg_advisory_xact_lock(1886415980, hashtext(current_schema()))"
"""Taken first by every transaction that writes, until it ends: those of one ledger follow each other, in the
order in which they asked. 1886415980 is "ppkl", the schema's name tells one ledger from another."""


TABLE_LOCK_SECONDS = 5
"""How long a change of tables waits for somebody's open transaction: every call waits behind it."""


@cache
def migrations() -> tuple[SchemaStep, ...]:
    """Every step, the first one first."""
    return steps_of("ppkit.spending.ledger.postgres")


def version_of(connection: psycopg.Connection[Any]) -> int:
    """The version of the schema, 0 where there is none."""
    if not _one(connection, FIND_TABLE):
        return 0
    return int(_one(connection, FIND_VERSION))


def migrate(
    connection: psycopg.Connection[Any], schema: str, address: str, target: int | None = None
) -> None:
    """Bring the schema up to date, or up or down to the version `target`, in one transaction.

    Many processes may do so at once. Raises LedgerTooNew, and psycopg's LockNotAvailable where an open
    transaction keeps a table; then nothing has changed.
    """
    known = len(migrations())
    wanted = known if target is None else target
    found = version_of(connection)
    if found == wanted:
        return
    with connection.transaction():
        if not _one(connection, HAS_SCHEMA):
            # Without a schema of its own there is no name to take turns by: any process's turn comes first.
            connection.execute("SELECT pg_advisory_xact_lock(1886415980)")
            # One that is there and still is not ours to use is refused by this statement, as it should be.
            if not _one(connection, FIND_SCHEMA, schema) or not _one(connection, HAS_SCHEMA):
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
        connection.execute(TURN)
        found = version_of(connection)
        if found > known:
            raise LedgerTooNew(address, found=found, known=known)
        connection.execute(f"SET LOCAL lock_timeout = '{TABLE_LOCK_SECONDS}s'".encode())
        if found == 0 and not _one(connection, FIND_TABLE):
            connection.execute(BEGIN_VERSIONS)
            connection.execute("INSERT INTO schema_version VALUES (0)")
        for script in ways_between(migrations(), found, wanted):
            connection.execute(script.encode())
        connection.execute("UPDATE schema_version SET version = %s", (wanted,))


def _one(connection: psycopg.Connection[Any], query: str, *parameters: str) -> Any:
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row[0]
