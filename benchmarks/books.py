"""A large ledger made by one command: entries and roll-up that agree, written in bulk.

Calls are spread over days, models and keys as an agency's are: working hours, a tag, some of them
uncertain or estimated. The same number of calls gives the same books.
"""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from operator import add
from pathlib import Path

import psycopg

from ppkit.clock import ManualClock
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.periods import day_number
from ppkit.spending.ledger.tables import EVERYTHING, SUMMED, TABLES

FIRST_DAY = date(2024, 12, 1)
DAYS, MODELS, KEYS, CLIENTS = 730, 20, 50, 10
LAST_MOMENT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
ENDPOINT = "responses"

_HOURS = range(8, 19)
_MARKS = (None,) * 96 + ("estimated", "ceiling", "overrun", "uncertain")
_INPUT_RATE, _OUTPUT_RATE = 1_250_000, 10_000_000

Sums = dict[tuple[int, int], list[int]]
Rows = Iterable[tuple[object, ...]]
Write = Callable[[str, Rows], None]
"""Writes rows into a table, their columns in the order of TABLES."""


def model_of(series: int) -> str:
    return f"gpt-{(series - 1) // KEYS:02}"


def key_of(series: int) -> str:
    return f"…K{(series - 1) % KEYS:03}"


def client_of(series: int) -> str:
    return f"client {(series - 1) % CLIENTS}"


def fill(path: Path, calls: int) -> None:
    """Make a SQLite ledger with so many calls over 24 months, 20 models and 50 keys."""
    open_ledger(f"sqlite:///{path}", ManualClock(LAST_MOMENT)).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = off")
    connection.execute("PRAGMA synchronous = off")
    connection.execute("BEGIN")

    def write(table: str, rows: Rows) -> None:
        columns = TABLES[table]
        places = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    _write_books(write, calls)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = wal")
    connection.close()


def fill_postgres(url: str, calls: int) -> int:
    """Make the same ledger in an empty PostgreSQL database. Returns how many bytes the database takes."""
    open_ledger(url, ManualClock(LAST_MOMENT)).close()
    address = url.replace("+psycopg", "", 1)
    with psycopg.connect(address, autocommit=True, options="-csearch_path=ppkit") as connection:

        def write(table: str, rows: Rows) -> None:
            command = f"COPY {table} ({', '.join(TABLES[table])}) FROM STDIN"
            with connection.cursor().copy(command.encode()) as copy:
                for row in rows:
                    copy.write_row(row)

        with connection.transaction():
            _write_books(write, calls)
        connection.execute("VACUUM ANALYZE")  # as the server does by itself after a while
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(size[0]) if size else 0


def _write_books(write: Write, calls: int) -> None:
    write("series", _series())
    months: Sums = defaultdict(lambda: [0] * len(SUMMED))
    for day, number in _calls_by_day(calls):
        _write_day(write, day, number, months)
    write("rollup", ((*place, *figures) for place, figures in sorted(months.items())))
    write("scope_sum", _sums_by_scope(months))


def _series() -> Iterator[tuple[object, ...]]:
    for number in range(1, MODELS * KEYS + 1):
        yield number, model_of(number), key_of(number), ENDPOINT, f'{{"client":"{client_of(number)}"}}'


def _calls_by_day(calls: int) -> Iterator[tuple[date, int]]:
    for count in range(DAYS):
        yield (FIRST_DAY + timedelta(days=count), calls * (count + 1) // DAYS - calls * count // DAYS)


def _write_day(write: Write, day: date, calls: int, months: Sums) -> None:
    """The day's entries, its hours and the day itself; adds to its month."""
    number, hours = day_number(day), defaultdict[tuple[int, int], list[int]](lambda: [0] * len(SUMMED))
    entries = list(_entries(day, calls, hours))
    write("entry", entries)
    write("uncertain_call", [(entry[0],) for entry in entries if entry[5] == "uncertain"])
    days: Sums = defaultdict(lambda: [0] * len(SUMMED))
    for (_, series), figures in hours.items():
        for place in ((number, series), (number, EVERYTHING)):
            days[place] = list(map(add, days[place], figures))
        months[number // 100, series] = list(map(add, months[number // 100, series], figures))
    write("rollup", ((*place, *figures) for place, figures in sorted((days | hours).items())))


def _entries(day: date, calls: int, hours: Sums) -> Iterator[tuple[object, ...]]:
    """One ended call after the other, in order of time; counts each in its hour."""
    chance, number = random.Random(day.toordinal()), day_number(day)
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
    for count in range(calls):
        hour = _HOURS[count * len(_HOURS) // calls]
        at = midnight + hour * 3_600_000_000 + count * 3_000
        series = (count * 617 + number) % (MODELS * KEYS) + 1
        taken, given, cached = chance.randrange(200, 4000), chance.randrange(50, 900), 128 * (count % 3 == 0)
        mark = _MARKS[(count + number) % len(_MARKS)]
        cost_in, cost_out = taken * _INPUT_RATE, given * _OUTPUT_RATE
        cost = cost_in + cost_out
        spent, uncertain = (0, cost) if mark == "uncertain" else (cost, 0)
        marked = [cost if mark == name else 0 for name in ("estimated", "ceiling", "overrun")]
        figures = (1, taken, given, cached, 0, 0, 0, 0, 0, 0, spent, uncertain, *marked)
        place = (number * 100 + hour, series)
        hours[place] = list(map(add, hours[place], figures))
        read = f',"cached_tokens":{cached}' if cached else ""
        usage = f'{{"input_tokens":{taken},"output_tokens":{given}{read}}}'
        parts = f'{{"input":{cost_in},"output":{cost_out}}}'
        call_id = f"ppkit-{at // 1000:012x}-{chance.randbytes(10).hex()}"
        kind, why = ("expire", "no_answer") if mark == "uncertain" else ("settle", None)
        ending = (call_id, 1, kind, at + 1_400_000, cost, mark, parts, usage, None, why)
        yield *ending, at, cost * 2, series


def _sums_by_scope(months: Sums) -> Iterator[tuple[object, ...]]:
    """What limits are held against."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 7)
    for (period, series), (calls, *_, spent, uncertain, estimated, ceiling, overrun) in months.items():
        month = f"{period // 100}-{period % 100:02}"
        row = (spent, 0, uncertain, estimated, ceiling, overrun, calls)
        for scope in ("all", f"key:{key_of(series)}", f"tag:client={client_of(series)}"):
            sums[month, scope] = list(map(add, sums[month, scope], row))
    for scope_of_month, added_up in sums.items():
        yield *scope_of_month, *added_up
