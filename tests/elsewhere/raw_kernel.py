"""A kernel without a Jupyter server, as VS Code starts it: its sockets, and the messages that cross them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session
from left_running import STARTED_BY, WORKER

START_SECONDS = STOP_SECONDS = 60.0
KEPT = ("PATH", "LANG", "PYTHON_KEYRING_BACKEND", STARTED_BY, WORKER)
"""Of the tests' own environment: what the kernel starts is found when it is left, and sees no keyring."""
LOG_CHARACTERS = 2000


class RawKernel:
    """Messages go in by `tell`, and what the kernel publishes comes out by `heard`, in its order.

    Neither waits, so that a page can ask for what has come; buffers are base64 on the page's side.
    """

    def __init__(self, session: Session, shell: zmq.Socket[bytes], published: zmq.Socket[bytes]) -> None:
        self._session, self._shell, self._published = session, shell, published

    def tell(self, kind: str, content: Mapping[str, Any], buffers: list[str] | None = None) -> str:
        """Send one message; its id comes back."""
        raw: list[bytes | memoryview[bytes]] = [base64.b64decode(one) for one in buffers or ()]
        sent = self._session.send(self._shell, kind, dict(content), buffers=raw)
        assert sent
        return str(sent["msg_id"])

    def run(self, code: str) -> str:
        return self.tell("execute_request", {"code": code, "silent": False, "store_history": True})

    def heard(self) -> list[dict[str, Any]]:
        """What has been published since the last time."""
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> dict[str, Any] | None:
        _address, message = self._session.recv(self._published, mode=zmq.NOBLOCK)
        if message is None:
            return None
        return {
            "type": message["msg_type"],
            "parent": message["parent_header"].get("msg_id", ""),
            "metadata": message["metadata"],
            "content": message["content"],
            "buffers": [base64.b64encode(bytes(one)).decode() for one in message.get("buffers", ())],
        }

    def wait_until_up(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Raises RuntimeError with the end of the log, as soon as the process has ended."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            self.tell("kernel_info_request", {})
            if self._published.poll(200):
                self.heard()
                return
        said = log.read_text("utf-8", "replace")[-LOG_CHARACTERS:]
        raise RuntimeError(f"the kernel did not start (exit code {process.poll()}): {said}")


@contextmanager
def raw_kernel(
    folder: Path, variables: Mapping[str, str], python: str = sys.executable
) -> Iterator[RawKernel]:
    """A kernel that works in `folder/work` with these variables beside the few that it needs."""
    work = folder / "work"
    work.mkdir(parents=True)
    # Sockets that are files: no two kernels can be given the same port.
    file, config = write_connection_file(
        str(folder / "kernel.json"), transport="ipc", ip=str(folder / "k"), key=os.urandom(16).hex().encode()
    )
    with (log_file := folder / "kernel.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", "ipykernel_launcher", f"--f={file}"],
            cwd=work,
            env=environment_in(folder) | dict(variables),
            stdout=log,
            stderr=log,
        )
    context = zmq.Context()
    shell, published = context.socket(zmq.DEALER), context.socket(zmq.SUB)
    published.subscribe(b"")
    try:
        for socket, number in ((shell, config["shell_port"]), (published, config["iopub_port"])):
            socket.connect(f"ipc://{config['ip']}-{number}")
        kernel = RawKernel(Session(key=bytes(config["key"], "ascii")), shell, published)
        kernel.wait_until_up(process, log_file)
        yield kernel
    finally:
        context.destroy(linger=0)
        end(process)


def environment_in(folder: Path) -> dict[str, str]:
    """What every kernel needs, its own folders among it."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    own = {"HOME": folder, "IPYTHONDIR": folder / "ipython", "PPKIT_HOME": folder / "home"}
    return kept | {name: str(path) for name, path in own.items()}


def end(process: subprocess.Popen[bytes]) -> None:
    """Raises subprocess.TimeoutExpired for one that has to be killed."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    finally:
        process.kill()
        process.wait()
