"""The Meter: what a metered client shares with every other client of the same ledger, and its settings."""

from __future__ import annotations

import os
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Protocol

import anyio
import httpx2

from ppkit.clock import Clock
from ppkit.metering.headers import HeaderReader
from ppkit.metering.owed_endings import OwedEndings
from ppkit.metering.receipts import Receipts, collect_receipts
from ppkit.mode import Mode
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Call, Ledger, ReservationRefused
from ppkit.spending.ledger.ledger import LONGEST_WAIT_SECONDS
from ppkit.spending.token_rates import Price

REMEMBERED_STOPS = 16


class Prices(Protocol):
    """What the meter asks of a price catalogue."""

    def price_of(self, model: str, at: datetime, tier: str | None = None, host: str = "") -> Price: ...


class ClientKeys(Protocol):
    """Whose keys there are, and whose work a call is: an agency, which lies in another room."""

    def misused_key(self, key: str, key_id: str, tags: Mapping[str, str]) -> tuple[str, str] | None:
        """Whose key it is and whose work it would do, where these are two clients."""
        ...


class Abandoned(Protocol):
    """An answer that nobody will read to its end."""

    def closed(self) -> None: ...


def time_ordered_id(at: datetime) -> str:
    """A call id nobody else makes. In order of time, so that an index grows at its end and stays fast."""
    return f"ppkit-{int(at.timestamp() * 1000):012x}-{os.urandom(10).hex()}"


class Meter:
    """Reserves before a request leaves and settles when its answer is known; one for all clients of a ledger.

    With a `mode`, whatever carries a key of the other mode is refused. `allow_unpriced` lets models without
    a known price through (counted at nothing, marked estimated), `allow_unmetered` lets paid routes through
    that are not counted at all. `busy_timeout_seconds` is how long a call waits for the reservations of
    others; `on_wait` is called each time it does. With `clients`, one client's key does no work for another.
    `key_names` gives keys, known by their masked form
    ("…WXYZ"), the names the ledger shall use.
    """

    def __init__(
        self,
        ledger: Ledger,
        catalogue: Prices,
        clock: Clock,
        *,
        mode: Mode | None = None,
        allow_unpriced: bool = False,
        allow_unmetered: bool = False,
        busy_timeout_seconds: float = LONGEST_WAIT_SECONDS,
        key_names: Mapping[str, str] | None = None,
        new_id: Callable[[datetime], str] = time_ordered_id,
        on_wait: Callable[[ReservationRefused], None] | None = None,
        clients: ClientKeys | None = None,
        async_sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self.ledger = ledger
        self.catalogue = catalogue
        self.clock = clock
        self.mode = mode
        self.allow_unpriced = allow_unpriced
        self.allow_unmetered = allow_unmetered
        self.busy_timeout_seconds = busy_timeout_seconds
        self.key_names = dict(key_names or {})
        self.new_id = new_id
        self.on_wait = on_wait
        self.clients = clients
        self.async_sleep = async_sleep
        self.headers = HeaderReader(ledger.fingerprint_of)
        self.abandoned: deque[Abandoned] = deque()
        self._begin()
        _meters.add(self)
        self.stops: deque[str] = deque(maxlen=REMEMBERED_STOPS)  # scopes whose hard limit stopped a call
        self.stop_count = 0
        self.default_tags: Mapping[str, str] = {}  # of every call; those of the place where it is made win
        self.run_tag: Mapping[str, str] = {}  # of every call, whatever its place says

    def _begin(self) -> None:
        """What concerns the calls of one process: those of its parent are the parent's."""
        self.owed = OwedEndings()
        self._waiters: set[str] = set()

    def receipts(self) -> AbstractContextManager[Receipts]:
        """`with meter.receipts() as receipts:` collects the receipts of the calls made inside."""
        return collect_receipts()

    @contextmanager
    def waiting(self, call_id: str) -> Iterator[int]:
        """While this call waits for others' reservations; how many do so in this process."""
        self._waiters.add(call_id)
        try:
            yield len(self._waiters)
        finally:
            self._waiters.discard(call_id)

    def note_stop(self, scope: str) -> None:
        """The hard limit of this scope has stopped a call."""
        self.stops.append(scope)
        self.stop_count += 1

    def has_hard_limit(self, call: Call) -> bool:
        """Whether a hard limit watches any scope this call counts in."""
        return Budget(self.ledger).has_hard_limit(call.scopes)

    def key_of(self, headers: httpx2.Headers) -> str:
        """The name the ledger knows the key in these headers by; never the key."""
        shown = self.headers.read(headers, self.mode).key
        return self.key_names.get(shown, shown)

    def abandon(self, answer: Abandoned) -> None:
        """Remember an answer that the garbage collector found unread.

        The collector may run inside the ledger itself, so nothing is written here and now.
        """
        self.abandoned.append(answer)

    def flush(self) -> None:
        """Settle what was abandoned, and tell the ledger the endings that it was not there for.

        Every next call does so.
        """
        while self.abandoned:
            try:
                answer = self.abandoned.popleft()
            except IndexError:  # another thread is at the same
                break
            answer.closed()
        self.owed.tell()


_meters: weakref.WeakSet[Meter] = weakref.WeakSet()


def _begin_in_child() -> None:
    for meter in list(_meters):
        meter._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
