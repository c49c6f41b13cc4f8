"""Of all reports in a stream, the last that can be true counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
    MINI,
    RESP,
    RESPOND,
    USD_OF_600_TOKENS,
    booked,
    chunks,
    drawn,
    paid,
    response,
    tokens,
)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


FULL = tokens(25, 600)


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (chunks(FULL), None),
        (chunks(finished_with=FULL), None),
        (chunks(tokens(0, 0), finished_with=FULL), "estimated"),
        (chunks(FULL, tokens(0, 0)), "estimated"),
        (chunks(FULL, tokens(25, 0)), "estimated"),
        (chunks(FULL, tokens(0, 0), tokens(0, 0)), "estimated"),
        (chunks(FULL, {}), "estimated"),
        (chunks(FULL, tokens(25, 600, total=0)), "estimated"),
        (chunks(FULL, tokens(25, 1)), "estimated"),
        (chunks(tokens(25, 100), FULL), None),
        (chunks(tokens(25, 900), FULL), None),
        (chunks(tokens(0, 0), FULL), None),
        (chunks(FULL, finished_with=tokens(0, 0)), None),
        (chunks(FULL, finished_with=tokens(25, 100)), None),
    ],
)
@pytest.mark.parametrize("asked", [{}, {"stream_options": {"include_usage": True}}])
def test_of_all_reports_of_a_stream_the_last_that_can_be_true_counts(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    answer: Sequence[Any],
    mark: str | None,
    asked: dict[str, Any],
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI, **asked)
    assert (entry.cost, entry.mark) == (Money.usd("0.00271875"), mark)


@pytest.mark.parametrize("report", [tokens(0, 0), tokens(25, 0), tokens(25, 1), tokens(0, 600)])
def test_a_stream_without_any_report_that_can_be_true_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, report: Any
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chunks(report), **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_stream_left_after_its_report_counts_what_was_reported(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    events = [f"data: {json.dumps(each)}\n\n".encode() for each in chunks(finished_with=FULL)[:-1]]
    platform.answer_with(sse(events))
    caller.stream(CREATE, take=2, **MINI)
    meter.flush()
    entry = meter.ledger.entry(platform.requests[0].headers["x-client-request-id"])
    assert (entry.cost, entry.mark) == (Money.usd("0.00271875"), None)


@pytest.mark.parametrize(
    ("early", "taken", "mark"),
    [
        ([tokens(25, 1)], None, "ceiling"),  # a chat may have thought: what was seen is no bound
        ([tokens(25, 1)], 3, "ceiling"),
        ([tokens(25, 1), tokens(0, 0)], None, "ceiling"),
    ],
)
def test_a_report_that_text_has_outgrown_is_not_the_last_word(
    caller: Caller, meter: Meter, platform: FakePlatform, early: list[Any], taken: int | None, mark: str
) -> None:
    text = [f"data: {json.dumps(each)}\n\n".encode() for each in chunks()]
    head = [
        f"data: {json.dumps(each)}\n\n".encode()
        for report in early
        for each in chunks(report)
        if each != "[DONE]" and not each["choices"]
    ]
    platform.answer_with(sse([*head, *text]))
    caller.stream(CREATE, take=taken, **MINI, stream_options={"include_usage": True})
    meter.flush()
    entry = meter.ledger.entry(platform.requests[0].headers["x-client-request-id"])
    assert (entry.cost, entry.mark) == (entry.reserved, mark)


def ended(read: int, written: int) -> dict[str, Any]:
    whole = response("gpt-5.4-mini", read, written)
    return {"type": "response.completed", "sequence_number": 9, "response": whole}


def under_way(read: int, written: int) -> dict[str, Any]:
    return ended(read, written) | {"type": "response.in_progress"}


@pytest.mark.parametrize(
    ("answer", "cost", "mark"),
    [
        ([ended(25, 600)], "0.00271875", None),
        ([under_way(25, 1), ended(25, 600)], "0.00271875", None),
        ([under_way(25, 600), ended(0, 0)], "0.00271875", "estimated"),
        ([ended(0, 0)], None, "ceiling"),
        ([ended(25, 0)], None, "ceiling"),
        ([under_way(0, 0)], None, "ceiling"),
    ],
)
def test_a_streamed_response_counts_its_last_report_that_can_be_true(
    caller: Caller, meter: Meter, platform: FakePlatform, answer: Any, cost: str | None, mark: str | None
) -> None:
    call = {"model": "gpt-5.4-mini", "input": "Ciao", "max_output_tokens": 2_000}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd(cost) if cost else entry.reserved, mark)


@pytest.mark.parametrize(
    ("answer", "usd", "mark"),
    [
        ([drawn(1056), drawn(1056)], "0.067814", None),
        ([drawn(1056), drawn(0)], None, "ceiling"),
        ([drawn(1056)], None, "ceiling"),
    ],
)
def test_each_picture_of_a_stream_is_judged(
    caller: Caller, meter: Meter, platform: FakePlatform, answer: Any, usd: str | None, mark: str | None
) -> None:
    call = {"model": "gpt-image-1.5", "prompt": "x", "n": 2, "quality": "medium", "size": "1024x1024"}
    entry = booked(caller, meter, platform, DRAW, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd(usd) if usd else entry.reserved, mark)


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
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)


def test_nulls_and_then_zeros_are_no_report(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    ev = [x if x == "[DONE]" else {"usage": None} | x for x in chunks(tokens(0, 0))]
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_last_report_that_its_text_outgrew_is_not_believed(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    ev = chunks(tokens(25, 600), tokens(25, 3))
    entry = booked(caller, meter, platform, CREATE, answer=ev, **MINI)
    assert paid(entry) >= Money.usd(USD_OF_600_TOKENS)
    assert entry.mark


def test_a_streamed_edit_is_counted(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    ev = [drawn(1056) | {"type": "image_edit.completed"}]
    entry = booked(
        caller, meter, platform, "images.edit", answer=ev, model="gpt-image-1.5", prompt="x", image=b"png"
    )
    assert entry.mark in (None, "estimated")
    assert paid(entry) >= Money.usd("0.033907")


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
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)
    assert meter.ledger.audit() == []
