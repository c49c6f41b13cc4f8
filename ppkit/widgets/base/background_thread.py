"""Slow work beside the kernel's main thread, so that a click never freezes the notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ppkit.beside import do_beside

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
    """Do it beside the kernel's main thread, in the caller's context (such as tags)."""
    do_beside(lambda: at_once(function, then, failed), "ppkit-window")
