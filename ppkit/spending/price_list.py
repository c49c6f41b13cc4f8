"""The price list of OpenAI's models: prices.json, which `scripts/prices.py` reads from genai-prices."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

# Beside this file; importlib.resources would add 13 ms to every start of the package.
_FILE = Path(__file__).with_name("prices.json")
DATED = re.compile(r"(.+)-\d{4}-\d{2}-\d{2}")
"""A dated snapshot's name, and in its first group the model's."""


@dataclass(frozen=True, slots=True, eq=False)
class ListedRow:
    """Prices at one tier from `first_day` on (None: from the beginning), in USD per million tokens, as text.

    `long_context` is {"over": tokens, "usd_per_million": {…}}, for requests with more input than that.
    """

    tier: str
    first_day: date | None
    usd_per_million: Mapping[str, str]
    long_context: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model and its rows, those of a tier in the order of their days."""

    id: str
    rows: tuple[ListedRow, ...]

    def row(self, tier: str, day: date) -> ListedRow | None:
        """The newest row of this tier that has begun by this day."""
        begun = [row for row in self.rows if row.tier == tier and (row.first_day or date.min) <= day]
        return begun[-1] if begun else None


class PriceList:
    """Models by the names that are surely theirs: their own ones, and dated snapshots of them."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.source = f"{content['source']} {content['version']}"
        self.read_on = date.fromisoformat(content["read_on"])
        self._by_name: dict[str, ListedModel] = {}
        self._by_dated: dict[str, ListedModel] = {}
        self._ids: list[str] = []
        for entry in content["models"]:
            model = ListedModel(entry["id"], tuple(map(_row, entry["rows"])))
            self._ids.append(model.id)
            for names, known in ((entry["names"], self._by_name), (entry["dated"], self._by_dated)):
                for name in names:
                    known.setdefault(name, model)

    def age_days(self, today: date) -> int:
        """How long ago it was read."""
        return max((today - self.read_on).days, 0)

    def ids(self) -> Iterable[str]:
        """Every model's own id."""
        return tuple(self._ids)

    def find(self, name: str) -> ListedModel | None:
        """The model of this very name, or of which it is a dated snapshot."""
        if name in self._by_name:
            return self._by_name[name]
        dated = DATED.fullmatch(name)
        return self._by_dated.get(dated[1]) if dated else None


def _row(row: Mapping[str, Any]) -> ListedRow:
    first_day = date.fromisoformat(row["from"]) if "from" in row else None
    return ListedRow(row["tier"], first_day, row["usd_per_million"], row.get("long_context"))


@cache
def price_list() -> PriceList:
    """The package's own list, read at the first look-up."""
    return PriceList(json.loads(_FILE.read_text("utf-8")))
