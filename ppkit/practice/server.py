"""Serving the practice platform: loopback only, any free port, until told to stop or idle for long."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ppkit.clock import Clock, SystemClock
from ppkit.practice.address import Address, folder_of, remove_port_file, write_port_file
from ppkit.practice.api.answer import CutShort
from ppkit.practice.app import create_app
from ppkit.practice.errors import PracticeAlreadyRunning, PracticePortTaken
from ppkit.practice.lock import FileLock
from ppkit.practice.platform import Platform

DEFAULT_IDLE_SECONDS = 2 * 3600.0
HOST = "127.0.0.1"


def serve(
    home: Path,
    port: int = 0,
    *,
    on_ready: Callable[[Address], None],
    idle_seconds: float = DEFAULT_IDLE_SECONDS,
    pace_seconds: float = 0.0,
    clock: Clock | None = None,
) -> None:
    """Serve in the foreground until SIGINT, SIGTERM or long idleness.

    Raises PracticeAlreadyRunning, PracticePortTaken, PracticeDatabaseUnreadable, PracticeDatabaseTooNew.
    """
    folder = folder_of(home)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(folder / "server.lock") as lock:
        if not lock.take():
            raise PracticeAlreadyRunning(home=str(home))
        listener = listen(port)
        platform = Platform.open(_owner_only(folder / "practice.sqlite3"), clock)
        try:
            asyncio.run(
                _serve(home, listener, platform, on_ready, idle_seconds, pace_seconds, clock or SystemClock())
            )
        finally:
            platform.close()
            listener.close()


def listen(port: int) -> socket.socket:
    """A listening socket on loopback. Raises PracticePortTaken."""
    # The protocol is named because asyncio switches Nagle's algorithm off only for sockets that say IPPROTO_TCP;
    # without it every call on a kept-alive connection waits some 40 ms for a delayed acknowledgement.
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


async def _serve(
    home: Path,
    listener: socket.socket,
    platform: Platform,
    on_ready: Callable[[Address], None],
    idle_seconds: float,
    pace_seconds: float,
    clock: Clock,
) -> None:
    address = _address(listener)
    app = LastUse(create_app(platform, control_token=address.control_token, pace_seconds=pace_seconds), clock)
    server = _server(app)
    # Uvicorn raises the signal once more when it has shut down; ending by SystemExit lets us clean up first.
    signal.signal(signal.SIGTERM, _leave)
    running = asyncio.ensure_future(server.serve(sockets=[listener]))
    try:
        while not server.started and not running.done():
            await asyncio.sleep(0.002)
        if not running.done():
            write_port_file(home, address)
            on_ready(address)
        await asyncio.wait({running}, timeout=0)
        while not running.done():
            left_seconds = idle_seconds - app.idle_seconds()
            if left_seconds <= 0:
                server.should_exit = True
                break
            await asyncio.wait({running}, timeout=left_seconds)
        await running
    except (KeyboardInterrupt, SystemExit):
        server.should_exit = True
    finally:
        remove_port_file(home, address)


def _server(app: ASGIApp) -> uvicorn.Server:
    logging.getLogger("uvicorn.error").addFilter(_is_no_rehearsal)
    return uvicorn.Server(
        uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_level="warning",
            access_log=False,  # a log of requests is a place where a secret could end up
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
            backlog=1024,
        )
    )


def _address(listener: socket.socket) -> Address:
    origin = f"http://{HOST}:{listener.getsockname()[1]}"
    return Address(
        base_url=f"{origin}/v1",
        console_url=f"{origin}/",
        control_token=secrets.token_urlsafe(32),
        pid=os.getpid(),
    )


def _owner_only(path: Path) -> Path:
    """The file, made owner-only before SQLite fills it (its journal files inherit that)."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path


def _leave(_signal: int, _frame: object) -> None:
    raise SystemExit(0)


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
