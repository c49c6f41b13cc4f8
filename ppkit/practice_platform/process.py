"""The practice platform as a process of its own: found, or started on demand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from ppkit.beside import do_beside
from ppkit.extras import require
from ppkit.files import make_private_folder
from ppkit.footing import footing
from ppkit.lock import FileLock
from ppkit.practice_platform.address import Address, find_running, folder_of
from ppkit.practice_platform.class_guest import HOST_VARIABLE, join
from ppkit.practice_platform.errors import (
    PracticeDatabaseTooNew,
    PracticeDatabaseUnreadable,
    PracticeError,
    PracticeNotStarted,
)

ON_A_HUB = ("JUPYTERHUB_SERVICE_PREFIX", "BINDER_LAUNCH_HOST")
PACKAGES = ("starlette", "uvicorn", "python_multipart", "jinja2", "PIL", "reportlab", "stdnum", "jsonschema")
"""What the platform needs beside the package."""
ONLY_AT_A_PORT = ("uvicorn", "PIL", "reportlab")
"""What it does without where it has no process of its own: pictures are plainer there, and no PDF is made."""
START_TIMEOUT_SECONDS = 20.0


def ensure_running(home: Path, *, pace_milliseconds: int = 0, idle_seconds: float | None = None) -> Address:
    """The practice process of this data folder, started if there is none; safe when two ask at once.

    Without ports it is no process, but mounted in this one. In a class it may be the class's host, which is
    asked and not started. Raises PracticeNotStarted, PracticeDatabaseUnreadable, PracticeDatabaseTooNew,
    PracticeMissing, PracticeHostRefused.
    """
    if not footing().has_ports:
        require_packages()
        from ppkit.practice_platform.in_process import mount  # lazy: loads the whole platform

        return mount(home)
    running = find_running(home)
    if running is not None:
        return running
    if os.environ.get(HOST_VARIABLE):
        return join(home, os.environ)
    require_packages()
    folder = folder_of(home)
    make_private_folder(folder)
    with FileLock(folder / "start.lock") as lock:
        if not lock.wait(START_TIMEOUT_SECONDS):
            raise PracticeNotStarted(log=str(folder / "server.log"))
        return find_running(home) or _start(home, pace_milliseconds, idle_seconds)


def require_packages() -> None:
    """Raises PracticeMissing where ppkit was installed without the practice platform."""
    spared = () if footing().has_ports else ONLY_AT_A_PORT
    require("practice", *(package for package in PACKAGES if package not in spared))


def _start(home: Path, pace_milliseconds: int, idle_seconds: float | None) -> Address:
    log = folder_of(home) / "server.log"
    command = [sys.executable, "-m", "ppkit.practice_platform", "--home", str(home), "--port", "0"]
    command += ["--pace-milliseconds", str(pace_milliseconds)]
    if any(name in os.environ for name in ON_A_HUB):
        command.append("--any-host")  # pages arrive under the hub's name there
    if idle_seconds is not None:
        command += ["--idle-seconds", str(idle_seconds)]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as output:
        process = subprocess.Popen(  # noqa: S603  (our own module, no shell)
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment(),
            start_new_session=True,  # Ctrl-C in the starter's terminal is for the starter
        )
    # Somebody has to take its exit code, or in a kernel that outlives it a dead process would stay listed.
    do_beside(lambda: _ended(process), "ppkit-practice-process")
    return _wait_until_ready(home, process, log)


def _ended(process: subprocess.Popen[bytes]) -> None:
    process.wait()


def _wait_until_ready(home: Path, process: subprocess.Popen[bytes], log: Path) -> Address:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        address = find_running(home)
        if address is not None:
            return address
        if process.poll() is not None:
            # Started by hand a moment ago, it holds the server's lock; then that one is the answer.
            return find_running(home) or _raise_reason(log)
        time.sleep(0.01)
    raise PracticeNotStarted(log=str(log))


def _raise_reason(log: Path) -> Address:
    """What the process wrote before it gave up, as the error it was."""
    lines = log.read_text("utf-8", "replace").splitlines()
    try:
        told = json.loads(lines[-1])["error"]
        kinds: dict[str, type[PracticeError]] = {
            kind.code: kind for kind in (PracticeDatabaseTooNew, PracticeDatabaseUnreadable)
        }
        error = kinds[told["code"]](**told["facts"])
    except (IndexError, KeyError, TypeError, ValueError):
        error = PracticeNotStarted(log=str(log))
    raise error


def _environment() -> dict[str, str]:
    """Ours without OpenAI's settings: the practice process has no business with a real key."""
    return {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}


__all__ = ["Address", "ensure_running", "find_running"]
