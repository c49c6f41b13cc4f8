"""Many processes, many threads, one ledger, one hard limit: is the limit ever passed, and who is turned away?

`python -m benchmarks.ledger_storm` repeats each case twenty times and prints a table; exit code 1 when a run
passed the limit, left the books wrong, kept somebody waiting for a second, or let fewer than nine through
where ten calls fit.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ppkit.clock import SystemClock
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Blocked, Busy, Call, Ledger, open_ledger
from ppkit.spending.usage import Usage

FITTING_CALLS = 10
CEILING_FACTOR = 4
BUSY_WAIT_SECONDS = 0.01
USAGE = Usage(input_tokens=100, output_tokens=50)

# Forked, so that eight processes start at once; the parent has no threads yet.
PROCESSES = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Case:
    """What everybody asks for: a true cost, and a ceiling four times as high.

    With a bound the caller named the output's length, so only the whole ceiling will do. Without one the
    output may be cut to what the limit leaves, down to half the true cost.
    """

    name: str
    true_cost: Money
    bounded: bool
    processes: int = 8
    threads: int = 8
    call_seconds: float = 0.05

    @property
    def ceiling(self) -> Money:
        return self.true_cost * CEILING_FACTOR

    @property
    def least(self) -> Money | None:
        return None if self.bounded else Money(self.true_cost.pico_usd // 2)

    @property
    def limit(self) -> Money:
        """Room for exactly ten such calls made one after another."""
        if self.bounded:
            return self.true_cost * (FITTING_CALLS - 1) + self.ceiling
        return self.true_cost * FITTING_CALLS


CASES = (
    Case("text, bound", Money.usd("0.002"), bounded=True),
    Case("text, no bound", Money.usd("0.002"), bounded=False),
    Case("image, bound", Money.usd("0.053"), bounded=True),
    Case("image, no bound", Money.usd("0.053"), bounded=False),
)


@dataclass(slots=True)
class Outcome:
    """What one process saw. `longest_seconds` is the longest single wait for the ledger itself."""

    through: int = 0
    blocked: int = 0
    longest_seconds: float = 0.0
    settled: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """One storm, judged."""

    through: int
    blocked: int
    overshoot: Money
    longest_seconds: float
    books_right: bool
    lost: int
    """Calls that a process, killed or not, saw settled and the ledger does not know."""
    one_was_killed: bool
    """What it held is counted at its ceiling, so fewer of the others' calls fit."""

    @property
    def is_good(self) -> bool:
        return (
            self.overshoot <= Money(0)
            and self.books_right
            and not self.lost
            and (self.through >= FITTING_CALLS - 1 or self.one_was_killed)
            and self.longest_seconds < 1
        )


def storm(case: Case, folder: Path, *, kill_one: bool = False) -> Run:
    """Let every process loose on a new ledger in `folder`; with `kill_one`, one of them dies by SIGKILL."""
    url = f"sqlite:///{folder / 'storm.sqlite3'}"
    ledger = open_ledger(url, SystemClock())
    Budget(ledger).set(hard=case.limit)
    ledger.close()
    barrier = PROCESSES.Barrier(case.processes + 1)
    pipes = [PROCESSES.Pipe(duplex=False) for _ in range(case.processes)]
    crowd = [
        PROCESSES.Process(target=_process, args=(url, case, number, barrier, pipe[1]))
        for number, pipe in enumerate(pipes)
    ]
    for process in crowd:
        process.start()
    barrier.wait()
    if kill_one:
        time.sleep(1.5 * case.call_seconds)
        os.kill(crowd[0].pid or 0, signal.SIGKILL)
    outcomes = [_received(receiver, sender) for receiver, sender in pipes]
    for process in crowd:
        process.join()
    return _judged(ledger, case, outcomes, kill_one)


def _received(receiver: Any, sender: Any) -> Outcome:
    """The last that a process reported, however it ended."""
    sender.close()
    outcome = Outcome()
    try:
        while True:
            outcome = receiver.recv()
    except EOFError:
        return outcome


def _process(url: str, case: Case, number: int, barrier: Any, pipe: Any) -> None:
    ledger = open_ledger(url, SystemClock())
    crowd = Crowd(ledger, case, pipe)
    threads = [
        threading.Thread(target=crowd.call_once, args=(f"p{number}-t{thread}",))
        for thread in range(case.threads)
    ]
    barrier.wait()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send(crowd.outcome)
    ledger.close()


class Crowd:
    """The callers of one process. What is settled is reported at once, so that the killed one has told it."""

    def __init__(self, ledger: Ledger, case: Case, pipe: Any) -> None:
        self.outcome = Outcome()
        self._ledger = ledger
        self._case = case
        self._pipe = pipe
        self._lock = threading.Lock()

    def call_once(self, call_id: str) -> None:
        """One call as the metering makes it: reserve, waiting while busy; call; settle."""
        amount = self._reserved(call_id)
        if amount is None:
            with self._lock:
                self.outcome.blocked += 1
            return
        time.sleep(self._case.call_seconds)
        cost = min(self._case.true_cost, amount)  # what was capped cannot cost more than its cap
        with self._timed():
            self._ledger.settle(call_id, cost, USAGE)
        with self._lock:
            self.outcome.through += 1
            self.outcome.settled.append(call_id)
            self._pipe.send(self.outcome)

    def _reserved(self, call_id: str) -> Money | None:
        call = Call(call_id, "model", "…STRM", "responses", {"process": call_id.partition("-")[0]})
        while True:
            try:
                with self._timed():
                    return self._ledger.reserve(call, self._case.ceiling, at_least=self._case.least).amount
            except Busy:
                time.sleep(BUSY_WAIT_SECONDS)
            except Blocked:
                return None

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - begun
            with self._lock:
                self.outcome.longest_seconds = max(self.outcome.longest_seconds, seconds)


def _judged(ledger: Ledger, case: Case, outcomes: list[Outcome], one_was_killed: bool) -> Run:
    ledger.expire()
    totals = ledger.totals()
    settled = [call_id for outcome in outcomes for call_id in outcome.settled]
    run = Run(
        through=totals.calls,
        blocked=sum(outcome.blocked for outcome in outcomes),
        overshoot=totals.counted + totals.reserved - case.limit,
        longest_seconds=max(outcome.longest_seconds for outcome in outcomes),
        books_right=ledger.audit() == [],
        lost=sum(ledger.entry(call_id).state != "settled" for call_id in settled),
        one_was_killed=one_was_killed,
    )
    ledger.close()
    return run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    print(
        f"{options.processes} processes x {options.threads} callers, ceilings {CEILING_FACTOR}x the true cost"
    )
    print(f"{'case':28} {'good runs':>9} {'through':>9} {'overshoot, pico-USD':>20} {'longest wait':>13}")
    all_good = True
    for case in CASES:
        for kill_one in (False, True):
            sized = Case(case.name, case.true_cost, case.bounded, options.processes, options.threads)
            runs = [_run(sized, kill_one) for _ in range(options.runs)]
            all_good = all_good and all(run.is_good for run in runs)
            print(_line(case.name + (", one killed" if kill_one else ""), runs), flush=True)
    return 0 if all_good else 1


def _run(case: Case, kill_one: bool) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return storm(case, Path(folder), kill_one=kill_one)


def _line(name: str, runs: list[Run]) -> str:
    through = sorted(run.through for run in runs)
    return (
        f"{name:28} {sum(run.is_good for run in runs):>5}/{len(runs):<3} {through[0]:>5}-{through[-1]:<3}"
        f" {max(run.overshoot.pico_usd for run in runs):>20,}"
        f" {max(run.longest_seconds for run in runs) * 1000:>10.0f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
