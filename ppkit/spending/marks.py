"""How a mark is shown beside an amount: one sign each, explained by the text "spending.mark.<name>"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

SIGNS: Mapping[str, str] = MappingProxyType({"estimated": "~", "ceiling": "≤", "overrun": "!"})
"""Marks of money that is spent. What is uncertain has a column of its own."""


def signs_of(row: Mapping[str, Any]) -> str:
    """The signs of the marks that some of a report row's cost carries."""
    return "".join(sign for mark, sign in SIGNS.items() if row[f"{mark}_pico_usd"])


def marked_amounts(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Of all rows together: each mark that occurs, "uncertain" too, with its pico-dollars."""
    sums = marked_sums(rows)
    return {mark: amount for mark in (*SIGNS, "uncertain") if (amount := sums[f"{mark}_pico_usd"])}


def marked_sums(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The marked figures of all rows together, as in a row."""
    kept, names = list(rows), [f"{mark}_pico_usd" for mark in (*SIGNS, "uncertain")]
    return {name: sum(row[name] for row in kept) for name in names}
