"""Responses in the background: queued, under way, done, billed once; followed, taken up again, cancelled."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.responses import ResponseStreamEvent

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.platform import Platform

from .strictly import complaints, examined

CHEAP = "gpt-6-luna"
ASK: Any = {"model": CHEAP, "input": "Un post per il mio bar"}


def begin(sdk: openai.OpenAI, **more: Any) -> Any:
    return examined(sdk.responses.with_raw_response.create(**ASK, background=True, **more))


def now_at(sdk: openai.OpenAI, response_id: str) -> Any:
    return examined(sdk.responses.with_raw_response.retrieve(response_id))


def test_it_is_queued_then_under_way_then_done_and_billed_once(
    sdk: openai.OpenAI, funded: Platform, clock: ManualClock
) -> None:
    before = funded.balance()
    queued = begin(sdk)
    assert (queued.status, queued.background, queued.output, queued.usage) == ("queued", True, [], None)
    assert now_at(sdk, queued.id).status == "queued"
    clock.advance(timedelta(seconds=1.5))
    assert now_at(sdk, queued.id).status == "in_progress"
    assert funded.usage.calls() == 0
    assert funded.balance() == before
    clock.advance(timedelta(minutes=1))
    done = now_at(sdk, queued.id)
    assert (done.status, done.created_at) == ("completed", queued.created_at)
    assert done.output_text
    assert done.completed_at < clock.now().timestamp() - 30  # when it was done, not when somebody asked
    for _again in range(3):
        assert now_at(sdk, queued.id) == done
    (row,) = funded.usage_by("model")
    expected = (1, done.usage.input_tokens, done.usage.output_tokens)
    assert (row.calls, row.input_tokens, row.output_tokens) == expected
    assert before - funded.balance() == row.cost > Money(0)


def test_it_is_billed_on_the_day_when_it_is_done_though_nobody_asks(
    sdk: openai.OpenAI, funded: Platform, clock: ManualClock
) -> None:
    day = f"{clock.now():%Y-%m-%d}"
    begin(sdk)
    funded.advance(timedelta(days=40))
    assert [row.group["day"] for row in funded.usage_by("day")] == [day]
    assert funded.limits.spent() == Money(0)  # it belongs to the month before


def test_its_price_is_held_while_it_works(sdk: openai.OpenAI, funded: Platform, clock: ManualClock) -> None:
    begin(sdk)
    assert funded.holds.held() > Money(0)
    clock.advance(timedelta(minutes=1))
    sdk.models.list()
    assert funded.holds.is_empty()


def test_cancelling_bills_what_was_written_and_twice_is_once(
    sdk: openai.OpenAI, funded: Platform, clock: ManualClock
) -> None:
    whole = sdk.responses.create(**ASK).usage
    assert whole is not None
    running = begin(sdk)
    clock.advance(timedelta(seconds=2))
    cancelled = examined(sdk.responses.with_raw_response.cancel(running.id))
    assert cancelled.status == "cancelled"
    assert cancelled.usage.input_tokens == whole.input_tokens
    assert 0 < cancelled.usage.output_tokens < whole.output_tokens
    clock.advance(timedelta(minutes=5))
    assert examined(sdk.responses.with_raw_response.cancel(running.id)) == cancelled
    assert now_at(sdk, running.id) == cancelled
    (row,) = funded.usage_by("model")
    assert (row.calls, row.output_tokens) == (2, whole.output_tokens + cancelled.usage.output_tokens)
    assert funded.holds.is_empty()
    with pytest.raises(openai.BadRequestError, match="cannot be streamed"):
        sdk.responses.retrieve(running.id, stream=True)


def test_what_is_done_is_cancelled_in_vain_and_what_was_never_in_the_background_not_at_all(
    sdk: openai.OpenAI, clock: ManualClock
) -> None:
    running = begin(sdk)
    clock.advance(timedelta(minutes=1))
    assert examined(sdk.responses.with_raw_response.cancel(running.id)).status == "completed"
    plain = sdk.responses.create(**ASK)
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        sdk.responses.cancel(plain.id)


def test_it_has_to_be_stored(sdk: openai.OpenAI, funded: Platform) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        begin(sdk, store=False)
    assert refusal.value.param == "background"
    assert funded.holds.is_empty()


def test_a_deleted_one_costs_what_was_written(
    sdk: openai.OpenAI, funded: Platform, clock: ManualClock
) -> None:
    running = begin(sdk)
    clock.advance(timedelta(seconds=2))
    sdk.responses.delete(running.id)
    clock.advance(timedelta(minutes=5))
    with pytest.raises(openai.NotFoundError):
        sdk.responses.retrieve(running.id)
    assert funded.usage.calls() == 1
    assert funded.holds.is_empty()


def test_one_that_is_not_done_is_not_gone_on_from(sdk: openai.OpenAI, clock: ManualClock) -> None:
    running = begin(sdk)
    with pytest.raises(openai.BadRequestError, match="not completed") as refusal:
        sdk.responses.create(**ASK, previous_response_id=running.id)
    assert refusal.value.param == "previous_response_id"
    clock.advance(timedelta(minutes=1))
    assert sdk.responses.create(**ASK, previous_response_id=running.id).output_text


def events_of(stream: Any) -> list[dict[str, Any]]:
    found = [event.to_dict(mode="json") for event in stream]
    for event in found:
        assert complaints(event, ResponseStreamEvent) == []
    return found


def test_it_is_followed_in_a_stream_that_takes_its_time(
    sdk: openai.OpenAI, funded: Platform, slept: list[float]
) -> None:
    events = events_of(sdk.responses.create(**ASK, background=True, stream=True))
    assert [event["type"] for event in events[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert events[0]["response"]["status"] == "queued"
    last = events[-1]
    assert last["type"] == "response.completed"
    assert last["response"]["usage"]["output_tokens"] > 0
    assert slept  # without a clock that moves it still comes to its end
    assert funded.usage.calls() == 1
    assert now_at(sdk, last["response"]["id"]).to_dict(mode="json") == last["response"]


def test_a_stream_is_taken_up_again_where_it_was_left(
    sdk: openai.OpenAI, funded: Platform, clock: ManualClock
) -> None:
    queued = begin(sdk)
    clock.advance(timedelta(seconds=2))
    whole = events_of(sdk.responses.retrieve(queued.id, stream=True))
    rest = events_of(sdk.responses.retrieve(queued.id, stream=True, starting_after=9))
    assert [event["sequence_number"] for event in rest] == list(range(10, len(whole)))
    assert rest == whole[10:]
    assert funded.usage.calls() == 1


def test_a_stream_that_breaks_leaves_the_work_going_on(sdk: openai.OpenAI, funded: Platform) -> None:
    funded.faults.switch("error_in_stream", on=True)
    *events, error = list(sdk.responses.create(**ASK, background=True, stream=True))
    assert error.type == "error"
    first: Any = events[0]
    response_id = first.response.id
    assert now_at(sdk, response_id).status in ("queued", "in_progress")
    rest = events_of(
        sdk.responses.retrieve(response_id, stream=True, starting_after=events[-1].sequence_number)
    )
    assert rest[0]["sequence_number"] == events[-1].sequence_number + 1
    assert rest[-1]["type"] == "response.completed"
    assert funded.usage.calls() == 1


@pytest.mark.parametrize("more", [{}, {"max_output_tokens": 20}, {"reasoning": {"effort": "low"}}])
def test_any_stored_response_is_streamed_again(sdk: openai.OpenAI, funded: Platform, more: Any) -> None:
    first = events_of(sdk.responses.create(**ASK, **more, stream=True))
    again = events_of(sdk.responses.retrieve(first[0]["response"]["id"], stream=True))
    assert again == first
    assert funded.usage.calls() == 1


def test_a_restart_loses_nothing(sdk: openai.OpenAI, funded: Platform, clock: ManualClock) -> None:
    running = begin(sdk)
    before = funded.balance()
    path = Path(str(funded.database.path))
    later = Platform.open(path, clock)
    assert later.holds.held() == funded.holds.held() > Money(0)
    clock.advance(timedelta(minutes=1))
    later.settle_time()
    assert later.usage.calls() == 1
    assert later.balance() < before
    assert later.holds.is_empty()
    later.close()
    again = Platform.open(path, clock)
    again.settle_time()
    assert again.usage.calls() == 1
    assert again.background.find(running.id) is None
    again.close()


def test_a_slow_one_can_be_rehearsed(sdk: openai.OpenAI, funded: Platform, clock: ManualClock) -> None:
    funded.faults.switch("slow_background", on=True)
    running = begin(sdk)
    clock.advance(timedelta(minutes=9))
    assert now_at(sdk, running.id).status == "in_progress"
    clock.advance(timedelta(minutes=2))
    assert now_at(sdk, running.id).status == "completed"


def test_a_reset_forgets_it(sdk: openai.OpenAI, funded: Platform, clock: ManualClock) -> None:
    begin(sdk)
    funded.reset()
    clock.advance(timedelta(minutes=1))
    funded.settle_time()
    assert funded.usage.calls() == 0
    assert funded.holds.is_empty()
