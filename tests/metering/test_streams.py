"""Streams: settled at their usage, invisible to the caller, never under-counted when they break."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.ledger import Entry

from .callers import BASE_URL, KEY, AsyncCaller, Caller, SyncCaller
from .fake_platform import (
    MODEL,
    PICO_PER_OUTPUT_TOKEN,
    FakePlatform,
    chat_events,
    chat_usage,
    event,
    image_events,
    response_body,
    response_events,
    sse,
)
from .test_outcomes import ASK, CHAT, IMAGE, only_entry

BOTH = [("responses.create", ASK), ("chat.completions.create", CHAT)]


def exactly(meter: Meter, platform: FakePlatform) -> tuple[str, str | None, bool]:
    entry = only_entry(meter, platform)
    return entry.state, entry.mark, entry.cost == Money(platform.billed_pico_usd)


@pytest.mark.parametrize(("method", "arguments"), BOTH)
def test_a_stream_is_settled_at_its_true_cost(
    caller: Caller, meter: Meter, platform: FakePlatform, method: str, arguments: dict[str, Any]
) -> None:
    with meter.receipts() as receipts:
        caller.stream(method, **arguments)
    assert exactly(meter, platform) == ("settled", None, True)
    assert [receipt.cost for receipt in receipts] == [Money(platform.billed_pico_usd)]


def test_a_streamed_image_is_settled_at_its_true_cost(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(sse(image_events(10, 290)))
    caller.stream("images.generate", **IMAGE, partial_images=1)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (Money(10 * 5_000_000 + 290 * 30_000_000), None)


def test_the_usage_of_a_chat_is_asked_for_and_hidden_again(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    chunks = caller.stream("chat.completions.create", **CHAT)
    assert platform.bodies[0]["stream_options"] == {"include_usage": True}
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == 'Un "usage":null, saluto ☕'
    assert not any("usage" in chunk.model_fields_set for chunk in chunks)


def test_a_caller_who_asks_for_the_usage_of_a_chat_gets_it(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    chunks = caller.stream("chat.completions.create", **CHAT, stream_options={"include_usage": True})
    assert chunks[-1].usage.completion_tokens == 12
    assert exactly(meter, platform) == ("settled", None, True)


def test_a_caller_who_declines_the_usage_of_a_chat_does_not_see_it(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    options = {"include_usage": False, "include_obfuscation": False}
    chunks = caller.stream("chat.completions.create", **CHAT, stream_options=options)
    assert platform.bodies[0]["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert not any("usage" in chunk.model_fields_set for chunk in chunks)


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("include_usage", [False, True])
def test_a_chat_stream_reaches_the_caller_byte_for_byte_as_without_metering(
    meter: Meter, platform: FakePlatform, chunk_size: int, line_end: bytes, include_usage: bool
) -> None:
    def served(with_usage: bool) -> bytes:
        return b"".join(chat_events(10, 12, include_usage=with_usage)).replace(b"\n", line_end)

    wire = served(True)
    pieces = [wire[start : start + chunk_size] for start in range(0, len(wire), chunk_size)]
    platform.answer_with(sse(pieces))
    caller = SyncCaller(meter, platform)
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    with caller.client.chat.completions.with_streaming_response.create(
        **CHAT, **options, stream=True
    ) as response:
        seen = b"".join(response.iter_bytes())
    assert seen.decode() == served(include_usage).decode()
    assert only_entry(meter, platform).mark is None


@pytest.mark.filterwarnings("ignore::ppkit.UnmeteredWarning")  # of the raw client, with which it is compared
@pytest.mark.parametrize(("method", "arguments"), [("responses.create", ASK), ("embeddings.create", None)])
def test_other_answers_pass_untouched(
    meter: Meter, platform: FakePlatform, method: str, arguments: dict[str, Any] | None
) -> None:
    arguments = arguments or {"model": MODEL, "input": "Ciao"}
    raw = openai.OpenAI(
        api_key=KEY, base_url=BASE_URL, http_client=httpx2.Client(transport=httpx2.MockTransport(platform))
    )
    metered = SyncCaller(meter, platform).client
    views = []
    for client in (raw, metered):
        resource: Any = getattr(client, method.split(".", maxsplit=1)[0])
        response = resource.with_raw_response.create(**arguments)
        views.append((response.http_response.content, response.headers, response.parse()))
    assert views[0] == views[1]
    assert platform.bodies[0] == platform.bodies[1]
    assert platform.requests[0].content == platform.requests[1].content


def test_the_sdks_accumulators_work(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    async def asked() -> list[str]:
        client = caller.client
        async with client.responses.stream(**ASK) as stream:
            first = (await stream.get_final_response()).output_text
        async with client.chat.completions.stream(**CHAT) as stream:
            return [first, (await stream.get_final_completion()).choices[0].message.content]

    if isinstance(caller, AsyncCaller):
        texts = asyncio.run(asked())
    else:
        with caller.client.responses.stream(**ASK) as stream:
            texts = [stream.get_final_response().output_text]
        with caller.client.chat.completions.stream(**CHAT) as stream:
            texts.append(stream.get_final_completion().choices[0].message.content)
    meter.flush()
    assert texts == ['Un saluto, con "usage": dentro', 'Un "usage":null, saluto ☕']
    assert meter.ledger.totals().spent == Money(platform.billed_pico_usd)


# ---------------------------------------------------------------- streams that end badly


def estimated(entry: Entry, output_bytes: int) -> bool:
    """Settled, marked, and at least the input's bound and every byte seen, yet not above the ceiling."""
    assert entry.cost is not None
    least = Money(10 * 1_000_000 + output_bytes * PICO_PER_OUTPUT_TOKEN)
    return (entry.state, entry.mark) == ("settled", "estimated") and least <= entry.cost <= entry.reserved


LONG: dict[str, Any] = {"max_output_tokens": 900}
LONG_CHAT: dict[str, Any] = {"max_completion_tokens": 900}


def test_a_stream_closed_early_is_estimated_from_what_was_seen(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.stream("responses.create", take=6, **ASK | LONG)
    entry = only_entry(meter, platform)
    assert estimated(entry, len("Un saluto"))
    assert entry.cost is not None
    assert entry.cost < Money(entry.reserved.pico_usd // 2)


def test_a_chat_closed_early_is_estimated_from_what_was_seen(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.stream("chat.completions.create", take=2, **CHAT | LONG_CHAT, reasoning_effort="none")
    entry = only_entry(meter, platform)
    assert estimated(entry, len('Un "usage":null, '))
    assert entry.cost is not None
    assert entry.cost < Money(entry.reserved.pico_usd // 2)


def test_of_a_stream_closed_early_what_was_on_its_way_counts_too(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.stream("responses.create", take=6, **ASK | LONG)
    cost = only_entry(meter, platform).cost
    assert cost is not None
    assert cost >= Money((len("Un saluto") + 256) * PICO_PER_OUTPUT_TOKEN)


def test_one_of_several_answers_closed_early_is_counted_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.stream("chat.completions.create", take=2, **CHAT | LONG_CHAT, reasoning_effort="none", n=2)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_stream_closed_early_never_counts_above_its_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(sse(response_events(response_body(10, 12), deltas=["è" * 400, "fine"])))
    caller.stream("responses.create", take=6, **ASK)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_broken_stream_is_estimated_from_what_was_seen(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    events = response_events(response_body(10, 12))[:6]
    platform.answer_with(sse(events, then=httpx2.ReadError("gone")))
    with pytest.raises(openai.APIConnectionError):
        caller.stream("responses.create", **ASK | LONG)
    assert estimated(only_entry(meter, platform), len("Un saluto"))


def test_hidden_thinking_is_counted_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    thinking = {
        "type": "response.output_item.added",
        "output_index": 0,
        "item": {"type": "reasoning", "id": "r"},
    }
    platform.answer_with(sse([event(thinking), event(thinking)]))
    caller.stream("responses.create", take=1, **ASK | LONG)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_chat_that_may_have_thought_unseen_is_counted_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.stream("chat.completions.create", take=2, **CHAT | LONG_CHAT)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_response_closed_before_its_first_word_is_counted_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.stream("responses.create", take=1, **ASK | LONG)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_complete_stream_without_usage_counts_at_its_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(sse(chat_events(10, 12, include_usage=False)))
    caller.stream("chat.completions.create", **CHAT)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_usage_in_every_chunk_counts_once_at_the_end(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    lines = []
    for number, line in enumerate(chat_events(10, 12, include_usage=False)[:-1], start=1):
        chunk = json.loads(line.removeprefix(b"data: "))
        chunk["usage"] = chat_usage(10, 3 * number)
        lines.append(f"data: {json.dumps(chunk)}\n\n".encode())
    platform.answer_with(sse([*lines, b"data: [DONE]\n\n"]))
    caller.stream("chat.completions.create", **CHAT)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (Money(10 * 1_000_000 + 12 * 5_000_000), None)


def test_an_image_stream_closed_early_counts_at_its_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(sse(image_events(10, 290)))
    caller.stream("images.generate", take=1, **IMAGE, partial_images=1)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_compressed_stream_passes_and_counts_at_its_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    events = chat_events(10, 12, include_usage=True)
    platform.answer_with(sse(events, encoding="x-unknown"))
    caller.stream("chat.completions.create", **CHAT)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")
    assert platform.requests[0].headers["accept-encoding"] == "identity"


def test_a_forgotten_stream_is_settled_with_the_next_call_or_flush(
    meter: Meter, platform: FakePlatform
) -> None:
    caller = SyncCaller(meter, platform)
    stream = caller.client.responses.create(**ASK | LONG, stream=True)
    call_id = platform.requests[0].headers["x-client-request-id"]
    del stream
    gc.collect()
    assert meter.ledger.entry(call_id).state == "reserved"
    caller.call("responses.create", **ASK)
    meter.flush()
    entry = meter.ledger.entry(call_id)
    assert (entry.state, entry.cost, entry.mark) == ("settled", entry.reserved, "ceiling")


# Later Pythons warn of forking beside threads; this child closes its copy of the stream and ends.
@pytest.mark.processes
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_does_not_settle_what_its_parent_still_reads(
    meter: Meter, platform: FakePlatform
) -> None:
    caller = SyncCaller(meter, platform)
    stream = caller.client.responses.create(**ASK | LONG, stream=True)
    next(stream)
    child = os.fork()
    if child == 0:
        stream.close()
        meter.flush()
        os._exit(0)
    os.waitpid(child, 0)
    assert meter.ledger.totals().calls == 0
    list(stream)
    assert only_entry(meter, platform).mark is None


def test_a_body_that_breaks_off_is_uncertain(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    half = sse([b'{"id": '], then=httpx2.ReadTimeout("slow"))
    half.headers["content-type"] = "application/json"
    platform.answer_with(half)
    with pytest.raises(openai.APIConnectionError):
        caller.call("responses.create", **ASK)
    assert only_entry(meter, platform).mark == "uncertain"


def test_a_body_nobody_reads_counts_at_its_ceiling(meter: Meter, platform: FakePlatform) -> None:
    caller = SyncCaller(meter, platform)
    with caller.client.responses.with_streaming_response.create(**ASK) as response:
        assert response.status_code == 200
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_cancelled_task_settles_its_call(meter: Meter, platform: FakePlatform) -> None:
    caller = AsyncCaller(meter, platform)

    async def cancelled() -> None:
        stream = await caller.client.responses.create(**ASK | LONG, stream=True)

        async def read() -> None:
            async with stream:
                async for _ in stream:
                    await asyncio.Event().wait()

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    entry = only_entry(meter, platform)
    assert (entry.state, entry.cost, entry.mark) == ("settled", entry.reserved, "ceiling")
