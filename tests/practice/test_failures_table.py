"""Each failure of the published tables, played through the official SDK."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import openai
import pytest
from starlette.testclient import TestClient

from ppkit.practice_platform.faults import FAULTS
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control

from .conftest import Connect
from .failures import CHEAP, FAILURES, Failure, chat, image, listing, summary, text, vector
from .strictly import BASE_URL

CLASSES: dict[int, type[openai.APIStatusError]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    502: openai.InternalServerError,
    503: openai.InternalServerError,
}


def switch_on(platform: Platform, *faults: str) -> None:
    for fault in faults:
        platform.faults.switch(fault, on=True)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_a_failure_has_the_published_status_code_type_and_words(
    connect: Connect, funded: Platform, failure: Failure
) -> None:
    keys = {"api_key": funded.create_key("k")[1]} | dict(failure.arrange(funded) or {})
    switch_on(funded, *failure.faults)
    with pytest.raises(CLASSES[failure.status]) as refusal:
        failure.ask(connect(**keys))
    error = refusal.value
    expected = (failure.status, failure.code, failure.kind, failure.param)
    assert (error.status_code, error.code, error.type, error.param) == expected
    message = error.response.json()["error"]["message"] if failure.kind else error.response.text
    assert failure.words in message
    assert funded.usage.calls() == 0, "what is refused is not billed"
    if failure.status == 429 and failure.kind == "rate_limit_error" and failure.code != "slow_down":
        assert int(error.response.headers["retry-after"]) >= 1
    assert error.request_id, "people quote it to the support"


@pytest.mark.parametrize("failure", [one for one in FAILURES if one.faults])
def test_a_failure_that_is_switched_off_is_over(web: TestClient, funded: Platform, failure: Failure) -> None:
    secret = funded.create_key("k")[1]
    switch_on(funded, *failure.faults)
    for fault in failure.faults:
        funded.faults.switch(fault, on=False)
    with openai.OpenAI(api_key=secret, base_url=f"{BASE_URL}/v1", http_client=web, max_retries=0) as sdk:
        failure.ask(sdk)


@pytest.mark.parametrize("fault", [name for name, fault in FAULTS.items() if fault.stage == "image"])
def test_failures_of_images_leave_texts_alone(sdk: openai.OpenAI, funded: Platform, fault: str) -> None:
    switch_on(funded, fault)
    text(sdk)
    vector(sdk)
    with pytest.raises(openai.APIStatusError):
        image(sdk)


PLAYED_ELSEWHERE = {
    "captive_portal",
    "clock_skew",
    "connection_reset",  # test_process
    "cut_stream",  # test_process
    "error_in_stream",
    "late_limits",  # test_wire_refusals, as the two slow ones
    "limit_status_as_switch",  # test_held_money
    "no_answer",
    "slow_answers",
    "slow_background",  # test_background
    "slow_stream",
}


def test_every_fault_is_played_and_kept_over_a_restart(platform: Platform) -> None:
    in_the_table = {fault for failure in FAILURES for fault in failure.faults}
    assert in_the_table | PLAYED_ELSEWHERE == set(FAULTS)
    assert in_the_table.isdisjoint(PLAYED_ELSEWHERE)
    switch_on(platform, *FAULTS)
    assert Platform(platform.database).faults.names_on() == frozenset(FAULTS)


def test_the_table_and_the_faults_themselves_tell_the_same(platform: Platform) -> None:
    refusing = {name: fault for name, fault in FAULTS.items() if fault.status is not None}
    told = {
        failure.faults[0]: (failure.status, failure.code, failure.kind, failure.param)
        for failure in FAILURES
        if failure.faults and failure.faults[0] in refusing
    }
    assert told == {
        name: (fault.status, fault.code, fault.kind, fault.param) for name, fault in refusing.items()
    }


def test_a_fault_that_an_older_version_knew_is_off(platform: Platform) -> None:
    platform.database.run("INSERT INTO fault VALUES ('earthquake', 1)")
    assert Platform(platform.database).faults.names_on() == frozenset()


@pytest.mark.parametrize(
    ("fault", "ask"),
    [
        ("not_verified", image),
        ("not_verified_for_text", text),
        ("not_verified_for_stream", lambda sdk: chat(sdk, stream=True)),
        ("not_verified_for_reasoning_summary", summary),
    ],
)
def test_verification_reaches_the_models_after_fifteen_minutes(
    web: TestClient, funded: Platform, secret: str, fault: str, ask: Any
) -> None:
    switch_on(funded, fault)
    with openai.OpenAI(api_key=secret, base_url=f"{BASE_URL}/v1", http_client=web, max_retries=0) as sdk:
        funded.accounts.verify_organization()
        funded.advance(timedelta(minutes=14, seconds=59))
        with pytest.raises(openai.APIStatusError):
            ask(sdk)
        funded.advance(timedelta(seconds=1))
        ask(sdk)


def test_credit_that_was_on_its_way_arrives(sdk: openai.OpenAI, funded: Platform) -> None:
    next(one for one in FAILURES if one.name == "credit_on_its_way").arrange(funded)
    with pytest.raises(openai.RateLimitError):
        text(sdk)
    funded.advance(timedelta(minutes=10))
    text(sdk)


def test_in_a_storm_every_third_call_gets_through(sdk: openai.OpenAI, funded: Platform) -> None:
    switch_on(funded, "rate_limit_storm")
    outcomes = []
    for _ in range(6):
        try:
            text(sdk)
            outcomes.append(True)
        except openai.RateLimitError:
            outcomes.append(False)
    assert outcomes == [False, False, True] * 2
    listing(sdk)  # only calls that generate are in the storm


def test_a_moderated_image_says_where_it_was_stopped(sdk: openai.OpenAI, funded: Platform) -> None:
    switch_on(funded, "image_moderation")
    with pytest.raises(openai.BadRequestError) as refusal:
        image(sdk)
    body: Any = refusal.value.body
    assert body["moderation_details"] == {"moderation_stage": "input", "categories": ["practice"]}
    assert refusal.value.request_id
    assert refusal.value.request_id in str(refusal.value)


def test_a_captive_portal_answers_with_a_page_and_status_200(sdk: openai.OpenAI, funded: Platform) -> None:
    switch_on(funded, "captive_portal")
    answer = sdk.models.with_raw_response.list()
    assert answer.http_response.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "sign-in" in answer.http_response.text


def test_a_skewed_clock_shows_in_the_date_header_and_only_there(sdk: openai.OpenAI, funded: Platform) -> None:
    def told() -> Any:
        return parsedate_to_datetime(sdk.models.with_raw_response.list().headers["date"])

    funded.advance(timedelta(days=40))
    real = funded.clock.now() - timedelta(days=40)
    assert told() == real, "moving the practice clock is no skew"
    switch_on(funded, "clock_skew")
    assert told() - real == timedelta(hours=5)


def test_an_error_in_the_middle_of_a_stream_is_seen_by_the_sdk_and_what_came_before_is_billed(
    sdk: openai.OpenAI, funded: Platform
) -> None:
    switch_on(funded, "error_in_stream")
    seen: list[Any] = []
    with pytest.raises(openai.APIError, match="The server had an error"):  # noqa: PT012
        for chunk in sdk.chat.completions.create(
            model=CHEAP, messages=[{"role": "user", "content": "Ciao"}], stream=True
        ):
            seen.append(chunk)
    assert len(seen) > 2
    events = list(sdk.responses.create(model=CHEAP, input="Ciao", stream=True))
    assert events[-1].type == "error"
    assert events[-1].code == "server_error"
    assert not any(event.type == "response.completed" for event in events)
    assert funded.usage.calls() == 2
    assert funded.usage.billed().pico_usd > 0


@pytest.mark.processes
def test_an_answer_that_never_comes_runs_into_the_callers_time_out(tmp_path: Path) -> None:
    """Over a socket: only there does a caller leave while the answer is awaited."""
    address = ensure_running(tmp_path)
    try:
        room = Control(address)
        key = room.post("key", name="k")["key"]
        room.post("faults", name="no_answer", on=True)
        with openai.OpenAI(api_key=key, base_url=address.base_url, max_retries=0, timeout=0.3) as sdk:
            with pytest.raises(openai.APITimeoutError):
                text(sdk)
            room.post("faults", name="no_answer", on=False)
            text(sdk.with_options(timeout=60))
        assert room.get("state")["calls"] == 1
    finally:
        os.kill(address.pid, signal.SIGTERM)
