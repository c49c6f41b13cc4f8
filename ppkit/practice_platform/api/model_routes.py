"""GET /models and GET /models/{id}."""

from __future__ import annotations

from starlette.responses import Response

from ppkit.practice_platform.api import error_answers, request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.models import practice_models


async def list_all(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.model.read")
    now = call.state.platform.clock.now()
    data = [model.to_wire(name) for name, model in practice_models().available(now)]
    return JsonAnswer({"object": "list", "data": data})


async def retrieve(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.model.read")
    name = call.request.path_params["model"]
    model = practice_models().find(name, call.state.platform.clock.now())
    if model is None:
        raise error_answers.unknown_model(name)
    return JsonAnswer(model.to_wire(name))
