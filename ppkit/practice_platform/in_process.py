"""The practice platform in this process, for a machine without ports: mounted once for each data folder."""

from __future__ import annotations

import os
import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from ppkit.clock import Clock
from ppkit.files import make_private_folder
from ppkit.practice_platform.address import Address, folder_of
from ppkit.practice_platform.home_app import opened_home

ORIGIN = "http://127.0.0.1"
"""Where it seems to be: nothing is sent there, and the guard against other names is content."""


@dataclass(frozen=True, slots=True)
class _Mounted:
    address: Address
    app: ASGIApp
    opened: ExitStack


_mounted: dict[Path, _Mounted] = {}


def mount(home: Path, clock: Clock | None = None) -> Address:
    """The platform of this data folder, opened if it is not. Raises PracticeDatabase…."""
    if home not in _mounted:
        make_private_folder(folder_of(home))
        token = secrets.token_urlsafe(32)
        with ExitStack() as opened:
            app = opened.enter_context(opened_home(home, token, clock=clock))
            address = Address(f"{ORIGIN}/v1", f"{ORIGIN}/", token, os.getpid())
            _mounted[home] = _Mounted(address, app, opened.pop_all())
    return _mounted[home].address


def unmount(home: Path) -> None:
    """Close what was opened for this folder, if it was."""
    if home in _mounted:
        _mounted.pop(home).opened.close()


def app_at(address: Address) -> ASGIApp | None:
    """The application with this address; None for one behind a port."""
    return next((one.app for one in _mounted.values() if one.address == address), None)
