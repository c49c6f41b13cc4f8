"""The practice platform on a free port of this machine, for tests with a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform


@contextmanager
def served(platform: Platform) -> Iterator[str]:
    """Its address, without a slash at the end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # a visitor who is early waits instead of being turned away
        server = uvicorn.Server(uvicorn.Config(create_app(platform), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
