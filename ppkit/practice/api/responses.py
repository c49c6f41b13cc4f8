"""POST /responses, plain and streamed; stored ones are retrieved, deleted and gone on from."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ppkit.practice.answers import summary_of_thoughts
from ppkit.practice.api import errors, gate, stored
from ppkit.practice.api.answer import JsonAnswer
from ppkit.practice.api.call import Call
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.generation import Generation, Message, generate, input_tokens
from ppkit.practice.api.listing import page_of
from ppkit.practice.api.rehearsals import refuse
from ppkit.practice.api.response_request import ResponseRequest, item_on_wire, read_request
from ppkit.practice.api.response_stream import stream
from ppkit.practice.api.settlement import settle
from ppkit.practice.rows import Bill

DEFAULT_COUNTER = "gpt-6-luna"


async def create(call: Call) -> Response:
    gate.need_scope(call, "api.responses.write")
    parameters = await call.parameters()
    model = gate.need_model(call, parameters, "text")
    gate.need_rate(call)
    gate.need_money(call)
    asked = read_request(parameters, model, lambda response_id: _context(call, response_id))
    if asked.summary:
        refuse(call, "reasoning_summary")
    if asked.stream:
        refuse(call, "text_stream")
    generation = generate(call, asked.task)
    body = _body(call, asked, generation)

    def finish(sent_tokens: int | None) -> None:
        """Bill what was generated, and keep the response when it is complete."""
        bill = generation.priced(sent_tokens)
        with call.state.platform.database.write():
            settle(call, bill)
            if asked.store and bill.output_tokens == generation.usage.output_tokens:
                context = {"turns": _turns(asked, generation), "input": asked.given}
                stored.keep(call, "response", body, context)

    if asked.stream:
        return stream(call, body, generation, finish)
    finish(None)
    return JsonAnswer(body)


async def count_input(call: Call) -> Response:
    """How many tokens a request would be: free, and nothing is generated."""
    gate.need_scope(call, "api.responses.write")
    parameters = await call.parameters()
    model = gate.need_model(call, parameters, "text", DEFAULT_COUNTER)
    asked = read_request(parameters, model, lambda response_id: _context(call, response_id))
    return JsonAnswer({"object": "response.input_tokens", "input_tokens": input_tokens(call, asked.task)})


async def retrieve(call: Call) -> Response:
    gate.need_scope(call, "api.responses.read")
    if call.request.query_params.get("stream") == "true":
        raise errors.not_imitated("Streaming a stored response")
    return JsonAnswer(_found(call)[0])


async def delete(call: Call) -> Response:
    gate.need_scope(call, "api.responses.write")
    response_id = call.request.path_params["response_id"]
    stored.forget(call, "response", response_id)
    return JsonAnswer({"id": response_id, "object": "response", "deleted": True})


async def cancel(call: Call) -> Response:
    """Only what runs in the background can be cancelled, and nothing here does."""
    gate.need_scope(call, "api.responses.write")
    _found(call)
    raise ApiError(400, "Cannot cancel a synchronous response.")


async def input_items(call: Call) -> Response:
    gate.need_scope(call, "api.responses.read")
    body, context = _found(call)
    number = body["id"].removeprefix("resp_")
    items = [item_on_wire(item, f"{number}{place}") for place, item in enumerate(context["input"])]
    return page_of(call, items)


def _found(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    return stored.need(call, "response", call.request.path_params["response_id"])


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
        items.append(_thoughts(call, asked))
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


def _thoughts(call: Call, asked: ResponseRequest) -> dict[str, Any]:
    """The reasoning item: sealed, with a summary where one is wished."""
    token = call.state.platform.token
    said = "\n".join(message.text for message in asked.task.messages if message.role == "user")
    summary = [{"type": "summary_text", "text": summary_of_thoughts(said)}] if asked.summary else []
    return {
        "id": f"rs_{token(48)}",
        "type": "reasoning",
        "summary": summary,
        "encrypted_content": f"practice-{token(24)}",
    }


def _context(call: Call, response_id: str) -> list[Message]:
    """What was said up to and including the response with this id."""
    found = stored.find(call, "response", response_id)
    if found is None:
        raise ApiError(
            400,
            f"Previous response with id '{response_id[:100]}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    return [Message(turn["role"], turn["text"], turn["images"]) for turn in found[1]["turns"]]


def _turns(asked: ResponseRequest, generation: Generation) -> list[dict[str, Any]]:
    """The conversation as a next response goes on from it: instructions are not carried over."""
    return [
        {"role": turn.role, "text": turn.text, "images": turn.images}
        for turn in (*asked.task.messages, Message("assistant", generation.answers[0].text))
        if turn.role != "instructions"
    ]
