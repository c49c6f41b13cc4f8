"""The class service as one ASGI application: the gateway and the lesson's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from starlette.applications import Starlette

from ppkit.class_service.class_door import ClassDoor, RosterCheck, TokenCheck
from ppkit.class_service.class_pages import ClassPages
from ppkit.class_service.gateway import Gateway, Upstream
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.clock import Clock
from ppkit.metering import Meter
from ppkit.mode import Mode


def class_app(
    served: RunningLesson,
    meter: Meter,
    upstream: Upstream,
    clock: Clock,
    mode: Mode,
    *,
    public_url: str | None = None,
    check: TokenCheck | None = None,
    client: httpx2.AsyncClient | None = None,
) -> Starlette:
    """The application of one lesson. Without a `check` tokens are those that its own page gives out.

    `client` replaces the gateway's HTTP client, metered or not, for a platform that no socket leads to.
    """
    door = ClassDoor(served, check or RosterCheck(served), clock)
    gateway = Gateway(meter, upstream, door, client)
    pages = ClassPages(served, door, clock, mode, public_url)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    return Starlette(routes=[*gateway.routes(), *pages.routes()], lifespan=lifespan)
