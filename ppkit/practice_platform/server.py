"""Serving the practice platform: loopback only, the former port or a free one, until it is stopped or has
been idle for long.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ppkit.clock import Clock, SystemClock
from ppkit.files import make_private_folder
from ppkit.lock import FileLock
from ppkit.practice_platform.address import (
    Address,
    find_running,
    folder_of,
    former_port,
    remember_port,
    remove_port_file,
    write_port_file,
)
from ppkit.practice_platform.api.rehearsals import CutShort
from ppkit.practice_platform.app import ANY_HOST, LOOPBACK_HOSTS
from ppkit.practice_platform.connections import CarefulProtocol, CloseAfterAmbiguity, make_room
from ppkit.practice_platform.errors import PracticeAlreadyRunning, PracticePortTaken
from ppkit.practice_platform.home_app import opened_home
from ppkit.practice_platform.log import without_keys

DEFAULT_IDLE_SECONDS = 2 * 3600.0
HOST = "127.0.0.1"
STOPPING_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ServingOptions:
    """How to serve: when to end by itself, the pause between pieces of a stream, under which host names.

    `any_host` is for machines that no browser reaches at 127.0.0.1 (a hub's containers), where the Host
    header is the proxy's and DNS rebinding has nothing to aim at.
    """

    idle_seconds: float = DEFAULT_IDLE_SECONDS
    pace_seconds: float = 0.0
    any_host: bool = False


def serve(
    home: Path,
    port: int = 0,
    *,
    on_ready: Callable[[Address], None],
    serving: ServingOptions | None = None,
    clock: Clock | None = None,
) -> None:
    """Serve in the foreground until SIGINT, SIGTERM or long idleness.

    Raises PracticeAlreadyRunning, PracticePortTaken, PracticeDatabaseUnreadable, PracticeDatabaseTooNew.
    """
    folder = folder_of(home)
    make_private_folder(folder)
    make_room()
    with FileLock(folder / "server.lock") as lock:
        # One that has just been told to stop may hold the lock for a moment longer.
        if not lock.take() and (find_running(home) or not lock.wait(STOPPING_SECONDS)):
            raise PracticeAlreadyRunning(home=str(home))
        serving = serving or ServingOptions()
        with ExitStack() as opened:
            listener = opened.enter_context(listen(port) if port else _listen_as_before(former_port(home)))
            address = address_of(listener)
            app = opened.enter_context(opened_app(home, address.control_token, serving, clock))
            watched = LastUse(app, clock or SystemClock())
            asyncio.run(_serve(_ServingPlace(home, listener, address), watched, on_ready, serving))


@contextmanager
def opened_app(
    home: Path, control_token: str, serving: ServingOptions, clock: Clock | None = None
) -> Iterator[ASGIApp]:
    """What is served for a data folder; closed at the end. Raises what `opened_home` raises."""
    hosts = ANY_HOST if serving.any_host else LOOPBACK_HOSTS
    with opened_home(home, control_token, pace_seconds=serving.pace_seconds, hosts=hosts, clock=clock) as app:
        yield CloseAfterAmbiguity(app)


def listen(port: int) -> socket.socket:
    """A listening socket on loopback. Raises PracticePortTaken."""
    # The protocol is named because asyncio switches Nagle's algorithm off only for sockets that say
    # IPPROTO_TCP; without it every call on a kept-alive connection waits 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PracticePortTaken(port=port) from error
    return listener


def _listen_as_before(port: int) -> socket.socket:
    """On this port when it is free, on any otherwise."""
    try:
        return listen(port)
    except PracticePortTaken:
        return listen(0)


@dataclass(frozen=True, slots=True)
class _ServingPlace:
    home: Path
    listener: socket.socket
    address: Address


async def _serve(
    place: _ServingPlace, app: LastUse, on_ready: Callable[[Address], None], serving: ServingOptions
) -> None:
    server = CalmServer(configured(app), lambda: remove_port_file(place.home, place.address))
    running = asyncio.ensure_future(server.serve(sockets=[place.listener]))
    try:
        while not server.started and not running.done():
            await asyncio.sleep(0.002)
        if not running.done():
            write_port_file(place.home, place.address)
            remember_port(place.home, place.address)
            on_ready(place.address)
        while not running.done():
            left_seconds = serving.idle_seconds - app.idle_seconds()
            if left_seconds <= 0:
                server.end()
                break
            await asyncio.wait({running}, timeout=left_seconds)
        await running
    finally:
        remove_port_file(place.home, place.address)


class CalmServer(uvicorn.Server):
    """Ends on the usual signals without raising them again, so that we clean up and leave with code 0.

    `on_ending` runs first: no client should find a server that is about to end.
    """

    def __init__(self, config: uvicorn.Config, on_ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ending = on_ending

    def end(self) -> None:
        self._on_ending()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_ending()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def configured(app: ASGIApp, protocol: type[CarefulProtocol] = CarefulProtocol) -> uvicorn.Config:
    """How the platform's application is served, here and beside others."""
    for each in (_is_no_rehearsal, without_keys):
        logging.getLogger("uvicorn.error").addFilter(each)
    return uvicorn.Config(
        app,
        http=protocol,
        lifespan="off",
        ws="none",
        log_level="warning",
        access_log=False,  # a log of requests is a place where a secret could end up
        server_header=False,
        date_header=False,  # the wire dates its answers itself, or could not rehearse a wrong clock
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        backlog=1024,
    )


def address_of(listener: socket.socket) -> Address:
    """Where this socket is reached, with a new control token."""
    origin = f"http://{HOST}:{listener.getsockname()[1]}"
    return Address(
        base_url=f"{origin}/v1",
        console_url=f"{origin}/",
        control_token=secrets.token_urlsafe(32),
        pid=os.getpid(),
    )


def _is_no_rehearsal(record: logging.LogRecord) -> bool:
    """Connections cut on purpose are no news for the log."""
    return not (record.exc_info and isinstance(record.exc_info[1], CutShort))


class LastUse:
    """Remembers when the last request came or was still under way."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock
        self._under_way = 0
        self._last_seconds = clock.monotonic()

    def idle_seconds(self) -> float:
        return 0.0 if self._under_way else self._clock.monotonic() - self._last_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1
            self._last_seconds = self._clock.monotonic()
