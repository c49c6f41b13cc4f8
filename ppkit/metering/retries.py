"""The attempts of one call: what is held for one that has failed at the platform passes on to its repeat."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Protocol

from ppkit.spending.ledger import Call, Why


class Attempt(Protocol):
    """An attempt that has failed at the platform, and what is still held for it."""

    @property
    def call(self) -> Call: ...

    def keep(self, why: Why) -> None: ...


class Attempts:
    """The attempts that the SDK makes for one call of the program, one after the other.

    `with Attempts():` stands around everything that the SDK sends for one call, its repeats included.
    """

    failed: Attempt | None = None
    """The attempt that still holds money for all that failed so far; it waits for the next one."""

    _token: Token[Attempts | None]

    def __enter__(self) -> None:
        self._token = CURRENT_ATTEMPTS.set(self)

    def __exit__(self, *_: object) -> None:
        CURRENT_ATTEMPTS.reset(self._token)
        if self.failed is not None:  # no attempt follows: what is still held is held once, and uncertain
            self.failed.keep("server_error")
            self.failed = None


CURRENT_ATTEMPTS: ContextVar[Attempts | None] = ContextVar("ppkit_attempts", default=None)
"""Those that the request being sent belongs to; None where the SDK's client is not one of ours."""
