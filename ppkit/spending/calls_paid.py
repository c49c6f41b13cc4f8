"""What the ledger knows of the calls that one key has paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.keys.masking import masked_end
from ppkit.spending.ledger import Ledger
from ppkit.spending.ledger.scopes import identity_of

CHECKUP_TAG = {"ppkit": "checkup"}
"""The label of the calls that a checkup makes: they are ours, not the app's, and cost something too."""


class CallsPaid:
    """Questions to one ledger, which knows a key by its end and a fingerprint."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def output_tokens(self, key: ApiKey) -> int:
        """What has come back from calls paid with this key."""
        rows = self._ledger.report(by=(), where={"key": self._known_as(key)})
        return sum(int(row["output_tokens"] or 0) for row in rows)

    def by_checkups(self, key: ApiKey, days: int) -> int:
        """How often our own checkups have called with this key in the last so many days."""
        return self._calls(key, days, {f"tag:{name}": value for name, value in CHECKUP_TAG.items()})

    def from_here(self, key: ApiKey, days: int) -> int:
        """How often anything of ours has called with this key in the last so many days."""
        return self._calls(key, days, {})

    def _calls(self, key: ApiKey, days: int, tags: Mapping[str, str]) -> int:
        since = (self._clock.now() - timedelta(days=days)).date()
        rows = self._ledger.report(since=since, where={"key": self._known_as(key), **tags})
        return sum(int(row["calls"] or 0) for row in rows)

    def _known_as(self, key: ApiKey) -> str:
        secret = key.get_secret_value()
        return identity_of(masked_end(secret), self._ledger.fingerprint_of(secret))
