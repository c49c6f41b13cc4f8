"""The gateway, called by the unmodified SDK: what goes through, what does not, and what is counted."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import openai
import pytest
from keys.canaries import key_of
from metering.fake_platform import MODEL, Chunks, error, response_body, response_events

from ppkit.class_service import call_body
from ppkit.class_service.class_door import REMEMBERED_SECONDS, ClassDoor, RosterCheck
from ppkit.class_service.passed_answer import AnswerBroke
from ppkit.class_service.roster_places import RosterFile
from ppkit.class_service.wire_errors import LessonOver
from ppkit.clock import ManualClock
from ppkit.metering.multipart import fields_of
from ppkit.money import ZERO, Money

from .conftest import AGENCY_KEY, NOBODYS_TOKEN, ClassRoom, NewClass, a_lesson

ASK: dict[str, Any] = {"model": MODEL, "input": "Ciao", "max_output_tokens": 100}
DRAWING: Any = {"type": "image_generation", "model": "gpt-image-2"}
CHAT: dict[str, Any] = {
    "model": MODEL,
    "messages": [{"role": "user", "content": "Ciao"}],
    "max_completion_tokens": 100,
}
LESSON = "tag:lesson=tuesday"
VEGA = "tag:learner=tuesday/Vega"

Call = Callable[[openai.AsyncOpenAI], Awaitable[Any]]


def asked(room: ClassRoom, call: Call, token: str | None = None) -> Any:
    async def ask() -> Any:
        async with room.sdk(token or room.join().token) as client:
            return await call(client)

    return asyncio.run(ask())


def refused(room: ClassRoom, call: Call, token: str | None = None) -> openai.APIStatusError:
    with pytest.raises(openai.APIStatusError) as raised:
        asked(room, call, token)
    return raised.value


async def respond(client: openai.AsyncOpenAI) -> Any:
    return await client.responses.create(**ASK)


async def stream(client: openai.AsyncOpenAI) -> list[Any]:
    return [event async for event in await client.responses.create(**ASK, stream=True)]


def test_a_learners_call_is_paid_with_the_agencys_key_and_counts_for_learner_and_lesson(
    room: ClassRoom,
) -> None:
    answer = asked(room, respond)
    (sent,) = room.platform.requests
    assert sent.headers["authorization"] == f"Bearer {AGENCY_KEY}"
    assert not any("sk-class" in value for value in sent.headers.values())
    assert answer.usage.total_tokens == 22
    billed = Money(room.platform.billed_pico_usd)
    assert room.totals(LESSON).spent == room.totals(VEGA).spent == billed
    assert room.totals(LESSON).reserved == ZERO
    assert room.ledger.audit() == []


@pytest.mark.parametrize(
    "call",
    [
        respond,
        stream,
        lambda client: client.chat.completions.create(**CHAT),
        lambda client: client.embeddings.create(model=MODEL, input="Ciao"),
    ],
)
def test_every_paid_route_is_counted_to_the_pico_dollar(new_class: NewClass, call: Call) -> None:
    room = new_class(limit_per_learner=Money.usd(10), limit_in_all=Money.usd(10))
    asked(room, call)
    assert room.totals(VEGA).counted == Money(room.platform.billed_pico_usd)
    assert room.totals(VEGA).counted


def test_an_image_is_counted_too(new_class: NewClass) -> None:
    room = new_class(models=("gpt-image-2",))
    asked(
        room,
        lambda client: client.images.generate(
            model="gpt-image-2", prompt="sea", size="1024x1024", quality="low"
        ),
    )
    assert room.totals(VEGA).spent
    assert room.ledger.audit() == []


def test_models_are_the_lessons_and_ask_nobody(room: ClassRoom) -> None:
    async def listed(client: openai.AsyncOpenAI) -> list[str]:
        return [model.id async for model in await client.models.list()]

    assert asked(room, listed) == [MODEL]
    assert asked(room, lambda client: client.models.retrieve(MODEL)).id == MODEL
    assert refused(room, lambda client: client.models.retrieve("gpt-6-astra")).code == "model_not_found"
    assert room.platform.requests == []


# --- what is not passed on


@pytest.mark.parametrize(
    "token",
    [NOBODYS_TOKEN, key_of("project"), "x", "sk-class-" + "a" * 600],
    ids=["nobodys", "key", "short", "long"],
)
def test_another_token_is_wrong_and_is_told_nowhere(
    room: ClassRoom, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    room.join()
    error = refused(room, respond, token)
    assert isinstance(error, openai.AuthenticationError)
    assert error.code == "invalid_api_key"
    assert len(token) < 5 or token not in error.response.text + caplog.text
    assert room.platform.requests == []


def test_the_roster_is_asked_beside_the_event_loop_and_once_for_a_wrong_token(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    transact = RosterFile.transact

    def noted(place: RosterFile, operation: Any) -> Any:
        threads.append(threading.current_thread())
        return transact(place, operation)

    token = room.join().token
    monkeypatch.setattr(RosterFile, "transact", noted)
    for _ in range(3):
        refused(room, respond, NOBODYS_TOKEN)
    assert len(threads) == 1
    asked(room, respond, token)
    assert threading.main_thread() not in threads


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.responses.create(**ASK | {"model": "gpt-6-astra"}),
        lambda client: client.chat.completions.create(**CHAT | {"model": "gpt-6-astra"}),
        lambda client: client.responses.create(**ASK, tools=[DRAWING]),
        lambda client: client.responses.create(
            **ASK,
            tools=[{"type": "namespace", "name": "a", "tools": [{"type": "namespace", "tools": [DRAWING]}]}],
        ),
        lambda client: client.responses.create(
            **ASK
            | {"input": [{"type": "additional_tools", "tools": [{"type": "namespace", "tools": [DRAWING]}]}]}
        ),
    ],
)
def test_a_model_that_the_lesson_does_not_list_is_refused(room: ClassRoom, call: Call) -> None:
    error = refused(room, call)
    assert isinstance(error, openai.PermissionDeniedError)
    assert error.code == "ppkit_model_not_in_lesson"
    assert MODEL in error.message
    assert room.platform.requests == []


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.files.list(),
        lambda client: client.responses.retrieve("resp_1"),
        lambda client: client.chat.completions.list(),
        lambda client: client.get("/organization/costs", cast_to=object),
        lambda client: client.post("/audio/speech", cast_to=object, body={}),
        lambda client: client.post("/responses/../files", cast_to=object, body={}),
        lambda client: client.delete("/models/x", cast_to=object),
    ],
)
def test_a_route_that_no_lesson_offers_is_refused(room: ClassRoom, call: Call) -> None:
    error = refused(room, call)
    assert isinstance(error, openai.NotFoundError)
    assert error.code == "ppkit_route_not_in_lesson"
    assert room.platform.requests == []


@pytest.mark.parametrize(
    "field", [{"background": True}, {"conversation": "conv_1"}, {"previous_response_id": "resp_1"}]
)
def test_what_would_outlast_the_call_is_refused(room: ClassRoom, field: dict[str, Any]) -> None:
    error = refused(room, lambda client: client.responses.create(**ASK, **field))
    assert (type(error), error.code) == (openai.BadRequestError, "ppkit_field_not_in_lesson")
    assert room.platform.requests == []


@pytest.mark.parametrize(("path", "body"), [("responses", ASK), ("chat/completions", CHAT)])
@pytest.mark.parametrize("store", [{}, {"store": True}])
def test_nothing_is_kept_in_the_agencys_account(
    room: ClassRoom, path: str, body: dict[str, Any], store: dict[str, bool]
) -> None:
    assert posted(room, json.dumps(body | store).encode(), path).status_code == 200
    assert room.platform.bodies[0]["store"] is False


def posted(room: ClassRoom, content: bytes, path: str = "responses", **headers: str) -> httpx2.Response:
    async def post() -> httpx2.Response:
        transport = httpx2.ASGITransport(room.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://class.test/v1/") as client:
            bearer = {"authorization": f"Bearer {room.join().token}", "content-type": "application/json"}
            return await client.post(path, content=content, headers=bearer | headers)

    return asyncio.run(post())


def test_a_name_that_stands_twice_is_read_one_way_only(room: ClassRoom) -> None:
    answer = posted(room, b'{"model":"gpt-6-astra","input":"x","max_output_tokens":5,"model":"test-text"}')
    assert answer.status_code == 200
    assert room.platform.requests[0].content.count(b'"model"') == 1
    assert room.platform.bodies[0]["model"] == MODEL


def a_form(boundary: str, **fields: str) -> bytes:
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + f"--{boundary}--\r\n").encode()


LISTED = a_form("AAA", model="gpt-image-1-mini", prompt="sea", n="1", size="1024x1024", quality="low")
OTHER = a_form("BBB", model="gpt-image-2", prompt="sea", n="10", size="1024x1024", quality="high")


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (OTHER + LISTED, "multipart/form-data; xboundary=AAA; boundary=BBB"),
        (OTHER + LISTED, "multipart/form-data; boundary=AAA; boundary=BBB"),
        (LISTED + OTHER, "multipart/form-data; boundary=AAA"),
        (OTHER + LISTED, "multipart/form-data; boundary=AAA"),
        (
            LISTED.replace(
                b"--AAA--", b'--AAA\r\nContent-Disposition: form-data; name="n"\r\n\r\n9\r\n--AAA--'
            ),
            "",
        ),
        (LISTED.replace(b'"n"', b'"n[0]"'), ""),
        (LISTED.replace(b'"n"', b'"n[]"'), ""),
    ],
)
def test_a_form_that_can_be_read_in_two_ways_is_refused(
    new_class: NewClass, content: bytes, content_type: str
) -> None:
    room = new_class(
        models=("gpt-image-1-mini",), limit_per_learner=Money.usd(10), limit_in_all=Money.usd(10)
    )
    headers = {"content-type": content_type or "multipart/form-data; boundary=AAA"}
    answer = posted(room, content, "images/edits", **headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ppkit_unreadable_request")
    assert room.platform.requests == []


def test_a_form_is_written_anew(new_class: NewClass) -> None:
    room = new_class(
        models=("gpt-image-1-mini",), limit_per_learner=Money.usd(10), limit_in_all=Money.usd(10)
    )
    picture = b"\x89PNG\r\n--AAA--\r\n"
    files = [("image[]", ("a.png", picture, "image/png")), ("image[]", ("b.png", b"B", "image/png"))]
    data = {"model": "gpt-image-1-mini", "prompt": "mare è", "size": "1024x1024", "quality": "low"}
    sent = httpx2.Request(
        "POST",
        "http://x",
        data=data,
        files=files,
        headers={"content-type": "multipart/form-data; boundary=CCC"},
    )
    posted(room, sent.read(), "images/edits", **{"content-type": sent.headers["content-type"]})
    (passed,) = room.platform.requests
    assert b"CCC" not in passed.content
    fields = fields_of(passed.content, passed.headers["content-type"])
    assert fields == data | {"image": [picture, b"B"]}


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 5000])
def test_a_body_that_cannot_be_read_is_refused(room: ClassRoom, content: bytes) -> None:
    answer = posted(room, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ppkit_unreadable_request")
    assert room.platform.requests == []


def test_a_large_body_is_refused_before_it_is_read(room: ClassRoom) -> None:
    numbers = b'{"model":"test-text","max_output_tokens":5,"input":[' + b"1," * 2**19 + b"1]}"
    for content_type, path in (
        ("application/json", "responses"),
        ("multipart/form-data; boundary=x", "responses"),
        ("application/json", "images/edits"),
    ):
        answer = posted(room, numbers, path, **{"content-type": content_type})
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "ppkit_body_too_large")
    assert room.platform.requests == []


class Body:
    """A body that comes in two halves: `between` is what happens before the second."""

    def __init__(self, between: Callable[[], Awaitable[object]]) -> None:
        self._between = between

    async def __aiter__(self) -> Any:
        content = json.dumps(ASK).encode()
        yield content[:10]
        await self._between()
        yield content[10:]


async def sent_slowly(
    room: ClassRoom, token: str, between: Callable[[], Awaitable[object]]
) -> httpx2.Response:
    transport = httpx2.ASGITransport(room.app)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://class.test/v1/") as client:
        return await client.post("responses", content=Body(between), headers=headers)


def test_a_lesson_that_closes_while_a_body_comes_sends_nothing(room: ClassRoom) -> None:
    async def closes() -> None:
        room.roster.end("tuesday")
        room.clock.advance(timedelta(seconds=REMEMBERED_SECONDS))

    answer = asyncio.run(sent_slowly(room, room.join().token, closes))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ppkit_lesson_over")
    assert room.platform.requests == []


def test_a_lesson_that_closes_before_a_repeat_repeats_nothing(room: ClassRoom) -> None:
    failed = {"error": {"message": "sorry", "type": "server_error", "param": None, "code": None}}
    room.platform.answer_with(httpx2.Response(500, json=failed, headers={"x-request-id": "req_1"}))
    room.on_sleep = lambda: room.clock.advance(timedelta(hours=2))
    assert refused(room, respond).code == "ppkit_lesson_over"
    assert len(room.platform.requests) == 1


def test_a_body_that_does_not_come_is_given_up(room: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_body, "BODY_SECONDS", 0.01)
    answer = asyncio.run(asyncio.wait_for(sent_slowly(room, room.join().token, asyncio.Event().wait), 5))
    assert (answer.status_code, answer.json()["error"]["code"]) == (408, "ppkit_body_too_slow")
    assert room.platform.requests == []


def test_a_learner_sends_one_body_at_a_time_and_holds_up_nobody_else(room: ClassRoom) -> None:
    mine, theirs = room.join("a").token, room.join("b").token
    for token in (mine, theirs):
        asked(room, lambda client: client.models.retrieve(MODEL), token)  # the door knows them from now on
    begun: list[str] = []

    async def together() -> None:
        goes_on = asyncio.Event()

        def waits(name: str) -> Callable[[], Awaitable[object]]:
            async def wait() -> None:
                begun.append(name)
                await goes_on.wait()

            return wait

        async with asyncio.TaskGroup() as group:
            for name, token in (("first", mine), ("second", mine), ("other", theirs)):
                group.create_task(sent_slowly(room, token, waits(name)))
            async with asyncio.timeout(5):
                while len(begun) < 2:
                    await asyncio.sleep(0)
                for _ in range(20):
                    await asyncio.sleep(0)
            assert begun == ["first", "other"]
            goes_on.set()

    asyncio.run(together())
    assert len(room.platform.requests) == 3


def test_only_harmless_headers_pass_either_way(room: ClassRoom) -> None:
    headers = {"openai-organization": "org-theirs", "x-client-request-id": "mine-1", "cookie": "a=b"}
    own = {"x-request-id": "req_1", "openai-organization": "org-agency", "x-ratelimit-limit-requests": "9"}
    room.platform.answer_with(httpx2.Response(200, json=response_body(10, 5), headers=own))
    answer = posted(room, json.dumps(ASK).encode(), **headers)
    sent = room.platform.requests[0].headers
    assert "openai-organization" not in sent
    assert "cookie" not in sent
    assert sent["x-client-request-id"] == "mine-1"
    assert answer.headers["x-request-id"] == "req_1"
    assert not {"openai-organization", "x-ratelimit-limit-requests"} & set(answer.headers)


@pytest.mark.parametrize("name", [f"call-{AGENCY_KEY}", "two words", "x" * 129])
def test_a_name_for_a_call_that_is_none_or_holds_a_key_goes_no_further(room: ClassRoom, name: str) -> None:
    posted(room, json.dumps(ASK).encode(), **{"x-client-request-id": name})
    assert room.platform.requests[0].headers.get("x-client-request-id") != name


# --- limits


def test_a_learners_limit_is_a_rate_limit_error_with_our_code(new_class: NewClass) -> None:
    room = new_class(limit_per_learner=Money.usd("0.001"))
    asked(room, respond)
    error = refused(room, lambda client: client.responses.create(**ASK | {"input": "x" * 4000}))
    assert isinstance(error, openai.RateLimitError)
    assert (error.code, error.type) == ("ppkit_hard_limit_reached", "insufficient_quota")
    assert error.response.headers["x-should-retry"] == "false"
    assert "$0.001" in error.message
    assert room.totals(VEGA).counted <= Money.usd("0.001")


def test_the_lessons_limit_holds_whatever_each_learner_has_left(new_class: NewClass) -> None:
    room = new_class(limit_in_all=Money.usd("0.0002"))
    tokens = [room.join(visit).token for visit in ("a", "b", "c")]

    async def everybody() -> list[Any]:
        clients = [room.sdk(token) for token in tokens for _ in range(5)]
        return await asyncio.gather(*(respond(client) for client in clients), return_exceptions=True)

    answers = asyncio.run(everybody())
    stopped = [answer for answer in answers if isinstance(answer, openai.RateLimitError)]
    assert stopped
    assert {error.code for error in stopped} <= {"ppkit_hard_limit_reached", "ppkit_ledger_busy"}
    assert room.totals(LESSON).counted == Money(room.platform.billed_pico_usd) <= Money.usd("0.0002")


def test_a_limit_holds_over_the_turn_of_a_month(new_class: NewClass, clock: ManualClock) -> None:
    opens = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    room = new_class(limit_per_learner=Money.usd("0.00072"), opens=opens, closes=opens + timedelta(hours=1))
    clock.advance(opens - clock.now())
    token = room.join().token
    asked(room, respond, token)
    clock.advance(timedelta(minutes=45))
    assert refused(room, respond, token).code == "ppkit_hard_limit_reached"
    assert room.served.spending().learners[0].calls == 1


# --- time and tokens


def test_credits_end_by_themselves_at_closing(room: ClassRoom) -> None:
    token = room.join().token
    asked(room, respond, token)
    room.clock.advance(timedelta(hours=2))
    error = refused(room, respond, token)
    assert (type(error), error.code) == (openai.PermissionDeniedError, "ppkit_lesson_over")
    assert len(room.platform.requests) == 1


def test_before_opening_nothing_is_sent(new_class: NewClass) -> None:
    room = new_class(opens=a_lesson().closes - timedelta(minutes=1))
    error = refused(room, respond)
    assert (type(error), error.code) == (openai.PermissionDeniedError, "ppkit_lesson_not_open")
    assert room.platform.requests == []


def test_a_token_that_was_reset_is_nobodys_even_at_another_gateway(room: ClassRoom) -> None:
    old, other = room.join().token, room.gateway()

    async def at_other(token: str) -> Any:
        async with room.sdk(token, other) as client:
            return await respond(client)

    asyncio.run(at_other(old))
    new = room.roster.reset("tuesday", "Vega")
    assert new is not None
    room.clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    with pytest.raises(openai.AuthenticationError):
        asyncio.run(at_other(old))
    asyncio.run(at_other(new))
    assert room.totals(VEGA).calls == 2  # the learner's money stays the learner's


def test_the_lesson_is_asked_for_once_and_not_for_each_learner(
    new_class: NewClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, asked_for = new_class(learners=3), list[str]()
    tokens = [room.join(f"visit {number}").token for number in range(3)]
    prepared = room.served.prepared

    def counted() -> Any:
        asked_for.append("lesson")
        return prepared()

    monkeypatch.setattr(room.served, "prepared", counted)
    for token in tokens:
        asked(room, respond, token)
    assert asked_for == ["lesson"]


def test_what_was_found_out_before_a_lesson_was_closed_lets_nobody_in_afterwards(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, prepared = room.join().token, room.served.prepared
    door = ClassDoor(room.served, RosterCheck(room.served), room.clock)

    def closed_meanwhile() -> Any:
        found = prepared()
        monkeypatch.undo()
        room.roster.end("tuesday")
        door.forget()
        return found

    monkeypatch.setattr(room.served, "prepared", closed_meanwhile)
    asyncio.run(door.admitted(token))
    with pytest.raises(LessonOver):
        asyncio.run(door.admitted(token))


# --- what goes wrong on the way


def test_a_failure_that_the_platform_tells_is_repeated_here_and_held_once(room: ClassRoom) -> None:
    failed = {"error": {"message": "sorry", "type": "server_error", "param": None, "code": None}}
    broken = httpx2.Response(500, json=failed, headers={"x-request-id": "req_1"})
    room.platform.answer_with(broken, broken)
    asked(room, respond)
    assert len(room.platform.requests) == 3
    assert room.waits == [0.5, 1.0]
    assert room.totals(VEGA).uncertain == ZERO
    assert room.totals(VEGA).spent == Money(room.platform.billed_pico_usd)


def test_what_repeating_does_not_mend_is_uncertain_once_and_not_repeated_again(room: ClassRoom) -> None:
    failed = {"error": {"message": "sorry", "type": "server_error", "param": None, "code": None}}
    room.platform.answer_with(*[httpx2.Response(500, json=failed, headers={"x-request-id": "req_1"})] * 3)
    error = refused(room, respond)
    assert isinstance(error, openai.InternalServerError)
    assert error.response.headers["x-should-retry"] == "false"
    assert len(room.ledger.uncertain()) == 1
    assert room.totals(VEGA).reserved == ZERO


def test_a_platform_that_is_not_reached_costs_nothing(room: ClassRoom) -> None:
    room.platform.answer_with(httpx2.ConnectError("no"))
    error = refused(room, respond)
    assert (error.status_code, error.code) == (502, "ppkit_platform_unreachable")
    assert room.totals(VEGA).counted == room.totals(VEGA).reserved == ZERO


def test_the_platforms_own_refusal_passes_and_costs_nothing(room: ClassRoom) -> None:
    room.platform.answer_with(error(400, "moderation_blocked"))
    told = refused(room, respond)
    assert (type(told), told.code) == (openai.BadRequestError, "moderation_blocked")
    assert room.totals(VEGA).counted == ZERO


SECRETS = ("sk-proj-***WXYZ", "org-Agency1", "proj_Agency2")
WORDS = "Incorrect API key provided: sk-proj-***WXYZ in organization org-Agency1, project proj_Agency2."


@pytest.mark.parametrize(
    ("status", "code", "told_status", "told_code"),
    [
        (401, "invalid_api_key", 502, "ppkit_agency_key_refused"),
        (403, "permission_denied", 502, "ppkit_agency_key_refused"),
        (429, "rate_limit_exceeded", 429, "rate_limit_exceeded"),
        (429, "insufficient_quota", 429, "insufficient_quota"),
        (404, "model_not_found", 404, "model_not_found"),
        (400, "bad_request", 400, "bad_request"),
    ],
)
def test_a_refusal_tells_nothing_of_the_agencys_account(
    room: ClassRoom,
    status: int,
    code: str,
    told_status: int,
    told_code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = {"error": {"message": WORDS, "type": "x", "param": None, "code": code}}
    room.platform.answer_with(httpx2.Response(status, json=body, headers={"retry-after": "7"}))
    told = refused(room, respond)
    assert (told.status_code, told.code) == (told_status, told_code)
    assert told.response.headers["retry-after"] == "7"
    assert not [secret for secret in SECRETS if secret in told.response.text + caplog.text]
    assert ("Incorrect" in told.response.text) == (status in {400, 404})  # in our words what is the account's
    assert room.totals(VEGA).counted == room.totals(VEGA).reserved == ZERO
    if told_status == 502:
        assert f"status {status}, {code}" in caplog.text


@pytest.mark.parametrize("path", ["moderations", "responses/input_tokens", "responses"])
def test_an_answer_is_never_compressed(room: ClassRoom, path: str) -> None:
    """Its content-encoding does not go on, so that nobody could read it."""

    def compressing(request: httpx2.Request, _body: Any) -> httpx2.Response:
        content = json.dumps(response_body(10, 5)).encode()
        if "gzip" in request.headers.get("accept-encoding", ""):
            pieces = Chunks([gzip.compress(content)])
            return httpx2.Response(200, stream=pieces, headers={"content-encoding": "gzip"})
        return httpx2.Response(200, content=content)

    room.platform.answer_with(compressing)
    assert posted(room, json.dumps(ASK).encode(), path).json()["usage"]["output_tokens"] == 5


def test_the_agencys_key_is_in_no_answer_and_no_log(
    room: ClassRoom, caplog: pytest.LogCaptureFixture
) -> None:
    token = room.join().token
    room.platform.answer_with(httpx2.ConnectError(f"Bearer {AGENCY_KEY}"))
    texts = [refused(room, respond, token).response.text]
    room.platform.answer_with(RuntimeError(AGENCY_KEY))
    texts.append(refused(room, respond, token).response.text)
    assert AGENCY_KEY not in "".join(texts) + caplog.text + repr(room.upstream)
    assert token not in "".join(texts) + caplog.text


# --- streams


class Events(Chunks):
    """A stream that notes how far it was read; `at_once`: all of it has come before anybody reads."""

    def __init__(
        self, events: list[bytes], *, at_once: bool = False, then: BaseException | None = None
    ) -> None:
        super().__init__(events, then)
        self.read = 0
        self._at_once = at_once

    async def __aiter__(self) -> Any:
        for event in self:
            self.read += 1
            yield event
            if not self._at_once:
                await asyncio.sleep(0)  # the next one has yet to come


def test_a_stream_arrives_piece_by_piece(room: ClassRoom) -> None:
    events = Events(response_events(response_body(10, 5)))
    headers = {"content-type": "text/event-stream"}
    room.platform.answer_with(httpx2.Response(200, headers=headers, stream=events))
    pieces = asyncio.run(_received(room, events, leave_after=None))
    assert [read for read, piece in pieces if piece][:3] == [1, 2, 3]
    assert room.totals(VEGA).spent == Money(10 * 1_000_000 + 5 * 5_000_000)


def test_what_has_come_at_once_leaves_together_and_whole(room: ClassRoom) -> None:
    sent = [*response_events(response_body(10, 5))[:-1] * 40, response_events(response_body(10, 5))[-1]]
    events = Events(sent, at_once=True)
    headers = {"content-type": "text/event-stream"}
    room.platform.answer_with(httpx2.Response(200, headers=headers, stream=events))
    pieces = [piece for _, piece in asyncio.run(_received(room, events, leave_after=None)) if piece]
    assert b"".join(pieces) == b"".join(sent)
    assert len(pieces) <= len(sent) / 20


@pytest.mark.parametrize("at_once", [True, False])
def test_a_stream_that_breaks_ends_no_answer_cleanly_and_is_settled(room: ClassRoom, at_once: bool) -> None:
    sent = response_events(response_body(10, 5))[:4]
    events = Events(sent, at_once=at_once, then=httpx2.ReadError("gone"))
    headers = {"content-type": "text/event-stream"}
    room.platform.answer_with(httpx2.Response(200, headers=headers, stream=events))
    pieces: list[tuple[int, bytes]] = []
    with pytest.raises(AnswerBroke):
        asyncio.run(_received(room, events, leave_after=None, pieces=pieces))
    assert b"".join(piece for _, piece in pieces) == b"".join(sent)
    assert all(piece for _, piece in pieces)  # an empty one would end it cleanly
    assert events.closed
    assert room.totals(VEGA).reserved == ZERO
    assert room.totals(VEGA).counted


def test_a_learner_that_goes_away_closes_the_stream_and_what_was_seen_is_counted(room: ClassRoom) -> None:
    events = Events(response_events(response_body(10, 5)))
    headers = {"content-type": "text/event-stream"}
    room.platform.answer_with(httpx2.Response(200, headers=headers, stream=events))
    asyncio.run(_received(room, events, leave_after=5))
    assert events.closed
    totals = room.totals(VEGA)
    assert totals.reserved == ZERO
    assert totals.spent >= Money(10 * 1_000_000)
    assert totals.estimated + totals.ceiling == totals.spent


async def _received(
    room: ClassRoom, events: Events, leave_after: int | None, pieces: list[tuple[int, bytes]] | None = None
) -> list[tuple[int, bytes]]:
    """The pieces of an answer as they leave the gateway, each with how far the platform's stream was read."""
    body = json.dumps(ASK | {"stream": True}).encode()
    token = room.join().token
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/responses",
        "headers": headers,
        "query_string": b"",
        "root_path": "",
    }
    pieces = [] if pieces is None else pieces
    gone, messages = asyncio.Event(), iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, object]:
        message = next(messages, None)
        if message is None:
            await gone.wait()
            return {"type": "http.disconnect"}
        return message

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            pieces.append((events.read, message["body"]))
            if leave_after is not None and len(pieces) >= leave_after:
                gone.set()
                await asyncio.sleep(0)

    await room.app(scope, receive, send)
    return pieces
