"""What of the ledger the costs window shows: days, filters, what is stacked, and which table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ppkit.agency import Agency
from ppkit.errors import PpkitError
from ppkit.spending.ledger import NotADay

RANGES = ("month", "last_month", "week", "thirty_days", "year", "own")
STACKS = ("model", "key")
VIEWS = ("day", "model", "key", "client", "all", "calls", "other_models")
CLIENT_TAG = "tag:client"
_ALL = ""


class KeyOfAnother(PpkitError):
    """A client's own key is another than the one chosen beside it. Facts: client (its name), key."""

    code = "costs_key_of_another"


@dataclass(frozen=True, slots=True)
class CostsChoice:
    """`range` is one of RANGES, with `first` and `last` for the reader's own days; "" filters nothing."""

    range: str = "month"
    first: str = ""
    last: str = ""
    model: str = _ALL
    key: str = _ALL
    client: str = _ALL
    stack: str = "model"
    view: str = "day"

    def with_fields(self, fields: Mapping[str, str], today: date) -> CostsChoice:
        """What a form has sent; what it cannot have offered is left as it was.

        Who has typed other days than those on show means these, whatever the list of ranges still says.
        """
        known = {
            name: fields[name].strip()
            for name in ("first", "last", "model", "key", "client")
            if name in fields
        }
        if fields.get("range") in RANGES:
            known["range"] = fields["range"]
        if fields.get("stack") in STACKS:
            known["stack"] = fields["stack"]
        shown = [day.isoformat() for day in self.days(today)]
        if known.get("range") == self.range and [known.get("first"), known.get("last")] not in (
            [None, None],
            shown,
        ):
            known["range"] = "own"
        return replace(self, **known)

    def days(self, today: date) -> tuple[date, date]:
        """The first and the last day (UTC). Raises NotADay, also for a last one before the first."""
        match self.range:
            case "last_month":
                last = today.replace(day=1) - timedelta(days=1)
                return last.replace(day=1), last
            case "week":
                return today - timedelta(days=6), today
            case "thirty_days":
                return today - timedelta(days=29), today
            case "year":
                return today.replace(month=1, day=1), today
            case "own":
                return self._own_days()
            case _:
                following = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
                return today.replace(day=1), following - timedelta(days=1)

    def _own_days(self) -> tuple[date, date]:
        try:
            first, last = date.fromisoformat(self.first), date.fromisoformat(self.last)
        except ValueError:
            raise NotADay(value=self.first or self.last) from None
        if first > last:
            raise NotADay(value=self.last)
        return first, last

    def where(self, agency: Agency) -> dict[str, str]:
        """The filters of a report. A client of the agency's file is meant by its id, any other by its tag."""
        found = {name: value for name, value in (("model", self.model), ("key", self.key)) if value}
        if not self.client:
            return found
        known = next((one for one in agency.clients if one.id == self.client), None)
        return found | (dict(known.where) if known else {CLIENT_TAG: self.client})

    def check(self, today: date, agency: Agency) -> None:
        """Raises NotADay, and KeyOfAnother where the figures would be another key's than the one named."""
        self.days(today)
        client = next((one for one in agency.clients if one.id == self.client), None)
        if client and client.key and self.key not in {_ALL, client.key}:
            raise KeyOfAnother(client=client.name, key=self.key)

    @property
    def is_usual(self) -> bool:
        """Whether this month is shown, all of it."""
        return replace(self, view="day", stack="model", first="", last="") == CostsChoice()
