"""The part of the control room that brings drills about, on the account that is there for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from ppkit.practice_platform import drill_account
from ppkit.practice_platform.api.wire_state import WireState
from ppkit.practice_platform.drill_account import AppAccess, DrillNames
from ppkit.practice_platform.errors import InvalidField

LONGEST_WAIT_MINUTES = 24 * 60

DrillAction = Callable[[WireState, dict[str, Any]], dict[str, Any]]


def drill_actions(drill: WireState) -> dict[tuple[str, str], DrillAction]:
    """What the control room answers about drills, by method and path."""
    return {
        ("GET", "/drill"): partial(_whose, drill),
        ("POST", "/drill"): partial(_brought_about, drill_account.begin, drill),
        ("POST", "/drill-mend"): partial(_brought_about, drill_account.mended, drill),
        ("POST", "/drill-clock"): partial(_let_time_pass, drill),
        ("POST", "/drill-end"): partial(_end, drill),
    }


def _brought_about(
    bring_about: Callable[..., AppAccess], drill: WireState, _state: WireState, body: dict[str, Any]
) -> dict[str, Any]:
    """{name, organization, project: what they are called} -> {key, project: the id that the app names,
    account: its id}.
    """
    names = DrillNames(_named(body, "organization", "Drill"), _named(body, "project", "Client"))
    _forget_calls(drill)
    access = bring_about(drill.platform, _named(body, "name", ""), names)
    return {"key": access.secret, "project": access.project_id, **_whose(drill, _state, body)}


def _whose(drill: WireState, _state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    """{} -> {account: the id of the account that the drill under way has; empty when there is none}.

    Every drill begins with another one, so that a page can see whether it is still its own.
    """
    account = drill.platform.accounts.current()
    return {"account": account.organization_id if account else ""}


def _let_time_pass(drill: WireState, _state: WireState, body: dict[str, Any]) -> dict[str, Any]:
    """{minutes}: on the drill's own clock."""
    minutes = body.get("minutes")
    if not isinstance(minutes, int) or not 0 < minutes <= LONGEST_WAIT_MINUTES:
        raise InvalidField(field="minutes", reason="out_of_range")
    return {"now": drill.platform.advance(timedelta(minutes=minutes)).isoformat()}


def _end(drill: WireState, _state: WireState, _body: dict[str, Any]) -> dict[str, Any]:
    drill.platform.reset()
    _forget_calls(drill)
    return {"ended": True}


def _forget_calls(drill: WireState) -> None:
    drill.prompt_cache.forget()
    drill.rates.forget()


def _named(body: dict[str, Any], field: str, default: str) -> str:
    value = body.get(field, default)
    if not isinstance(value, str):
        raise InvalidField(field=field, reason="not_text")
    return value
