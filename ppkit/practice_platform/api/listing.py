"""Cursor lists: {object: "list", data, first_id, last_id, has_more}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppkit.practice_platform.api.answer import JsonAnswer
from ppkit.practice_platform.api.call import ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.parameters import invalid_value, whole_number

Item = Mapping[str, Any]


def page_of(
    call: ApiCall, items: Sequence[Item], *, smallest: int = 1, largest: int = 100, newest_first: bool = True
) -> JsonAnswer:
    """One page of `items` (oldest first), by the query's `limit`, `after`, `before` and `order`."""
    query = call.request.query_params
    order = query.get("order", "desc" if newest_first else "asc")
    if order not in ("asc", "desc"):
        raise invalid_value("order", order, ("asc", "desc"))
    ordered = list(items) if order == "asc" else list(reversed(items))
    if after := query.get("after"):
        ordered = ordered[_place(ordered, after, "after") + 1 :]
    if before := query.get("before"):
        ordered = ordered[: _place(ordered, before, "before")]
    limit = query_integer(call, "limit", 20, smallest, largest)
    page = ordered[:limit]
    return JsonAnswer(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(ordered) > limit,
        }
    )


def query_integer(call: ApiCall, name: str, default: int, smallest: int, largest: int) -> int:
    """A whole number from the query string. Raises ApiError 400."""
    text = call.request.query_params.get(name)
    if text is None:
        return default
    value = whole_number(text)
    if value is None:
        raise ApiError(400, f"Invalid '{name}': expected an integer.", param=name, code="invalid_type")
    if not smallest <= value <= largest:
        raise ApiError(
            400,
            f"Invalid '{name}': expected a value between {smallest} and {largest}, but got {value}.",
            param=name,
            code="invalid_value",
        )
    return value


def query_list(call: ApiCall, name: str) -> list[str]:
    """An array parameter: "name[]=a&name[]=b" as the SDK sends it, or leniently "name=a"."""
    query = call.request.query_params
    return query.getlist(f"{name}[]") + query.getlist(name)


def _place(items: Sequence[Item], item_id: str, name: str) -> int:
    for place, item in enumerate(items):
        if item["id"] == item_id:
            return place
    raise ApiError(400, f"Invalid '{name}': no such item in this list.", param=name, code="invalid_value")
