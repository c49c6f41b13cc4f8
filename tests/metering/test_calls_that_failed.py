"""Calls that failed, or may have: what is held for them, and for their repeats."""

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
from ppkit.spending.prices import PriceCatalogue

from .callers import AsyncCaller, Caller, SyncCaller
from .fake_platform import FakePlatform, sse
from .reported_calls import (
    CATALOGUE,
    CREATE,
    MINI,
    RESP,
    RESPOND,
    USD_OF_600_TOKENS,
    booked,
    chunks,
    last_entry,
    response,
    tokens,
)


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


def test_an_incomplete_response_counts_what_it_reports(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response(
        "gpt-5.4-mini", 25, 600, status="incomplete", incomplete_details={"reason": "max_output_tokens"}
    )
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)
    ev = [{"type": "response.incomplete", "sequence_number": 3, "response": answer}]
    entry = booked(caller, meter, platform, RESPOND, answer=ev, **RESP)
    assert (entry.cost, entry.mark) == (Money.usd(USD_OF_600_TOKENS), None)


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
    assert t.spent == Money.usd(USD_OF_600_TOKENS)
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
    assert (t.spent, t.uncertain, t.reserved, t.calls) == (Money.usd(USD_OF_600_TOKENS), ZERO, ZERO, 1)
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
