"""The practice platform as one ASGI application: the wire, the console's pages, the control room."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from ppkit.practice_platform.api.wire_routes import wire_routes
from ppkit.practice_platform.api.wire_state import Sleep, WireState
from ppkit.practice_platform.console.console_routes import routes as console_routes
from ppkit.practice_platform.control import control_routes
from ppkit.practice_platform.platform import Platform

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
ANY_HOST = ("*",)


def create_app(
    platform: Platform,
    *,
    plan: Platform | None = None,
    drill: Platform | None = None,
    control_token: str | None = None,
    pace_seconds: float = 0.0,
    hosts: Sequence[str] = LOOPBACK_HOSTS,
    sleep: Sleep = asyncio.sleep,
) -> Starlette:
    """The application. Without a control token there is no control room. `hosts` are the names it answers to:
    a page elsewhere must not reach it by DNS rebinding.

    `plan` is the account of the app that the learner uses: what its plan credits pay for is made under
    /plan/v1, on that account, and never shows up in the learner's own console or bill. `drill` is the account
    in which things go wrong on purpose, with its wire and its console under /drill.
    """
    state = WireState(platform, pace_seconds, sleep)
    routes = wire_routes(state)
    plan_state = None if plan is None else WireState(plan, pace_seconds, sleep)
    if plan_state is not None:
        routes.extend(wire_routes(plan_state, "/plan"))
    drill_state = None if drill is None else WireState(drill, pace_seconds, sleep)
    if drill_state is not None:
        routes.extend(wire_routes(drill_state, "/drill"))
        routes.append(Mount("/drill", routes=console_routes(drill_state.platform, is_drill=True)))
    if control_token is not None:
        routes.append(control_routes(state, control_token, plan_state, drill_state))
    routes.extend(console_routes(platform))
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    return Starlette(routes=routes, middleware=[guard])
