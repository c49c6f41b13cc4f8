"""What cannot be true counts at its dearest reading or at the ceiling: reports as the field has seen them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import httpx2
import pytest

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.prices import PriceCatalogue

from .callers import Caller
from .fake_platform import FakePlatform, sse
from .reported_calls import (
    CATALOGUE,
    CREATE,
    DRAW,
    EMBED,
    MINI,
    RESP,
    RESPOND,
    USD_OF_600_TOKENS,
    booked,
    chat,
    drawn,
    last_entry,
    paid,
    response,
    tokens,
)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


@pytest.mark.parametrize(
    "usage",
    [
        tokens(0, 0),
        tokens(0, 600),
        tokens(25, 0),
        tokens(25, 1),
        tokens(-25, 600),
        tokens(25, 10**18),
        {"prompt_tokens": 25.0, "completion_tokens": 600, "total_tokens": 625},
        {"prompt_tokens": "25", "completion_tokens": "600", "total_tokens": "625"},
        tokens(25, 600) | {"prompt_tokens_details": {"cached_tokens": 26}},
        {},
        None,
    ],
)
def test_a_report_that_cannot_be_true_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, usage: Any
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat(usage), **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_contradiction_above_the_ceiling_counts_at_its_larger_reading(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat(tokens(0, 900_000)), **MINI)
    assert (entry.cost, entry.mark) == (Money.usd("4.05"), "estimated")


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (tokens(25, 600, total=1_000), "0.00440625"),  # 375 more than the parts: as output
        (tokens(25, 600, total=100), "0.00271875"),
        (tokens(25, 0, total=625), "0.00271875"),
        (tokens(0, 600, total=625), "0.00271875"),
    ],
)
def test_what_the_parts_do_not_explain_counts_as_the_dearer_kind(
    caller: Caller, meter: Meter, platform: FakePlatform, usage: Any, usd: str
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat(usage), **MINI)
    assert (entry.cost, entry.mark) == (Money.usd(usd), "estimated")


def test_embeddings_count_the_total_that_their_parts_do_not_explain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
        "usage": {"prompt_tokens": 0, "total_tokens": 400},
    }
    call = {"model": "text-embedding-3-small", "input": "Ciao " * 200}
    entry = booked(caller, meter, platform, EMBED, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.000008"), "estimated")


def test_a_pictures_output_that_its_details_do_not_explain_is_picture(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    usage = {
        "total_tokens": 1079,
        "input_tokens": 23,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
        "output_tokens": 1056,
        "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    }
    answer = {"created": 1, "data": [{"b64_json": "aGVsbG8h"}], "usage": usage}
    call = {"model": "gpt-image-1.5", "prompt": "x", "quality": "medium", "size": "1024x1024"}
    entry = booked(caller, meter, platform, DRAW, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.033907"), "estimated")


def test_an_edits_pictures_are_counted_though_a_form_gives_their_number_as_a_text(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = {"model": "gpt-image-1.5", "prompt": "x", "n": 2, "image": b"png"}
    entry = booked(caller, meter, platform, "images.edit", answer=[drawn(1056)], **call)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


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
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), "estimated")


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
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)


def test_a_raw_response_is_metered(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    for way in ("with_raw_response",):
        platform.answer_with(httpx2.Response(200, json=response("gpt-5.4-mini", 25, 600)))
        caller.call(f"responses.{way}.create", **RESP)
        entry = last_entry(meter, platform)
        assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)


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
        assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None), more


def test_a_total_alone_is_doubted(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat({"total_tokens": 625}), **MINI)
    assert entry.mark
    assert paid(entry) >= Money.usd(USD_OF_600_TOKENS)


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
    assert paid(entry) >= Money.usd(USD_OF_600_TOKENS)
