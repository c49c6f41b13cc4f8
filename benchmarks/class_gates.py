"""A class to be loaded: its lesson, gateways side by side, and learners who have taken their places."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import psutil

from benchmarks.open_loop import IMAGE_MODEL, TEXT_MODEL
from ppkit.money import Money

LESSON_ID = "load"
LESSON = """
id = "{id}"
name = "Load"
opens = {opens}
closes = {closes}
learners = {learners}
places_per_address = {learners}
limit_per_learner = "{per_learner:f}"
limit_in_all = "{in_all:f}"
models = ["{text}", "{image}"]
"""


@dataclass(frozen=True, slots=True)
class Gate:
    """One process of `ppkit class serve`."""

    process: asyncio.subprocess.Process
    told: Mapping[str, Any]

    @property
    def url(self) -> str:
        return f"{self.told['learners_url']}v1"

    def processor_seconds(self) -> float:
        return float(sum(psutil.Process(self.process.pid).cpu_times()[:2]))

    def megabytes(self) -> float:
        """Its proportional set size."""
        return float(psutil.Process(self.process.pid).memory_full_info().pss / 1e6)

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


def write_lesson(path: Path, learners: int, per_learner: Money, in_all: Money) -> Path:
    now = datetime.now(UTC).replace(microsecond=0)
    text = LESSON.format(
        id=LESSON_ID,
        opens=(now - timedelta(hours=1)).isoformat(),
        closes=(now + timedelta(hours=2)).isoformat(),
        learners=learners,
        per_learner=per_learner.to_usd(),
        in_all=in_all.to_usd(),
        text=TEXT_MODEL,
        image=IMAGE_MODEL,
    )
    path.write_text(text, encoding="utf-8")
    return path


@asynccontextmanager
async def a_gate(lesson: Path, home: Path, ledger_url: str, key: str) -> AsyncIterator[Gate]:
    """On the practice platform of this data folder; ended afterwards, unless it was killed.

    What it says goes to a file beside the lesson.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "OPENAI_"))}
    own |= {
        "PPKIT_HOME": str(home),
        "PPKIT_MODE": "practice",
        "PPKIT_LEDGER_URL": ledger_url,
        "OPENAI_API_KEY": key,
    }
    command = ["-m", "ppkit", "class", "serve", str(lesson), "--host", "127.0.0.1", "--port", "0", "--json"]
    with lesson.with_name("gates.log").open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=own, stdout=asyncio.subprocess.PIPE, stderr=said
        )
    try:
        yield Gate(process, await _told(process, lesson.with_name("gates.log")))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _told(process: asyncio.subprocess.Process, log: Path) -> dict[str, Any]:
    assert process.stdout is not None
    text = ""
    while True:
        line = (await process.stdout.readline()).decode()
        text += line
        if not line or line.rstrip() == "}":
            found: dict[str, Any] = json.loads(text) if line else {"error": log.read_text("utf-8")}
            if "error" in found:
                raise SystemExit(f"the gateway did not start: {found['error']}")
            return found


async def places_taken(gates: list[Gate], learners: int) -> list[str]:
    """Every learner's token, in their order; each joins by the page, at one of the gateways."""
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:

        async def take(first: int) -> list[str]:
            # One address tries its codes one after the other: here, one at each gateway.
            gate = gates[first]
            return [await _joined(client, gate, number) for number in range(first, learners, len(gates))]

        by_gate = await asyncio.gather(*(take(first) for first in range(len(gates))))
    return [by_gate[number % len(gates)][number // len(gates)] for number in range(learners)]


async def _joined(client: httpx2.AsyncClient, gate: Gate, number: int) -> str:
    form = {"code": gate.told["code"], "visit": f"learner {number}"}
    page = (await client.post(f"{gate.told['learners_url']}join", data=form)).text
    found = re.search(r"sk-class-[a-z0-9]+", page)
    if found is None:
        raise SystemExit(page)
    return found[0]
