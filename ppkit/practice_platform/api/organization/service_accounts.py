"""Service accounts of a project, and their keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.listing import page_of
from ppkit.practice_platform.api.organization.project_routes import (
    READ,
    WRITE,
    expiry,
    project_of,
    read_scopes,
    seconds,
)
from ppkit.practice_platform.rows import Project, ServiceAccount


async def list_all(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    found = call.state.platform.projects.service_accounts(project_of(call).id)
    return page_of(call, [_service_account_on_wire(account) for account in found])


async def create(call: ApiCall) -> Response:
    """The account and, unless only the account is wanted, a key whose secret is shown this once."""
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("name", "create_service_account_only", "expires_in_seconds")
    name = parameters.text("name", required=True) or ""
    alone = parameters.flag("create_service_account_only")
    lasts = expiry(parameters)
    platform, project = call.state.platform, _open_project(call)
    with platform.database.write():
        account = platform.projects.create_service_account(project.id, name)
        made = None if alone else _make_key(call, account, "Secret Key", lasts, ())
    return JsonAnswer(_service_account_on_wire(account) | {"api_key": made})


async def retrieve(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(_service_account_on_wire(_service_account(call)))


async def update(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("name", "role")
    role = parameters.choice("role", ("member", "owner"))
    account = _service_account(call)
    changed = call.state.platform.projects.update_service_account(
        account.project_id, account.id, name=parameters.text("name"), role=role
    )
    return JsonAnswer(_service_account_on_wire(changed))


async def delete(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    account = _service_account(call)
    call.state.platform.projects.delete_service_account(account.project_id, account.id)
    name = "organization.project.service_account.deleted"
    return JsonAnswer({"object": name, "id": account.id, "deleted": True})


async def create_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("name", "scopes", "expires_in_seconds")
    scopes = read_scopes(parameters) or ()
    _open_project(call)
    name = parameters.text("name") or "Secret Key"
    return JsonAnswer(_make_key(call, _service_account(call), name, expiry(parameters), scopes))


def _open_project(call: ApiCall) -> Project:
    """Nothing new is made in an archived project; the wording is ours."""
    project = project_of(call)
    if project.archived_at:
        raise ApiError(400, f"Project `{project.id}` has been archived.", code="project_archived")
    return project


def _service_account_on_wire(account: ServiceAccount) -> dict[str, Any]:
    return {
        "id": account.id,
        "object": "organization.project.service_account",
        "name": account.name,
        "role": account.role,
        "created_at": seconds(account.created_at),
    }


def _make_key(
    call: ApiCall, account: ServiceAccount, name: str, lasts: timedelta | None, scopes: Any
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


def _service_account(call: ApiCall) -> ServiceAccount:
    return call.state.platform.projects.service_account(
        project_of(call).id, call.request.path_params["service_account_id"]
    )
