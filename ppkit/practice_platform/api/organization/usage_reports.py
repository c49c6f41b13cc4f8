"""GET /organization/costs and /organization/usage/…: buckets of time, grouped and filtered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from ppkit.practice_platform.api import request_gate
from ppkit.practice_platform.api.answer import Handler, JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.listing import query_integer, query_list
from ppkit.practice_platform.api.parameters import invalid_value, missing, whole_number
from ppkit.practice_platform.models import WEB_SEARCH_ITEM

WIDTHS = {"1m": 60, "1h": 3_600, "1d": 86_400}
LIMITS = {"1m": (60, 1_440), "1h": (24, 168), "1d": (7, 31)}
LATEST = 2**40

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportKind:
    """What one report counts: SQL over usage_event e (and charge_line c for costs)."""

    endpoint: str | None
    groups: Mapping[str, str]
    filters: Mapping[str, str]
    sums: str
    result: Callable[[Row], dict[str, Any]]
    limits: Mapping[str, tuple[int, int]]
    source: str = "usage_event e"


COMMON = {"project_id": "e.project_id", "user_id": "e.user_id", "api_key_id": "e.key_id"}
COMMON_FILTERS = {"project_ids": "e.project_id", "user_ids": "e.user_id", "api_key_ids": "e.key_id"}


def _completions(row: Row) -> dict[str, Any]:
    fresh = row["input_tokens"] - row["cached_tokens"] - row["cache_write_tokens"]
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": row["input_tokens"],
        "input_cached_tokens": row["cached_tokens"],
        "input_cache_write_tokens": row["cache_write_tokens"],
        "input_uncached_tokens": fresh,
        "output_tokens": row["output_tokens"],
        "num_model_requests": row["calls"],
    }


def _images(row: Row) -> dict[str, Any]:
    return {
        "object": "organization.usage.images.result",
        "images": row["images"],
        "num_model_requests": row["calls"],
    }


def _input_only(name: str) -> Callable[[Row], dict[str, Any]]:
    def result(row: Row) -> dict[str, Any]:
        return {
            "object": f"organization.usage.{name}.result",
            "input_tokens": row["input_tokens"],
            "num_model_requests": row["calls"],
        }

    return result


def _searches(row: Row) -> dict[str, Any]:
    return {
        "object": "organization.usage.web_searches.result",
        "num_model_requests": row["calls"],
        "num_requests": row["searches"],
    }


def _costs(row: Row) -> dict[str, Any]:
    grouped_by_item = row.get("line_item") is not None
    in_tokens = grouped_by_item and row["line_item"] != WEB_SEARCH_ITEM  # no unit there is counts calls
    return {
        "object": "organization.costs.result",
        # The wire has a number here; exact amounts stay whole pico-USD until this last step.
        "amount": {"value": row["pico_usd"] / 10**12, "currency": "usd"},
        "quantity": row["quantity"] if grouped_by_item else None,
        "quantity_unit": "tokens" if in_tokens else None,
    }


USAGE_SUMS = (
    "count(*) AS calls, sum(e.input_tokens) AS input_tokens, sum(e.cached_tokens) AS cached_tokens,"
    " sum(e.cache_write_tokens) AS cache_write_tokens, sum(e.output_tokens) AS output_tokens,"
    " sum(e.images) AS images"
)
REPORTS = {
    "completions": ReportKind(
        endpoint="completions",
        groups=COMMON
        | {"model": "e.model", "batch": "0", "service_tier": "e.service_tier", "api_source": "NULL"},
        filters=COMMON_FILTERS | {"models": "e.model"},
        sums=USAGE_SUMS,
        result=_completions,
        limits=LIMITS,
    ),
    "images": ReportKind(
        endpoint="images",
        groups=COMMON | {"model": "e.model", "size": "e.size", "source": "e.source"},
        filters=COMMON_FILTERS | {"models": "e.model", "sizes": "e.size", "sources": "e.source"},
        sums=USAGE_SUMS,
        result=_images,
        limits=LIMITS,
    ),
    **{
        name: ReportKind(
            endpoint=name,
            groups=COMMON | {"model": "e.model"},
            filters=COMMON_FILTERS | {"models": "e.model"},
            sums=USAGE_SUMS,
            result=_input_only(name),
            limits=LIMITS,
        )
        for name in ("embeddings", "moderations")
    },
    "web_search_calls": ReportKind(
        endpoint=None,
        groups=COMMON | {"model": "e.model", "context_level": "NULL", "api_source": "NULL"},
        filters=COMMON_FILTERS | {"models": "e.model"},
        sums="count(*) AS calls, sum(c.quantity) AS searches",
        result=_searches,
        source=f"usage_event e JOIN charge_line c ON c.event_id = e.id AND c.item = '{WEB_SEARCH_ITEM}'",
        limits=LIMITS,
    ),
    "costs": ReportKind(
        endpoint=None,
        groups=COMMON | {"line_item": "c.item", "api_source": "NULL"},
        filters={"project_ids": "e.project_id", "api_key_ids": "e.key_id", "line_items": "c.item"},
        sums="sum(c.pico_usd) AS pico_usd, sum(c.quantity) AS quantity",
        result=_costs,
        source="usage_event e JOIN charge_line c ON c.event_id = e.id",
        limits={"1d": (7, 180)},
    ),
}


def report(name: str) -> Handler:
    """The handler of one report."""
    wanted = REPORTS[name]

    async def handler(call: ApiCall) -> Response:
        request_gate.need_admin(call, "api.usage.read")
        return JsonAnswer(_page(call, wanted))

    return handler


async def nothing_of_that_kind(call: ApiCall) -> Response:
    """Usage that the practice platform never has (audio, vector stores, …): empty buckets."""
    request_gate.need_admin(call, "api.usage.read")
    starts, width, next_page = _buckets(call, LIMITS)
    return JsonAnswer(_wire_page([(start, []) for start in starts], width, next_page))


def _page(call: ApiCall, wanted: ReportKind) -> dict[str, Any]:
    starts, width, next_page = _buckets(call, wanted.limits)
    groups = query_list(call, "group_by")
    for group in groups:
        if group not in wanted.groups:
            raise invalid_value("group_by", group, tuple(wanted.groups))
    rows = _rows(call, wanted, groups, (starts[0], width, starts[-1] + width)) if starts else []
    by_start: dict[int, list[dict[str, Any]]] = {start: [] for start in starts}
    for row in rows:
        result = wanted.result(row) | {name: row.get(name) for name in wanted.groups}
        if result.get("batch") is not None:
            result["batch"] = bool(result["batch"])
        by_start[row["bucket"]].append(result)
    return _wire_page(list(by_start.items()), width, next_page)


def _wire_page(
    buckets: Sequence[tuple[int, list[dict[str, Any]]]], width: int, next_page: str | None
) -> dict[str, Any]:
    return {
        "object": "page",
        "data": [
            {"object": "bucket", "start_time": start, "end_time": start + width, "results": results}
            for start, results in buckets
        ],
        "has_more": next_page is not None,
        "next_page": next_page,
    }


def _buckets(call: ApiCall, limits: Mapping[str, tuple[int, int]]) -> tuple[list[int], int, str | None]:
    """(starts, width in seconds, next page): aligned to UTC, up to the end asked for or the practice
    clock's now.
    """
    query = call.request.query_params
    if "start_time" not in query:
        raise missing("start_time")
    width_name = query.get("bucket_width", "1d")
    if width_name not in limits:
        raise invalid_value("bucket_width", width_name, tuple(limits))
    width = WIDTHS[width_name]
    start = query_integer(call, "start_time", 0, 0, LATEST) // width * width
    end = query_integer(call, "end_time", call.state.platform.clock.timestamp() + 1, 0, LATEST)
    default, largest = limits[width_name]
    limit = query_integer(call, "limit", default, 1, largest)
    if page := query.get("page"):
        start = _page_start(page)
    starts = [start + width * number for number in range(limit) if start + width * number < end]
    following = start + width * limit
    return starts, width, f"page_{following}" if following < end else None


def _page_start(page: str) -> int:
    start = whole_number(page.removeprefix("page_"))
    if start is None or not 0 <= start <= LATEST:
        raise ApiError(400, "Invalid 'page' cursor.", param="page", code="invalid_value")
    return start


def _rows(call: ApiCall, wanted: ReportKind, groups: Sequence[str], span: tuple[int, int, int]) -> list[Row]:
    first, width, last = span
    conditions, values = ["e.created_at >= ? AND e.created_at < ?"], list[Any]([first, last])
    if wanted.endpoint:
        conditions.append("e.endpoint = ?")
        values.append(wanted.endpoint)
    for name, column in wanted.filters.items():
        if chosen := query_list(call, name):
            conditions.append(f"{column} IN ({', '.join('?' * len(chosen))})")
            values.extend(chosen)
    if call.request.query_params.get("batch") == "true":
        conditions.append("0")  # nothing here ever runs as a batch
    columns = "".join(f", {wanted.groups[group]} AS {group}" for group in groups)
    # Every name in this text comes from the tables above; what the caller sent travels as values.
    sql = (
        f"SELECT {first} + (e.created_at - {first}) / {width} * {width} AS bucket{columns}, {wanted.sums}"  # noqa: S608
        f" FROM {wanted.source} WHERE {' AND '.join(conditions)} GROUP BY 1{columns and ', '}"
        f"{', '.join(str(number + 2) for number in range(len(groups)))} ORDER BY 1"
    )
    return [dict(row) for row in call.state.platform.database.rows(sql, *values)]
