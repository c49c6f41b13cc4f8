"""A SQLite file whose schema has a history: whose it is, and how it gets from one version to another."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from ppkit.schema_steps import SchemaStep, ways_between

IDENTITY = """
SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
       (SELECT count(*) FROM sqlite_master)"""


def version_found(connection: sqlite3.Connection, application_id: int) -> int | None:
    """The schema version, 0 for a new file, None where the file is somebody else's. Reads only."""
    # Read together: while another process migrates, half before and half after would look like neither.
    marked, version, tables = connection.execute(IDENTITY).fetchone()
    if marked != application_id and (tables or version or marked):
        return None
    return int(version)


def bring_to_version(
    connection: sqlite3.Connection,
    steps: Sequence[SchemaStep],
    checked_version: Callable[[], int],
    target: int | None = None,
) -> None:
    """Bring the schema up to date, or up or down to the version `target`, one transaction per step.

    `checked_version` tells the version, or raises; under the write lock it is asked again, since two
    processes may do so at once. Raises ValueError where no way leads back; then nothing has changed.
    """
    wanted = len(steps) if target is None else target
    while (found := checked_version()) != wanted:
        script, *_ = ways_between(tuple(steps), found, wanted)
        connection.execute("BEGIN IMMEDIATE")
        try:
            if checked_version() == found:
                for statement in statements(script):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {found + 1 if found < wanted else found - 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def statements(script: str) -> Iterator[str]:
    """The single statements of a script. (sqlite3's own executescript would commit the open transaction.)"""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
