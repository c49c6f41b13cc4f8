"""What a project may use: requests and tokens a minute, and which models."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import error_answers, request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.listing import page_of
from ppkit.practice_platform.api.organization.project_routes import READ, WRITE, project_of
from ppkit.practice_platform.api.parameters import LARGEST_INTEGER, invalid_type, missing
from ppkit.practice_platform.api.rates import limits_of
from ppkit.practice_platform.models import practice_models
from ppkit.practice_platform.rows import Project

RATE_FIELDS = (
    "max_requests_per_1_minute", "max_tokens_per_1_minute", "max_images_per_1_minute",
    "max_audio_megabytes_per_1_minute", "max_requests_per_1_day", "batch_1_day_max_input_tokens",
)  # fmt: skip


# --- rate limits


async def list_rate_limits(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    project, now = project_of(call), call.state.platform.clock.now()
    names = [name for name, model in practice_models().available(now) if name == model.id]
    return page_of(call, [_rate_on_wire(call, project, name) for name in names], newest_first=False)


async def update_rate_limit(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    project, limit_id = project_of(call), call.request.path_params["rate_limit_id"]
    model = limit_id.removeprefix("rl-")
    if practice_models().find(model, call.state.platform.clock.now()) is None:
        raise error_answers.not_found("Rate limit", limit_id)
    parameters = await call.parameters_named(*RATE_FIELDS)
    changes = {name: parameters.integer(name, smallest=0, largest=LARGEST_INTEGER) for name in RATE_FIELDS}
    known = limits_of(call.state.platform.database, project.id, model)
    merged = known | {name: value for name, value in changes.items() if value is not None}
    call.state.platform.database.run(
        "INSERT INTO rate_limit VALUES (?, ?, ?)"
        " ON CONFLICT (project_id, model) DO UPDATE SET changes = excluded.changes",
        project.id,
        model,
        json.dumps(merged),
    )
    return JsonAnswer(_rate_on_wire(call, project, model))


# --- model permissions


async def retrieve_model_permissions(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    row = call.state.platform.database.row(
        "SELECT mode, models FROM model_permission WHERE project_id = ?", project_of(call).id
    )
    if row is None:
        raise ApiError(404, "No model permissions are set for this project.", code="not_found")
    return JsonAnswer(_permissions_on_wire(row["mode"], json.loads(row["models"])))


async def update_model_permissions(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    project, parameters = project_of(call), await call.parameters_named("mode", "model_ids")
    mode = parameters.choice("mode", ("allow_list", "deny_list"))
    if mode is None:
        raise missing("mode")
    models = parameters.array("model_ids")
    if models is None:
        raise missing("model_ids")
    for model in models:
        if not isinstance(model, str):
            raise invalid_type("model_ids", "an array of strings", models)
    call.state.platform.database.run(
        "INSERT INTO model_permission VALUES (?, ?, ?)"
        " ON CONFLICT (project_id) DO UPDATE SET mode = excluded.mode, models = excluded.models",
        project.id,
        mode,
        json.dumps(models),
    )
    return JsonAnswer(_permissions_on_wire(mode, models))


async def delete_model_permissions(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    call.state.platform.database.run("DELETE FROM model_permission WHERE project_id = ?", project_of(call).id)
    return JsonAnswer({"object": "project.model_permissions.deleted", "deleted": True})


def _rate_on_wire(call: ApiCall, project: Project, model: str) -> dict[str, Any]:
    limits = limits_of(call.state.platform.database, project.id, model)
    return {"id": f"rl-{model}", "object": "project.rate_limit", "model": model} | limits


def _permissions_on_wire(mode: str, models: list[str]) -> dict[str, Any]:
    return {"object": "project.model_permissions", "mode": mode, "model_ids": models}
