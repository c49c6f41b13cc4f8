"""A ledger behind a network: an event loop never waits for it, and no call of a cancelled task stays held."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import AsyncOpenAI, Meter
from ppkit.spending.ledger import Totals
from ppkit.spending.ledger.sqlite.store import SqliteStore

from .callers import BASE_URL, KEY
from .fake_platform import FakePlatform
from .test_outcomes import ASK


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The threads in which the ledger is asked, now that it says that it is far away."""
    asked_in = list[int]()
    for name in ("write", "read"):
        ask = getattr(SqliteStore, name)

        def noted(store: SqliteStore, operation: Any, ask: Callable[..., Any] = ask) -> Any:
            asked_in.append(threading.get_ident())
            return ask(store, operation)

        monkeypatch.setattr(SqliteStore, name, noted)
    monkeypatch.setattr(SqliteStore, "is_remote", True)
    return asked_in


def in_a_loop(meter: Meter, platform: FakePlatform, work: Callable[[AsyncOpenAI], Awaitable[object]]) -> None:
    async def run() -> None:
        transport = httpx2.MockTransport(platform)
        http_client = httpx2.AsyncClient(transport=transport)
        await work(
            AsyncOpenAI(api_key=KEY, base_url=BASE_URL, meter=meter, http_client=http_client, max_retries=0)
        )

    asyncio.run(run())


async def answered(client: AsyncOpenAI) -> None:
    await client.responses.create(**ASK)


async def streamed(client: AsyncOpenAI) -> None:
    async for _event in await client.responses.create(**ASK, stream=True):
        pass


async def broken_off(client: AsyncOpenAI) -> None:
    async with await client.responses.create(**ASK, stream=True) as events:
        async for _event in events:
            break


async def refused(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.RateLimitError):
        await client.responses.create(**ASK)


@pytest.mark.parametrize("work", [answered, streamed, broken_off, refused])
def test_a_loop_never_waits_for_a_ledger_far_away(
    meter: Meter, platform: FakePlatform, threads: list[int], work: Callable[[AsyncOpenAI], Awaitable[object]]
) -> None:
    if work is refused:
        platform.answer_with(httpx2.Response(429, json={"error": {"message": "slow down"}}))
    in_a_loop(meter, platform, work)
    assert len(threads) >= 2
    assert threading.get_ident() not in threads
    assert meter.ledger.totals().reserved.pico_usd == 0
    assert meter.ledger.totals().calls == int(work is not refused)


def test_a_task_cancelled_while_its_call_is_reserved_leaves_nothing_held(
    meter: Meter, platform: FakePlatform, threads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    reserving, go_on = threading.Event(), threading.Event()
    reserve = meter.ledger.reserve

    def slow(*given: Any, **named: Any) -> Any:
        reservation = reserve(*given, **named)
        reserving.set()
        assert go_on.wait(20)
        return reservation

    monkeypatch.setattr(meter.ledger, "reserve", slow)

    async def cancelled(client: AsyncOpenAI) -> None:
        task = asyncio.create_task(answered(client))
        await asyncio.to_thread(reserving.wait, 20)
        task.cancel()
        await asyncio.sleep(0)
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_a_loop(meter, platform, cancelled)
    assert platform.requests == []
    totals = meter.ledger.totals()
    assert totals == Totals(totals.spent, totals.spent, 0, totals.spent)
    assert totals.spent.pico_usd == 0
    assert threading.get_ident() not in threads[:-1]
