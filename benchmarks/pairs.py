"""Reserve and settle, without any HTTP: how many pairs a second one ledger takes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ppkit.clock import SystemClock
from ppkit.metering.meter import time_ordered_id
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger, open_ledger

SECONDS = 3.0
CALLERS = (1, 8, 64)


def pairs_a_second(ledger: Ledger, callers: int, seconds: float) -> tuple[float, float]:
    """Pairs a second of so many threads together, and the longest wait of any reservation in milliseconds."""
    end = time.perf_counter() + seconds

    def one_caller(_number: int) -> tuple[int, float]:
        pairs, longest = 0, 0.0
        while (started := time.perf_counter()) < end:
            call_id = time_ordered_id(ledger.clock.now())
            ledger.reserve(Call(call_id, "gpt-6-luna", "…WXYZ", "responses"), Money(1_000_000))
            longest = max(longest, time.perf_counter() - started)
            ledger.settle(call_id, Money(250_000))
            pairs += 1
        return pairs, longest

    with ThreadPoolExecutor(callers) as pool:
        outcomes = list(pool.map(one_caller, range(callers)))
    return sum(pairs for pairs, _ in outcomes) / seconds, max(longest for _, longest in outcomes) * 1000


def pair_rows(folder: Path, seconds: float = SECONDS) -> list[str]:
    ledger = open_ledger(f"sqlite:///{folder / 'pairs.sqlite3'}", SystemClock())
    Budget(ledger).set(hard="1000000")
    rows = []
    for callers in CALLERS:
        rate, longest_ms = pairs_a_second(ledger, callers, seconds)
        rows.append(f"| {callers} | {rate:,.0f} | {longest_ms:,.0f} |")
    ledger.close()
    return rows
