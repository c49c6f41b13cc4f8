"""What the ledger knows of the calls that one key has paid."""

from __future__ import annotations

from datetime import timedelta

from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.spending.ledger import Ledger

CHECKUP_TAG = {"ppkit": "checkup"}
"""The label of the calls that a checkup makes: they are ours, not the app's, and cost something too."""


class CallsPaid:
    """Questions to one ledger, which knows a key by its last four characters."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def output_tokens(self, key: ApiKey) -> int:
        """What has come back from calls paid with this key."""
        rows = self._ledger.report(by=(), where={"key": key.masked_end})
        return sum(int(row["output_tokens"] or 0) for row in rows)

    def by_checkups(self, key: ApiKey, days: int) -> int:
        """How often our own checkups have called with this key in the last so many days."""
        since = (self._clock.now() - timedelta(days=days)).date()
        tags = {f"tag:{name}": value for name, value in CHECKUP_TAG.items()}
        rows = self._ledger.report(since=since, where={"key": key.masked_end, **tags})
        return sum(int(row["calls"] or 0) for row in rows)
