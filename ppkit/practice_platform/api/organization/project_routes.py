"""Projects and their API keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import error_answers, request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.listing import page_of
from ppkit.practice_platform.api.parameters import Parameters, invalid_value
from ppkit.practice_platform.rows import ApiKeyRow, Project
from ppkit.practice_platform.secret_keys import SCOPES

WRITE, READ = "api.management.write", "api.management.read"
MOST_SECONDS = 31_536_000


# --- projects


async def list_all(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    include = call.request.query_params.get("include_archived") == "true"
    projects = call.state.platform.projects.projects(include_archived=include)
    return page_of(call, [project_on_wire(project) for project in projects], newest_first=False)


async def create(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    name = (await call.parameters_named("name")).text("name", required=True) or ""
    return JsonAnswer(project_on_wire(call.state.platform.projects.create(name)))


async def retrieve(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(project_on_wire(project_of(call)))


async def update(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    name = (await call.parameters_named("name")).text("name")
    project = project_of(call)
    renamed = call.state.platform.projects.rename(project.id, name) if name is not None else project
    return JsonAnswer(project_on_wire(renamed))


async def archive(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    return JsonAnswer(project_on_wire(call.state.platform.projects.archive(project_of(call).id)))


# --- API keys of a project (a user's key can be made in the console only)


async def list_keys(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    keys = call.state.platform.keys.keys(project_id=project_of(call).id)
    access = call.request.query_params.get("owner_project_access", "any")
    if access not in ("active", "inactive", "any"):
        raise invalid_value("owner_project_access", access, ("active", "inactive", "any"))
    listed = [_key_on_wire(call, key) for key in reversed(keys)]
    return page_of(call, [key for key in listed if access in ("any", key["owner_project_access"])])


async def retrieve_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(_key_on_wire(call, _key(call)))


async def update_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("scopes", "expires_in_seconds")
    key = call.state.platform.keys.update(
        _key(call).id, scopes=read_scopes(parameters), expires_in=expiry(parameters)
    )
    return JsonAnswer(_key_on_wire(call, key))


async def delete_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    key = _key(call)
    call.state.platform.keys.revoke(key.id)
    return JsonAnswer({"object": "organization.project.api_key.deleted", "id": key.id, "deleted": True})


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


def _key_on_wire(call: ApiCall, key: ApiKeyRow) -> dict[str, Any]:
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


def _owner(call: ApiCall, key: ApiKeyRow) -> dict[str, Any]:
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


# --- what the path names


def project_of(call: ApiCall) -> Project:
    return call.state.platform.projects.project(call.request.path_params["project_id"])


def _key(call: ApiCall) -> ApiKeyRow:
    project, key_id = project_of(call), call.request.path_params["api_key_id"]
    key = call.state.platform.keys.key(key_id)
    if key.project_id != project.id:
        raise error_answers.not_found("key", key_id)
    return key


def read_scopes(parameters: Parameters) -> list[str] | None:
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
