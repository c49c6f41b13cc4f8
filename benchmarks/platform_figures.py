"""Importing the platform's figures and holding them against the ledger: ten thousand at once."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ppkit.bill import FigureFile, PlatformBill
from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Call, open_ledger
from ppkit.spending.prices import PriceCatalogue

FIGURES = 10_000
CALLS = 2_000
DAYS = 25
REPEATS = 5
FIRST = date(2026, 10, 1)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def bill_rows(folder: Path) -> list[str]:
    """Rows of a table: what was done, the median in milliseconds, the range."""
    folder.mkdir()
    clock = ManualClock(datetime(2026, 10, 1, tzinfo=UTC))
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.sqlite3'}", clock)
    for number in range(CALLS):
        name = f"call-{number}"
        ledger.reserve(Call(name, f"gpt-{number % 20}", "…WXYZ", "responses"), Money(10**9))
        ledger.settle(name, Money(10**8))
        clock.advance(timedelta(days=DAYS) / CALLS)

    def bill_in(name: str) -> PlatformBill:
        return PlatformBill(FigureFile(folder / name), lambda: ledger, ManualClock(NOW), PriceCatalogue)

    bill = bill_in("figures.sqlite3")
    export, pages = _export(), _pages()

    @contextmanager
    def told() -> Iterator[Any]:
        answers = iter(pages)
        empty = json.dumps({"data": [], "has_more": False})
        yield SimpleNamespace(with_raw_response=_Wire(answers, empty))

    def fetch() -> None:
        (folder / "fetched.sqlite3").unlink(missing_ok=True)
        assert (
            bill_in("fetched.sqlite3").fetch(told, {}, FIRST, FIRST + timedelta(days=DAYS)).figures == FIGURES
        )

    asked: tuple[tuple[str, Callable[[], object]], ...] = (
        ("10,000 lines of a CSV export imported", lambda: bill.read_csv(export)),
        ("10,000 figures of the administration's answers imported", fetch),
        ("reconciled with a ledger of 2,000 calls", bill.reconcile),
    )
    rows = [_row(name, ask) for name, ask in asked]
    ledger.close()
    return rows


class _Wire:
    """Answers to costs from the list; to everything else, nothing."""

    def __init__(self, answers: Iterator[str], empty: str) -> None:
        self._answers, self._empty = answers, empty

    def __getattr__(self, dataset: str) -> Callable[..., Any]:
        return lambda **_: SimpleNamespace(text=next(self._answers) if dataset == "costs" else self._empty)


def _places() -> Iterator[tuple[int, str, str]]:
    for number in range(FIGURES):
        day = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp()) + number % DAYS * 86_400
        yield day, f"gpt-{number // DAYS % 20}, part {number // (DAYS * 20)}", f"key_{number % 50}"


def _export() -> bytes:
    lines = ["start_time,end_time,amount_value,amount_currency,line_item,api_key_id"]
    lines += [f'{day},{day + 86_400},0.0000123,usd,"{item}",{key}' for day, item, key in _places()]
    return "\n".join(lines).encode()


def _pages() -> list[str]:
    by_day: dict[int, list[dict[str, object]]] = {}
    for day, item, key in _places():
        amount = {"value": 0.0000123, "currency": "usd"}
        by_day.setdefault(day, []).append({"amount": amount, "line_item": item, "api_key_id": key})
    return [
        json.dumps(
            {
                "data": [{"start_time": day, "results": results}],
                "has_more": number < len(by_day) - 1,
                "next_page": str(number + 1),
            }
        )
        for number, (day, results) in enumerate(sorted(by_day.items()))
    ]


def _row(name: str, ask: Callable[[], object]) -> str:
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        ask()
        took.append((time.perf_counter() - started) * 1000)
    return f"| {name} | {statistics.median(took):.0f} | {min(took):.0f} to {max(took):.0f} |"
