"""POST /chat/completions, plain and streamed."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate, stored
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.chat_request import read_task
from ppkit.practice_platform.api.chat_stream import StreamOptions, stream
from ppkit.practice_platform.api.chat_wire import choice_on_wire, usage_on_wire
from ppkit.practice_platform.api.generation import Generation, generate
from ppkit.practice_platform.api.parameters import Parameters, only_with_stream
from ppkit.practice_platform.api.rehearsals import refuse
from ppkit.practice_platform.api.settlement import settle


async def create(call: ApiCall) -> Response:
    request_gate.need_scope(call, "model.request")
    parameters = await call.parameters()
    model = request_gate.need_model(call, parameters, "text")
    request_gate.need_rate(call)
    request_gate.need_money(call)
    task = read_task(parameters, model)
    streamed = parameters.flag("stream")
    options = Parameters(parameters.mapping("stream_options") or {})
    if options.body and not streamed:
        raise only_with_stream()
    stream_options = StreamOptions(
        options.flag("include_usage"), options.flag("include_obfuscation", default=True)
    )
    metadata, store = parameters.metadata(), parameters.flag("store")
    if streamed:
        refuse(call, "text_stream")
    generation = generate(call, task)
    request_gate.admit(call, generation.priced())
    body = _head(call, generation) | {
        "choices": [
            choice_on_wire(index, answer, call.state.platform.token)
            for index, answer in enumerate(generation.answers)
        ],
        "usage": usage_on_wire(generation.usage),
    }

    def finish(sent_tokens: int | None) -> None:
        """Bill what was generated, and keep the completion when it is complete."""
        bill = generation.priced(sent_tokens)
        with call.state.platform.database.write():
            settle(call, bill)
            if store and bill.output_tokens == generation.usage.output_tokens:
                context = {"messages": parameters.array("messages")}
                stored.keep(call, "chat", body | {"metadata": metadata or {}}, context)

    if streamed:
        return stream(call, generation, body, finish, stream_options)
    finish(None)
    return JsonAnswer(body | ({"metadata": metadata} if metadata else {}))


def _head(call: ApiCall, generation: Generation) -> dict[str, Any]:
    platform = call.state.platform
    return {
        "id": f"chatcmpl-{platform.token(29)}",
        "object": "chat.completion",
        "created": platform.clock.timestamp(),
        "model": generation.task.model.snapshot,
        "service_tier": generation.task.tier,
        "system_fingerprint": "fp_practice",
    }
