"""Rehearsed failures on the wire: refusals at the stages of a call, and connections that misbehave."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.wire_state import NEVER_SECONDS, SLOW_ANSWER_SECONDS
from ppkit.practice_platform.faults import FAULTS, Stage

SERVER_ERROR = "The server had an error while processing your request. Sorry about that!"
SKEW = timedelta(hours=5)
STORM_PERIOD = 3
"""In a storm of 429s, the last of so many calls gets through."""
GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
PORTAL_PAGE = (
    "<html><head><title>Wi-Fi sign-in (practice)</title></head>"
    "<body><form>Please accept the terms of this network to go on.</form></body></html>"
)


class CutShort(Exception):
    """A stream that ends in the middle, as rehearsed: the connection is dropped without a proper end."""


class Dropped(Response):
    """A connection that breaks: an answer is announced and never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        raise CutShort


async def instead_of_an_answer(call: ApiCall) -> Response | None:
    """What arrives in place of an answer, before the key is looked at; None when all is well.

    Raises ApiError for the refusals of that stage.
    """
    faults = call.state.platform.faults
    if faults.is_on("slow_answers"):
        await call.state.sleep(SLOW_ANSWER_SECONDS)
    if faults.is_on("no_answer"):
        await _until_the_caller_leaves(call)
        return Dropped()
    if faults.is_on("connection_reset"):
        return Dropped()
    if faults.is_on("captive_portal"):
        return Response(PORTAL_PAGE, 200, media_type="text/html")
    if faults.is_on("web_page_error"):
        return Response(GATEWAY_PAGE, 502, media_type="text/html")
    refuse(call, "arrival")
    return None


def refuse(call: ApiCall, stage: Stage) -> None:
    """Raise the refusal that is rehearsed for this stage of a call, if there is one."""
    for name in call.state.platform.faults.on_at(stage):
        fault = FAULTS[name]
        if fault.status is None or (fault.until_verified and call.state.platform.accounts.is_verified()):
            continue
        if name == "rate_limit_storm" and call.state.storm_lets_through(STORM_PERIOD):
            continue
        raise _refusal(call, name)


def trouble_in_stream(call: ApiCall) -> dict[str, str | None] | None:
    """The error that a stream turns into in its middle, None when it goes on. Raises CutShort."""
    faults = call.state.platform.faults
    if faults.is_on("cut_stream"):
        raise CutShort
    if not faults.is_on("error_in_stream"):
        return None
    return {"message": SERVER_ERROR, "type": "server_error", "param": None, "code": "server_error"}


def _refusal(call: ApiCall, name: str) -> ApiError:
    fault = FAULTS[name]
    assert fault.status is not None
    error = ApiError(
        fault.status,
        fault.message.format(organization=call.organization_id, model=call.model, request=call.id),
        kind=fault.kind,
        code=fault.code,
        param=fault.param,
        retry_after_seconds=fault.retry_after_seconds,
    )
    if counted := fault.counted:  # the headers say the same as the sentence
        left = max(counted.limit - counted.used, 0)
        call.headers |= {
            f"x-ratelimit-limit-{counted.unit}": str(counted.limit),
            f"x-ratelimit-remaining-{counted.unit}": str(left),
            f"x-ratelimit-reset-{counted.unit}": counted.resets_in,
        }
    if name == "image_moderation":
        details = {"moderation_stage": "input", "categories": ["practice"]}
        error.body["error"]["moderation_details"] = details
    return error


async def _until_the_caller_leaves(call: ApiCall) -> None:
    """Wait, at most NEVER_SECONDS: no client is that patient, and none is waited for for ever."""
    leaving = asyncio.ensure_future(until_disconnected(call.request.receive))
    waiting = asyncio.ensure_future(call.state.sleep(NEVER_SECONDS))
    try:
        await asyncio.wait({leaving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        waiting.cancel()


async def until_disconnected(receive: Receive) -> None:
    """Wait until the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
