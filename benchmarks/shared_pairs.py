"""`python -m benchmarks.shared_pairs`: calls a second that one ledger on PostgreSQL takes from many gateways.

Each process is what a gateway does with the ledger, and nothing else: forty threads reserve and settle calls
of a thousand learners, under a limit for each and one for the lesson. All have one lesson, or one each.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path

from ppkit.clock import SystemClock
from ppkit.metering.meter import time_ordered_id
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger, open_ledger

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the server that the tests start and stop
from postgres_server import PostgresServer, new_database

SECONDS = 4.0
LEARNERS, THREADS = 1000, 40
PROCESSES = (1, 2, 4)


def tags_of(lesson: str, number: int) -> Mapping[str, str]:
    return {"lesson": lesson, "learner": f"{lesson}/{number}"}


def pairs(ledger: Ledger, lesson: str, seconds: float) -> int:
    """Reserved and settled by all threads of this process."""
    end = time.perf_counter() + seconds

    def caller(number: int) -> int:
        chance, made = random.Random(number), 0
        while time.perf_counter() < end:
            tags = tags_of(lesson, chance.randrange(LEARNERS))
            call_id = time_ordered_id(ledger.clock.now())
            ledger.reserve(Call(call_id, "gpt-6-luna", "…WXYZ", "responses", tags), Money(1_000_000))
            ledger.settle(call_id, Money(250_000))
            made += 1
        return made

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(caller, range(THREADS)))


def one_process(url: str, lesson: str, begin: Barrier, told: multiprocessing.SimpleQueue[int]) -> None:
    ledger = open_ledger(url, SystemClock())
    begin.wait()
    told.put(pairs(ledger, lesson, SECONDS))
    ledger.close()


def rate(url: str, processes: int, lessons: int) -> float:
    """Calls a second of so many processes together."""
    ledger = open_ledger(url, SystemClock())
    budget = Budget(ledger)
    for number in range(lessons):
        budget.set(hard="1000", tag=f"lesson={number}", period="total", by="benchmark", why="lesson")
    for number in range(LEARNERS):
        budget.set(hard="10", tag=f"learner=0/{number}", period="total", by="benchmark", why="lesson")
    ledger.close()
    context = multiprocessing.get_context("spawn")
    begin, told = context.Barrier(processes), context.SimpleQueue()
    running = [
        context.Process(target=one_process, args=(url, str(number % lessons), begin, told))
        for number in range(processes)
    ]
    for process in running:
        process.start()
    made = sum(told.get() for _ in running)
    for process in running:
        process.join()
    return float(made) / SECONDS


def main() -> None:
    server = PostgresServer()
    try:
        print("| gateways | calls a second, one lesson | a lesson each |\n|---|---|---|")
        for processes in PROCESSES:
            found = []
            for lessons in (1, processes):
                with new_database(server.url) as url:
                    found.append(rate(url, processes, lessons))
            print(f"| {processes} | {found[0]:,.0f} | {found[1]:,.0f} |", flush=True)
    finally:
        server.close()


if __name__ == "__main__":
    main()
