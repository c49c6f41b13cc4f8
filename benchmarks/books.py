"""A large ledger made by one command: entries and roll-up that agree, written in bulk.

Calls are spread over days, models and keys as an agency's are: working hours, a few tags, some of them
uncertain or estimated. The same number of calls gives the same books.
"""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ppkit.clock import ManualClock
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.packing import packed_usage, tokens_of
from ppkit.spending.ledger.periods import day_number
from ppkit.spending.ledger.transaction import EVERYTHING, SUMMED, TABLES
from ppkit.spending.usage import Usage

FIRST_DAY = date(2024, 12, 1)
DAYS, MODELS, KEYS = 730, 20, 50
HOURS = tuple(range(8, 19))
MARKS = (None,) * 96 + ("estimated", "ceiling", "overrun", "uncertain")
LAST_MOMENT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)

Entry = tuple[object, ...]


def fill(path: Path, calls: int, seed: int = 11) -> None:
    """Make a ledger with so many calls over 24 months, 20 models and 50 keys."""
    ledger = open_ledger(f"sqlite:///{path}", ManualClock(LAST_MOMENT))
    ledger.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = off")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO series VALUES (?, ?, ?, ?, ?)", _series())
    rollup: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * len(SUMMED))
    uncertain: list[tuple[str]] = []
    connection.executemany(_insert("entry"), _entries(calls, random.Random(seed), rollup, uncertain))
    connection.executemany("INSERT INTO uncertain_call VALUES (?)", uncertain)
    connection.executemany(
        _insert("rollup"), ((*place, *figures) for place, figures in sorted(rollup.items()))
    )
    connection.executemany(
        "INSERT INTO month (month, scope, spent_pico_usd, uncertain_pico_usd, estimated_pico_usd,"
        " ceiling_pico_usd, overrun_pico_usd, calls) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        _months(rollup),
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _insert(table: str) -> str:
    columns = TABLES[table]
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def key_of(number: int) -> str:
    return f"…K{number:03}"


def model_of(number: int) -> str:
    return f"gpt-{number:02}"


def _series() -> Iterator[tuple[int, str, str, str, str]]:
    for model in range(MODELS):
        for key in range(KEYS):
            tags = f'{{"client":"client {key % 10}"}}'
            yield model * KEYS + key + 1, model_of(model), key_of(key), "responses", tags


def _entries(
    calls: int, chance: random.Random, rollup: dict[tuple[int, int], list[int]], uncertain: list[tuple[str]]
) -> Iterator[Entry]:
    """One settled call after the other, in order of time; counts each of them in the roll-up."""
    done = 0
    for day_count in range(DAYS):
        day = FIRST_DAY + timedelta(days=day_count)
        number = day_number(day)
        until = calls * (day_count + 1) // DAYS
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000
        today = until - done
        for place in range(today):
            hour = HOURS[place * len(HOURS) // today]
            at = midnight + hour * 3_600_000_000 + place * 3_000 + chance.randrange(2_000)
            series = done % (MODELS * KEYS) + 1 if today >= MODELS * KEYS else chance.randrange(1, 1001)
            usage = Usage(
                chance.randrange(200, 4000),
                chance.randrange(50, 900),
                cached_tokens=chance.choice((0, 0, 128)),
                reasoning_tokens=chance.choice((0, 32)),
            )
            cost = usage.input_tokens * 1_250_000 + usage.output_tokens * 10_000_000
            mark = MARKS[done % len(MARKS)]
            call_id = f"ppkit-{at // 1000:012x}-{chance.randbytes(10).hex()}"
            sums = _sums(cost, mark)
            figures = (1, *tokens_of(usage), *sums)
            month = number // 100
            for row in (
                (number * 100 + hour, series),
                (number, series),
                (number, EVERYTHING),
                (month, series),
            ):
                rollup[row] = [old + new for old, new in zip(rollup[row], figures, strict=True)]
            if mark == "uncertain":
                uncertain.append((call_id,))
            parts = (
                f'{{"input":{usage.input_tokens * 1_250_000},"output":{usage.output_tokens * 10_000_000}}}'
            )
            kind, why = ("expire", "no_answer") if mark == "uncertain" else ("settle", None)
            ended = at + 1_400_000
            ending = (call_id, 1, kind, ended, cost, mark, parts, packed_usage(usage), None, why)
            yield *ending, at, cost * 2, series
            done += 1


def _sums(cost: int, mark: str | None) -> tuple[int, int, int, int, int]:
    if mark == "uncertain":
        return 0, cost, 0, 0, 0
    return cost, 0, *(cost if mark == name else 0 for name in ("estimated", "ceiling", "overrun"))  # type: ignore[return-value]


def _months(rollup: dict[tuple[int, int], list[int]]) -> Iterator[tuple[object, ...]]:
    """The sums of each scope, as limits need them."""
    names = {number: (key, tags) for number, _, key, _, tags in _series()}
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for (period, series), figures in rollup.items():
        if period < 1_000_000:
            month = f"{period // 100}-{period % 100:02}"
            key, tags = names[series]
            value = tags.split('"')[3]
            for scope in ("all", f"key:{key}", f"tag:client={value}"):
                added = [*figures[-5:], figures[0]]
                sums[month, scope] = [a + b for a, b in zip(sums[month, scope], added, strict=True)]
    for (month, scope), added in sums.items():
        yield month, scope, *added
