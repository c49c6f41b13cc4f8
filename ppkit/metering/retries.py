"""The attempts of one call: what is held for one that has failed at the platform passes on to its repeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from ppkit.spending.ledger import Call, Why


class Attempt(Protocol):
    """An attempt that has failed at the platform, and what is still held for it."""

    @property
    def call(self) -> Call: ...

    def keep(self, why: Why) -> None: ...


class Attempts:
    """The attempts that the SDK makes for one call of the program, one after the other."""

    def __init__(self) -> None:
        self._failed: Attempt | None = None

    @property
    def failed_call_id(self) -> str | None:
        """The attempt that still holds money for all that failed so far."""
        return None if self._failed is None else self._failed.call.id

    def failed(self, attempt: Attempt) -> None:
        """What is held for this attempt waits for the next one."""
        self._failed = attempt

    def passed_on(self) -> None:
        """The next attempt holds it now."""
        self._failed = None

    def over(self) -> None:
        """No attempt follows: what is still held is held once, and uncertain."""
        if self._failed is not None:
            self._failed.keep("server_error")
            self._failed = None


_attempts: ContextVar[Attempts | None] = ContextVar("ppkit_attempts", default=None)


def current_attempts() -> Attempts | None:
    """Those that the request being sent belongs to; None where the SDK's client is not one of ours."""
    return _attempts.get()


@contextmanager
def one_call() -> Iterator[None]:
    """Around everything that the SDK sends for one call, its repeats included."""
    attempts = Attempts()
    token = _attempts.set(attempts)
    try:
        yield
    finally:
        _attempts.reset(token)
        attempts.over()
