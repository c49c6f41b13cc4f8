"""The tables of the books: their columns, and the rows that the ledger's rules hand over and get back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from ppkit.spending.ledger.limit_rows import LIMIT_CHANGE_COLUMNS, SUM_COLUMNS
from ppkit.spending.usage import Usage


class OpenCall(NamedTuple):
    """A call in flight. Moments as `text_of` writes them, tags packed as JSON."""

    call_id: str
    at: str
    pico_usd: int
    model: str
    key: str
    endpoint: str
    tags: str
    owner: str
    expires_at: str
    further: int = 0
    """1 where sums of days or totals may count it, beside those of its month."""


class EntryRow(NamedTuple):
    """How a call ended (number 1), or a correction of it (from 2 on), which says who and why.

    The last six fields are those of the reservation that ended; None for a correction.
    """

    call_id: str
    number: int
    kind: str
    at: str
    pico_usd: int
    mark: Any
    cost_parts: str | None
    usage: str | None
    author: str | None
    why: str | None
    reserved_at: str | None = None
    reserved_pico_usd: int | None = None
    model: str | None = None
    key: str | None = None
    endpoint: str | None = None
    tags: str | None = None


class Series(NamedTuple):
    """What calls have in common: the tags packed as JSON. Entries and sums name it by its `id`."""

    id: int
    model: str
    key: str
    endpoint: str
    tags: str


class EndedCall(NamedTuple):
    """A call for the audit: its reservation, how that ended, and the last that is known of its cost."""

    call_id: str
    at: str
    series: int
    key: str
    tags: str
    reserved: int
    kind: str
    cost: int
    mark: Any
    usage: str | None


EVERYTHING = 0
"""The series of a day's sums of all series together."""

TOKENS = tuple(field.name for field in fields(Usage))
SUMMED = (
    "calls",
    *TOKENS,
    "cost_pico_usd",
    "uncertain_pico_usd",
    "estimated_pico_usd",
    "ceiling_pico_usd",
    "overrun_pico_usd",
)
"""The figures of the roll-up: what `Usage` counts, then what `Sums` adds up."""

CHARGED = (
    "spent_pico_usd",
    "uncertain_pico_usd",
    "estimated_pico_usd",
    "ceiling_pico_usd",
    "overrun_pico_usd",
    "reserved_pico_usd",
    "calls",
)
"""What an ending changes in the sums of its scopes: what `Sums` adds up, what was held, and one call."""

SERIES_FIELDS = Series._fields[1:]
ENTRY_COLUMNS = (*EntryRow._fields[: -len(SERIES_FIELDS)], "series")

TABLES: Mapping[str, tuple[str, ...]] = {
    "reservation": OpenCall._fields,
    "series": Series._fields,
    "entry": ENTRY_COLUMNS,
    "scope_sum": ("period", "scope", *SUM_COLUMNS),
    "rollup": ("period", "series", *SUMMED),
    "uncertain_call": ("call_id",),
    "answer": ("response_id", "call_id", "terms"),
    "spending_limit": ("scope", "period", "since", "soft_pico_usd", "hard_pico_usd"),
    "threshold": ("scope", "period", "pico_usd"),
    "limit_change": ("id", *LIMIT_CHANGE_COLUMNS),
    "alert": (
        "id",
        "period",
        "scope",
        "threshold_pico_usd",
        "spent_pico_usd",
        "uncertain_pico_usd",
        "queued_at",
        "claimed_until",
        "sent_at",
        "attempts",
        "try_at",
        "failure",
    ),
    "plan_credit": ("month", "used"),
    "world": ("one", "mode"),
}
"""Every table with its columns, for moving books from one database to another."""
