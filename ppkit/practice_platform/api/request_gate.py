"""The checks before any work, in OpenAI's order: key, headers, rights, model, rate, credit, limits."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.call import ApiCall, bearer
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.parameters import Parameters
from ppkit.practice_platform.api.rates import KINDS, RateLimit, limits_of
from ppkit.practice_platform.api.rehearsals import refuse
from ppkit.practice_platform.models import PracticeModel, practice_models
from ppkit.practice_platform.rows import ORGANIZATION, Bill
from ppkit.practice_platform.secret_keys import scopes_of


def recognise(call: ApiCall) -> None:
    """Who calls: fills in key, organization and user. Raises 401 for no key, a wrong, revoked or expired
    one.
    """
    platform = call.state.platform
    secret = bearer(call.request)
    if secret is None:
        raise error_answers.no_key()
    key = platform.keys.find(secret)
    if key is None or not key.is_active(platform.clock.now()):
        raise error_answers.wrong_key(error_answers.masked(secret))
    account = platform.accounts.required()
    call.key, call.organization_id, call.user_id = key, account.organization_id, account.user_id
    call.headers["openai-organization"] = account.organization_id
    if key.project_id:
        call.headers["openai-project"] = key.project_id
        if platform.projects.project(key.project_id).archived_at:
            raise error_answers.archived_project()
    _check_headers(call)
    if (
        key.kind == "admin" or call.request.method != "POST"
    ):  # a billed call notes its use together with the bill
        platform.keys.touch(key.id)


def _check_headers(call: ApiCall) -> None:
    organization = call.request.headers.get("openai-organization")
    if organization and organization != call.organization_id:
        # Names that look like an id belong to somebody else, as far as can be known.
        if not organization.startswith("org-"):
            raise error_answers.unknown_organization(organization)
        raise error_answers.mismatched("OpenAI-Organization", "organization")
    project = call.request.headers.get("openai-project")
    if project and call.caller.project_id and project != call.caller.project_id:
        raise error_answers.mismatched("OpenAI-Project", "project")


def need_scope(call: ApiCall, scope: str) -> None:
    """Raises the missing-scope answer; on GET /models it is a 403 with a plain string, as on the real
    platform.
    """
    rehearsed = call.state.platform.faults.is_on("insufficient_scope")
    if call.caller.kind != "admin" and scope in scopes_of(call.caller) and not rehearsed:
        return
    if scope == "api.model.read":
        raise error_answers.missing_scope(scope, as_plain_string=True, status=403)
    raise error_answers.missing_scope(scope, code="insufficient_scope" if rehearsed else None)


def need_admin(call: ApiCall, scope: str) -> None:
    """Raises ApiError: 401 without an admin key, 400 where a project is written to that is archived."""
    if call.caller.kind != "admin":
        raise error_answers.missing_scope(scope)
    project_id = call.request.path_params.get("project_id")
    if call.request.method == "POST" and project_id and not call.path.endswith("/archive"):
        project = call.state.platform.projects.project(project_id)
        if project.archived_at:  # "Archived projects cannot be used or updated"
            raise error_answers.archived_project(400)


def need_model(call: ApiCall, parameters: Parameters, kind: str, default: str | None = None) -> PracticeModel:
    """The model asked for, of this kind (text, image, embedding), allowed to the project and alive."""
    name = parameters.get("model")
    if name is None and default is None:
        raise ApiError(400, "you must provide a model parameter")
    if name is not None and not isinstance(name, str):
        raise ApiError(400, "invalid type for parameter 'model'", param="model", code="invalid_type")
    name = name or default or ""
    model = practice_models().find(name, call.state.platform.clock.now())
    if model is None:
        raise error_answers.unknown_model(name)
    if not _is_allowed(call, model):
        raise error_answers.model_not_allowed(call.project_id, name)
    if model.kind != kind:
        raise _wrong_kind(call, name)
    call.model = model.id
    if kind == "text":
        refuse(call, "model")
    return model


def _wrong_kind(call: ApiCall, name: str) -> ApiError:
    return ApiError(
        404 if call.request.url.path.endswith("/chat/completions") else 400,
        f"The model `{name}` cannot be used with {call.request.url.path}.",
        param="model",
        code="model_not_found" if call.request.url.path.endswith("/chat/completions") else "invalid_value",
    )


def _is_allowed(call: ApiCall, model: PracticeModel) -> bool:
    row = call.state.platform.database.row(
        "SELECT mode, models FROM model_permission WHERE project_id = ?", call.project_id
    )
    if row is None:
        return True
    listed = {model.id, model.snapshot} & set(json.loads(row["models"]))
    return bool(listed) if row["mode"] == "allow_list" else not listed


def need_rate(call: ApiCall) -> None:
    """Count the request and fill in the x-ratelimit headers. Raises 429 when a lowered limit is passed."""
    platform, meter = call.state.platform, call.state.rates
    now = platform.clock.timestamp()
    limits = limits_of(platform.database, call.project_id, call.model)
    used = {kind: meter.used(call.project_id, call.model, kind, now) for kind in KINDS if kind.name in limits}
    call.headers |= _rate_headers(limits, used, now)
    refuse(call, "rate")
    for kind, count in used.items():
        if count >= limits[kind.name]:
            wait_seconds = kind.window_seconds - now % kind.window_seconds
            raise error_answers.rate_limited(
                call.organization_id, call.model, (limits[kind.name], count, kind.called), wait_seconds
            )
    meter.count(call.project_id, call.model, now, requests=1)


def _rate_headers(limits: Mapping[str, int], used: Mapping[RateLimit, int], now: int) -> dict[str, str]:
    headers: dict[str, str] = {}
    for kind, soon in ((KINDS[0], "2ms"), (KINDS[1], "0s")):
        most, count = limits[kind.name], used[kind] + (kind.unit == "requests")
        headers |= {
            f"x-ratelimit-limit-{kind.unit}": str(most),
            f"x-ratelimit-remaining-{kind.unit}": str(max(most - count, 0)),
            f"x-ratelimit-reset-{kind.unit}": f"{60 - now % 60}s" if count >= most else soon,
        }
    return headers


def need_money(call: ApiCall) -> None:
    """Raises 429: no credit left, or a spend limit of the project or the organization is used up."""
    refuse(call, "money")
    _need_room(call)


def admit(call: ApiCall, bill: Bill) -> None:
    """Let a call in whose price is known by now, and hold that price until it is billed.

    Nothing may be awaited between need_money and this: of calls in parallel each then finds held what those
    before it will cost, as if they had come one after the other. Raises 429 like need_money.
    """
    holds = call.state.platform.holds
    with holds.lock:
        if not holds.is_empty():
            _need_room(call)
        holds.hold(call.id, call.project_id, bill.total)


def _need_room(call: ApiCall) -> None:
    """What is under way counts as spent, unless limits that act late are rehearsed."""
    platform = call.state.platform
    late = platform.faults.is_on("late_limits")
    held = 0 if late else platform.holds.held().pico_usd
    if platform.balance().pico_usd - held <= 0:
        raise (
            error_answers.no_credit_old()
            if platform.faults.is_on("no_credit_old_code")
            else error_answers.no_credit()
        )
    blocking = platform.limits.blocking(call.project_id, ORGANIZATION, under_way=True)
    if blocking[:1] == [ORGANIZATION]:
        raise error_answers.limit_reached("organization_spend_limit_exceeded", "Your organization")
    if blocking:
        raise error_answers.limit_reached("project_spend_limit_exceeded", f"Project `{call.project_id}`")
