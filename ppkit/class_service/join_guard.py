"""How often a join code may be tried: a short code is safe only while nobody can try many."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import anyio

from ppkit.class_service.roster import WrongJoinCode
from ppkit.clock import Clock
from ppkit.errors import PpkitError

WINDOW_SECONDS = 60.0
MOST_BY_ADDRESS = 20
MOST_BY_LESSON = 5000
"""In two hours 600,000 of a billion codes. With fewer a handful of computers could shut everybody out."""

MOST_ADDRESSES = 10_000


class TooManyTries(PpkitError):
    """Too many wrong codes within a minute. No facts."""

    code = "too_many_tries"


class PlacesOfAddressTaken(PpkitError):
    """One address has as many places as the lesson gives to one. Facts: places."""

    code = "places_of_address_taken"


class JoinGuard:
    """Counts wrong codes, by address and in all. Right ones cost nothing: a class joins within seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._in_all: deque[float] = deque()
        self._by_address: dict[str, deque[float]] = {}
        self._visits: dict[str, set[str]] = {}
        self._turns: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one_try(self, address: str) -> AsyncIterator[None]:
        """A try takes place inside, one at a time for each address. It counts from its beginning, and goes on
        counting if it ends with WrongJoinCode. Raises TooManyTries.
        """
        turn = self._turns.get(address)
        if turn is None:
            turn = self._turns[address] = anyio.Lock()
        async with turn:
            now = self._counted(address)
            try:
                yield
            except WrongJoinCode:
                raise
            except BaseException:
                self._give_back(address, now)
                raise
            self._give_back(address, now)

    def check_places(self, address: str, visit: str, most: int) -> None:
        """Within a try: may this address take a place with this form? Raises PlacesOfAddressTaken."""
        visits = self._visits.get(address, set())
        if visit not in visits and len(visits) >= most:
            raise PlacesOfAddressTaken(places=most)

    def has_joined(self, address: str, visit: str) -> None:
        """A place was taken. (Places are few, so that this stays small.)"""
        self._visits.setdefault(address, set()).add(visit)

    def _counted(self, address: str) -> float:
        """Raises TooManyTries."""
        if len(self._by_address) >= MOST_ADDRESSES:
            self._by_address.clear()
        mine = self._by_address.setdefault(address, deque())
        for tries, most in ((mine, MOST_BY_ADDRESS), (self._in_all, MOST_BY_LESSON)):
            self._without_old(tries)
            if len(tries) >= most:
                raise TooManyTries
        now = self._clock.monotonic()
        mine.append(now)
        self._in_all.append(now)
        return now

    def _give_back(self, address: str, counted_at: float) -> None:
        for tries in (self._by_address.get(address, deque()), self._in_all):
            if counted_at in tries:
                tries.remove(counted_at)

    def _without_old(self, tries: deque[float]) -> None:
        oldest = self._clock.monotonic() - WINDOW_SECONDS
        while tries and tries[0] <= oldest:
            tries.popleft()
