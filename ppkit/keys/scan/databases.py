"""The values in the tables of a SQLite file. Its pages are read as bytes besides, for deleted rows."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ppkit.keys.scan.archives import CannotLookInside, unpacker
from ppkit.keys.scan.byte_streams import HEAD
from ppkit.keys.scan.embedded import EmbeddedFile, EmbeddedText, Inside
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit, Reason
from ppkit.keys.scan.opaque_formats import closed_by_beginning

MAGIC = b"SQLite format 3\0"
LONGEST_VALUE = 16 * 1024 * 1024  # bytes; what is longer cannot be read by row
LARGEST_COPIED = 256 * 1024 * 1024  # bytes of a database with a log beside it
MOST_PER_BYTE = 2  # bytes that a byte of the file may become: UTF-16 is returned as UTF-8
SMALLEST_ROW = 4  # bytes of a row with nothing in it
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
        bound = _Bound(MOST_PER_BYTE * _size(source))
        for (table,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        ).fetchall():
            yield from _values_in_table(database, table.decode("utf-8", "replace"), bound)


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


class _Bound:
    """Rows hold no more than the file does, unless its pages lead in circles."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self, row: tuple[object, ...]) -> None:
        self._left -= SMALLEST_ROW + sum(len(value) for value in row if isinstance(value, bytes))
        if self._left < 0:
            raise CannotLookInside(Reason.TOO_LARGE)


def _size(source: Path | bytes) -> int:
    if isinstance(source, bytes):
        return len(source)
    log = source.with_name(source.name + LOG)
    return source.stat().st_size + (log.stat().st_size if log.exists() else 0)


def _values_in_table(database: sqlite3.Connection, table: str, bound: _Bound) -> Iterator[Inside]:
    # What is computed as it is read is left out: it holds no key of its own, and may take any time.
    columns = database.execute(
        "SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 2", (table,)
    ).fetchall()
    listed = ", ".join(_quoted(name.decode("utf-8", "replace")) for (name,) in columns)
    if not listed:
        return
    rows = database.execute(f"SELECT {listed} FROM {_quoted(table)}")  # noqa: S608  (the file's own names, quoted)
    for number, row in enumerate(rows, start=1):
        bound.spend(row)
        for value in row:
            if isinstance(value, bytes):
                yield EmbeddedText(LeakPlace(PlaceUnit.ROW, number, table=table), value.decode("latin-1"))
                if len(value) > SHORTEST_FILE and _is_file(value[:HEAD]):
                    yield EmbeddedFile(table, value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_file(head: bytes) -> bool:
    """Whether a value is an archive or a document of its own, rather than a text that was read already."""
    return bool(unpacker(head) or closed_by_beginning(head)) or head.startswith((b"%PDF-", MAGIC))
