"""Serving the class: a socket that is bound here and now, and a server that ends calmly."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from ppkit.class_service.passed_answer import AnswerBroke
from ppkit.errors import PpkitError

EVERYWHERE = "0.0.0.0"  # noqa: S104  (learners come from other computers)
_NOWHERE = ("192.0.2.1", 9)  # an address of no machine: nothing is sent to find out which way leads there


class ClassPortTaken(PpkitError):
    """The address is no address of this computer, or another program has the port. Facts: host, port."""

    code = "class_port_taken"


def class_listener(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any. Raises ClassPortTaken."""
    # asyncio switches Nagle's algorithm off only for sockets that name the protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise ClassPortTaken(host=host, port=port) from None
    return listener


def own_address() -> str:
    """This computer's address for its neighbours; loopback where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(_NOWHERE)
            return str(asked.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def serve_class(app: ASGIApp, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; streams under way have some seconds to end."""
    logging.getLogger("uvicorn.error").addFilter(_is_no_broken_answer)
    config = uvicorn.Config(
        app,
        lifespan="on",
        ws="none",
        log_level="warning",
        access_log=False,  # a log of requests is a place where a token could end up
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=10,
        backlog=1024,
    )
    asyncio.run(_run(_ClassServer(config), listener, on_ready))


async def _run(server: _ClassServer, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    running = asyncio.ensure_future(server.serve(sockets=[listener]))
    while not server.started and not running.done():
        await asyncio.sleep(0.002)
    if not running.done():
        on_ready()
    await running


class _ClassServer(uvicorn.Server):
    """Ends on the usual signals without raising them again, so that the command ends well."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_no_broken_answer(record: logging.LogRecord) -> bool:
    """An answer that broke off on the platform's side is counted; a traceback of it tells nothing more."""
    return not (record.exc_info and isinstance(record.exc_info[1], AnswerBroke))
