"""An event loop turned by hand, for who cannot await: also inside a running loop, and without any socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from ppkit.footing import footing

LONGEST_PAUSE_SECONDS = 4.0
"""Nothing can come from outside while this loop waits, so of a longer wait only the end is of interest."""

Result = TypeVar("Result")


def _wait(seconds: float) -> None:
    """Without threads by looking at the clock: in a page `time.sleep` lets Python be called in the middle.

    What came in then, such as "Stop", met this loop as the one that runs, and the call never ended.
    """
    if footing().has_threads:
        time.sleep(seconds)
        return
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class NothingToWaitFor(RuntimeError):
    """The coroutine waits for what nobody inside its loop will bring, and nothing comes from outside."""


class HandTurnedLoop(asyncio.BaseEventLoop):
    """Runs a coroutine to its end while the caller waits. One of its own for each use: it is cheap to make.

    `pause` waits so many seconds; what would take longer than a moment is skipped on this loop's own clock.
    """

    def __init__(self, pause: Callable[[float], None] = _wait) -> None:
        super().__init__()
        self._pause = pause
        self._skipped_seconds = 0.0
        self._selector = self  # what BaseEventLoop asks for news from outside, of which there are none

    def complete(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """What the coroutine returns or raises. Raises NothingToWaitFor."""
        with _loop_set_aside():
            return self.run_until_complete(coroutine)

    def time(self) -> float:
        return super().time() + self._skipped_seconds

    def select(self, timeout: float | None) -> list[object]:
        """As a selector's: wait for the next thing to do. Raises NothingToWaitFor where there is none."""
        if timeout is None:
            raise NothingToWaitFor
        if timeout:
            begun = super().time()
            self._pause(min(timeout, LONGEST_PAUSE_SECONDS))
            self._skipped_seconds += max(0.0, timeout - (super().time() - begun))
        return []

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken."""

    def run_in_executor(  # type: ignore[override]  # here, at once: there may be no threads
        self,
        executor: object,  # noqa: ARG002
        func: Callable[..., Result],
        *args: Any,
    ) -> asyncio.Future[Result]:
        done: asyncio.Future[Result] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


@contextmanager
def _loop_set_aside() -> Iterator[None]:
    """Let another loop run in this thread, by the functions that asyncio offers to loops not of its own."""
    outer = asyncio._get_running_loop()
    if outer is None:
        yield
        return
    task = asyncio.current_task(outer)
    if task is not None:
        asyncio.tasks._leave_task(outer, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(outer)
        if task is not None:
            asyncio.tasks._enter_task(outer, task)
