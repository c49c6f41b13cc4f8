"""The class service as one ASGI application: the gateway and the lesson's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx2
from starlette.applications import Starlette
from starlette.routing import Mount

from ppkit.agency import Agency
from ppkit.class_service.class_door import ClassDoor, RosterCheck, TokenCheck
from ppkit.class_service.class_pages import NO_AGENCY, ClassPages
from ppkit.class_service.gateway import Gateway, Upstream
from ppkit.class_service.hub_check import HubCheck, HubPlace
from ppkit.class_service.owed_telling import keep_telling
from ppkit.class_service.progress_api import ProgressApi
from ppkit.class_service.retention import keep_forgetting
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
    hub: HubPlace | None = None,
    check: TokenCheck | None = None,
    client: httpx2.AsyncClient | None = None,
    agency: Agency = NO_AGENCY,
) -> Starlette:
    """The application of one lesson, below the Hub's prefix where there is a `hub`.

    Tokens are those that its own page gives out, or the Hub's; a `check` of its own is for tests.

    `client` replaces the gateway's HTTP client, metered or not, for a platform that no socket leads to.
    """
    if check is None:
        check = RosterCheck(served) if hub is None else HubCheck(hub, served, clock)
    door = ClassDoor(served, check, clock)
    gateway = Gateway(meter, upstream, door, client, served.limited)
    pages = ClassPages(served, door, clock, mode, public_url, by_hub=hub is not None, agency=agency)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as beside:
            beside.start_soon(keep_forgetting, served.persons.forget_due)
            beside.start_soon(keep_telling, meter)
            yield
            beside.cancel_scope.cancel()
        await gateway.close()

    progress = ProgressApi(served, door, clock)
    routes = [*gateway.routes(), *progress.routes(), *pages.routes()]
    if hub is not None:
        routes = [Mount(hub.prefix.rstrip("/"), routes=routes)]
    return Starlette(routes=routes, lifespan=lifespan)
