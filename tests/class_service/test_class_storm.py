"""Two real gateways on one PostgreSQL, and a class that spends through both while one of them is killed."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from keys.canaries import key_of

from ppkit.clock import SystemClock
from ppkit.money import Money
from ppkit.spending.ledger import Ledger, open_ledger

from .counting_platform import INPUT_TOKENS, OUTPUT_TOKENS, CountingPlatform

pytestmark = pytest.mark.processes

LEARNERS, CALLS_EACH = 5, 14
BILLED = Money(INPUT_TOKENS * 100_000 + OUTPUT_TOKENS * 500_000)  # gpt-6-luna
ASK = {"model": "gpt-6-luna", "input": "Ciao", "max_output_tokens": 40}
PER_LEARNER, IN_ALL = BILLED * 20 + Money(30_000_000), BILLED * 70
AGENCY_KEY = key_of("project", "storm")
LESSON = f"""
id = "storm"
name = "Storm"
opens = {datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}+00:00
closes = {datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}+00:00
learners = {LEARNERS}
places_per_address = {LEARNERS}
limit_per_learner = {PER_LEARNER.to_usd():f}
limit_in_all = {IN_ALL.to_usd():f}
models = ["gpt-6-luna"]
"""


class Gate:
    """One process of `ppkit class serve`."""

    def __init__(self, process: asyncio.subprocess.Process, told: dict[str, Any]) -> None:
        self.process = process
        self.told = told
        self.url: str = told["learners_url"]

    async def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def a_gate(folder: Path, ledger_url: str, platform: CountingPlatform) -> AsyncIterator[Gate]:
    lesson = folder / "lesson.toml"
    lesson.write_text(LESSON, encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "OPENAI_"))}
    own |= {
        "PPKIT_HOME": str(folder / "home"),
        "PPKIT_MODE": "live",
        "PPKIT_LEDGER_URL": ledger_url,
        "OPENAI_BASE_URL": platform.url,
        "OPENAI_API_KEY": AGENCY_KEY,
    }
    command = ["-m", "ppkit", "class", "serve", str(lesson), "--host", "127.0.0.1", "--port", "0", "--json"]
    with (folder / "errors.txt").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=own, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=errors
        )
    try:
        yield Gate(process, await _first_document(process, folder))
    finally:
        if process.returncode is None:
            process.terminate()
            rest, _ = await process.communicate()
            assert rest == b""
            assert await process.wait() == 0


async def _first_document(process: asyncio.subprocess.Process, folder: Path) -> dict[str, Any]:
    assert process.stdout is not None
    text = ""
    while True:
        line = (await process.stdout.readline()).decode()
        assert line, (folder / "errors.txt").read_text()
        text += line
        if line.rstrip() == "}":
            found: dict[str, Any] = json.loads(text)
            assert "error" not in found, found
            return found


async def joined(client: httpx2.AsyncClient, gate: Gate, visit: str) -> str:
    form = {"code": gate.told["code"], "visit": visit}
    page = (await client.post(f"{gate.url}join", data=form)).text
    found = re.search(r"sk-class-[a-z0-9]+", page)
    assert found, page
    return found[0]


async def spends(client: httpx2.AsyncClient, gates: list[Gate], token: str, done: list[int]) -> None:
    """One learner's calls, half of them streams; a gateway that is gone is left for the other one."""
    bearer = {"authorization": f"Bearer {token}"}
    for number in range(CALLS_EACH):
        gate = gates[number % len(gates)]
        try:
            answer = await client.post(
                f"{gate.url}v1/responses", headers=bearer, json=ASK | {"stream": number % 2 == 0}
            )
            done.append(answer.status_code)
        except httpx2.HTTPError:
            done.append(0)
            if gate in gates:
                gates.remove(gate)
            if not gates:
                raise


async def storm(folder: Path, ledger_url: str, platform: CountingPlatform) -> list[int]:
    done: list[int] = []
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(platform.served())
        open_ledger(ledger_url, SystemClock(), mode="live").close()
        folders = [folder / name for name in ("one", "two")]
        for each in folders:
            each.mkdir()
        gates = list(
            await asyncio.gather(
                *(stack.enter_async_context(a_gate(each, ledger_url, platform)) for each in folders)
            )
        )
        client = await stack.enter_async_context(httpx2.AsyncClient(timeout=60, trust_env=False))
        places = [joined(client, gates[number % 2], f"visit {number}") for number in range(LEARNERS)]
        tokens = await asyncio.gather(*places)
        doomed = gates[0]
        learners = [
            asyncio.ensure_future(spends(client, list(gates), token, done))
            for token in tokens
            for _ in (1, 2)
        ]
        while len(done) < LEARNERS * CALLS_EACH // 4:
            await asyncio.sleep(0.01)
        await doomed.kill()
        await asyncio.gather(*learners)
    return done


def judged(ledger: Ledger, platform: CountingPlatform) -> None:
    ledger.expire()  # what the killed gateway held is uncertain from now on
    assert ledger.audit() == []
    totals = ledger.totals(scope="tag:lesson=storm")
    assert totals.reserved == Money(0)
    assert totals.counted <= IN_ALL
    names = [str(row["tag:learner"]) for row in ledger.report("tag:learner")]
    assert len(names) == LEARNERS
    for name in names:
        assert ledger.totals(scope=f"tag:learner={name}").counted <= PER_LEARNER
    uncertain = {call.call.id for call in ledger.uncertain()}
    assert set(platform.calls.values()) == {1}
    for call_id in platform.calls:
        cost = ledger.entry(call_id).cost
        assert cost is not None
        assert cost >= BILLED if call_id in uncertain else cost == BILLED
    settled = [call_id for call_id in platform.calls if call_id not in uncertain]
    assert totals.spent == BILLED * len(settled)  # nothing is counted that the platform has not done
    assert platform.keys == {f"Bearer {AGENCY_KEY}"}


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process without a word")
def test_two_gateways_lose_and_double_nothing_when_one_is_killed(postgres_url: str, tmp_path: Path) -> None:
    platform = CountingPlatform()
    done = asyncio.run(storm(tmp_path, postgres_url, platform))
    assert set(done) <= {0, 200, 429}
    assert {0, 200, 429} <= set(done)  # some were cut off, some answered, some stopped by a limit
    ledger = open_ledger(postgres_url, SystemClock(), mode="live")
    try:
        judged(ledger, platform)
    finally:
        ledger.close()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert [secret for secret in (AGENCY_KEY, "sk-class-") if secret.encode() in written] == []
    assert [path.read_text() for path in tmp_path.rglob("errors.txt")] == ["", ""]
    assert list(itertools.chain(*(path.rglob("class.sqlite3") for path in tmp_path.iterdir()))) == []
