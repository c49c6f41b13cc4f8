"""A ledger behind a network: an event loop never waits for it, and no call of a cancelled task stays held."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio.to_thread
import httpx2
import openai
import pytest

from ppkit.metering import AsyncOpenAI, Meter
from ppkit.spending.ledger import Totals
from ppkit.spending.ledger.sqlite.store import SqliteStore

from .callers import BASE_URL, KEY
from .fake_platform import FakePlatform, chat_events, response_body, response_events, sse
from .test_outcomes import ASK, CHAT


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


async def chatted(client: AsyncOpenAI) -> None:
    async for _chunk in await client.chat.completions.create(**CHAT, stream=True):
        pass


def pieces_of_a_response() -> list[bytes]:
    whole = b"".join(response_events(response_body(10, 20), deltas=["mare "] * 60))
    end = whole.index(b"event: response.completed")
    report = whole[end:]  # cut in the middle of its line
    events = [event + b"\n\n" for event in whole[:end].split(b"\n\n")[:-1]]
    return [*events, report[:40], report[40:-30], report[-30:]]


def pieces_of_a_chat() -> list[bytes]:
    """Each of its chunks has a usage, null but for the last one, since ppkit asks for it."""
    return chat_events(10, 20, include_usage=True, deltas=["mare "] * 60)


@pytest.mark.parametrize(
    ("work", "pieces"),
    [(streamed, pieces_of_a_response()), (chatted, pieces_of_a_chat())],
    ids=["response", "chat"],
)
def test_the_pieces_of_a_stream_take_no_thread_but_those_that_may_end_its_call(
    meter: Meter,
    platform: FakePlatform,
    threads: list[int],
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[AsyncOpenAI], Awaitable[object]],
    pieces: list[bytes],
) -> None:
    platform.answer_with(sse(pieces))
    handed_over = list[object]()
    run_sync = anyio.to_thread.run_sync

    async def counted(work: Callable[[], Any]) -> Any:
        handed_over.append(work)
        return await run_sync(work)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    in_a_loop(meter, platform, work)
    assert threading.get_ident() not in threads
    assert meter.ledger.totals().calls == 1
    assert len(pieces) > 60
    assert len(handed_over) < 10


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
