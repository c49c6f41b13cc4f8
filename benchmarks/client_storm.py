"""`python -m benchmarks.client_storm [RUNS]`: 8 processes with 8 metered callers each on one hard limit.

Every caller makes one call on a practice platform, with room for ten of them at their true cost (and for the
last one's ceiling, where the answer is bounded). Counted: calls let through, whether the limit was passed by
one pico-dollar, whether the books agree, and whether the platform's bill is the ledger's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from ppkit.clock import SystemClock
from ppkit.metering import Meter, OpenAI
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.prices import PriceCatalogue

PROCESSES = CALLERS = 8
ROOM_FOR = 10
TEXT: dict[str, Any] = {"model": "gpt-6-luna", "input": "Scrivi un post sul mare d'inverno"}
IMAGE: dict[str, Any] = {
    "model": "gpt-image-2",
    "prompt": "Mare d'inverno",
    "size": "1024x1024",
    "quality": "low",
}
KINDS: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "text, bounded": TEXT | {"max_output_tokens": 200},
    "image": IMAGE,
}
KEY_VARIABLE = "STORM_KEY"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One storm: how many of 64 calls got through, in how long, and what was found wrong afterwards."""

    through: int
    seconds: float
    wrong: tuple[str, ...]


def ledger_in(folder: Path) -> Ledger:
    return open_ledger(f"sqlite:///{folder / 'ledger.sqlite3'}", SystemClock())


def client_on(ledger: Ledger, base_url: str) -> OpenAI:
    meter = Meter(ledger, PriceCatalogue(), SystemClock())
    return OpenAI(meter=meter, api_key=os.environ[KEY_VARIABLE], base_url=base_url, max_retries=0)


def ask(client: OpenAI, kind: str) -> None:
    if kind == "image":
        client.images.generate(**KINDS[kind])
    else:
        client.responses.create(**KINDS[kind])


def one_process(folder: str, base_url: str, kind: str) -> None:
    """Eight callers at once; prints how many got through."""
    client = client_on(ledger_in(Path(folder)), base_url)
    through: list[int] = []

    def caller() -> None:
        try:
            ask(client, kind)
        except openai.RateLimitError:
            return
        through.append(1)

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.meter.flush()
    print(len(through))


def storm(kind: str, base_url: str, control: Control) -> Outcome:
    with tempfile.TemporaryDirectory() as place:
        ledger = ledger_in(Path(place))
        billed_before = control.get("state")["billed_pico_usd"]
        client = client_on(ledger, base_url)
        with client.meter.receipts() as receipts:
            ask(client, kind)
        client.meter.flush()
        room = receipts[0].cost * ROOM_FOR
        if kind != "text":
            room += receipts[0].ceiling - receipts[0].cost
        limit = ledger.totals().spent + room
        Budget(ledger).set(hard=limit.to_usd())
        started = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.client_storm", place, base_url, kind]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
        through = sum(int(process.communicate()[0]) for process in running)
        seconds = time.perf_counter() - started
        totals = ledger.totals()
        spent = totals.spent
        billed = control.get("state")["billed_pico_usd"] - billed_before
        wrong = {
            "limit passed": totals.counted > limit,
            "books disagree": bool(ledger.audit()),
            "bill differs": billed != spent.pico_usd,
        }
        ledger.close()
        return Outcome(through, seconds, tuple(name for name, is_so in wrong.items() if is_so))


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        address = ensure_running(Path(place), idle_seconds=600)
        try:
            control = Control(address)
            os.environ[KEY_VARIABLE] = str(control.post("key", name="storm", credit="1000")["key"])
            print("| 64 calls at once | runs | let through, of 10 that fit | seconds | found wrong |")
            print("|---|---|---|---|---|")
            for kind in KINDS:
                outcomes = [storm(kind, address.base_url, control) for _ in range(runs)]
                through = [outcome.through for outcome in outcomes]
                slowest = max(outcome.seconds for outcome in outcomes)
                wrong = sorted({name for outcome in outcomes for name in outcome.wrong}) or ["nothing"]
                counts = f"{min(through)} to {max(through)}"
                print(f"| {kind} | {runs} | {counts} | {slowest:.1f} | {', '.join(wrong)} |", flush=True)
        finally:
            os.kill(address.pid, signal.SIGTERM)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        one_process(*sys.argv[1:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else 20)
