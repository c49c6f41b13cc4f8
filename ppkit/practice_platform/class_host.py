"""The practice platforms of a class in one process: each learner has their own, with its own port and data.

A platform by itself takes tens of megabytes; beside others in one process it takes a few. The programs of a
learner ask the door for theirs with the token that the hub gave them, and the hub says whose it is.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ppkit.files import make_private_folder
from ppkit.lock import FileLock
from ppkit.practice_platform.address import Address, folder_of, offset_file_of
from ppkit.practice_platform.connections import make_room
from ppkit.practice_platform.errors import PracticeAlreadyRunning
from ppkit.practice_platform.hub_identity import HubIdentity
from ppkit.practice_platform.neighbours import OnlyFrom
from ppkit.practice_platform.server import (
    CalmServer,
    ServingOptions,
    address_of,
    configured,
    listen,
    opened_app,
)

TRAVERSABLE = 0o711  # a learner finds the clock's file by its name, and cannot list what lies beside it
WhoseToken = Callable[[str], Awaitable[str | None]]
"""The learner that a token belongs to, as a name that is safe in a path; None for a token nobody knows."""


class _PartOfHost(uvicorn.Server):
    """A server that leaves the process's signals to the host."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class _Running:
    address: Address
    server: _PartOfHost
    task: asyncio.Task[None]
    opened: ExitStack


class ClassHost:
    """The platforms that run now, by their learners' names.

    With `separate_accounts` only programs of the learner's own account of the system are answered, where the
    system can tell.
    """

    def __init__(self, folder: Path, serving: ServingOptions, *, separate_accounts: bool = False) -> None:
        self._folder = folder
        self._serving = serving
        self._separate_accounts = separate_accounts
        self._running: dict[str, _Running] = {}

    async def platform_of(self, learner: str) -> Address:
        """Where the learner's platform listens; it is opened if it is not. Raises PracticeError."""
        running = self._running.get(learner)
        if running is None or running.task.done():
            running = self._running[learner] = self._opened(learner)
        while not running.server.started and not running.task.done():
            await asyncio.sleep(0.002)
        return running.address

    def clock_file_of(self, learner: str) -> Path:
        return offset_file_of(self._folder / learner)

    async def close(self) -> None:
        for running in self._running.values():
            running.server.should_exit = True
        await asyncio.gather(*(running.task for running in self._running.values()), return_exceptions=True)

    def _opened(self, learner: str) -> _Running:
        home = self._folder / learner
        make_private_folder(folder_of(home))
        for each in (home, folder_of(home)):
            each.chmod(TRAVERSABLE)
        with ExitStack() as opened:
            lock = opened.enter_context(FileLock(folder_of(home) / "server.lock"))
            if not lock.take():
                raise PracticeAlreadyRunning(home=str(home))
            listener = opened.enter_context(listen(0))
            address = address_of(listener)
            app: ASGIApp = opened.enter_context(opened_app(home, address.control_token, self._serving))
            if self._separate_accounts:
                app = OnlyFrom(app, (learner,))
            server = _PartOfHost(configured(app))
            kept = opened.pop_all()
        task = asyncio.create_task(server.serve(sockets=[listener]))
        task.add_done_callback(lambda _task: kept.close())
        return _Running(address, server, task, kept)


def door(host: ClassHost, whose: WhoseToken) -> Starlette:
    """POST /platform with `Authorization: Bearer TOKEN`: where the learner's platform is, and its hour."""

    async def platform(request: Request) -> Response:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        learner = await whose(token) if scheme.lower() in ("bearer", "token") and token else None
        if learner is None:
            return JSONResponse({"error": "unknown_token"}, 401)
        address = await host.platform_of(learner)
        return JSONResponse({**asdict(address), "clock_file": str(host.clock_file_of(learner))})

    return Starlette(routes=[Route("/platform", platform, methods=["POST"])])


async def serve(port: int, host: ClassHost, whose: WhoseToken) -> None:
    """Serve the door until SIGINT or SIGTERM, and end every platform then. Raises PracticePortTaken."""
    server = CalmServer(configured(door(host, whose)), lambda: None)
    try:
        await server.serve(sockets=[listen(port)])
    finally:
        await host.close()


def main() -> None:
    """python -m ppkit.practice_platform.class_host --folder FOLDER --port PORT: a service of a JupyterHub."""
    parser = argparse.ArgumentParser(description="The practice platforms of a class, in one process.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--separate-accounts", action="store_true", help="answer a learner's own account of the system only"
    )
    options = parser.parse_args()
    host = ClassHost(
        options.folder, ServingOptions(any_host=True), separate_accounts=options.separate_accounts
    )
    make_room()
    asyncio.run(serve(options.port, host, HubIdentity(os.environ["JUPYTERHUB_API_URL"])))


if __name__ == "__main__":
    main()
