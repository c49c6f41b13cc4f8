"""Stores beside a fork and at a process's end: no database connection may cross a fork or be cut off."""

from __future__ import annotations

import atexit
import os
import weakref
from typing import Protocol


class ForkSafe(Protocol):
    """A store that can be informed of a fork."""

    def before_fork(self) -> None:
        """Finish what runs, and begin nothing until the fork has happened."""
        ...

    def after_fork_in_parent(self) -> None: ...

    def after_fork_in_child(self) -> None: ...

    def close(self) -> None: ...


_open_stores: weakref.WeakSet[ForkSafe] = weakref.WeakSet()
_forking: list[ForkSafe] = []


def watch(store: ForkSafe) -> None:
    """From now on the store is informed, until the last other reference to it goes."""
    _open_stores.add(store)


def _close_all() -> None:
    for store in list(_open_stores):
        store.close()


def _before_fork() -> None:
    _forking[:] = _open_stores
    for store in _forking:
        store.before_fork()


def _after_fork_in_parent() -> None:
    for store in _forking:
        store.after_fork_in_parent()
    _forking.clear()


def _after_fork_in_child() -> None:
    for store in _forking:
        store.after_fork_in_child()
    _forking.clear()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child
    )
