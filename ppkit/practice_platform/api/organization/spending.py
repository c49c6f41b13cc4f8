"""Spend alerts (mails) and spend limits (blocks), and admin keys."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import error_answers, request_gate
from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.listing import page_of
from ppkit.practice_platform.api.organization.project_routes import READ, WRITE, expiry, seconds
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, missing
from ppkit.practice_platform.rows import ORGANIZATION, ApiKeyRow, SpendAlert, SpendLimit
from ppkit.practice_platform.spend_limits import MOST_CENTS

AMOUNT = ("threshold_amount", "currency", "interval")

# --- limits


async def retrieve_limit(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    limit = call.state.platform.limits.limit(_scope(call))
    if limit is None:
        raise ApiError(404, "No spend limit is set.", code="not_found")
    return JsonAnswer(_limit_on_wire(call, limit))


async def set_limit(call: ApiCall) -> Response:
    """A limit set through the API is a hard one; only the console knows limits that do not block."""
    request_gate.need_admin(call, WRITE)
    cents = _amount(await call.parameters_named(*AMOUNT), smallest=1)
    return JsonAnswer(_limit_on_wire(call, call.state.platform.limits.set_limit(cents, _scope(call))))


async def delete_limit(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    call.state.platform.limits.remove_limit(_scope(call))
    return JsonAnswer({"object": f"{_prefix(call)}.spend_limit.deleted", "deleted": True})


# --- alerts


async def list_alerts(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    alerts = call.state.platform.limits.alerts(_scope(call))
    return page_of(call, [_alert_on_wire(call, alert) for alert in alerts], smallest=0)


async def create_alert(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named(*AMOUNT, "notification_channel")
    cents, (recipients, prefix) = _amount(parameters, smallest=0), _channel(parameters)
    alert = call.state.platform.limits.create_alert(cents, recipients, _scope(call), prefix)
    return JsonAnswer(_alert_on_wire(call, alert))


async def retrieve_alert(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(_alert_on_wire(call, _alert(call)))


async def update_alert(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named(*AMOUNT, "notification_channel")
    recipients, prefix = _channel(parameters)
    alert = call.state.platform.limits.update_alert(
        _alert(call).id, _amount(parameters, smallest=0), recipients, _scope(call), prefix
    )
    return JsonAnswer(_alert_on_wire(call, alert))


async def delete_alert(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    alert = _alert(call)
    call.state.platform.limits.delete_alert(alert.id, alert.scope)
    return JsonAnswer({"object": f"{_prefix(call)}.spend_alert.deleted", "id": alert.id, "deleted": True})


# --- admin keys


async def list_admin_keys(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    keys = call.state.platform.keys.keys("admin")
    return page_of(call, [_admin_key_on_wire(call, key) for key in reversed(keys)])


async def create_admin_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    parameters = await call.parameters_named("name", "expires_in_seconds")
    name = parameters.text("name", required=True) or ""
    key, secret = call.state.platform.keys.create_admin(name, expiry(parameters))
    return JsonAnswer(_admin_key_on_wire(call, key) | {"value": secret})


async def retrieve_admin_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, READ)
    return JsonAnswer(_admin_key_on_wire(call, _admin_key(call)))


async def delete_admin_key(call: ApiCall) -> Response:
    request_gate.need_admin(call, WRITE)
    key = _admin_key(call)
    call.state.platform.keys.revoke(key.id)
    return JsonAnswer({"object": "organization.admin_api_key.deleted", "id": key.id, "deleted": True})


# --- inside


def _scope(call: ApiCall) -> str:
    project_id = call.request.path_params.get("project_id")
    return call.state.platform.projects.project(project_id).id if project_id else ORGANIZATION


def _prefix(call: ApiCall) -> str:
    return "project" if "project_id" in call.request.path_params else "organization"


def _amount(parameters: Parameters, *, smallest: int) -> int:
    """The threshold in cents; currency and interval have to be there, and have one value each."""
    cents = parameters.integer("threshold_amount", smallest=smallest, largest=MOST_CENTS, required=True) or 0
    for name, only in (("currency", "USD"), ("interval", "month")):
        if parameters.choice(name, (only,)) is None:
            raise missing(name)
    return cents


def _channel(parameters: Parameters) -> tuple[list[str], str | None]:
    channel = parameters.mapping("notification_channel")
    if channel is None:
        raise missing("notification_channel")
    inner = Parameters(channel)
    inner.refuse_unknown(("type", "recipients", "subject_prefix"))
    if inner.choice("type", ("email",)) is None:
        raise missing("notification_channel.type")
    recipients = inner.array("recipients")
    if recipients is None:
        raise missing("notification_channel.recipients")
    if not all(isinstance(recipient, str) for recipient in recipients):
        raise invalid_type("notification_channel.recipients", "an array of strings", recipients)
    return recipients, inner.text("subject_prefix")


def _limit_on_wire(call: ApiCall, limit: SpendLimit) -> dict[str, Any]:
    platform = call.state.platform
    if platform.faults.is_on("limit_status_as_switch"):
        enforcing = limit.enforced
    else:
        enforcing = platform.limits.blocks(limit.scope)
    return {
        "object": f"{_prefix(call)}.spend_limit",
        "threshold_amount": limit.cents,
        "currency": "USD",
        "interval": "month",
        "enforcement": {"status": "enforcing" if enforcing else "inactive"},
    }


def _alert_on_wire(call: ApiCall, alert: SpendAlert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "object": f"{_prefix(call)}.spend_alert",
        "threshold_amount": alert.cents,
        "currency": "USD",
        "interval": "month",
        "notification_channel": {
            "type": "email",
            "recipients": list(alert.recipients),
            "subject_prefix": alert.subject_prefix,
        },
    }


def _alert(call: ApiCall) -> SpendAlert:
    return call.state.platform.limits.alert(call.request.path_params["alert_id"], _scope(call))


def _admin_key(call: ApiCall) -> ApiKeyRow:
    key = call.state.platform.keys.key(call.request.path_params["key_id"])
    if key.kind != "admin":
        raise error_answers.not_found("key", key.id)
    return key


def _admin_key_on_wire(call: ApiCall, key: ApiKeyRow) -> dict[str, Any]:
    person = call.state.platform.accounts.required()
    return {
        "id": key.id,
        "object": "organization.admin_api_key",
        "name": key.name,
        "redacted_value": key.redacted,
        "created_at": seconds(key.created_at),
        "last_used_at": seconds(key.last_used_at),
        "expires_at": seconds(key.expires_at),
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": person.user_id,
            "name": person.name,
            "created_at": seconds(person.created_at),
            "role": "owner",
        },
    }
