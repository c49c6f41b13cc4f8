"""What hosted tools and other models cost beside the answer, and responses in the background."""

from __future__ import annotations

from typing import Any

import pytest

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.prices import PriceCatalogue

from .callers import Caller
from .fake_platform import FakePlatform
from .reported_calls import CATALOGUE, DRAW, NEWS, RESPOND, SEARCHES, booked, response, search


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


@pytest.mark.parametrize("bound", [{}, {"max_tool_calls": 4}, {"max_tool_calls": 9}])
@pytest.mark.parametrize("told", [{}, {"tool_usage": {"web_search": {"num_requests": 4}}}])
@pytest.mark.parametrize("others", [[], [search(8, "open_page"), search(9, "find_in_page")]])
def test_searches_take_their_published_fee(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    bound: dict[str, int],
    told: dict[str, Any],
    others: list[dict[str, Any]],
) -> None:
    answer = response("gpt-5.4-mini", 4200, 300, *SEARCHES, *others, **told)
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS, **bound)
    assert (entry.cost, entry.mark) == (Money.usd("0.0445"), None)
    assert entry.cost_parts is not None
    assert entry.cost_parts["tools"] == Money.usd("0.04")


def test_searches_whose_number_is_bounded_are_held_under_a_hard_limit(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="10")
    answer = response("gpt-5.4-mini", 4200, 300, *SEARCHES)
    entry = booked(
        caller, meter, platform, RESPOND, answer=answer, **NEWS, max_tool_calls=4, max_output_tokens=500
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.0445"), None)
    assert Money.usd("1") < entry.reserved < Money.usd("4")


def test_searches_of_a_stream_take_their_fee(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    whole = response("gpt-5.4-mini", 4200, 300, *SEARCHES)
    answer = [{"type": "response.completed", "sequence_number": 1, "response": whole}]
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert (entry.cost, entry.mark) == (Money.usd("0.0445"), None)


@pytest.mark.parametrize(("told", "usd"), [(0, "0.0445"), (2, "0.0445"), (6, "0.0645"), (-1, "0.0445")])
def test_of_searches_shown_and_reported_the_more_count(
    caller: Caller, meter: Meter, platform: FakePlatform, told: int, usd: str
) -> None:
    usage = {"tool_usage": {"web_search": {"num_requests": told}}}
    answer = response("gpt-5.4-mini", 4200, 300, *SEARCHES, **usage)
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert entry.cost == Money.usd(usd)
    assert entry.mark == ("estimated" if told >= 0 else None)


CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto"}}
RAN = {
    "id": "ci_1",
    "type": "code_interpreter_call",
    "status": "completed",
    "container_id": "c1",
    "code": "1",
    "outputs": None,
}
FOUND: dict[str, Any] = {
    "id": "fs_1",
    "type": "file_search_call",
    "status": "completed",
    "queries": [],
    "results": None,
}
STRANGE = {"id": "mcp_1", "type": "mcp_call", "name": "f", "arguments": "{}", "server_label": "s"}
FILES = {"type": "file_search", "vector_store_ids": ["vs_1"]}


@pytest.mark.parametrize(
    ("tool", "items", "usd", "mark"),
    [
        (FILES, [FOUND, FOUND], "0.005", None),
        (CODE, [RAN, RAN], "0.03", None),
        (CODE, [RAN, RAN | {"container_id": "c2"}], "0.06", None),
        (CODE, [], "0.03", "estimated"),
        (CODE | {"container": {"type": "auto", "memory_limit": "16g"}}, [RAN], "0.48", None),
        (CODE | {"container": "cntr_1"}, [RAN], "1.92", "estimated"),
        ({"type": "web_search_preview"}, SEARCHES, "0.04", None),
        ({"type": "web_search"}, [], "0", None),
        ({"type": "web_search"}, [STRANGE], "0", "estimated"),
    ],
)
def test_each_tool_takes_its_fee(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    tool: dict[str, Any],
    items: list[dict[str, Any]],
    usd: str,
    mark: str | None,
) -> None:
    answer = response("gpt-5.4-mini", 4200, 300, *items)
    call = NEWS | {"tools": [tool], "max_tool_calls": 9}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.0045") + Money.usd(usd), mark)


def test_what_another_model_drew_or_wrote_for_the_answer_is_counted(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    author = {"model": "gpt-5.5", "input_tokens": 10_000, "output_tokens": 5_000, "total_tokens": 15_000}
    usage = {
        "input_tokens": 23,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
        "output_tokens": 1056,
        "output_tokens_details": {"image_tokens": 1056, "text_tokens": 0},
        "total_tokens": 1079,
    }
    answer = {"created": 1, "data": [{"b64_json": "AAAA"}], "usage": usage, "svg_usage": author}
    call = {"model": "gpt-image-1.5", "prompt": "x", "output_format": "svg"}
    entry = booked(caller, meter, platform, DRAW, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.233907"), "estimated")
    unknown = answer | {"svg_usage": author | {"model": "gpt-99-nova"}}
    entry = booked(caller, meter, platform, DRAW, answer=unknown, **call)
    assert (entry.cost, entry.mark) == (entry.reserved, "estimated")


def test_a_response_in_the_background_is_held_at_its_input_and_its_output_bound(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = {"model": "gpt-5.4", "input": "Ciao", "max_output_tokens": 500}
    in_front, behind = (
        booked(caller, meter, platform, RESPOND, answer=response("gpt-5.4", 20, 300), **call, **more)
        for more in ({}, {"background": True})
    )
    body = call | {"background": True}
    price = CATALOGUE.price_of("gpt-5.4", meter.clock.now())
    ceiling = ceiling_of("responses", body, len(platform.requests[-1].content), price)
    assert behind.reserved == ceiling.total < Money.usd("0.01")
    assert behind.reserved - in_front.reserved < Money.usd("0.0001")
    assert (behind.cost, behind.mark) == (Money.usd("0.00455"), None)


def test_the_block_of_contents_that_some_models_are_billed_is_counted_and_marked(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-4.1-mini", 4200, 300, *SEARCHES)
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS | {"model": "gpt-4.1-mini"})
    assert (entry.cost, entry.mark) == (
        Money.usd("0.04") + Money.usd("0.00216") + Money.usd("0.0128"),
        "estimated",
    )


def test_opened_pages_are_free(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    answer = response("gpt-5.4-mini", 4200, 300, search(1, "open_page"), search(2, "find_in_page"))
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert (entry.cost, entry.mark) == (Money.usd("0.0045"), None)
