"""POST /responses, plain, streamed and in the background; stored ones are retrieved, cancelled, deleted and
gone on from.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import background_responses, request_gate, stored
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.generation import Generation, Message, generate, input_tokens
from ppkit.practice_platform.api.listing import page_of
from ppkit.practice_platform.api.rehearsals import refuse
from ppkit.practice_platform.api.response_body import begun, body_of
from ppkit.practice_platform.api.response_request import ResponseRequest, item_on_wire, read_request
from ppkit.practice_platform.api.response_stream import stream
from ppkit.practice_platform.api.settlement import count, release, settle

DEFAULT_COUNTER = "gpt-6-luna"


async def create(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.responses.write")
    parameters = await call.parameters()
    model = request_gate.need_model(call, parameters, "text")
    request_gate.need_rate(call)
    request_gate.need_money(call)
    asked = read_request(parameters, model, lambda response_id: _context(call, response_id))
    if asked.summary:
        refuse(call, "reasoning_summary")
    if asked.stream:
        refuse(call, "text_stream")
    generation = generate(call, asked.task)
    request_gate.admit(call, generation.priced())
    body = body_of(call, asked, generation)
    context = {"turns": _turns(asked, body), "input": asked.given}
    if asked.background:
        return _in_background(call, asked, generation, body, context)

    def finish(sent_tokens: int | None) -> None:
        """Bill what was generated, and keep the response when it is complete."""
        bill = generation.priced(sent_tokens)
        with call.state.platform.database.write():
            settle(call, bill)
            if asked.store and bill.output_tokens == generation.usage.output_tokens:
                stored.keep(call, "response", body, context)

    if asked.stream:
        return stream(call, body, generation, finish)
    finish(None)
    return JsonAnswer(body)


def _in_background(
    call: ApiCall,
    asked: ResponseRequest,
    generation: Generation,
    body: dict[str, Any],
    context: dict[str, Any],
) -> Response:
    """Begin the work, which holds its own price from here on, and answer at once that it is queued."""
    platform, bill = call.state.platform, generation.priced()
    queued = begun(body, "queued")
    with platform.database.write():
        stored.keep(call, "response", queued, context)
        work = platform.background.start(
            body,
            bill,
            (call.project_id, call.caller.id, call.user_id),
            slow=platform.faults.is_on("slow_background"),
        )
    count(call, bill)
    release(call)
    return background_responses.follow(call, work) if asked.stream else JsonAnswer(queued)


async def count_input(call: ApiCall) -> Response:
    """How many tokens a request would be: free, and nothing is generated."""
    request_gate.need_scope(call, "api.responses.write")
    parameters = await call.parameters()
    model = request_gate.need_model(call, parameters, "text", DEFAULT_COUNTER)
    asked = read_request(parameters, model, lambda response_id: _context(call, response_id))
    return JsonAnswer({"object": "response.input_tokens", "input_tokens": input_tokens(call, asked.task)})


async def retrieve(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.responses.read")
    body = _found(call)[0]
    if call.request.query_params.get("stream") == "true":
        return background_responses.streamed(call, body)
    return JsonAnswer(background_responses.as_of_now(call, body))


async def delete(call: ApiCall) -> Response:
    """What is still under way ends with it, and costs what was written."""
    request_gate.need_scope(call, "api.responses.write")
    body = _found(call)[0]
    if call.state.platform.background.find(body["id"]):
        background_responses.cancelled(call, body)
    stored.forget(call, "response", body["id"])
    return JsonAnswer({"id": body["id"], "object": "response", "deleted": True})


async def cancel(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.responses.write")
    return JsonAnswer(background_responses.cancelled(call, _found(call)[0]))


async def input_items(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.responses.read")
    body, context = _found(call)
    number = body["id"].removeprefix("resp_")
    items = [item_on_wire(item, f"{number}{place}") for place, item in enumerate(context["input"])]
    return page_of(call, items)


def _found(call: ApiCall) -> tuple[dict[str, Any], dict[str, Any]]:
    return stored.need(call, "response", call.request.path_params["response_id"])


def _context(call: ApiCall, response_id: str) -> list[Message]:
    """What was said up to and including the response with this id."""
    found = stored.find(call, "response", response_id)
    if found is None:
        raise ApiError(
            400,
            f"Previous response with id '{response_id[:100]}' not found.",
            param="previous_response_id",
            code="previous_response_not_found",
        )
    if call.state.platform.background.find(response_id):
        raise ApiError(
            400,
            f"Previous response with id '{response_id[:100]}' is not completed yet.",
            param="previous_response_id",
        )
    return [
        Message(
            turn["role"],
            turn["text"],
            turn["images"],
            calls=[(call_id, name) for call_id, name in turn.get("calls", ())],
            answers=turn.get("answers"),
        )
        for turn in found[1]["turns"]
    ]


def _turns(asked: ResponseRequest, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The conversation as a next response goes on from it: instructions are not carried over."""
    turns = [turn for turn in asked.task.messages if turn.role != "instructions"]
    for item in body["output"]:
        if item["type"] == "function_call":
            turns.append(Message("tool", item["arguments"], calls=[(item["call_id"], item["name"])]))
        elif item["type"] == "message":
            turns.append(Message("assistant", item["content"][0]["text"]))
    return [
        {
            "role": turn.role,
            "text": turn.text,
            "images": turn.images,
            "calls": list(turn.calls),
            "answers": turn.answers,
        }
        for turn in turns
    ]
