"""The figures as they were told last, in a private SQLite file: a copy, which can be imported again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import astuple
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from ppkit.bill.errors import FiguresFileTooNew, FiguresFileUnusable
from ppkit.bill.figures import Dataset, Figure, added_up, is_final
from ppkit.files import make_private_folder
from ppkit.schema_steps import SchemaStep, steps_of
from ppkit.sqlite_schema import bring_to_version, version_found

APPLICATION_ID = 1886415974
BUSY_SECONDS = 10.0

FigureSource = Literal["platform", "file"]


@cache
def _schema_steps() -> tuple[SchemaStep, ...]:
    return steps_of("ppkit.bill")


class FigureFile:
    """Days of figures by dataset. What was told last of a day is what holds.

    Methods raise FiguresFileUnusable, FiguresFileTooNew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def replace(
        self,
        dataset: Dataset,
        days: Iterable[date],
        figures: Iterable[Figure],
        *,
        source: FigureSource,
        told_at: datetime,
    ) -> None:
        """From now on these are the figures of these days, and no others; one transaction."""
        named = [(dataset, day.isoformat()) for day in sorted(set(days))]
        rows = [_row(figure) for figure in added_up(figures)]
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("DELETE FROM figure WHERE dataset = ? AND day = ?", named)
            connection.executemany("INSERT INTO figure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            connection.executemany(
                "INSERT OR REPLACE INTO imported VALUES (?, ?, ?, ?)",
                [(*day, source, told_at.isoformat()) for day in named],
            )
            connection.execute("COMMIT")

    def figures(self, since: date, until: date) -> list[Figure]:
        """All of these days, both included."""
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT * FROM figure WHERE day BETWEEN ? AND ? ORDER BY day, dataset, item, key_id",
                (since.isoformat(), until.isoformat()),
            )
            return [_figure(row) for row in rows]

    def told_at(self, since: date, until: date) -> dict[tuple[Dataset, date], datetime]:
        """When each dataset of each day was imported last; days that never were are missing."""
        with self._opened() as connection:
            rows = connection.execute(
                "SELECT dataset, day, told_at FROM imported WHERE day BETWEEN ? AND ?",
                (since.isoformat(), until.isoformat()),
            )
            return {
                (dataset, date.fromisoformat(day)): datetime.fromisoformat(at) for dataset, day, at in rows
            }

    def final_days(self, dataset: Dataset, since: date, until: date) -> set[date]:
        """The days of which nothing more is expected."""
        told = self.told_at(since, until)
        return {day for (name, day), at in told.items() if name == dataset and is_final(day, at)}

    def days(self) -> tuple[date, date] | None:
        """The first and the last day that was imported."""
        with self._opened() as connection:
            first, last = connection.execute("SELECT min(day), max(day) FROM imported").fetchone()
        return None if first is None else (date.fromisoformat(first), date.fromisoformat(last))

    def remember_keys(self, ends: Mapping[str, str]) -> None:
        """What a masked list shows of each key, by the platform's id of it."""
        with self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT OR REPLACE INTO key VALUES (?, ?)", sorted(ends.items()))
            connection.execute("COMMIT")

    def keys(self) -> dict[str, str]:
        """The shown end of every key that was ever listed, by the platform's id of it."""
        with self._opened() as connection:
            return dict(connection.execute("SELECT id, shown_end FROM key").fetchall())

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            make_private_folder(self.path.parent)
            # Made here and not by SQLite, so that only its owner may read it from its first moment on.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            with closing(
                sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            ) as connection:
                bring_to_version(connection, _schema_steps(), lambda: self._version(connection))
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise FiguresFileUnusable(path=str(self.path)) from error

    def _version(self, connection: sqlite3.Connection) -> int:
        found, known = version_found(connection, APPLICATION_ID), len(_schema_steps())
        if found is None:
            raise FiguresFileUnusable(path=str(self.path))
        if found > known:
            raise FiguresFileTooNew(path=str(self.path), found=found, known=known)
        return found


def _row(figure: Figure) -> tuple[object, ...]:
    dataset, day, *rest = astuple(figure)
    return dataset, day.isoformat(), *rest


def _figure(row: tuple[object, ...]) -> Figure:
    dataset, day, *rest = row
    return Figure(dataset, date.fromisoformat(str(day)), *rest)  # type: ignore[arg-type]  # as `_row` wrote it
