"""From a handler to an ASGI answer: ids, headers, errors in the envelope, faults that hit every route."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ppkit.practice_platform.api import error_answers, request_gate
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.rehearsals import SKEW, instead_of_an_answer, refuse, until_disconnected
from ppkit.practice_platform.api.settlement import release
from ppkit.practice_platform.api.wire_state import WireState
from ppkit.practice_platform.errors import (
    InvalidField,
    KeyTypedIn,
    NotSignedUp,
    PracticeError,
    TooMany,
    UnknownPracticeThing,
)
from ppkit.practice_platform.platform import Platform

Handler = Callable[[ApiCall], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class JsonAnswer(Response):
    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class EventStream(Response):
    """Server-sent events, until the caller leaves. `finish` runs once the stream has ended, however it
    ended: there it is billed.
    """

    def __init__(self, events: AsyncIterator[str], finish: Callable[[], None]) -> None:
        super().__init__(headers={"cache-control": "no-cache"}, media_type="text/event-stream")
        del self.headers["content-length"]
        self._events = events
        self._finish = finish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        # uvicorn drops what is sent to a caller who has left; nothing else would stop generating for them.
        leaving = asyncio.ensure_future(until_disconnected(receive))
        try:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await send(start)
            async for event in self._events:
                body = event.encode("utf-8", "replace")
                await send({"type": "http.response.body", "body": body, "more_body": True})
                if leaving.done():
                    return
        finally:
            leaving.cancel()
            self._finish()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def wire(state: WireState, handler: Handler) -> Endpoint:
    """An endpoint for authenticated callers."""

    async def recognised(call: ApiCall) -> Response:
        state.platform.background.settle_time()
        request_gate.recognise(call)
        refuse(call, "signed_in")
        return await handler(call)

    return anyone(state, recognised)


def anyone(state: WireState, handler: Handler) -> Endpoint:
    """An endpoint that answers every caller: ids and headers, errors in the envelope."""

    async def endpoint(request: Request) -> Response:
        started = state.platform.clock.monotonic()
        call = ApiCall(request, state, id=f"req_{state.platform.token(32)}")
        try:
            response = await _answer(call, handler)
        except ApiError as error:
            response = JsonAnswer(error.body, error.status, headers=error.headers)
        except BaseException:
            release(call)  # no bill will come: what was held for the call must not block others
            raise
        elapsed_milliseconds = (state.platform.clock.monotonic() - started) * 1000
        own = {
            "date": _date(state.platform),
            "x-request-id": call.id,
            "openai-version": "2020-10-01",
            "openai-processing-ms": str(max(1, round(elapsed_milliseconds))),
            "x-practice-platform": "true",
        }
        # Appended as they are: none of them is there yet, and looking for each would take its time.
        response.raw_headers.extend(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in (call.headers | own).items()
        )
        return response

    return endpoint


def _date(platform: Platform) -> str:
    """The real hour: a practice clock that was moved forward must not look like a computer's wrong one."""
    now = platform.clock.real_now() + (SKEW if platform.faults.is_on("clock_skew") else timedelta(0))
    return format_datetime(now, usegmt=True)


async def _answer(call: ApiCall, handler: Handler) -> Response:
    """The handler's answer, with the platform's own refusals put into OpenAI's words."""
    if call.state.platform.faults.names_on() and (instead := await instead_of_an_answer(call)):
        return instead
    try:
        return await handler(call)
    except NotSignedUp as error:
        raise error_answers.wrong_key("sk-practice-********") from error
    except UnknownPracticeThing as error:
        raise error_answers.not_found(str(error.facts["what"]), str(error.facts["id"])) from error
    except KeyTypedIn as error:
        field = str(error.facts["field"])
        raise ApiError(
            400,
            f"Invalid '{field}': a secret key belongs into the Authorization header only. Nothing was kept.",
            kind="practice_platform_error",
            param=field,
            code=error.code,
        ) from error
    except InvalidField as error:
        field = str(error.facts["field"])
        raise ApiError(400, f"Invalid '{field}'.", param=field, code="invalid_value") from error
    except TooMany as error:
        raise ApiError(400, f"Too many: at most {error.facts['most']}.", code="limit_reached") from error
    except PracticeError as error:
        raise ApiError(400, "The practice platform refuses this.", code=error.code) from error
