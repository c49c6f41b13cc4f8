"""The platform's application for one data folder, whoever serves it: a process at a port, or nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from starlette.types import ASGIApp

from ppkit.clock import Clock
from ppkit.practice_platform.address import DATABASE, folder_of
from ppkit.practice_platform.app import LOOPBACK_HOSTS, create_app
from ppkit.practice_platform.platform import Platform


@contextmanager
def opened_home(
    home: Path,
    control_token: str,
    *,
    pace_seconds: float = 0.0,
    hosts: Sequence[str] = LOOPBACK_HOSTS,
    clock: Clock | None = None,
) -> Iterator[ASGIApp]:
    """The learner's account, the plan's and the drill's; closed at the end.

    Raises PracticeDatabaseUnreadable, PracticeDatabaseTooNew.
    """
    with ExitStack() as opened:
        platform, plan, drill = (
            opened.enter_context(closing(Platform.open(_owner_only(folder_of(home) / name), clock)))
            for name in (DATABASE, "plan.sqlite3", "drill.sqlite3")
        )
        yield create_app(
            platform,
            plan=plan,
            drill=drill,
            control_token=control_token,
            pace_seconds=pace_seconds,
            hosts=hosts,
        )


def _owner_only(path: Path) -> Path:
    """The file, made owner-only before SQLite fills it (its journal files inherit that)."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path
