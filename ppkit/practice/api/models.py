"""GET /models and GET /models/{id}."""

from __future__ import annotations

from starlette.responses import Response

from ppkit.practice.api import errors, gate
from ppkit.practice.api.answer import JsonAnswer
from ppkit.practice.api.call import Call
from ppkit.practice.models import practice_models


async def list_all(call: Call) -> Response:
    gate.need_scope(call, "api.model.read")
    now = call.state.platform.clock.now()
    data = [model.to_wire(name) for name, model in practice_models().available(now)]
    return JsonAnswer({"object": "list", "data": data})


async def retrieve(call: Call) -> Response:
    gate.need_scope(call, "api.model.read")
    name = call.request.path_params["model"]
    model = practice_models().find(name, call.state.platform.clock.now())
    if model is None:
        raise errors.unknown_model(name)
    return JsonAnswer(model.to_wire(name))
