"""Usage and costs asked of the platform with an admin key, page by page, by day, model and key.

Endpoints: `client.admin.organization.usage` of the SDK. Answers are read as they stand on the wire, since the
SDK's models would turn amounts into floats.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from ppkit.bill.errors import FiguresNotUnderstood
from ppkit.bill.figures import LARGEST, Dataset, Figure

DAYS_A_PAGE = {"costs": 180}
USUAL_DAYS_A_PAGE = 31
MOST_PAGES = 1_000  # far more than the days since the platform began
LONGEST_NAME = 200
DAY_SECONDS = 86_400
_WIDE = Context(prec=80)


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """The days that one answer covers, and their figures."""

    dataset: Dataset
    days: tuple[date, ...]
    figures: tuple[Figure, ...]


def fetch(usage: Any, dataset: Dataset, since: date, until: date) -> Iterator[FiguresPage]:
    """The pages from the first to the last day, both included. `usage` is the SDK's resource.

    Raises the SDK's errors, FiguresNotUnderstood; also where more pages are promised and none can be asked
    for, since what is missing then must not be taken for days without use.
    """
    asked: dict[str, Any] = {
        "start_time": _seconds(since),
        "end_time": _seconds(until + timedelta(days=1)),
        "bucket_width": "1d",
        "limit": DAYS_A_PAGE.get(dataset, USUAL_DAYS_A_PAGE),
        "group_by": ["line_item" if dataset == "costs" else "model", "api_key_id"],
    }
    read = getattr(usage.with_raw_response, dataset)
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        answer = _document(read(**asked), dataset)
        yield _page(dataset, answer)
        following = answer.get("next_page")
        if not answer.get("has_more"):
            return
        if not isinstance(following, str) or not following or following in seen:
            break
        seen.add(following)
        asked["page"] = following
    raise FiguresNotUnderstood(dataset=dataset, field="next_page")


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _document(answer: Any, dataset: Dataset) -> Mapping[str, Any]:
    try:
        document = json.loads(answer.text, parse_float=Decimal)
    except ValueError:
        raise FiguresNotUnderstood(dataset=dataset, field="JSON") from None
    return _mapping(document, dataset, "page")


def _page(dataset: Dataset, answer: Mapping[str, Any]) -> FiguresPage:
    days, figures = [], []
    for given in _list(answer.get("data"), dataset, "data"):
        bucket = _mapping(given, dataset, "bucket")
        start = _count(bucket, "start_time", dataset)
        if start % DAY_SECONDS or start > 2**40:
            raise FiguresNotUnderstood(dataset=dataset, field="start_time")
        day = datetime.fromtimestamp(start, UTC).date()
        days.append(day)
        for result in _list(bucket.get("results", bucket.get("result")), dataset, "results"):
            figures.append(_figure(dataset, day, _mapping(result, dataset, "result")))
    return FiguresPage(dataset, tuple(days), tuple(figures))


def _figure(dataset: Dataset, day: date, result: Mapping[str, Any]) -> Figure:
    key_id = _name(result, "api_key_id", dataset)
    if dataset == "costs":
        return Figure(dataset, day, _name(result, "line_item", dataset), key_id, _amount(result))
    return Figure(
        dataset,
        day,
        _name(result, "model", dataset),
        key_id,
        calls=_count(result, "num_model_requests", dataset),
        input_tokens=_count(result, "input_tokens", dataset),
        cached_tokens=_count(result, "input_cached_tokens", dataset),
        cache_write_tokens=_count(result, "input_cache_write_tokens", dataset),
        output_tokens=_count(result, "output_tokens", dataset),
        images=_count(result, "images", dataset),
    )


def _amount(result: Mapping[str, Any]) -> int:
    amount = _mapping(result.get("amount"), "costs", "amount")
    value = amount.get("value")
    if str(amount.get("currency", "usd")).lower() != "usd":
        raise FiguresNotUnderstood(dataset="costs", field="currency")
    if isinstance(value, str):  # a decimal may come as text, so that nothing is lost
        value = _decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise FiguresNotUnderstood(dataset="costs", field="value")
    exact = Decimal(value)
    if not exact.is_finite() or exact.adjusted() > 18:
        raise FiguresNotUnderstood(dataset="costs", field="value")
    pico = int(exact.scaleb(12, _WIDE).to_integral_value(ROUND_HALF_EVEN))
    if abs(pico) > LARGEST:
        raise FiguresNotUnderstood(dataset="costs", field="value")
    return pico


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text) if len(text) <= 60 else None
    except ArithmeticError:
        return None


def _count(found: Mapping[str, Any], field: str, dataset: Dataset) -> int:
    """A whole number; 0 where the field is missing, which not every dataset has."""
    value = found.get(field) or 0
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= LARGEST or value != int(value):
        raise FiguresNotUnderstood(dataset=dataset, field=field)
    return int(value)


def _name(found: Mapping[str, Any], field: str, dataset: Dataset) -> str:
    value = found.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FiguresNotUnderstood(dataset=dataset, field=field)
    return value[:LONGEST_NAME]


def _list(found: Any, dataset: Dataset, field: str) -> list[Any]:
    if not isinstance(found, list):
        raise FiguresNotUnderstood(dataset=dataset, field=field)
    return found


def _mapping(found: Any, dataset: Dataset, field: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise FiguresNotUnderstood(dataset=dataset, field=field)
    return found
