"""Callers by the dozen on one ledger: a separate program, forked into processes of threads.

`python storm.py URL --processes 8 --threads 8 --calls 1` prints one line for each thing that the ledger has
acknowledged, written at once, so that a process which is killed has said what it knew. With `--kills N`, N
processes end by SIGKILL at a random moment, each replaced by the next. tests/ledger/test_storms.py judges.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from mmap import mmap

from ppkit.clock import SystemClock
from ppkit.money import Money
from ppkit.spending.ledger import (
    AlreadyEnded,
    Blocked,
    Busy,
    Call,
    DuplicateCall,
    Ledger,
    LedgerError,
    open_ledger,
)

KEY = "…STRM"
PAUSE_SECONDS = 0.005
PATIENCE_SECONDS = 120
"""How long a caller tries again for; a trouble that stays is no trouble to wait for."""
MOST_STEPS = 12
"""Begun at most by a process that is to be killed: opening is one, each word to the ledger another."""
LONGEST_STEP_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Plan:
    """What each process does. With `unit`, every call costs its ceiling of so much; else all is random."""

    url: str
    processes: int
    threads: int
    calls: int
    unit: int
    seed: int
    kills: int
    """The first so many processes go on until they are killed."""


def in_trouble(what: str, error: LedgerError, since: float) -> None:
    """Say so and let a moment pass. Raises the error when the trouble lasts."""
    say("trouble", what, error.code)
    if time.monotonic() - since > PATIENCE_SECONDS:
        raise error
    time.sleep(PAUSE_SECONDS)


def say(*words: object) -> None:
    """One line, in one piece: shorter than what a pipe takes at once."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


class Caller:
    """One thread's calls, one after the other, each ended in one of the ways there are."""

    def __init__(
        self, ledger: Ledger, plan: Plan, process: int, thread: int, begin: Callable[[], None]
    ) -> None:
        self._begin = begin
        self._ledger = ledger
        self._plan = plan
        self._process = process
        self._thread = thread
        self._random = random.Random(f"{plan.seed}/{process}/{thread}")

    def run(self) -> None:
        try:
            endless = self._process < self._plan.kills
            for number in itertools.count() if endless else range(self._plan.calls):
                self._call(f"p{self._process}-t{self._thread}-{number}")
        except Exception as error:
            say("crashed", f"p{self._process}-t{self._thread}", type(error).__name__)
            traceback.print_exc()

    def _call(self, call_id: str) -> None:
        tags = {"class": "one", "student": str(self._process % 8), "lesson": str(self._thread % 2)}
        held = self._reserved(Call(call_id, "model", KEY, "responses", tags))
        if held is None:
            return
        end = "settle" if self._plan.unit else self._random.choice(("settle", "settle", "release", "give_up"))
        cost = held if self._plan.unit else self._random.randint(0, held)
        self._ended(call_id, end, cost)

    def _reserved(self, call: Call) -> int | None:
        """What is held, waiting as long as only others' reservations are in the way; None when refused."""
        ceiling = self._plan.unit or self._random.randint(1, 40)
        at_least = None if self._plan.unit or self._random.random() < 0.5 else Money(1)
        in_doubt, begun = False, time.monotonic()
        while True:
            self._begin()
            try:
                held = self._ledger.reserve(call, Money(ceiling), at_least=at_least).amount.pico_usd
                say("reserved", call.id, held)
            except Busy:
                time.sleep(PAUSE_SECONDS)
            except Blocked:
                say("blocked", call.id)
                return None
            except DuplicateCall:
                if not in_doubt:
                    raise
                return self._ledger.entry(call.id).reserved.pico_usd
            except LedgerError as error:
                in_doubt = True  # the commit may have gone through, and its answer got lost
                in_trouble(call.id, error, begun)
            else:
                return held

    def _ended(self, call_id: str, end: str, cost: int) -> None:
        in_doubt, begun = False, time.monotonic()
        while True:
            self._begin()
            try:
                if end == "settle":
                    self._ledger.settle(call_id, Money(cost))
                elif end == "release":
                    self._ledger.release(call_id)
                else:
                    self._ledger.give_up(call_id)
            except AlreadyEnded:
                if not in_doubt:
                    raise
            except LedgerError as error:
                in_doubt = True
                in_trouble(call_id, error, begun)
                continue
            say(end, call_id, cost)
            return


def work(plan: Plan, process: int, steps: mmap) -> None:
    """What a forked process does."""

    def begin() -> None:
        steps[process] = min(255, steps[process] + 1)

    begin()
    ledger = open_patiently(plan.url)
    crowd = [
        threading.Thread(target=Caller(ledger, plan, process, thread, begin).run)
        for thread in range(plan.threads)
    ]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    ledger.close()


def open_patiently(url: str) -> Ledger:
    begun = time.monotonic()
    while True:
        try:
            return open_ledger(url, SystemClock())
        except LedgerError as error:
            in_trouble("opening", error, begun)


def fork(plan: Plan, process: int, steps: mmap) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work(plan, process, steps)
            code = 0
        except BaseException as error:
            say("crashed", f"p{process}", type(error).__name__)
            traceback.print_exc()
        finally:
            os._exit(code)
    return pid


class Doomed:
    """When a process is to be killed: a random moment after it has begun so many steps."""

    def __init__(self, chance: random.Random) -> None:
        self._steps = chance.randint(0, MOST_STEPS)
        self._seconds = chance.uniform(0, LONGEST_STEP_SECONDS)
        self._since: float | None = None

    def is_due(self, steps: int) -> bool:
        if self._since is None and steps >= self._steps:
            self._since = time.monotonic()
        return self._since is not None and time.monotonic() - self._since >= self._seconds


def storm(plan: Plan) -> int:
    """Keep so many processes at work until all is done; returns how many ended by themselves, and badly."""
    chance = random.Random(plan.seed)
    whole = plan.processes + plan.kills
    steps = mmap(-1, whole)  # how many each process has begun: shared with those that are forked
    running: dict[int, tuple[int, Doomed | None]] = {}
    started = bad = 0
    while started < whole or running:
        while started < whole and len(running) < plan.processes:
            doomed = Doomed(chance) if started < plan.kills else None
            running[fork(plan, started, steps)] = started, doomed
            started += 1
        for pid, (process, doomed) in list(running.items()):
            if doomed is not None and doomed.is_due(steps[process]):
                os.kill(pid, signal.SIGKILL)
            gone, status = os.waitpid(pid, os.WNOHANG)
            if gone:
                del running[pid]
                was_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                bad += not was_killed and status != 0
                if was_killed:
                    say("killed", pid)
        time.sleep(0.001)
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--calls", type=int, default=1)
    parser.add_argument("--unit", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    if chosen.url.startswith("postgresql"):  # loaded once: each process would load it again after its fork
        importlib.import_module("ppkit.spending.ledger.postgres.store")
    return 1 if storm(Plan(**vars(chosen))) else 0


if __name__ == "__main__":
    sys.exit(main())
