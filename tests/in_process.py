"""What makes a test a unit test: it opens no socket and starts no process, and this is checked."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from marked_files import is_marked

OUTSIDE = ("browser", "binder", "processes", "frameworks", "javascript", "hub", "lite")
"""The markers of tests that need a browser, a server or another process; all others are `unit`."""

_EVENTS = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.system",
    }
)

_ASKS_THE_SYSTEM = (("uname",), ("/sbin/ldconfig",))
"""What the standard library may run, once, to learn on which machine it is."""

_watched: list[list[str]] = []
"""What the unit tests that run now, innermost last, have done outside of the process."""


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in _EVENTS and arguments[:1] not in _ASKS_THE_SYSTEM:
        _watched[-1].append(f"{event}{arguments}"[:200])


sys.addaudithook(_notice)


def markers_of(item: pytest.Item) -> list[str]:
    """Those that say that it is no unit test, and why."""
    return [marker for marker in OUTSIDE if item.get_closest_marker(marker)]


def is_unit(item: pytest.Item) -> bool:
    return not markers_of(item)


def see_that_it_is_found(item: pytest.Item) -> None:
    """Raise UsageError for a marker that does not stand in the file: `make test` would not look there."""
    unwritten = [marker for marker in markers_of(item) if not is_marked(item.path, marker)]
    if unwritten:
        raise pytest.UsageError(f"{item.nodeid}: its file does not say pytest.mark.{unwritten[0]}")


@contextmanager
def staying_in_process(item: pytest.Item) -> Generator[None]:
    """Fail a unit test that opens a socket or starts a process in this phase of it."""
    if not is_unit(item):
        yield
        return
    seen: list[str] = []
    _watched.append(seen)
    try:
        yield
    finally:
        _watched.pop()
    if seen:
        pytest.fail(
            "A unit test opens no socket and starts no process; else mark it (processes, browser): "
            + "; ".join(seen),
            pytrace=False,
        )
