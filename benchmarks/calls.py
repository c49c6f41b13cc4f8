"""The metered clients beside the raw ones: same server, same calls, in turns."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai

from benchmarks.figures import Paired, paired
from ppkit.clock import SystemClock
from ppkit.metering import AsyncOpenAI, Meter, OpenAI
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import open_ledger
from ppkit.spending.prices import PriceCatalogue

AsyncWork = Callable[[Any], Awaitable[None]]

KEY = "sk-practice-" + "0" * 48
ASK: dict[str, Any] = {
    "model": "gpt-6-luna",
    "input": "Scrivi un post sul mare d'inverno",
    "max_output_tokens": 300,
}
CHAT: dict[str, Any] = {
    "model": "gpt-6-luna",
    "messages": [{"role": "user", "content": "Scrivi un post sul mare d'inverno"}],
    "max_completion_tokens": 300,
}


@contextmanager
def local_server() -> Iterator[str]:
    """The base URL of the canned platform."""
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.terminate()


@contextmanager
def a_meter(folder: Path, synchronous: Any = "normal") -> Iterator[Meter]:
    """A meter on a SQLite ledger with a hard limit."""
    clock = SystemClock()
    ledger = open_ledger(f"sqlite:///{folder / synchronous}.sqlite3", clock, synchronous=synchronous)
    Budget(ledger).set(hard="1000")
    yield Meter(ledger, PriceCatalogue(), clock, mode="practice")
    ledger.close()


def call(client: Any) -> None:
    client.responses.create(**ASK)


def stream(client: Any) -> None:
    for _ in client.responses.create(**ASK, stream=True):
        pass


def chat_stream(client: Any) -> None:
    for _ in client.chat.completions.create(**CHAT, stream=True):
        pass


async def async_call(client: Any) -> None:
    await client.responses.create(**ASK)


async def async_stream(client: Any) -> None:
    async for _ in await client.responses.create(**ASK, stream=True):
        pass


def compare(meter: Meter, base_url: str, work: Callable[[Any], None], rounds: int, repeats: int) -> Paired:
    """Each metered block waits for its settlements: no work is hidden in the raw block that follows."""
    raw = openai.OpenAI(api_key=KEY, base_url=base_url)
    metered = OpenAI(meter=meter, api_key=KEY, base_url=base_url)

    def block(client: Any) -> None:
        for _ in range(repeats):
            work(client)
        if client is metered:
            meter.flush()

    return paired(lambda: block(raw), lambda: block(metered), rounds=rounds, repeats=repeats)


def compare_async(
    meter: Meter, base_url: str, work: Callable[[Any], Any], rounds: int, repeats: int
) -> Paired:
    raw = openai.AsyncOpenAI(api_key=KEY, base_url=base_url)
    metered = AsyncOpenAI(meter=meter, api_key=KEY, base_url=base_url)

    async def block(client: Any) -> None:
        for _ in range(repeats):
            await work(client)
        if client is metered:
            meter.flush()

    with asyncio.Runner() as runner:
        return paired(
            lambda: runner.run(block(raw)), lambda: runner.run(block(metered)), rounds=rounds, repeats=repeats
        )


def call_rows(folder: Path, rounds: int) -> list[str]:
    with local_server() as base_url, a_meter(folder) as meter, a_meter(folder, "full") as durable:
        return [
            compare(meter, base_url, call, rounds, 25).row("one call"),
            compare_async(meter, base_url, async_call, rounds, 25).row("one call, async"),
            compare(durable, base_url, call, rounds, 25).row("one call, ledger safe against power cuts"),
            compare(meter, base_url, stream, rounds, 3).row("a stream of 200 events"),
            compare_async(meter, base_url, async_stream, rounds, 3).row("a stream of 200 events, async"),
            compare(meter, base_url, chat_stream, rounds, 3).row("a chat of 200 chunks, its usage hidden"),
        ]
