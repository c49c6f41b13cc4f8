"""What goes into the ledger and what comes out of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Literal

from ppkit.keys.key_refusal import refuse_keys
from ppkit.money import ZERO, Money
from ppkit.spending.ledger.scopes import check_tag, identity_of, is_fingerprint, scopes_of
from ppkit.spending.usage import Usage

LARGEST_PICO_USD = 2**63 - 1
"""What a 64-bit column holds: a little over nine million dollars."""

_OUR_ID = re.compile(r"ppkit-[0-9a-f-]+")

Mark = Literal["estimated", "ceiling", "overrun", "uncertain"]
"""How sure a cost is. "estimated": from what was seen ("about"). "ceiling": the most it can be, because the
answer came without its usage. "overrun": true, and above its reservation. "uncertain": nobody can tell
whether anything was billed; at most the reservation, which limits heed and which is no money spent."""

Why = Literal[
    "no_answer",  # a time-out, or a connection that broke after sending
    "server_error",  # the platform said that it failed
    "no_platform_error",  # an error that did not come from the platform itself
    "failed",  # the answer says that it failed or was cancelled, without figures
    "process_gone",
    "time_over",
]
"""Why a call is uncertain."""

State = Literal["reserved", "settled", "released", "expired"]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP attempt, known before it leaves. The caller makes the id; `key` is never a secret.

    `fingerprint` (`Ledger.fingerprint_of`) tells a key from others with the same end; `key_id` is both.

    Raises InvalidTag for a tag that cannot be a scope, KeyInText where a secret stands in one of the texts,
    ValueError for what is no fingerprint.
    """

    id: str
    model: str
    key: str
    endpoint: str
    tags: Mapping[str, str] = field(default_factory=dict)
    fingerprint: str = ""
    key_id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_id", _key_id(self.model, self.key, self.endpoint, self.fingerprint))
        if not _OUR_ID.fullmatch(self.id):  # ours come with every call, each only once
            refuse_keys("call", self.id)
        for name, value in self.tags.items():
            check_tag(name, value)

    @property
    def scopes(self) -> list[str]:
        return scopes_of(self.key_id, self.tags)


@lru_cache(maxsize=256)
def _key_id(model: str, key: str, endpoint: str, fingerprint: str) -> str:
    """The key's identity, once the names are seen to be harmless. Most calls have those of another one.

    Raises KeyInText, and ValueError for what is no fingerprint; what raises is not remembered.
    """
    refuse_keys("call", model, key, endpoint, fingerprint)
    if not is_fingerprint(fingerprint):
        raise ValueError("not a fingerprint of a key")
    return identity_of(key, fingerprint)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money held for one call until it ends. `amount` may be less than asked where `at_least` allowed it."""

    call_id: str
    amount: Money
    asked: Money
    month: str
    expires_at: datetime

    @property
    def in_full(self) -> bool:
        return self.amount == self.asked


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A correction of what a call cost: the cost and mark from then on, who wrote it and why."""

    at: datetime
    cost: Money
    mark: Mark | None
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows about one call. `cost` is None until the call has ended.

    Where `mark` is "uncertain", `cost` is the most it can be and `why` one of `Why`. Cost, usage and mark
    are those of the last of the `adjustments`.
    """

    call: Call
    state: State
    reserved: Money
    reserved_at: datetime
    cost: Money | None = None
    cost_parts: Mapping[str, Money] | None = None
    usage: Usage | None = None
    mark: Mark | None = None
    ended_at: datetime | None = None
    why: str | None = None
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """One scope in one month. What is `uncertain` (at most) is not in `spent`; limits heed both.

    `estimated`, `ceiling` and `overrun` are the parts of `spent` that carry these marks.
    """

    spent: Money
    reserved: Money
    calls: int
    uncertain: Money
    estimated: Money = ZERO
    ceiling: Money = ZERO
    overrun: Money = ZERO

    @property
    def counted(self) -> Money:
        """What a limit is held against, beside reservations: money spent and what may have been."""
        return self.spent + self.uncertain


@dataclass(frozen=True, slots=True)
class UncertainCall:
    """A call of which nobody can say whether it was billed, and at most how much."""

    call: Call
    reserved_at: datetime
    ended_at: datetime
    at_most: Money
    why: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Per period: `soft` notifies once, `hard` refuses. None means no limit.

    `also_soft` notify too, each once: thresholds above `soft`, the lowest first. `since`: the moment a total
    begins at; None for a month or a day.
    """

    soft: Money | None = None
    hard: Money | None = None
    also_soft: tuple[Money, ...] = ()
    since: datetime | None = None

    @property
    def thresholds(self) -> tuple[Money, ...]:
        """Every amount that notifies, the lowest first."""
        return () if self.soft is None else (self.soft, *self.also_soft)
