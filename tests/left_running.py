"""No process may outlive the test, or the shared fixture, that started it.

A plugin of pytest's: hooks of a conftest.py are not asked about fixtures of the whole session. It looks
where the system has /proc. pytest writes the test's name into the environment, which processes inherit: so
those are found, too, whose parent has ended.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from in_process import is_unit

PROCESSES = Path("/proc")
STARTED_BY = "PYTEST_CURRENT_TEST"
WORKER = "TESTS_WORKER"
"""Where conftest.py keeps OURS. Not "PPKIT_…": tests keep such variables from what they start."""
OURS = f"{os.getpid()}-{time.time_ns()}"
"""This process of pytest's. Another run on this machine, of another checkout, has tests of the same names."""
SHARED = f"what tests of {OURS} share"
"""In the environment of what a fixture of several tests started."""
GRACE_SECONDS = 60.0
"""For what has been told to end, on a busy machine."""
_shared: set[int] = set()
"""Children that fixtures of several tests started. Some write over their environment, as PostgreSQL does."""
_PYTHONS_OWN = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")
"""They serve a process to its end."""


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    parent: int
    command: bytes
    environment: tuple[bytes, ...]

    @property
    def started_by(self) -> str:
        """The test or SHARED, empty if nothing is said."""
        begin = f"{STARTED_BY}=".encode()
        return next((line[len(begin) :].decode() for line in self.environment if line.startswith(begin)), "")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    if fixturedef.scope == "function":
        return (yield)
    with of_several_tests():
        return (yield)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_at_the_end() -> Iterator[None]:
    with ending_with_the_session():
        yield


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Made after what tests share and before what is the test's own, so that it ends after that."""
    if is_unit(request.node):
        yield
        return
    with ending_with(request.node.nodeid):
        yield


@contextmanager
def ending_with(test: str) -> Iterator[None]:
    """Fail if a process that was started meanwhile, by the test with this name, still runs at the end."""
    before = pids()

    def left() -> list[Process]:
        return [one for one in map(look_at, pids() - before) if one is not None and _is_of(test, one)]

    yield
    _judge(left)


@contextmanager
def ending_with_the_session() -> Iterator[None]:
    """Fail if a process that a shared fixture started still runs after the last test."""
    yield
    _judge(lambda: [one for one in map(look_at, pids()) if one is not None and one.started_by == SHARED])


@contextmanager
def of_several_tests() -> Iterator[None]:
    """What is started meanwhile may outlive the test, but not the session."""
    said, before = os.environ.get(STARTED_BY), pids()
    os.environ[STARTED_BY] = SHARED
    try:
        yield
    finally:
        started = map(look_at, pids() - before)
        _shared.update(one.pid for one in started if one is not None and one.parent == os.getpid())
        if said is None:
            del os.environ[STARTED_BY]
        else:
            os.environ[STARTED_BY] = said


def pids() -> set[int]:
    """Of all processes; none where the system has no /proc."""
    if not PROCESSES.is_dir():
        return set()
    return {int(each.name) for each in PROCESSES.iterdir() if each.name.isdigit()}


def look_at(pid: int) -> Process | None:
    """None if it has ended, or is another user's."""
    try:
        # The name in parentheses may hold anything, even parentheses.
        state, parent = (PROCESSES / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[:2]
        command = (PROCESSES / str(pid) / "cmdline").read_bytes()
        environment = (PROCESSES / str(pid) / "environ").read_bytes()
    except OSError:
        return None
    if state in (b"Z", b"X") or any(one in command for one in _PYTHONS_OWN):
        return None
    return Process(pid, int(parent), command.replace(b"\0", b" "), tuple(environment.split(b"\0")))


def _is_of(test: str, process: Process) -> bool:
    if process.started_by == SHARED or process.pid in _shared:
        return False
    is_ours = f"{WORKER}={OURS}".encode() in process.environment
    # The second: a fork, or a program that was given an environment of its own.
    return (is_ours and process.started_by.startswith(f"{test} (")) or process.parent == os.getpid()


def _judge(left: Callable[[], list[Process]]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while (found := left()) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    if found:
        shown = "\n".join(f"{one.pid}: {one.command.decode(errors='replace')[:200]}" for one in found)
        pytest.fail(f"These processes were still running, and were killed:\n{shown}", pytrace=False)
