"""Slow work beside the kernel's main thread, so that a click never freezes the notebook."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class BackgroundRunner(Protocol):
    """How slow work is run: in a thread, or at once in tests."""

    def __call__(
        self, function: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
    ) -> None: ...


def at_once(
    function: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]
) -> None:
    """Do it now, in the caller's thread: `then(result)`, or `failed(exception)` for either of the two."""
    try:
        then(function())
    except Exception as error:
        failed(error)


def run(function: Callable[[], T], then: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
    """Do it in a thread that sees the caller's context (such as tags) and never outlives the kernel."""
    context = contextvars.copy_context()
    work = threading.Thread(
        target=lambda: context.run(at_once, function, then, failed), name="ppkit-window", daemon=True
    )
    work.start()
