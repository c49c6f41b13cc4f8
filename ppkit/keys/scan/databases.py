"""The values in the tables of a SQLite file. Its pages are read as bytes besides, for deleted rows."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ppkit.keys.scan.archives import CannotLookInside, unpacker
from ppkit.keys.scan.closed import closed_by_beginning
from ppkit.keys.scan.inside import File, Inside, Text
from ppkit.keys.scan.leaks import Part, Place, Reason
from ppkit.keys.scan.texts import HEAD

MAGIC = b"SQLite format 3\0"
LONGEST_VALUE = 16 * 1024 * 1024  # bytes; what is longer cannot be read by row
LARGEST_COPIED = 256 * 1024 * 1024  # bytes of a database with a log beside it
SHORTEST_FILE = 20  # bytes: a packed key has more
LOG = "-wal"


def values_in_database(source: Path | bytes) -> Iterator[Inside]:
    """Every value in a row; a long text is spread over pages, so the pages alone would not show it.

    Raises sqlite3.Error when the file cannot be understood, CannotLookInside when it is too large.
    """
    with _opened(source) as database:
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        database.execute("PRAGMA trusted_schema = OFF")
        database.text_factory = bytes
        for (table,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall():
            yield from _values_in_table(database, table.decode("utf-8", "replace"))


@contextmanager
def _opened(source: Path | bytes) -> Iterator[sqlite3.Connection]:
    if isinstance(source, bytes):
        with closing(sqlite3.connect(":memory:")) as database:
            # The two bytes say that a log belongs to it, which memory has not.
            database.deserialize(source[:18] + b"\x01\x01" + source[20:])
            yield database
        return
    log = source.with_name(source.name + LOG)
    if log.exists() and log.stat().st_size:
        with _copied(source, log) as copy, closing(sqlite3.connect(copy)) as database:
            yield database
    else:
        # Immutable: nothing is written beside the file, no lock is taken.
        address = f"{source.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as database:
            yield database


@contextmanager
def _copied(source: Path, log: Path) -> Iterator[Path]:
    """What was written last stands in the log only: it is read into a copy, for ours to throw away."""
    if source.stat().st_size + log.stat().st_size > LARGEST_COPIED:
        raise CannotLookInside(Reason.TOO_LARGE)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        shutil.copyfile(source, copy)
        shutil.copyfile(log, copy.with_name(copy.name + LOG))
        yield copy


def _values_in_table(database: sqlite3.Connection, table: str) -> Iterator[Inside]:
    quoted = table.replace('"', '""')
    rows = database.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608  (a name of the file's own, quoted)
    for number, row in enumerate(rows, start=1):
        for value in row:
            if isinstance(value, bytes):
                yield Text(Place(Part.ROW, number, table=table), value.decode("latin-1"))
                if len(value) > SHORTEST_FILE and _is_file(value[:HEAD]):
                    yield File(table, value)


def _is_file(head: bytes) -> bool:
    """Whether a value is an archive or a document of its own, rather than a text that was read already."""
    return bool(unpacker(head) or closed_by_beginning(head)) or head.startswith((b"%PDF-", MAGIC))
