"""Projects, their API keys, service accounts, rate limits and model permissions."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from ppkit.practice.api import errors, gate
from ppkit.practice.api.answer import JsonAnswer
from ppkit.practice.api.call import Call
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.organization.listing import page_of
from ppkit.practice.api.parameters import Parameters, invalid_type, invalid_value, missing
from ppkit.practice.api.rates import limits_of
from ppkit.practice.models import practice_models
from ppkit.practice.rows import ApiKeyRow, Project, ServiceAccount
from ppkit.practice.secret_keys import SCOPES

WRITE, READ = "api.management.write", "api.management.read"
MOST_SECONDS = 31_536_000
RATE_FIELDS = (
    "max_requests_per_1_minute",
    "max_tokens_per_1_minute",
    "max_images_per_1_minute",
    "max_audio_megabytes_per_1_minute",
    "max_requests_per_1_day",
    "batch_1_day_max_input_tokens",
)


# --- projects


async def list_all(call: Call) -> Response:
    gate.need_admin(call, READ)
    include = call.request.query_params.get("include_archived") == "true"
    projects = call.state.platform.projects.projects(include_archived=include)
    return page_of(call, [project_on_wire(project) for project in projects], newest_first=False)


async def create(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    name = (await call.parameters()).text("name", required=True) or ""
    return JsonAnswer(project_on_wire(call.state.platform.projects.create(name)))


async def retrieve(call: Call) -> Response:
    gate.need_admin(call, READ)
    return JsonAnswer(project_on_wire(_project(call)))


async def update(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    name = (await call.parameters()).text("name")
    project = _project(call)
    renamed = call.state.platform.projects.rename(project.id, name) if name is not None else project
    return JsonAnswer(project_on_wire(renamed))


async def archive(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    return JsonAnswer(project_on_wire(call.state.platform.projects.archive(_project(call).id)))


# --- API keys of a project (a person's key can be made in the console only)


async def list_keys(call: Call) -> Response:
    gate.need_admin(call, READ)
    keys = call.state.platform.keys.keys(project_id=_project(call).id)
    return page_of(call, [_key_on_wire(call, key) for key in reversed(keys)])


async def retrieve_key(call: Call) -> Response:
    gate.need_admin(call, READ)
    return JsonAnswer(_key_on_wire(call, _key(call)))


async def update_key(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    parameters = await call.parameters()
    key = call.state.platform.keys.update(
        _key(call).id, scopes=_scopes(parameters), expires_in=expiry(parameters)
    )
    return JsonAnswer(_key_on_wire(call, key))


async def delete_key(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    key = _key(call)
    call.state.platform.keys.revoke(key.id)
    return JsonAnswer({"object": "organization.project.api_key.deleted", "id": key.id, "deleted": True})


# --- service accounts


async def list_service_accounts(call: Call) -> Response:
    gate.need_admin(call, READ)
    found = call.state.platform.projects.service_accounts(_project(call).id)
    return page_of(call, [_service_account_on_wire(account) for account in found])


async def create_service_account(call: Call) -> Response:
    """The account and, unless only the account is wanted, a key whose secret is shown this once."""
    gate.need_admin(call, WRITE)
    parameters = await call.parameters()
    name = parameters.text("name", required=True) or ""
    alone = parameters.flag("create_service_account_only")
    lasts = expiry(parameters)
    platform, project = call.state.platform, _project(call)
    with platform.database.write():
        account = platform.projects.create_service_account(project.id, name)
        made = None if alone else _make_key(call, account, "Secret Key", lasts, ())
    return JsonAnswer(_service_account_on_wire(account) | {"api_key": made})


async def retrieve_service_account(call: Call) -> Response:
    gate.need_admin(call, READ)
    return JsonAnswer(_service_account_on_wire(_service_account(call)))


async def update_service_account(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    parameters = await call.parameters()
    role = parameters.choice("role", ("member", "owner"))
    account = _service_account(call)
    changed = call.state.platform.projects.update_service_account(
        account.project_id, account.id, name=parameters.text("name"), role=role
    )
    return JsonAnswer(_service_account_on_wire(changed))


async def delete_service_account(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    account = _service_account(call)
    call.state.platform.projects.delete_service_account(account.project_id, account.id)
    name = "organization.project.service_account.deleted"
    return JsonAnswer({"object": name, "id": account.id, "deleted": True})


async def create_service_account_key(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    parameters = await call.parameters()
    scopes = _scopes(parameters) or ()
    name = parameters.text("name") or "Secret Key"
    return JsonAnswer(_make_key(call, _service_account(call), name, expiry(parameters), scopes))


# --- rate limits


async def list_rate_limits(call: Call) -> Response:
    gate.need_admin(call, READ)
    project, now = _project(call), call.state.platform.clock.now()
    names = [name for name, model in practice_models().available(now) if name == model.id]
    return page_of(call, [_rate_on_wire(call, project, name) for name in names], newest_first=False)


async def update_rate_limit(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    project, limit_id = _project(call), call.request.path_params["rate_limit_id"]
    model = limit_id.removeprefix("rl-")
    if practice_models().find(model, call.state.platform.clock.now()) is None:
        raise errors.not_found("Rate limit", limit_id)
    parameters = await call.parameters()
    changes = {name: parameters.integer(name, smallest=0, largest=10**12) for name in RATE_FIELDS}
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


async def retrieve_model_permissions(call: Call) -> Response:
    gate.need_admin(call, READ)
    row = call.state.platform.database.row(
        "SELECT mode, models FROM model_permission WHERE project_id = ?", _project(call).id
    )
    if row is None:
        raise ApiError(404, "No model permissions are set for this project.", code="not_found")
    return JsonAnswer(_permissions_on_wire(row["mode"], json.loads(row["models"])))


async def update_model_permissions(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    project, parameters = _project(call), await call.parameters()
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


async def delete_model_permissions(call: Call) -> Response:
    gate.need_admin(call, WRITE)
    call.state.platform.database.run("DELETE FROM model_permission WHERE project_id = ?", _project(call).id)
    return JsonAnswer({"object": "project.model_permissions.deleted", "deleted": True})


# --- shapes


def project_on_wire(project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "object": "organization.project",
        "name": project.name,
        "created_at": seconds(project.created_at),
        "archived_at": seconds(project.archived_at),
        "status": project.status,
        "external_key_id": None,
    }


def expiry(parameters: Parameters) -> timedelta | None:
    given = parameters.integer("expires_in_seconds", smallest=1, largest=MOST_SECONDS)
    return timedelta(seconds=given) if given else None


def seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _key_on_wire(call: Call, key: ApiKeyRow) -> dict[str, Any]:
    platform = call.state.platform
    project = platform.projects.project(key.project_id or "")
    return {
        "id": key.id,
        "object": "organization.project.api_key",
        "name": key.name,
        "redacted_value": key.redacted,
        "created_at": seconds(key.created_at),
        "last_used_at": seconds(key.last_used_at),
        "expires_at": seconds(key.expires_at),
        "owner": _owner(call, key),
        "owner_project_access": "inactive" if project.archived_at else "active",
    }


def _owner(call: Call, key: ApiKeyRow) -> dict[str, Any]:
    platform = call.state.platform
    if key.service_account_id and key.project_id:
        account = platform.projects.service_account(key.project_id, key.service_account_id)
        return {
            "type": "service_account",
            "service_account": {
                "id": account.id,
                "name": account.name,
                "role": account.role,
                "created_at": seconds(account.created_at),
            },
        }
    person = platform.accounts.required()
    return {
        "type": "user",
        "user": {
            "id": person.user_id,
            "name": person.name,
            "email": person.email,
            "role": "owner",
            "created_at": seconds(person.created_at),
        },
    }


def _service_account_on_wire(account: ServiceAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "object": "organization.project.service_account",
        "name": account.name,
        "role": account.role,
        "created_at": seconds(account.created_at),
    }


def _make_key(
    call: Call, account: ServiceAccount, name: str, lasts: timedelta | None, scopes: Any
) -> dict[str, Any]:
    key, secret = call.state.platform.keys.create(
        name,
        account.project_id,
        permissions="restricted" if scopes else "all",
        scopes=scopes,
        expires_in=lasts,
        service_account_id=account.id,
    )
    return {
        "id": key.id,
        "object": "organization.project.service_account.api_key",
        "name": key.name,
        "value": secret,
        "created_at": seconds(key.created_at),
        "expires_at": seconds(key.expires_at),
    }


def _rate_on_wire(call: Call, project: Project, model: str) -> dict[str, Any]:
    limits = limits_of(call.state.platform.database, project.id, model)
    return {"id": f"rl-{model}", "object": "project.rate_limit", "model": model} | limits


def _permissions_on_wire(mode: str, models: list[str]) -> dict[str, Any]:
    return {"object": "project.model_permissions", "mode": mode, "model_ids": models}


# --- what the path names


def _project(call: Call) -> Project:
    return call.state.platform.projects.project(call.request.path_params["project_id"])


def _key(call: Call) -> ApiKeyRow:
    project, key_id = _project(call), call.request.path_params["api_key_id"]
    key = call.state.platform.keys.key(key_id)
    if key.project_id != project.id:
        raise errors.not_found("key", key_id)
    return key


def _service_account(call: Call) -> ServiceAccount:
    return call.state.platform.projects.service_account(
        _project(call).id, call.request.path_params["service_account_id"]
    )


def _scopes(parameters: Parameters) -> list[str] | None:
    """The rights of a key; "api.all.read" stands for everything that reads, [] for everything."""
    given = parameters.array("scopes")
    if given is None:
        return None
    found: list[str] = []
    for scope in given:
        if scope == "api.all.read":
            found += ["api.model.read", "api.responses.read"]
        elif scope in SCOPES:
            found.append(scope)
        else:
            raise invalid_value("scopes", scope, (*SCOPES, "api.all.read"))
    return found
