"""How often a join code may be tried: a short code is safe only while nobody can try many."""

from __future__ import annotations

from collections import deque

from ppkit.clock import Clock
from ppkit.errors import PpkitError

WINDOW_SECONDS = 60.0
MOST_BY_ADDRESS = 20
MOST_BY_LESSON = 200
MOST_ADDRESSES = 10_000


class TooManyTries(PpkitError):
    """Too many wrong codes within a minute. No facts."""

    code = "too_many_tries"


class JoinGuard:
    """Counts wrong codes, by address and in all. Right ones cost nothing: a class joins within seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_all: deque[float] = deque()
        self._by_address: dict[str, deque[float]] = {}

    def check(self, address: str) -> None:
        """Raises TooManyTries."""
        mine = self._by_address.get(address, deque())
        for tries, most in ((mine, MOST_BY_ADDRESS), (self._in_all, MOST_BY_LESSON)):
            self._without_old(tries)
            if len(tries) >= most:
                raise TooManyTries

    def was_wrong(self, address: str) -> None:
        if len(self._by_address) >= MOST_ADDRESSES:
            self._by_address.clear()
        now = self._clock.monotonic()
        self._in_all.append(now)
        self._by_address.setdefault(address, deque()).append(now)

    def _without_old(self, tries: deque[float]) -> None:
        oldest = self._clock.monotonic() - WINDOW_SECONDS
        while tries and tries[0] <= oldest:
            tries.popleft()
