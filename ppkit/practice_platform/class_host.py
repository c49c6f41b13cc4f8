"""The practice platforms of a class in one process: each learner has their own, with its own port and data.

A platform by itself takes tens of megabytes; beside others in one process it takes a few. The programs of a
learner ask for theirs at the door, a socket in the file system. Nobody else can stand there, and no secret is
shown: the system says whose program it is.
"""

from __future__ import annotations

import argparse
import asyncio
import pwd
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ppkit.files import make_private_folder
from ppkit.lock import FileLock
from ppkit.practice_platform.address import Address, folder_of, offset_file_of
from ppkit.practice_platform.class_guest import DOOR, LEARNER_HEADER
from ppkit.practice_platform.connections import CarefulProtocol, make_room
from ppkit.practice_platform.errors import PracticeAlreadyRunning
from ppkit.practice_platform.neighbours import ACCOUNT, AccountProtocol, only_from
from ppkit.practice_platform.server import (
    CalmServer,
    ServingOptions,
    address_of,
    configured,
    listen,
    opened_app,
)

TRAVERSABLE = 0o711  # a learner finds the clock's file by its name, and cannot list what lies beside it
SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}")
"""A learner's name becomes a folder's."""

Naming = Callable[[Request], str | None]
"""Which learner asks; None for somebody who is none."""


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
            app = opened.enter_context(opened_app(home, address.control_token, self._serving))
            own = only_from(pwd.getpwnam(learner).pw_uid) if self._separate_accounts else CarefulProtocol
            server = _PartOfHost(configured(app, own))
            kept = opened.pop_all()
        task = asyncio.create_task(server.serve(sockets=[listener]))
        task.add_done_callback(lambda _task: kept.close())
        return _Running(address, server, task, kept)


def door(host: ClassHost, name_of: Naming) -> Starlette:
    """POST /platform: where the platform of the learner who asks is, and its hour."""

    async def platform(request: Request) -> Response:
        learner = name_of(request)
        if learner is None or not SAFE_NAME.fullmatch(learner):
            return JSONResponse({"error": "no_learner"}, 403)
        address = await host.platform_of(learner)
        return JSONResponse({**asdict(address), "clock_file": str(host.clock_file_of(learner))})

    return Starlette(routes=[Route("/platform", platform, methods=["POST"])])


def by_account(request: Request) -> str | None:
    """Each learner has an account of the system, of the same name."""
    client = request.scope["client"]
    if client is None or client[0] != ACCOUNT:
        return None
    try:
        return pwd.getpwuid(client[1]).pw_name
    except KeyError:
        return None


def by_word(request: Request) -> str | None:
    """All learners share one account, and are believed: nothing keeps them apart there anyway."""
    return request.headers.get(LEARNER_HEADER)


@contextmanager
def listening_at(path: Path) -> Iterator[socket.socket]:
    """A socket in the file system that everybody may talk to; the one of a host that has died is replaced."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        listener.listen(128)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


async def serve(listener: socket.socket, host: ClassHost, name_of: Naming) -> None:
    """Serve the door until SIGINT or SIGTERM, and end every platform then."""
    server = CalmServer(configured(door(host, name_of), AccountProtocol), lambda: None)
    try:
        await server.serve(sockets=[listener])
    finally:
        await host.close()


def main() -> None:
    """python -m ppkit.practice_platform.class_host --folder FOLDER: a service of a JupyterHub."""
    parser = argparse.ArgumentParser(description="The practice platforms of a class, in one process.")
    parser.add_argument("--folder", type=Path, required=True, help="their data, and the door")
    parser.add_argument(
        "--separate-accounts", action="store_true", help="each learner has an account of the system"
    )
    options = parser.parse_args()
    separate: bool = options.separate_accounts
    host = ClassHost(options.folder, ServingOptions(any_host=True), separate_accounts=separate)
    make_room()
    with listening_at(options.folder / DOOR) as listener:
        asyncio.run(serve(listener, host, by_account if separate else by_word))


if __name__ == "__main__":
    main()
