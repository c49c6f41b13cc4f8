"""The practice platform as one ASGI application: the wire, the console's pages, the control room."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Sequence
from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ppkit.practice_platform.api.wire_routes import wire_routes
from ppkit.practice_platform.api.wire_state import Sleep, WireState
from ppkit.practice_platform.control import control_routes
from ppkit.practice_platform.platform import Platform

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


def create_app(
    platform: Platform,
    *,
    plan: Platform | None = None,
    control_token: str | None = None,
    pace_seconds: float = 0.0,
    hosts: frozenset[str] | None = LOOPBACK_HOSTS,
    sleep: Sleep = asyncio.sleep,
) -> Starlette:
    """The application. Without a control token there is no control room; `hosts` are the names it
    answers to (None: any).

    `plan` is the account of the app that the learner uses: what its plan credits pay for is made under
    /plan/v1, on that account, and never shows up in the learner's own console or bill.
    """
    state = WireState(platform, pace_seconds, sleep)
    routes = wire_routes(state)
    plan_state = None if plan is None else WireState(plan, pace_seconds, sleep)
    if plan_state is not None:
        routes.extend(wire_routes(plan_state, "/plan"))
    if control_token is not None:
        routes.append(control_routes(state, control_token, plan_state))
    routes.extend(_console_routes(platform, hosts))
    guards = [] if hosts is None else [Middleware(KnownHost, hosts=hosts)]
    return Starlette(routes=routes, middleware=guards)


def _console_routes(platform: Platform, hosts: frozenset[str] | None) -> Sequence[BaseRoute]:
    if find_spec("ppkit.practice_platform.console.console_routes") is None:

        async def front(_request: Request) -> PlainTextResponse:
            return PlainTextResponse("PRACTICE")

        return [Route("/", front)]
    # The pages bring the template engine along, which the wire alone does not need.
    pages = importlib.import_module("ppkit.practice_platform.console.console_routes")
    routes: Sequence[BaseRoute] = pages.routes(platform, frozenset({"*"}) if hosts is None else hosts)
    return routes


class KnownHost:
    """Refuses any other host name: a page elsewhere must not reach this server by DNS rebinding."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_known(scope):
            response = PlainTextResponse("This host name is not served here.", 403)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"host"]
        if len(given) != 1:
            return False
        host = given[0].decode("latin-1").lower()
        name, _, port = host.rpartition(":")
        return (name if name and port.isdigit() else host) in self._hosts
