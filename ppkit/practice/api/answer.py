"""From a handler to an ASGI answer: ids, headers, errors in the envelope, faults that hit every route."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ppkit.practice.api import errors, gate
from ppkit.practice.api.call import Call
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.wire_state import SLOW_ANSWER_SECONDS, WireState
from ppkit.practice.errors import InvalidField, NotSignedUp, PracticeError, TooMany, UnknownPracticeThing

Handler = Callable[[Call], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


class JsonAnswer(Response):
    media_type = "application/json"

    def render(self, content: object) -> bytes:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class EventStream(Response):
    """Server-sent events. `finish` runs once the stream has ended, however it ended: there it is billed."""

    def __init__(self, events: AsyncIterator[str], finish: Callable[[], None]) -> None:
        super().__init__(headers={"cache-control": "no-cache"}, media_type="text/event-stream")
        del self.headers["content-length"]
        self._events = events
        self._finish = finish

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async for event in self._events:
                await send(
                    {
                        "type": "http.response.body",
                        "body": event.encode("utf-8", "replace"),
                        "more_body": True,
                    }
                )
        finally:
            self._finish()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class CutShort(Exception):
    """A stream that ends in the middle, as rehearsed: the connection is dropped without a proper end."""


class Dropped(Response):
    """A connection that breaks: an answer is announced and never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise CutShort


def wire(state: WireState, handler: Handler) -> Endpoint:
    """An endpoint for authenticated callers."""

    async def endpoint(request: Request) -> Response:
        started = state.platform.clock.monotonic()
        call = Call(request, state, id=f"req_{state.platform.token(32)}")
        try:
            response = await _answer(call, handler)
        except ApiError as error:
            response = JsonAnswer(error.body, error.status, headers=error.headers)
        elapsed_milliseconds = (state.platform.clock.monotonic() - started) * 1000
        response.headers.update(
            call.headers
            | {
                "x-request-id": call.id,
                "openai-version": "2020-10-01",
                "openai-processing-ms": str(max(1, round(elapsed_milliseconds))),
                "x-practice-platform": "true",
            }
        )
        return response

    return endpoint


async def _answer(call: Call, handler: Handler) -> Response:
    """The handler's answer, with the platform's own refusals put into OpenAI's words."""
    if call.state.platform.faults.names_on() and (dropped := await _faulty(call)):
        return dropped
    try:
        gate.recognise(call)
        if call.state.platform.faults.is_on("account_deactivated"):
            raise _deactivated()
        return await handler(call)
    except NotSignedUp as error:
        raise errors.wrong_key("sk-practice-********") from error
    except UnknownPracticeThing as error:
        raise errors.not_found(str(error.facts["what"]), str(error.facts["id"])) from error
    except InvalidField as error:
        field = str(error.facts["field"])
        raise ApiError(400, f"Invalid '{field}'.", param=field, code="invalid_value") from error
    except TooMany as error:
        raise ApiError(400, f"Too many: at most {error.facts['most']}.", code="limit_reached") from error
    except PracticeError as error:
        raise ApiError(400, "The practice platform refuses this.", code=error.code) from error


async def _faulty(call: Call) -> Response | None:
    """The rehearsed failures that come before the key is looked at."""
    faults = call.state.platform.faults
    if faults.is_on("slow_answers"):
        await call.state.sleep(SLOW_ANSWER_SECONDS)
    if faults.is_on("connection_reset"):
        return Dropped()
    if faults.is_on("web_page_error"):
        return Response(
            "<html><head><title>502 Bad Gateway</title></head></html>", 502, media_type="text/html"
        )
    for name, make in _FAULTY_ANSWERS.items():
        if faults.is_on(name):
            raise make(call)
    return None


def _deactivated() -> ApiError:
    return ApiError(
        401,
        "The OpenAI account associated with this API key has been deactivated. If you are the"
        " developer for this"
        " OpenAI app, please check your email for more information.",
        code="account_deactivated",
    )


_FAULTY_ANSWERS: dict[str, Callable[[Call], ApiError]] = {
    "server_error": lambda _call: ApiError(
        500, "The server had an error while processing your request", kind="server_error", code="server_error"
    ),
    "overloaded": lambda _call: ApiError(
        503,
        "Our servers are currently overloaded. Please try again later.",
        kind="service_unavailable_error",
        code="server_is_overloaded",
    ),
    "unsupported_country": lambda _call: ApiError(
        403,
        "Country, region, or territory not supported",
        kind="request_forbidden",
        code="unsupported_country_region_territory",
    ),
    "ip_not_authorized": lambda _call: ApiError(401, "IP not authorized", code="ip_not_authorized"),
    "rate_limit": lambda call: errors.rate_limited(
        call.organization_id or "org-practice", "this model", 3, "requests per min (RPM)", 1
    ),
    "slow_down": lambda _call: ApiError(
        429,
        "Your request rate has risen too steeply. Reduce your request rate and raise it again gradually.",
        kind="rate_limit_error",
        code="slow_down",
    ),
}
