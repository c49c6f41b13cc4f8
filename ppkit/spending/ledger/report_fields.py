"""What a report can be grouped by and narrowed to, and what each field says of a series or a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from ppkit.keys.masking import HIDDEN
from ppkit.spending.ledger.errors import NotADay, UnknownGrouping
from ppkit.spending.ledger.packing import unpacked_tags
from ppkit.spending.ledger.periods import day_of
from ppkit.spending.ledger.scopes import is_tag_name, parts_of
from ppkit.spending.ledger.tables import Series

PERIOD_FIELDS = ("hour", "day", "week", "month")
SERIES_FIELDS = ("model", "key", "kind")
TAG = "tag:"

Label = str | None
Labelling = Callable[[Series], Label]


def check_field(name: str) -> None:
    """Raises UnknownGrouping for what is neither of the fields above nor "tag:NAME"."""
    is_tag = isinstance(name, str) and name.startswith(TAG) and is_tag_name(name.removeprefix(TAG))
    if not is_tag and name not in {*PERIOD_FIELDS, *SERIES_FIELDS}:
        raise UnknownGrouping(name=name)


# ---------------------------------------------------------------- periods


def label_of_period(name: str, period: int) -> str:
    """The hour ("2026-11-23T10"), day, week ("2026-W48", from Monday) or month ("2026-11") of a period."""
    day = day_of(period)
    match name:
        case "hour":
            return f"{day.isoformat()}T{period % 100:02}"
        case "day":
            return day.isoformat()
        case "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02}"
        case _:
            return f"{day:%Y-%m}"


def days_meant(name: str, value: str) -> tuple[date, date]:
    """The first and the last day of an hour, day, week or month, as `label_of_period` writes it.

    Raises NotADay.
    """
    try:
        match name:
            case "hour":
                begin = end = date.fromisoformat(value[:10])
                if value != f"{value[:10]}T{int(value[11:]):02}" or int(value[11:]) > 23:
                    raise ValueError(value)
            case "day":
                begin = end = date.fromisoformat(value)
            case "week":
                begin = date.fromisocalendar(int(value[:4]), int(value[6:]), 1)
                end = begin + timedelta(days=6)
            case _:
                begin = date.fromisoformat(f"{value}-01")
                end = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    except (TypeError, ValueError, OverflowError):
        raise NotADay(value=value) from None
    return begin, end


# ---------------------------------------------------------------- series


def labelling(name: str, series: Iterable[Series] | None) -> Labelling:
    """What the field says of each of the series that a report is about; None: keys by their identity."""
    match name:
        case "model":
            return lambda one: one.model
        case "kind":
            return lambda one: one.endpoint
        case "key":
            if series is None:
                return lambda one: one.key
            shown = _shown_names({one.key for one in series})
            return lambda one: shown[one.key]
        case _:
            tag = name.removeprefix(TAG)
            return lambda one: unpacked_tags(one.tags).get(tag)


def condition(name: str, value: str, series: Iterable[Series]) -> Callable[[Series], bool]:
    """Whether a series is meant, of all that the ledger knows."""
    if name == "key":
        return _is_key(value, {one.key for one in series})
    label = labelling(name, None)
    return lambda one: label(one) == value


def _is_key(value: str, known: Iterable[str]) -> Callable[[Series], bool]:
    """A key is meant by its name, its end, also with the beginning of a fingerprint, or its identity.

    An identity has the calls of earlier versions too, which know the end alone, if no other key ends so.
    """
    end, fingerprint = parts_of(value)
    if fingerprint:
        is_alone = not any(key != value and key.startswith(f"{end}#") for key in known)
        return lambda one: one.key == value or (is_alone and one.key == end)
    begin = value if "#" in value.removeprefix(HIDDEN)[4:] else f"{value}#"
    return lambda one: one.key == value or one.key.startswith(begin)


def _shown_names(identities: set[str]) -> dict[str, str]:
    """What each key's identity is shown as; several keys with one end differ after a "#".

    Calls of earlier versions have no fingerprint: they stand with the only key that ends so, if there is one.
    """
    by_end: dict[str, set[str]] = defaultdict(set)
    for identity in identities:
        end, fingerprint = parts_of(identity)
        by_end[end].add(fingerprint)
    return {identity: _shown_name(identity, by_end) for identity in identities}


def _shown_name(identity: str, by_end: Mapping[str, set[str]]) -> str:
    end, fingerprint = parts_of(identity)
    others = by_end[end] - {"", fingerprint}
    if not fingerprint or not others:
        return end
    length = 4
    while any(other.startswith(fingerprint[:length]) for other in others):
        length += 1
    return f"{end}#{fingerprint[:length]}"
