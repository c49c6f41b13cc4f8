"""Relatives of the field's cases: other reports, outages and late knowledge of the same kinds."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx2
import openai
import pytest

from ppkit.metering import Meter
from ppkit.money import ZERO, Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Entry
from ppkit.spending.prices import PriceCatalogue

from .callers import AsyncCaller, Caller, SyncCaller
from .fake_platform import FakePlatform, sse
from .test_impossible_reports import (
    CATALOGUE,
    CIAO,
    CREATE,
    DRAW,
    EMBED,
    MINI,
    NEWS,
    RESPOND,
    SEARCHES,
    TEXT,
    booked,
    chat,
    chunks,
    drawn,
    response,
    search,
    tokens,
)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


def paid(entry: Entry) -> Money:
    assert entry.cost is not None
    return entry.cost


def last_entry(meter: Meter, platform: FakePlatform) -> Entry:
    meter.flush()
    assert meter.ledger.audit() == []
    return meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"])


RESP: dict[str, Any] = {"model": "gpt-5.4-mini", "input": "Ciao", "max_output_tokens": 2000}
USD_BIG = "0.00271875"


@pytest.mark.parametrize(
    "input_",
    [
        [{"role": "user", "content": "Ciao " * 2000}],
        [{"role": "user", "content": [{"type": "input_text", "text": "Ciao " * 2000}]}],
        "Ciao " * 2000,
    ],
)
def test_a_responses_input_takes_the_tokens_that_its_text_must_have(
    caller: Caller, meter: Meter, platform: FakePlatform, input_: Any
) -> None:
    entry = booked(
        caller, meter, platform, RESPOND, answer=response("gpt-5.4-mini", 1, 600), **RESP | {"input": input_}
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_instructions_are_input_too(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    entry = booked(
        caller,
        meter,
        platform,
        RESPOND,
        answer=response("gpt-5.4-mini", 1, 600),
        **RESP,
        instructions="Ciao " * 2000,
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_the_parts_of_a_message_are_input(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    msgs = [{"role": "user", "content": [{"type": "text", "text": "Ciao " * 2000}]}]
    entry = booked(caller, meter, platform, CREATE, answer=chat(tokens(1, 600)), **MINI | {"messages": msgs})
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


@pytest.mark.parametrize("inp", [list(range(1, 401)), [[1, 2, 3] * 50, [4] * 250], ["Ciao"] * 400])
@pytest.mark.parametrize("dims", [{}, {"dimensions": 256}])
def test_ready_made_tokens_and_many_texts_are_counted_at_least_once(
    caller: Caller, meter: Meter, platform: FakePlatform, inp: Any, dims: Any
) -> None:
    answer = {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
    }
    entry = booked(
        caller, meter, platform, EMBED, answer=answer, model="text-embedding-3-small", input=inp, **dims
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_embeddings_whose_report_cannot_be_read_count_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    usage: Any
    for usage in (
        [],
        None,
        {"total_tokens": 400},
        {"prompt_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": "4", "total_tokens": 4},
    ):
        answer = {
            "object": "list",
            "model": "text-embedding-3-small",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
            "usage": usage,
        }
        entry = booked(
            caller, meter, platform, EMBED, answer=answer, model="text-embedding-3-small", input="Ciao"
        )
        assert entry.mark in ("ceiling", "estimated")
        assert paid(entry) >= entry.reserved, usage


def tool_call(args: str) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": args}}


def chat_tools(usage: Any, args: str) -> dict[str, Any]:
    answer = chat(usage)
    answer["choices"][0]["message"] = {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [tool_call(args)],
    }
    answer["choices"][0]["finish_reason"] = "tool_calls"
    return answer


@pytest.mark.parametrize(("out", "ok"), [(0, False), (1, False), (700, True)])
def test_the_arguments_of_a_tool_call_took_output(
    caller: Caller, meter: Meter, platform: FakePlatform, out: int, ok: bool
) -> None:
    entry = booked(
        caller, meter, platform, CREATE, answer=chat_tools(tokens(25, out), json.dumps({"x": TEXT})), **MINI
    )
    if ok:
        assert entry.mark is None
    else:
        assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


@pytest.mark.parametrize(("out", "ok"), [(0, False), (1, False), (700, True)])
def test_the_arguments_of_a_streamed_tool_call_took_output(
    caller: Caller, meter: Meter, platform: FakePlatform, out: int, ok: bool
) -> None:
    base: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5.4-mini",
    }
    d = {
        "index": 0,
        "delta": {
            "role": "assistant",
            "content": None,
            "tool_calls": [tool_call(json.dumps({"x": TEXT})) | {"index": 0}],
        },
        "finish_reason": None,
    }
    s = {"index": 0, "delta": {}, "finish_reason": "tool_calls"}
    ev = [
        base | {"choices": [d]},
        base | {"choices": [s]},
        base | {"choices": [], "usage": tokens(25, out)},
        "[DONE]",
    ]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    if ok:
        assert entry.mark is None
    else:
        assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_refusal_took_output(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = chat(tokens(25, 0))
    answer["choices"][0]["message"] = {"role": "assistant", "content": None, "refusal": TEXT}
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_all_choices_together_took_output(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = chat(tokens(25, 20))
    answer["choices"] = [answer["choices"][0] | {"index": i} for i in range(3)]
    entry = booked(caller, meter, platform, CREATE, answer=answer, n=3, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")
    answer["usage"] = tokens(25, 1800)
    entry = booked(caller, meter, platform, CREATE, answer=answer, n=3, **MINI)
    assert entry.mark is None


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_a_word_may_have_taken_no_output(
    caller: Caller, meter: Meter, platform: FakePlatform, stream: bool
) -> None:
    if stream:
        base: dict[str, Any] = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "gpt-5.4-mini",
        }
        answer: Any = [
            base
            | {
                "choices": [
                    {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
                ]
            },
            base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]},
            base | {"choices": [], "usage": tokens(25, 0)},
            "[DONE]",
        ]
    else:
        answer = chat(tokens(25, 0), text="")
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI)
    assert (entry.cost, entry.mark) == (Money.usd("0.00001875"), None)


def test_an_incomplete_response_counts_what_it_reports(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response(
        "gpt-5.4-mini", 25, 600, status="incomplete", incomplete_details={"reason": "max_output_tokens"}
    )
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)
    ev = [{"type": "response.incomplete", "sequence_number": 3, "response": answer}]
    entry = booked(caller, meter, platform, RESPOND, answer=ev, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)


def test_a_response_that_failed_without_figures_is_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.4-mini", 25, 600, status="failed") | {
        "usage": None,
        "output": [],
        "error": {"code": "server_error", "message": "x"},
    }
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.mark, entry.why) == ("uncertain", "failed")


def test_a_stream_that_says_it_failed_is_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.4-mini", 25, 600, status="failed") | {
        "usage": None,
        "output": [],
        "error": {"code": "server_error", "message": "x"},
    }
    created = answer | {"status": "in_progress", "error": None}
    ev = [
        {"type": "response.created", "sequence_number": 1, "response": created},
        {"type": "response.failed", "sequence_number": 3, "response": answer},
    ]
    entry = booked(caller, meter, platform, RESPOND, answer=ev, **RESP)
    assert (entry.mark, entry.why) == ("uncertain", "failed")
    entry = booked(caller, meter, platform, RESPOND, answer=ev, **RESP, background=True)
    assert (entry.mark, entry.why) == ("uncertain", "failed")


@pytest.mark.parametrize(
    "ev", [[{"type": "error", "sequence_number": 3, "code": "server_error", "message": "no", "param": None}]]
)
def test_an_error_event_makes_a_stream_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform, ev: Any
) -> None:
    lines = [f"data: {json.dumps(x)}\n\n".encode() for x in ev]
    platform.answer_with(sse(lines))
    with suppress(openai.APIError):
        caller.stream(RESPOND, **RESP)
    entry = last_entry(meter, platform)
    assert entry.mark == "uncertain"


def test_an_error_in_place_of_a_chunk_makes_a_chat_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    lines = [b'data: {"error": {"message": "no", "type": "server_error", "param": null, "code": null}}\n\n']
    platform.answer_with(sse(lines))
    with pytest.raises(openai.APIError):
        caller.stream(CREATE, **MINI)
    entry = last_entry(meter, platform)
    assert entry.mark == "uncertain"


@pytest.mark.parametrize(
    "usage",
    [
        {
            "input_tokens": 25,
            "output_tokens": 600,
            "total_tokens": 625,
            "input_tokens_details": {"cached_tokens": 30},
        },
        {
            "input_tokens": 25,
            "output_tokens": 600,
            "total_tokens": 625,
            "output_tokens_details": {"reasoning_tokens": 900},
        },
        {
            "input_tokens": 25,
            "output_tokens": 600,
            "total_tokens": 625,
            "input_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 20},
        },
        {
            "input_tokens": 25,
            "output_tokens": 600,
            "total_tokens": 625,
            "input_tokens_details": {"cached_tokens": -1},
        },
        {"input_tokens": 25, "output_tokens": 10**30, "total_tokens": 625},
        {"input_tokens": True, "output_tokens": 600, "total_tokens": 625},
        {"output_tokens": 600, "total_tokens": 600},
        [],
        [{"input_tokens": 25}],
        "usage",
        7,
        {},
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_details_that_contradict_their_whole_count_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, usage: Any, stream: bool
) -> None:
    answer = response("gpt-5.4-mini", 25, 600) | {"usage": usage}
    end = {"type": "response.completed", "sequence_number": 1, "response": answer}
    streamed = sse([f"data: {json.dumps(end)}\n\n".encode()])
    platform.answer_with(streamed if stream else httpx2.Response(200, json=answer))
    with suppress(Exception):  # the SDK cannot read each of these either
        (caller.stream if stream else caller.call)(RESPOND, **RESP)
    entry = last_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_total_below_its_parts_is_marked(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = response("gpt-5.4-mini", 25, 600)
    answer["usage"]["total_tokens"] = 3
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), "estimated")


def test_a_report_in_every_chunk_counts_once(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    base: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5.4-mini",
    }
    ev: list[Any] = [
        base
        | {
            "choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}],
            "usage": tokens(25, i + 1),
        }
        for i in range(600)
    ]
    ev += [
        base | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": tokens(25, 600)},
        "[DONE]",
    ]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)


def test_nulls_and_then_zeros_are_no_report(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    ev = [x if x == "[DONE]" else {"usage": None} | x for x in chunks(tokens(0, 0))]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_last_report_that_its_text_outgrew_is_not_believed(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    ev = chunks(tokens(25, 600), tokens(25, 3))
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    assert paid(entry) >= Money.usd(USD_BIG)
    assert entry.mark


def test_an_unpriced_call_costs_what_the_model_costs_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    meter.allow_unpriced = True
    entry = booked(
        caller,
        meter,
        platform,
        CREATE,
        answer=chat(tokens(10_000, 5_000), model="gpt-5.4-mini"),
        **CIAO,
        model="ft:gpt-9:org::1",
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.03"), "estimated")
    ev = [x if x == "[DONE]" else x | {"model": "gpt-5.4-mini"} for x in chunks(tokens(10_000, 5_000))]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **CIAO, model="ft:gpt-9:org::1")
    assert (entry.cost, entry.mark) == (Money.usd("0.03"), "estimated")


@pytest.mark.parametrize(
    ("asked", "got", "usd", "mark"),
    [
        ("priority", "default", "0.2", None),
        ("default", "priority", "0.5", "overrun?"),
        ("flex", "default", "0.2", None),
        ("default", "flex", "0.1", None),
        (None, "batch", "0.1", None),
        ("fast", "priority", "0.5", None),
    ],
)
def test_a_call_costs_what_its_tier_costs_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform, asked: Any, got: Any, usd: str, mark: Any
) -> None:
    answer = response("gpt-5.5", 10_000, 5_000, service_tier=got)
    more = {"service_tier": asked} if asked else {}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, model="gpt-5.5", input="Ciao", **more)
    assert entry.cost == Money.usd(usd)


def test_a_tier_without_a_price_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.4-nano", 10_000, 5_000, service_tier="priority")
    entry = booked(
        caller,
        meter,
        platform,
        RESPOND,
        answer=answer,
        model="gpt-5.4-nano",
        input="Ciao",
        max_output_tokens=6000,
    )
    assert entry.mark in ("ceiling", "estimated")


def test_a_streamed_edit_is_counted(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    ev = [drawn(1056) | {"type": "image_edit.completed"}]
    entry = booked(
        caller, meter, platform, "images.edit", answer=ev, model="gpt-image-1.5", prompt="x", image=b"png"
    )
    assert entry.mark in (None, "estimated")
    assert paid(entry) >= Money.usd("0.033907")


def test_each_picture_took_output(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    usage = {
        "input_tokens": 23,
        "output_tokens": 1,
        "total_tokens": 24,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
    }
    answer = {"created": 1, "data": [{"b64_json": "AAAA"}] * 4, "usage": usage}
    entry = booked(
        caller,
        meter,
        platform,
        DRAW,
        answer=answer,
        model="gpt-image-1.5",
        prompt="x",
        n=4,
        quality="low",
        size="1024x1024",
    )
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_an_unbounded_call_of_a_dearer_model_without_usage_counts_at_that_models_window(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.5", 10, 10, *SEARCHES) | {"usage": None}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert paid(entry) > entry.reserved * 2, (entry.cost, entry.reserved)


def test_a_streamed_report_that_was_doubted_is_corrected_by_looking_the_answer_up(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    wrong = response("gpt-5.4-mini", 0, 600)
    ev = [{"type": "response.completed", "sequence_number": 1, "response": wrong}]
    entry = booked(caller, meter, platform, RESPOND, answer=ev, **RESP)
    assert entry.mark == "ceiling"
    cid = entry.call.id
    platform.answer_with(httpx2.Response(200, json=response("gpt-5.4-mini", 25, 600)))
    caller.call("responses.retrieve", response_id="resp_1")
    meter.flush()
    entry = meter.ledger.entry(cid)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)
    assert meter.ledger.audit() == []


def test_doubtful_figures_give_way_to_sure_ones(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    queued = response("gpt-5.4-mini", 0, 0, status="queued") | {"usage": None, "output": []}
    platform.answer_with(
        httpx2.Response(200, json=queued),
        httpx2.Response(200, json=response("gpt-5.4-mini", 25, 0)),
        httpx2.Response(
            200,
            json=response(
                "gpt-5.4-mini", 25, 600, usage={"input_tokens": 25, "output_tokens": 600, "total_tokens": 900}
            ),
        ),
        httpx2.Response(200, json=response("gpt-5.4-mini", 25, 600)),
    )
    caller.call(RESPOND, **RESP, background=True)
    cid = platform.requests[0].headers["x-client-request-id"]
    caller.call("responses.retrieve", response_id="resp_1")
    assert meter.ledger.entry(cid).mark == "ceiling"
    caller.call("responses.retrieve", response_id="resp_1")
    assert meter.ledger.entry(cid).mark == "estimated"
    caller.call("responses.retrieve", response_id="resp_1")
    entry = meter.ledger.entry(cid)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)


def test_a_cost_above_its_reservation_is_seen_by_the_next_call(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    budget = Budget(meter.ledger)
    budget.set(hard="1")
    answer = chat(tokens(0, 900_000))
    platform.answer_with(httpx2.Response(200, json=answer))
    caller.call(CREATE, **MINI, max_completion_tokens=100)
    with pytest.raises(openai.RateLimitError):
        caller.call(CREATE, **MINI, max_completion_tokens=100)


def envelope(status: int, **headers: str) -> httpx2.Response:
    return httpx2.Response(
        status,
        json={"error": {"message": "m", "type": "server_error", "param": None, "code": None}},
        headers={"x-request-id": "req_1", "openai-version": "2020-10-01"} | headers,
    )


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def no_sleep(_seconds: float) -> None: ...

    monkeypatch.setattr("openai._base_client.time.sleep", lambda _seconds: None)
    monkeypatch.setattr("openai._base_client.anyio.sleep", no_sleep)


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
@pytest.mark.parametrize("kind", [SyncCaller, AsyncCaller])
def test_an_outage_holds_once_for_each_call(
    kind: type[Caller], meter: Meter, platform: FakePlatform, status: Any
) -> None:
    caller = kind(meter, platform, max_retries=2)
    platform.answer_with(*[envelope(status, **{"retry-after": "1"}) for _ in range(3)])
    with pytest.raises(openai.APIStatusError):
        caller.call(RESPOND, **RESP)
    t = meter.ledger.totals()
    assert len(platform.requests) == 3
    one = meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"]).reserved
    assert (t.spent, t.uncertain, t.reserved) == (ZERO, one, ZERO)
    assert meter.ledger.audit() == []

    platform.answer_with(
        envelope(status),
        httpx2.Response(502, text="<html>bad</html>"),
        httpx2.Response(200, json=response("gpt-5.4-mini", 25, 600)),
    )
    caller.call(RESPOND, **RESP)
    meter.flush()
    t = meter.ledger.totals()
    assert t.spent == Money.usd(USD_BIG)
    assert t.uncertain == one + one
    assert meter.ledger.audit() == []


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("kind", [SyncCaller, AsyncCaller])
def test_refusals_after_an_outage_keep_its_hold(
    kind: type[Caller], meter: Meter, platform: FakePlatform
) -> None:
    caller = kind(meter, platform, max_retries=2)
    platform.answer_with(envelope(500), envelope(429), httpx2.ConnectError("x"))
    with pytest.raises(openai.APIConnectionError):
        caller.call(RESPOND, **RESP)
    t = meter.ledger.totals()
    one = meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"]).reserved
    assert (t.spent, t.uncertain, t.reserved) == (ZERO, one, ZERO)
    assert meter.ledger.audit() == []


@pytest.mark.parametrize("kind", [SyncCaller, AsyncCaller])
def test_an_interrupt_between_repeats_leaves_an_uncertain_call(
    kind: type[Caller], meter: Meter, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    async def cancel(_seconds: float) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr("openai._base_client.time.sleep", interrupt)
    monkeypatch.setattr("openai._base_client.anyio.sleep", cancel)
    caller = kind(meter, platform, max_retries=2)
    platform.answer_with(envelope(500))
    with pytest.raises((KeyboardInterrupt, asyncio.CancelledError)):
        caller.call(RESPOND, **RESP)
    t = meter.ledger.totals()
    assert t.reserved == ZERO
    assert t.uncertain > ZERO
    assert meter.ledger.audit() == []


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("kind", [SyncCaller, AsyncCaller])
def test_a_stream_after_an_outage_costs_what_it_reports_alone(
    kind: type[Caller], meter: Meter, platform: FakePlatform
) -> None:
    caller = kind(meter, platform, max_retries=2)
    ev = [x if x == "[DONE]" else json.dumps(x) for x in chunks(tokens(25, 600))]
    platform.answer_with(envelope(503), sse([f"data: {x}\n\n".encode() for x in ev]))
    caller.stream(CREATE, **MINI)
    meter.flush()
    t = meter.ledger.totals()
    assert (t.spent, t.uncertain, t.reserved, t.calls) == (Money.usd(USD_BIG), ZERO, ZERO, 1)
    assert meter.ledger.audit() == []


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"error": null}', b'{"error": "x"}', b"\xff\xfe"])
def test_an_error_outside_the_envelope_is_none_of_the_platforms(
    caller: Caller, meter: Meter, platform: FakePlatform, body: bytes
) -> None:
    platform.answer_with(httpx2.Response(500, content=body, headers={"x-request-id": "req_1"}))
    with pytest.raises(openai.APIStatusError):
        caller.call(RESPOND, **RESP)
    entry = last_entry(meter, platform)
    assert (entry.mark, entry.why) == ("uncertain", "no_platform_error")


def test_the_block_of_contents_that_some_models_are_billed_is_counted_and_marked(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-4.1-mini", 4200, 300, *SEARCHES)
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS | {"model": "gpt-4.1-mini"})
    assert (entry.cost, entry.mark) == (
        Money.usd("0.04") + Money.usd("0.00216") + Money.usd("0.0128"),
        "estimated",
    )


def test_a_raw_response_is_metered(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    for way in ("with_raw_response",):
        platform.answer_with(httpx2.Response(200, json=response("gpt-5.4-mini", 25, 600)))
        caller.call(f"responses.{way}.create", **RESP)
        entry = last_entry(meter, platform)
        assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)


def test_names_of_strange_types_are_passed_over(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    more: dict[str, Any]
    for more in (
        {"model": 7},
        {"model": ""},
        {"service_tier": 7},
        {"service_tier": []},
        {"model": ["x"]},
        {"id": 7},
        {"status": 9},
    ):
        platform.answer_with(httpx2.Response(200, json=response("gpt-5.4-mini", 25, 600) | more))
        with suppress(Exception):  # nor these
            caller.call(RESPOND, **RESP)
        entry = last_entry(meter, platform)
        assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None), more


def test_a_regional_address_takes_its_surcharge_of_the_model_that_answered(
    meter: Meter, platform: FakePlatform
) -> None:
    c = SyncCaller(meter, platform, base_url="https://eu.api.openai.com/v1")
    entry = booked(
        c, meter, platform, RESPOND, answer=response("gpt-5.5", 10_000, 5_000), model="gpt-5.5", input="x"
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.22"), None)
    entry = booked(
        c,
        meter,
        platform,
        RESPOND,
        answer=response("gpt-5.5", 10_000, 5_000),
        model="gpt-5.4-mini",
        input="x",
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.22"), None)


def test_opened_pages_are_free(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = response("gpt-5.4-mini", 4200, 300, search(1, "open_page"), search(2, "find_in_page"))
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert (entry.cost, entry.mark) == (Money.usd("0.0045"), None)


def test_a_protocol_error_after_sending_is_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    def fail(request: httpx2.Request, _body: object) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.SyncByteStream)
        assert list(request.stream)
        raise httpx2.LocalProtocolError("stream closed by a GOAWAY")

    platform.answer_with(fail)
    with pytest.raises(openai.APIConnectionError):
        caller.call(RESPOND, **RESP)
    entry = last_entry(meter, platform)
    assert entry.mark == "uncertain"


@pytest.mark.parametrize("status", ["completed", "incomplete"])
def test_a_background_response_of_a_dearer_model_without_usage_counts_at_that_models_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, status: Any
) -> None:
    queued = response("gpt-5.4-mini", 0, 0, status="queued") | {"usage": None, "output": []}
    platform.answer_with(
        httpx2.Response(200, json=queued),
        httpx2.Response(200, json=response("gpt-5.5", 25, 600, status=status) | {"usage": None}),
    )
    caller.call(RESPOND, **RESP, background=True)
    cid = platform.requests[0].headers["x-client-request-id"]
    caller.call("responses.retrieve", response_id="resp_1")
    entry = meter.ledger.entry(cid)
    assert entry.mark == "ceiling"
    assert paid(entry) > entry.reserved


def test_a_total_alone_is_doubted(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat({"total_tokens": 625}), **MINI)
    assert entry.mark
    assert paid(entry) >= Money.usd(USD_BIG)


def test_details_of_zeros_are_honest(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    u = tokens(25, 600) | {
        "completion_tokens_details": {
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
    }
    entry = booked(caller, meter, platform, CREATE, answer=chat(u), **MINI)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)


def test_thinking_alone_is_honest(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = response("gpt-5.4-mini", 25, 600, status="incomplete")
    answer["output"] = [{"id": "rs_1", "type": "reasoning", "summary": []}]
    answer["usage"]["output_tokens_details"]["reasoning_tokens"] = 600
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_BIG), None)


def test_the_arguments_of_a_function_call_took_output(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.4-mini", 25, 2)
    answer["output"] = [
        {
            "id": "fc_1",
            "type": "function_call",
            "call_id": "c",
            "name": "f",
            "arguments": json.dumps({"x": TEXT}),
        }
    ]
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_the_names_of_another_endpoint_are_doubted(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    entry = booked(
        caller,
        meter,
        platform,
        RESPOND,
        answer=response("gpt-5.4-mini", 25, 600) | {"usage": tokens(25, 600)},
        **RESP,
    )
    assert entry.mark
    assert paid(entry) >= Money.usd(USD_BIG)
