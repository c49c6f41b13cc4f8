"""The control room: JSON for the command line and the notebook's session, guarded by a token."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from ppkit.money import Money
from ppkit.practice_platform.address import TOKEN_HEADER
from ppkit.practice_platform.api.wire_state import WireState
from ppkit.practice_platform.drill_control import drill_actions
from ppkit.practice_platform.errors import InvalidField, InvalidStep, PracticeError, refuse_keys
from ppkit.practice_platform.faults import FAULTS
from ppkit.practice_platform.learner_state import learner_state
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.preparing import prepare, sign_up_if_new
from ppkit.practice_platform.rows import STAGES, Permissions

LARGEST_BODY_BYTES = 65_536
MOST_IN_A_STEP = 10**9  # more days than this are no timedelta; the clock itself takes less

Action = Callable[[WireState, dict[str, Any]], dict[str, Any]]


PLAN_CREDIT = Money.usd("1000")  # the app's own account must not run dry; its costs count nowhere


def control_routes(
    state: WireState, token: str, plan: WireState | None = None, drill: WireState | None = None
) -> Mount:
    """Everything under /control. Without the token every answer is 403."""
    actions: dict[tuple[str, str], Action] = {
        ("GET", "/ping"): _ping,
        ("GET", "/state"): _state,
        ("GET", "/inbox"): _inbox,
        ("POST", "/mail"): _mail,
        ("POST", "/key"): _key,
        ("POST", "/prepare"): _prepare,
        ("POST", "/admin-key"): _admin_key,
        ("GET", "/clock"): _clock,
        ("POST", "/clock"): _advance,
        ("GET", "/faults"): _faults,
        ("POST", "/faults"): _switch_fault,
        ("POST", "/leak"): _leak,
        ("POST", "/pace"): partial(_pace, plan),
        ("POST", "/reset"): _reset,
    }
    if plan is not None:
        actions["POST", "/plan-key"] = partial(_plan_key, plan.platform)
    if drill is not None:
        actions |= drill_actions(drill)
    return Mount(
        "/control",
        routes=[
            Route(path, _endpoint(state, token, action), methods=[method])
            for (method, path), action in actions.items()
        ],
    )


def _endpoint(state: WireState, token: str, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        given = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            return JSONResponse({"error": {"code": "practice_forbidden", "facts": {}}}, 403)
        try:
            body = await _body(request)
            told = action(state, body)
            if "key" in told:  # a key is of use only with the address that takes it
                told["base_url"] = f"http://{request.headers['host']}/v1"
            return JSONResponse(told)
        except PracticeError as error:
            facts = {name: str(fact) for name, fact in error.facts.items()}
            return JSONResponse({"error": {"code": error.code, "facts": facts}}, 400)

    return endpoint


async def _body(request: Request) -> dict[str, Any]:
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > LARGEST_BODY_BYTES:
            raise InvalidField(field="body", reason="too_long")
    try:
        body = json.loads(raw or b"{}")
    except ValueError as error:
        raise InvalidField(field="body", reason="not_json") from error
    if not isinstance(body, dict):
        raise InvalidField(field="body", reason="not_json")
    refuse_keys(body)
    return body


def _ping(_state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    return {"practice": True}


def _state(state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    return learner_state(state.platform)


def _inbox(state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    """The platform's mails, newest first, as facts."""
    return {
        "mails": [
            {
                "kind": mail.kind,
                "recipients": list(mail.recipients),
                "facts": dict(mail.facts),
                "created_at": mail.created_at.isoformat(),
            }
            for mail in state.platform.mails()
        ]
    }


def _mail(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{subject, text}: a mail of the learner's own app. One that is there already is not put there twice."""
    mailbox = state.platform.mailbox
    facts = {"subject": _text(body, "subject", ""), "text": _text(body, "text", "")}
    if not any(mail.kind == "app_alert" and mail.facts == facts for mail in mailbox.mails()):
        mailbox.send("app_alert", **facts)
    return {"delivered": True}


def _key(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """Account, credit and key in one go: {name, credit: "5.00", permissions, scopes} -> {key, id, …}."""
    platform = state.platform
    name = _text(body, "name", "practice")
    permissions = _permissions(body)
    scopes = body.get("scopes") or []
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise InvalidField(field="scopes", reason="unknown")
    credit = _money(_text(body, "credit", "5.00"))
    with platform.database.write():
        sign_up_if_new(platform)
        if credit:
            platform.billing.give_credits(credit)
        row, secret = platform.create_key(name, permissions=permissions, scopes=scopes)
    return {"key": secret, "id": row.id, "redacted": row.redacted}


def _prepare(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{until, credit, project, name}: account, card, credit and key, as far as asked -> {key} and more."""
    until = next((stage for stage in STAGES if stage == body.get("until")), None)
    if until is None:
        raise InvalidField(field="until", reason="unknown")
    credit, name = _money(_text(body, "credit", "5.00")), _text(body, "name", "practice")
    made = prepare(state.platform, until, credit, _text(body, "project", "") or None, name)
    told = {
        "until": until,
        "card": made.card,
        "balance_pico_usd": made.balance.pico_usd,
        "project": made.project,
    }
    return {**told, "key": made.secret} if made.secret else told


def _admin_key(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    with state.platform.database.write():
        sign_up_if_new(state.platform)
        row, secret = state.platform.keys.create_admin(_text(body, "name", "practice-admin"))
    return {"key": secret, "id": row.id, "redacted": row.redacted}


def _plan_key(plan: Platform, _state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    """A key of the app's own account, which plan credits stand for; made anew for every session that asks."""
    with plan.database.write():
        sign_up_if_new(plan)
        if plan.balance() < PLAN_CREDIT:
            plan.billing.give_credits(PLAN_CREDIT)
        _row, secret = plan.create_key("plan credits")
    return {"key": secret}


def _clock(state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    clock = state.platform.clock
    return {"now": clock.now().isoformat(), "offset_seconds": int(clock.offset.total_seconds())}


def _advance(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{days, hours, minutes, seconds} in whole numbers, or {to: "next_month"}."""
    if body.get("to") == "next_month":
        state.platform.advance_to_next_month()
        return _clock(state, body)
    parts = {name: body.get(name, 0) for name in ("days", "hours", "minutes", "seconds")}
    if not all(isinstance(value, int) for value in parts.values()):
        raise InvalidField(field="days", reason="not_a_number")
    if not all(abs(value) < MOST_IN_A_STEP for value in parts.values()):
        raise InvalidStep
    state.platform.advance(timedelta(**parts))
    return _clock(state, body)


def _faults(state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    """Each failure, whether it is on, and the answer it makes (no status: it refuses nothing by itself)."""
    return {
        "faults": [
            {
                "name": name,
                "on": state.platform.faults.is_on(name),
                "stage": fault.stage,
                "status": fault.status,
                "code": fault.code,
            }
            for name, fault in FAULTS.items()
        ]
    }


def _leak(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{id}: the key was found in public; it dies and a mail says so."""
    key_id = _text(body, "id", "")
    state.platform.keys.report_leak(key_id)
    return {"id": key_id, "revoked": True}


def _switch_fault(state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{name, on: true|false}."""
    state.platform.faults.switch(_text(body, "name", ""), on=body.get("on") is True)
    return _faults(state, body)


def _pace(plan: WireState | None, state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{milliseconds}: the pause between the pieces of a stream, 0 to 1000; for plan credits too."""
    milliseconds = body.get("milliseconds", 0)
    if not isinstance(milliseconds, int) or not 0 <= milliseconds <= 1000:
        raise InvalidField(field="milliseconds", reason="out_of_range")
    for paced in (state, plan):
        if paced is not None:
            paced.pace_seconds = milliseconds / 1000
    return {"milliseconds": milliseconds}


def _reset(state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    state.platform.reset()
    state.prompt_cache.forget()
    state.rates.forget()
    return {"reset": True}


def _text(body: dict[str, Any], name: str, default: str) -> str:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise InvalidField(field=name, reason="not_text")
    return value


def _permissions(body: dict[str, Any]) -> Permissions:
    match body.get("permissions"):
        case None | "all":
            return "all"
        case "restricted":
            return "restricted"
        case "read_only":
            return "read_only"
        case _:
            raise InvalidField(field="permissions", reason="unknown")


def _money(text: str) -> Money:
    try:
        amount = Money.usd(text)
    except ValueError as error:
        raise InvalidField(field="credit", reason="not_an_amount") from error
    if amount < Money(0):
        raise InvalidField(field="credit", reason="not_an_amount")
    return amount
