"""An estimate that later knowledge corrects: background responses, and answers not read to their end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from ppkit.clock import ManualClock
from ppkit.metering import Meter, OpenAI
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Busy, Entry, Ledger, open_ledger
from ppkit.spending.prices import PriceCatalogue

from .callers import KEY, Caller
from .fake_platform import MODEL, FakePlatform, chat_body, response_body, response_events, sse

BACKGROUND: dict[str, Any] = {"model": MODEL, "input": "Ciao", "max_output_tokens": 500, "background": True}
TRUE_COST = Money(20 * 1_000_000 + 300 * 5_000_000)


def begun(status: str = "queued", answer_id: str = "resp_1") -> httpx2.Response:
    body = response_body(0, 0) | {"status": status, "usage": None, "output": [], "background": True}
    return httpx2.Response(200, json=body | {"id": answer_id})


def ended(status: str = "completed", **changes: Any) -> httpx2.Response:
    return httpx2.Response(200, json=response_body(20, 300) | {"status": status} | changes)


def entry_of(meter: Meter, platform: FakePlatform) -> Entry:
    meter.flush()
    return meter.ledger.entry(platform.requests[0].headers["x-client-request-id"])


def test_a_background_response_is_held_until_it_is_retrieved(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(begun(), begun("in_progress"), ended())
    with meter.receipts() as receipts:
        caller.call("responses.create", **BACKGROUND)
        assert entry_of(meter, platform).state == "reserved"
        caller.call("responses.retrieve", response_id="resp_1")
        assert receipts == []
        response = caller.call("responses.retrieve", response_id="resp_1")
    assert response.output_text
    entry = entry_of(meter, platform)
    assert entry.reserved == Money((len(platform.requests[0].content) + 128) * 1_000_000 + 500 * 5_000_000)
    assert (entry.state, entry.cost, entry.mark) == ("settled", TRUE_COST, None)
    assert [(receipt.cost, receipt.mark) for receipt in receipts] == [(TRUE_COST, None)]
    assert meter.ledger.totals().spent == TRUE_COST
    assert meter.ledger.totals().calls == 1
    assert meter.ledger.audit() == []


def test_a_background_response_of_a_listed_model_costs_what_its_figures_say(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(begun(), ended(model="gpt-5.4", service_tier="default"))
    caller.call("responses.create", **BACKGROUND | {"model": "gpt-5.4"})
    assert meter.ledger.totals().reserved < Money.usd("0.01")
    caller.call("responses.retrieve", response_id="resp_1")
    assert entry_of(meter, platform).cost == Money.usd("0.00455")


def test_retrieving_it_again_changes_nothing(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    platform.answer_with(begun(), ended(), ended(usage=None), ended())
    caller.call("responses.create", **BACKGROUND)
    for _ in range(3):
        caller.call("responses.retrieve", response_id="resp_1")
    assert entry_of(meter, platform).adjustments == ()
    assert meter.ledger.totals().spent == TRUE_COST


def test_a_background_stream_that_nobody_reads_goes_on_and_is_settled_by_the_one_taken_up_again(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    events = response_events(response_body(20, 300))
    platform.answer_with(sse(events), sse(events[4:]))
    caller.stream("responses.create", take=2, **BACKGROUND)
    assert entry_of(meter, platform).state == "reserved"
    taken_up = caller.stream("responses.retrieve", response_id="resp_1", starting_after=3)
    assert taken_up[-1].type == "response.completed"
    assert (entry_of(meter, platform).cost, entry_of(meter, platform).mark) == (TRUE_COST, None)


def test_a_cancelled_response_that_tells_its_usage_is_settled(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(begun(), ended("cancelled"))
    caller.call("responses.create", **BACKGROUND)
    caller.call("responses.cancel", response_id="resp_1")
    assert entry_of(meter, platform).cost == TRUE_COST


@pytest.mark.parametrize(("method", "status"), [("cancel", "cancelled"), ("retrieve", "failed")])
def test_a_response_that_ends_without_figures_is_uncertain_until_they_are_told(
    caller: Caller, meter: Meter, platform: FakePlatform, method: str, status: str
) -> None:
    platform.answer_with(begun(), ended(status, usage=None), ended(status, usage=None), ended(status))
    caller.call("responses.create", **BACKGROUND)
    for _ in range(2):
        caller.call(f"responses.{method}", response_id="resp_1")
    entry = entry_of(meter, platform)
    assert (entry.mark, entry.why) == ("uncertain", "failed")
    assert meter.ledger.totals().uncertain == entry.reserved
    caller.call("responses.retrieve", response_id="resp_1")
    assert (entry_of(meter, platform).cost, meter.ledger.totals().uncertain) == (TRUE_COST, Money(0))
    assert [one.by for one in entry_of(meter, platform).adjustments] == ["platform"]


def test_a_response_that_fails_at_once_in_the_background_is_uncertain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(ended("failed", usage=None))
    caller.call("responses.create", **BACKGROUND)
    assert entry_of(meter, platform).mark == "uncertain"


def test_another_process_settles_what_this_one_has_begun(
    meter: Meter, platform: FakePlatform, ledger_path: Path, catalogue: PriceCatalogue, clock: ManualClock
) -> None:
    def client_of(ledger: Ledger) -> OpenAI:
        client = httpx2.Client(transport=httpx2.MockTransport(platform))
        meter_of_its_own = Meter(ledger, catalogue, clock)
        return OpenAI(
            meter=meter_of_its_own, api_key=KEY, base_url="http://platform.test/v1", http_client=client
        )

    platform.answer_with(begun(), ended())
    client_of(meter.ledger).responses.create(**BACKGROUND)
    meter.ledger.close()
    restarted = open_ledger(f"sqlite:///{ledger_path}", clock)
    client_of(restarted).responses.retrieve("resp_1")
    assert restarted.totals().spent == TRUE_COST
    assert restarted.audit() == []
    restarted.close()


def test_a_background_response_outlives_its_process_and_is_waited_for_a_day(
    caller: Caller, meter: Meter, budget: Budget, platform: FakePlatform, clock: ManualClock
) -> None:
    platform.answer_with(begun())
    caller.call("responses.create", **BACKGROUND)
    entry = entry_of(meter, platform)
    owners = meter.ledger.store.read(lambda tx: tx.owners())
    assert owners == ["//"]
    clock.advance(timedelta(hours=23))
    assert meter.ledger.expire() == 0
    budget.set(hard=entry.reserved)
    with pytest.raises(Busy):
        meter.ledger.reserve(entry.call.__class__("next", MODEL, "…", "responses"), Money(1))
    clock.advance(timedelta(hours=1))
    assert meter.ledger.expire() == 1
    platform.answer_with(ended())
    caller.call("responses.retrieve", response_id="resp_1")
    assert meter.ledger.totals("2026-11").spent == TRUE_COST
    assert meter.ledger.totals("2026-11").uncertain == Money(0)


@pytest.mark.parametrize(
    ("method", "asked", "stream", "retrieve", "answer"),
    [
        (
            "responses.create",
            {"model": MODEL, "input": "Ciao", "max_output_tokens": 500},
            response_events(response_body(20, 300), deltas=["a"] * 30),
            {"method": "responses.retrieve", "response_id": "resp_1"},
            response_body(20, 300),
        ),
        (
            "chat.completions.create",
            {
                "model": MODEL,
                "messages": [{"role": "user", "content": "Ciao"}],
                "max_completion_tokens": 500,
                "store": True,
            },
            None,
            {"method": "chat.completions.retrieve", "completion_id": "chatcmpl-1"},
            chat_body(20, 300),
        ),
        (
            "chat.completions.create",
            {
                "model": MODEL,
                "messages": [{"role": "user", "content": "Ciao"}],
                "max_completion_tokens": 500,
                "store": True,
            },
            None,
            {"method": "chat.completions.list"},
            {"object": "list", "data": [None, chat_body(20, 300)], "has_more": False},
        ),
    ],
    ids=["response", "stored chat", "list of stored chats"],
)
def test_a_stream_closed_early_is_corrected_once_the_answer_is_looked_up(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    method: str,
    asked: dict[str, Any],
    stream: list[bytes] | None,
    retrieve: dict[str, Any],
    answer: dict[str, Any],
) -> None:
    if stream is not None:
        platform.answer_with(sse(stream))
    caller.stream(method, take=2, **asked)
    before = entry_of(meter, platform)
    assert before.mark in {"estimated", "ceiling"}
    platform.answer_with(httpx2.Response(200, json=answer))
    caller.call(**retrieve)
    entry = entry_of(meter, platform)
    assert (entry.cost, entry.mark) == (TRUE_COST, None)
    assert [(one.by, one.cost) for one in entry.adjustments] == [("platform", TRUE_COST)]
    totals = meter.ledger.totals()
    assert (totals.spent, totals.estimated, totals.ceiling, totals.calls) == (
        TRUE_COST,
        Money(0),
        Money(0),
        1,
    )
    (row,) = meter.ledger.report()
    assert (row["input_tokens"], row["output_tokens"], row["cost_pico_usd"]) == (20, 300, TRUE_COST.pico_usd)
    assert meter.ledger.audit() == []


def test_the_platforms_figures_correct_what_a_person_said(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    platform.answer_with(begun(), ended("failed", usage=None), ended())
    caller.call("responses.create", **BACKGROUND)
    caller.call("responses.retrieve", response_id="resp_1")
    call_id = entry_of(meter, platform).call.id
    meter.ledger.resolve(call_id, by="ada", why="it failed")
    assert meter.ledger.totals().counted == Money(0)
    caller.call("responses.retrieve", response_id="resp_1")
    assert meter.ledger.totals().spent == TRUE_COST


def test_what_is_looked_up_passes_unchanged_and_reserves_nothing(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    body = httpx2.Response(200, json=response_body(20, 300)).content
    events = response_events(response_body(20, 300))
    platform.answer_with(
        httpx2.Response(200, content=body, headers={"content-type": "application/json"}),
        httpx2.Response(200, content=b"not JSON", headers={"content-type": "application/json"}),
        sse(events),
    )
    raw = caller.call("responses.with_raw_response.retrieve", response_id="resp_9")
    assert raw.content == body
    raw = caller.call("responses.with_raw_response.retrieve", response_id="resp_9")
    assert raw.content == b"not JSON"
    assert len(caller.stream("responses.retrieve", response_id="resp_9")) == len(events)
    assert meter.ledger.report().rows == []


def test_a_failing_ledger_does_not_take_what_is_looked_up_away(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(meter.ledger, "awaited", broken)
    platform.answer_with(ended())
    assert caller.call("responses.retrieve", response_id="resp_1").output_text
    assert "could not learn" in caplog.text


def test_an_error_on_looking_up_is_the_callers(caller: Caller, platform: FakePlatform) -> None:
    platform.answer_with(httpx2.Response(404, json={"error": {"message": "no"}}))
    with pytest.raises(openai.NotFoundError):
        caller.call("responses.retrieve", response_id="resp_1")
