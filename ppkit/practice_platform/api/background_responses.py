"""Responses that go on in the background: followed in a stream, taken up again, cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.answer import EventStream
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.listing import query_integer
from ppkit.practice_platform.api.rehearsals import trouble_in_stream
from ppkit.practice_platform.api.response_body import begun, tool_usage_on_wire, usage_on_wire
from ppkit.practice_platform.api.response_stream import error_record, events_of, record
from ppkit.practice_platform.background_work import Work

NO_EVENT = -1
MOST_EVENTS = 2**40


def as_of_now(call: ApiCall, body: dict[str, Any]) -> dict[str, Any]:
    """A stored response as it stands at this moment."""
    background = call.state.platform.background
    work = background.find(body["id"])
    return body if work is None else begun(body, work.status(background.now()))


def cancelled(call: ApiCall, body: dict[str, Any]) -> dict[str, Any]:
    """Stop the work and bill what was written; what has ended already is answered as it ended.

    Raises ApiError 400 for a response that never went on in the background.
    """
    if not body["background"]:
        raise ApiError(400, "Cannot cancel a synchronous response.")
    background = call.state.platform.background
    work = background.find(body["id"])
    if work is None:
        return body
    now = background.now()
    bill = work.bill_by(now)
    figures = {"usage": usage_on_wire(bill), "tool_usage": tool_usage_on_wire(bill)}
    return background.end(work, begun(body, "cancelled") | figures, bill, now)


def streamed(call: ApiCall, body: dict[str, Any]) -> EventStream:
    """A stored response as a stream, from behind the event that the caller has seen last."""
    after = query_integer(call, "starting_after", NO_EVENT, 0, MOST_EVENTS)
    work = call.state.platform.background.find(body["id"])
    if work is not None:
        return follow(call, work, after)
    if body["status"] == "cancelled":
        raise error_answers.nothing_to_stream()

    async def events() -> AsyncIterator[str]:
        for number, (event, _carried) in enumerate(events_of(body)):
            if number > after:
                yield record(event, number)

    return EventStream(events(), lambda: None)


def follow(call: ApiCall, work: Work, after: int = NO_EVENT) -> EventStream:
    """The events of work under way, each when its moment has come; it goes on when the caller leaves.

    A stream that is read to its end has waited for the work, whatever the practice clock says: then it is
    done.
    """
    background = call.state.platform.background
    final = dict(work.body)

    async def events() -> AsyncIterator[str]:
        written = work.bill.reasoning_tokens
        middle = written + (work.bill.output_tokens - written) // 2
        for number, (event, carried) in enumerate(events_of(final)):
            if after == NO_EVENT and carried and written == middle and (trouble := trouble_in_stream(call)):
                yield error_record(trouble, number)
                return
            written += carried
            if number > after:
                await _wait(call, work, event["type"], written)
            if event["type"] == f"response.{final['status']}":
                if background.find(work.id) is None and _was_cancelled(call, work):
                    return
                done = background.finish(work, min(background.now(), work.ends))
                yield record(event | {"response": done}, number)
                return
            if _was_cancelled(call, work):
                return
            if number > after:
                yield record(event, number)

    return EventStream(events(), lambda: None)


async def _wait(call: ApiCall, work: Work, event_type: str, written: int) -> None:
    moments = {"response.created": work.created, "response.queued": work.created}
    due = moments.get(event_type, work.moment_of(written))
    left = due - call.state.platform.background.now()
    if left > 0:
        await call.state.sleep(left / 1000)


def _was_cancelled(call: ApiCall, work: Work) -> bool:
    """Whether the work has ended otherwise than by being done."""
    platform = call.state.platform
    if platform.background.find(work.id) is not None:
        return False
    sql = "SELECT json_extract(body, '$.status') FROM stored_response WHERE id = ?"
    row = platform.database.row(sql, work.id)
    return row is None or row[0] == "cancelled"
