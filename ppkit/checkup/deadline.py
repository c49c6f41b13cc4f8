"""One request with a deadline, which the user may also stop: no check waits for what never comes."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from ppkit.clock import Clock
from ppkit.footing import footing

LOOK_EVERY_SECONDS = 0.05  # how soon a press on "Stop" is felt

Answer = TypeVar("Answer")


class TookTooLong(Exception):
    """No answer within the time given."""


class CheckStopped(Exception):
    """The user did not want to wait any longer."""


@dataclass(slots=True)
class Deadline:
    """How long one request may take, and how to find out that it is no longer wanted.

    `gave_up` says that some request may still be under way: its connection must not be closed.
    """

    clock: Clock
    seconds: float
    cancelled: Callable[[], bool]
    gave_up: bool = False

    def __call__(self, request: Callable[[], Answer]) -> Answer:
        """What the request returns or raises. Raises TookTooLong, CheckStopped.

        The SDK's own time-out counts each read anew, so a trickle could last for ever. A request given up
        goes on in its thread until that time-out; if it was a paid one and is answered, it is still booked.
        Without threads nothing could be done meanwhile, and the SDK's time-out is the only one.
        """
        if not footing().has_threads:
            return request()
        deadline = self.clock.monotonic() + self.seconds
        done: Future[Answer] = Future()
        context = contextvars.copy_context()
        Thread(target=lambda: context.run(_settle, done, request), name="ppkit-probe", daemon=True).start()
        while not wait([done], LOOK_EVERY_SECONDS).done:
            stopped = self.cancelled()
            if stopped or self.clock.monotonic() >= deadline:
                self.gave_up = True
                raise CheckStopped if stopped else TookTooLong
        return done.result()


def _settle(done: Future[Answer], request: Callable[[], Answer]) -> None:
    try:
        done.set_result(request())
    except BaseException as error:
        done.set_exception(error)
