"""The outcomes table: what happened on the wire, and what the ledger and the receipt say of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import openai
import pytest

from ppkit.clock import ManualClock
from ppkit.metering import HardLimitReached, Meter, Receipt, preflight
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Entry, Ledger
from ppkit.spending.ledger.errors import LedgerUnreachable

from .callers import Caller
from .fake_platform import MODEL, FakePlatform, error, response_body

ASK: dict[str, Any] = {"model": MODEL, "input": "Ciao", "max_output_tokens": 16}
CHAT: dict[str, Any] = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Ciao"}],
    "max_completion_tokens": 16,
}
IMAGE: dict[str, Any] = {"model": "gpt-image-2", "prompt": "Il mare", "size": "1024x1024", "quality": "low"}


def only_entry(meter: Meter, platform: FakePlatform) -> Entry:
    meter.flush()
    (request,) = platform.requests
    return meter.ledger.entry(request.headers["x-client-request-id"])


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("responses.create", ASK),
        ("responses.create", ASK | {"prompt_cache_key": "k"}),
        ("chat.completions.create", CHAT),
        ("embeddings.create", {"model": MODEL, "input": "Ciao"}),
    ],
)
def test_an_answer_is_settled_at_its_true_cost(
    caller: Caller, meter: Meter, platform: FakePlatform, method: str, arguments: dict[str, Any]
) -> None:
    with meter.receipts() as receipts:
        caller.call(method, **arguments)
    entry = only_entry(meter, platform)
    assert (entry.state, entry.mark) == ("settled", None)
    assert entry.cost == Money(platform.billed_pico_usd)
    assert entry.reserved > Money(platform.billed_pico_usd)
    assert [receipt.cost for receipt in receipts] == [entry.cost]
    assert receipts[0].usage == entry.usage


def test_an_image_is_settled_at_its_true_cost(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    caller.call("images.generate", **IMAGE)
    entry = only_entry(meter, platform)
    assert entry.cost == Money(10 * 5_000_000 + 12 * 30_000_000)


def test_an_image_edit_is_a_form_and_settled_all_the_same(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    caller.call("images.edit", **IMAGE, image=("foto.png", b"\x89PNG\r\n--no boundary\r\n", "image/png"))
    entry = only_entry(meter, platform)
    assert (entry.call.model, entry.cost) == ("gpt-image-2", Money(10 * 5_000_000 + 12 * 30_000_000))
    assert b"\x89PNG\r\n--no boundary\r\n" in platform.requests[0].content


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409, 421, 422, 429, 451, 501, 521, 525])
def test_a_refusal_before_work_releases_the_reservation(
    caller: Caller, meter: Meter, platform: FakePlatform, status: int
) -> None:
    platform.answer_with(error(status))
    with meter.receipts() as receipts, pytest.raises(openai.APIStatusError):
        caller.call("responses.create", **ASK)
    assert only_entry(meter, platform).state == "released"
    assert receipts == []


@pytest.mark.parametrize("status", [408, 424, 425, 499, 500, 502, 503, 504, 520, 522, 524])
def test_an_error_after_sending_is_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform, status: int
) -> None:
    platform.answer_with(error(status))
    with meter.receipts() as receipts, pytest.raises(openai.APIStatusError):
        caller.call("responses.create", **ASK)
    entry = only_entry(meter, platform)
    assert (entry.state, entry.mark, entry.cost) == ("expired", "uncertain", entry.reserved)
    assert meter.ledger.totals().spent == meter.ledger.totals().reserved == Money(0)
    assert meter.ledger.totals().uncertain == entry.reserved
    assert [(receipt.mark, receipt.cost) for receipt in receipts] == [("uncertain", entry.reserved)]


def test_nobody_waits_for_a_call_whose_outcome_is_uncertain(
    caller: Caller, meter: Meter, budget: Budget, platform: FakePlatform, clock: ManualClock
) -> None:
    platform.answer_with(error(500))
    with meter.receipts() as receipts, pytest.raises(openai.APIStatusError):
        caller.call("responses.create", **ASK)
    budget.set(hard=receipts[0].cost)
    before = clock.monotonic()
    with pytest.raises(HardLimitReached):
        caller.call("responses.create", **ASK)
    assert clock.monotonic() == before


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ReadTimeout("slow"),
        httpx2.WriteTimeout("slow"),
        httpx2.ReadError("gone"),
        httpx2.RemoteProtocolError("gone"),
        KeyboardInterrupt(),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_that_may_come_after_sending_is_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform, failure: BaseException
) -> None:
    platform.answer_with(failure)
    with pytest.raises((openai.APIConnectionError, KeyboardInterrupt)):
        caller.call("responses.create", **ASK)
    entry = only_entry(meter, platform)
    assert (entry.mark, entry.why) == ("uncertain", "no_answer")


@pytest.mark.parametrize(
    "failure",
    [
        httpx2.ConnectError("refused"),
        httpx2.ConnectTimeout("slow"),
        httpx2.PoolTimeout("full"),
        httpx2.ProxyError("no"),
        httpx2.LocalProtocolError("illegal header value"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failure_before_anything_was_sent_releases_the_reservation(
    caller: Caller, meter: Meter, platform: FakePlatform, failure: Exception
) -> None:
    platform.answer_with(failure)
    with pytest.raises(openai.APIConnectionError):
        caller.call("responses.create", **ASK)
    assert only_entry(meter, platform).state == "released"


@pytest.mark.parametrize(
    "body",
    [
        {"usage": None},
        {"usage": {"input_tokens": 10}},
        {"usage": {"input_tokens": 1, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 1}},
    ],
    ids=["none", "half", "impossible"],
)
def test_an_answer_without_credible_usage_counts_at_its_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, body: dict[str, Any]
) -> None:
    platform.answer_with(httpx2.Response(200, json=response_body(1, 1) | body))
    caller.call("responses.create", **ASK)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_an_answer_that_cannot_be_read_counts_at_its_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(
        httpx2.Response(200, content=b"<html>", headers={"content-type": "application/json"})
    )
    with pytest.raises(ValueError, match="Expecting value"):
        caller.call("responses.create", **ASK)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_cost_above_the_ceiling_is_written_as_it_is(
    caller: Caller, meter: Meter, platform: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    platform.answer_with(httpx2.Response(200, json=response_body(10, 5_000)))
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
    entry = only_entry(meter, platform)
    assert (entry.cost, entry.mark) == (Money(10 * 1_000_000 + 5_000 * 5_000_000), "overrun")
    assert receipts[0].mark == "overrun"
    assert "more than its ceiling" in caplog.text


def test_every_retry_is_a_call_of_its_own(meter: Meter, platform: FakePlatform, caller: Caller) -> None:
    platform.answer_with(
        httpx2.Response(500, json={}, headers={"retry-after-ms": "1"}),
        httpx2.Response(429, json={}, headers={"retry-after-ms": "1"}),
    )
    caller.client = caller.client.with_options(max_retries=2)
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
    meter.flush()
    ids = [request.headers["x-client-request-id"] for request in platform.requests]
    assert len(set(ids)) == 3
    assert [meter.ledger.entry(call_id).state for call_id in ids] == ["expired", "released", "settled"]
    assert [receipt.mark for receipt in receipts] == ["uncertain", None]


def test_a_callers_own_request_id_is_kept(meter: Meter, platform: FakePlatform, caller: Caller) -> None:
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK, extra_headers={"X-Client-Request-Id": "mine"})
    meter.flush()
    assert platform.requests[0].headers["x-client-request-id"] == "mine"
    assert meter.ledger.entry(receipts[0].call_id).state == "settled"


def test_a_redirect_costs_nothing_and_its_target_is_metered(
    meter: Meter, platform: FakePlatform, caller: Caller
) -> None:
    platform.answer_with(httpx2.Response(307, headers={"location": "/v1/responses?region=eu"}))
    caller.client._client.follow_redirects = True
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK)
    meter.flush()
    assert [request.url.query for request in platform.requests] == [b"", b"region=eu"]
    assert [receipt.mark for receipt in receipts] == [None]
    assert meter.ledger.totals().reserved == Money(0)


def test_a_failing_ledger_does_not_take_the_answer_away(
    meter: Meter,
    platform: FakePlatform,
    caller: Caller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(meter.ledger, "settle", broken)
    with meter.receipts() as receipts:
        response = caller.call("responses.create", **ASK)
    assert response.output_text
    assert only_entry(meter, platform).state == "reserved"
    assert [receipt.mark for receipt in receipts] == ["uncertain"]
    assert "its reservation stays" in caplog.text


@pytest.mark.parametrize("has_happened", [False, True])
def test_what_an_absent_ledger_was_not_told_it_is_told_once_with_the_next_call(
    meter: Meter, platform: FakePlatform, caller: Caller, monkeypatch: pytest.MonkeyPatch, has_happened: bool
) -> None:
    settle, is_away = meter.ledger.settle, [True, True]

    def away(*given: Any, **named: Any) -> None:
        if not is_away:
            settle(*given, **named)
            return
        is_away.pop()
        if has_happened and is_away:  # the first time, only the answer is lost
            settle(*given, **named)
        raise LedgerUnreachable("postgresql://nowhere")

    monkeypatch.setattr(meter.ledger, "settle", away)
    caller.call("responses.create", **ASK)
    caller.call("responses.create", **ASK)
    caller.call("responses.create", **ASK)
    meter.flush()
    totals = meter.ledger.totals()
    assert (totals.calls, totals.reserved, totals.uncertain) == (3, Money(0), Money(0))
    assert totals.spent == Money(platform.billed_pico_usd)
    assert not meter.owed
    assert meter.ledger.audit() == []


def test_what_costs_nothing_leaves_no_trace(
    caller: Caller, meter: Meter, platform: FakePlatform, ledger: Ledger
) -> None:
    caller.call("models.list")
    caller.call("responses.delete", response_id="resp_1")
    caller.call("moderations.create", input="Ciao")
    meter.flush()
    assert ledger.totals().calls == 0
    assert len(platform.requests) == 3


def test_a_receipt_tells_the_parts_of_the_cost(caller: Caller, meter: Meter) -> None:
    with meter.receipts() as receipts:
        caller.call("responses.create", **ASK, prompt_cache_key="k")
    receipt: Receipt = receipts[0]
    assert receipt.parts is not None
    assert receipt.parts.total == receipt.cost
    assert receipt.parts.cached == Money(3 * 100_000)
    assert receipt.ceiling == receipt.reserved
    assert receipt.capped_output_tokens is None


def test_a_call_of_an_hour_is_settled_at_its_true_cost(
    caller: Caller, meter: Meter, platform: FakePlatform, clock: ManualClock
) -> None:
    def an_hour_later(_request: httpx2.Request, _body: dict[str, Any]) -> httpx2.Response:
        clock.advance(timedelta(hours=1))
        meter.ledger.expire()
        return httpx2.Response(200, json=response_body(10, 12))

    platform.answer_with(an_hour_later)
    caller.call("responses.create", **ASK)
    entry = only_entry(meter, platform)
    assert (entry.state, entry.mark) == ("settled", None)


def test_what_fails_between_reserving_and_sending_is_released(
    caller: Caller, meter: Meter, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> httpx2.Request:
        raise MemoryError

    monkeypatch.setattr(preflight, "_outgoing", broken)
    with pytest.raises((MemoryError, openai.APIConnectionError)):
        caller.call("responses.create", **ASK)
    assert platform.requests == []
    assert meter.ledger.totals().reserved == Money(0)
