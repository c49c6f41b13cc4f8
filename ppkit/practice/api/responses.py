"""POST /responses, plain and streamed; retrieve and delete of stored ones."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from ppkit.practice.api import gate
from ppkit.practice.api.answer import JsonAnswer
from ppkit.practice.api.call import Call
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.generation import Generation, Message, generate
from ppkit.practice.api.rehearsals import refuse
from ppkit.practice.api.response_request import ResponseRequest, read_request
from ppkit.practice.api.response_stream import stream
from ppkit.practice.rows import Bill

MOST_STORED = 2_000
"""Older stored responses are forgotten, so that the file stays small."""


async def create(call: Call) -> Response:
    gate.need_scope(call, "api.responses.write")
    parameters = await call.parameters()
    model = gate.need_model(call, parameters, "text")
    gate.need_rate(call)
    gate.need_money(call)
    asked = read_request(parameters, model, lambda response_id: _context(call, response_id))
    if asked.echo["reasoning"]["summary"]:
        refuse(call, "reasoning_summary")
    if asked.stream:
        refuse(call, "text_stream")
    generation = generate(call, asked.task)
    body = _body(call, asked, generation)

    def finish(sent_tokens: int | None) -> None:
        """Bill what was generated, and keep the response when it is complete."""
        bill = generation.priced(sent_tokens)
        platform = call.state.platform
        with platform.database.write():
            platform.usage.bill(call.caller, call.user_id, bill)
            if asked.store and bill.output_tokens == generation.usage.output_tokens:
                _store(call, asked, body, generation)
        call.state.rates.count(
            call.project_id,
            call.model,
            platform.clock.timestamp(),
            tokens=bill.input_tokens + bill.output_tokens,
        )

    if asked.stream:
        return stream(call, body, generation, finish)
    finish(None)
    return JsonAnswer(body)


async def retrieve(call: Call) -> Response:
    gate.need_scope(call, "api.responses.read")
    return JsonAnswer(json.loads(_stored(call, call.request.path_params["response_id"])["body"]))


async def delete(call: Call) -> Response:
    gate.need_scope(call, "api.responses.write")
    response_id = call.request.path_params["response_id"]
    _stored(call, response_id)
    call.state.platform.database.run("DELETE FROM stored_response WHERE id = ?", response_id)
    return JsonAnswer({"id": response_id, "object": "response", "deleted": True})


async def input_items(call: Call) -> Response:
    gate.need_scope(call, "api.responses.read")
    response_id = call.request.path_params["response_id"]
    turns = json.loads(_stored(call, response_id)["context"])
    items = [
        {
            "id": f"msg_{response_id.removeprefix('resp_')}{number}",
            "type": "message",
            "role": turn["role"],
            "status": "completed",
            "content": [{"type": "input_text", "text": turn["text"]}],
        }
        for number, turn in enumerate(turns[:-1])
        if turn["role"] != "assistant"
    ][::-1]
    return JsonAnswer(
        {
            "object": "list",
            "data": items,
            "first_id": items[0]["id"] if items else "",
            "last_id": items[-1]["id"] if items else "",
            "has_more": False,
        }
    )


def usage_on_wire(bill: Bill) -> dict[str, Any]:
    return {
        "input_tokens": bill.input_tokens,
        "input_tokens_details": {
            "cached_tokens": bill.cached_tokens,
            "cache_write_tokens": bill.cache_write_tokens,
        },
        "output_tokens": bill.output_tokens,
        "output_tokens_details": {"reasoning_tokens": bill.reasoning_tokens},
        "total_tokens": bill.input_tokens + bill.output_tokens,
    }


def _body(call: Call, asked: ResponseRequest, generation: Generation) -> dict[str, Any]:
    now = call.state.platform.clock.timestamp()
    answer = generation.answers[0]
    return {
        "id": f"resp_{call.state.platform.token(48)}",
        "object": "response",
        "created_at": now,
        "completed_at": None if answer.cut else now,
        "status": "incomplete" if answer.cut else "completed",
        "background": False,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if answer.cut else None,
        "model": asked.task.model.snapshot,
        "service_tier": asked.task.tier,
        "output": _output(call, asked, generation),
        "usage": usage_on_wire(generation.usage),
    } | asked.echo


def _output(call: Call, asked: ResponseRequest, generation: Generation) -> list[dict[str, Any]]:
    """A reasoning item when the model thought, then a message or the forced function call."""
    answer, token = generation.answers[0], call.state.platform.token
    items: list[dict[str, Any]] = []
    if answer.reasoning_tokens:
        items.append({"id": f"rs_{token(48)}", "type": "reasoning", "summary": []})
    status = "incomplete" if answer.cut else "completed"
    if asked.task.forced_tool:
        items.append(
            {
                "id": f"fc_{token(48)}",
                "type": "function_call",
                "status": status,
                "call_id": f"call_{token(24)}",
                "name": asked.task.forced_tool.name,
                "arguments": answer.text,
            }
        )
    elif answer.pieces:
        part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        items.append(
            {
                "id": f"msg_{token(48)}",
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": [part],
            }
        )
    return items


def _stored(call: Call, response_id: str) -> Any:
    row = call.state.platform.database.row(
        "SELECT * FROM stored_response WHERE id = ? AND project_id = ?", response_id, call.project_id
    )
    if row is None:
        raise ApiError(404, f"Response with id '{response_id[:100]}' not found.")
    return row


def _context(call: Call, response_id: str) -> list[Message]:
    """What was said up to and including the response with this id."""
    row = call.state.platform.database.row(
        "SELECT context FROM stored_response WHERE id = ? AND project_id = ?", response_id, call.project_id
    )
    if row is None:
        raise ApiError(
            400,
            f"Previous response with id '{response_id[:100]}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return [Message(turn["role"], turn["text"], turn["images"]) for turn in json.loads(row[0])]


def _store(call: Call, asked: ResponseRequest, body: dict[str, Any], generation: Generation) -> None:
    turns = [
        {"role": turn.role, "text": turn.text, "images": turn.images}
        for turn in (*asked.task.messages, Message("assistant", generation.answers[0].text))
        if turn.role not in ("instructions",)
    ]
    database = call.state.platform.database
    database.run(
        "INSERT INTO stored_response VALUES (?, 'response', ?, ?, ?, ?)",
        body["id"],
        call.project_id,
        body["created_at"],
        json.dumps(body, ensure_ascii=False),
        json.dumps(turns, ensure_ascii=False),
    )
    database.run(
        "DELETE FROM stored_response WHERE rowid <= (SELECT max(rowid) FROM stored_response) - ?", MOST_STORED
    )
