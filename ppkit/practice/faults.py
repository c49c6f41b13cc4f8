"""Rehearsed failures, switched on and off by name."""

from __future__ import annotations

from ppkit.practice.clock import PracticeClock
from ppkit.practice.database import Database
from ppkit.practice.errors import UnknownPracticeThing

FAULTS = (
    "account_deactivated",  # 401 on every call
    "billing_not_active",  # 429 billing_not_active
    "card_declined",  # every purchase and auto-recharge fails
    "connection_reset",  # the connection is dropped before the answer
    "cut_stream",  # a stream ends in the middle
    "ip_not_authorized",  # 401
    "image_billing_limit",  # 400 billing_hard_limit_reached on images
    "image_moderation",  # 400 moderation_blocked on images
    "late_limits",  # spend limits are enforced only once passed by a tenth
    "no_credit_old_code",  # out of credit answers with the code used before August 2026
    "not_verified",  # 403 on images until the organization is verified
    "overloaded",  # 503
    "rate_limit",  # 429 rate_limit_exceeded with retry-after
    "server_error",  # 500
    "slow_answers",  # three seconds before the first byte
    "slow_credit",  # purchased credit arrives ten minutes later
    "slow_down",  # 429 slow_down
    "slow_stream",  # a quarter of a second between the pieces of a stream
    "unsupported_country",  # 403
    "usage_limit",  # 429 organization_usage_limit_exceeded
    "web_page_error",  # 502 with an HTML page instead of JSON
)
"""Every failure that can be rehearsed; the comment is what it does. Texts are in the catalogues."""


class Faults:
    def __init__(self, database: Database, clock: PracticeClock) -> None:
        self._database = database
        self._clock = clock
        self._on = {str(row[0]) for row in database.rows("SELECT name FROM fault")}

    def names_on(self) -> frozenset[str]:
        return frozenset(self._on)

    def is_on(self, name: str) -> bool:
        return name in self._on

    def switch(self, name: str, *, on: bool) -> None:
        """Raises UnknownPracticeThing."""
        if name not in FAULTS:
            raise UnknownPracticeThing(what="fault", id=name[:40])
        if on:
            self._database.run("INSERT OR IGNORE INTO fault VALUES (?, ?)", name, self._clock.timestamp())
            self._on.add(name)
        else:
            self._database.run("DELETE FROM fault WHERE name = ?", name)
            self._on.discard(name)

    def forget(self) -> None:
        """All off, after the data has been cleared."""
        self._on.clear()
