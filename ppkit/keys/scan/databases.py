"""Keys in the tables of a SQLite file. Its pages are read as bytes besides, for rows that were deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ppkit.keys.finding import FoundKey, keys_in
from ppkit.keys.scan.leaks import Part, Place

MAGIC = b"SQLite format 3\0"
LONGEST_VALUE = 16 * 1024 * 1024  # bytes; what is longer is read by page only


def keys_in_database(path: Path) -> Iterator[tuple[Place, FoundKey]]:
    """Every key in a row; a long text is spread over pages, so the pages alone would not show it.

    Raises sqlite3.Error when the file cannot be understood.
    """
    # Immutable: nothing is written beside the file, no lock is taken, no log is replayed.
    address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        database.execute("PRAGMA trusted_schema = OFF")
        database.text_factory = bytes
        for (table,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall():
            yield from _keys_in_table(database, table.decode("utf-8", "replace"))


def _keys_in_table(database: sqlite3.Connection, table: str) -> Iterator[tuple[Place, FoundKey]]:
    quoted = table.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  (a name of the file's own, quoted)
    for number, row in enumerate(rows, start=1):
        for value in row:
            if isinstance(value, bytes):
                for found in keys_in(value.decode("latin-1")):
                    yield Place(Part.ROW, number, table=table), found
