"""The ceiling of a request whose tools the platform runs: every pass of the model, and every fee."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.money import ZERO, Money
from ppkit.spending.cost import cost_of
from ppkit.spending.hosted_tools import NO_FEES, fees_in
from ppkit.spending.usage import Usage

from .requests import ceiling, response
from .strategies import CATALOGUE, NOW

MINI = CATALOGUE.price_of("gpt-5.4-mini", NOW)
SEARCH: dict[str, Any] = {"type": "web_search"}
CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto", "memory_limit": "4g"}}


def held(tools: list[dict[str, Any]], calls: int, **more: Any) -> Money:
    return ceiling("responses", response(tools=tools, max_tool_calls=calls, **more), MINI).total


@given(calls=st.integers(1, 6), output=st.integers(16, 5_000), data=st.data())
def test_no_loop_of_tools_within_its_bounds_costs_more_than_its_ceiling(
    calls: int, output: int, data: st.DataObject
) -> None:
    searches = data.draw(st.integers(0, calls))
    passes = data.draw(st.lists(st.integers(1, MINI.context_window), min_size=searches, max_size=searches))
    usage = Usage(10 + sum(passes), output, cache_write_tokens=sum(passes))
    cost = cost_of(usage, MINI).total + MINI.tool_fees["web_search"] * searches
    assert cost <= held([SEARCH], calls, max_output_tokens=output)


def test_each_call_adds_a_pass_and_the_dearest_fee() -> None:
    one, two = held([SEARCH, CODE], 1, max_output_tokens=16), held([SEARCH, CODE], 2, max_output_tokens=16)
    window = MINI.rates_for(MINI.context_window).dearest_input * MINI.context_window
    assert two - one == window + Money.usd("0.12")


def test_a_container_that_is_made_for_nothing_is_held_too() -> None:
    with_code = held([SEARCH, CODE], 1, max_output_tokens=16)
    body = response(tools=[SEARCH, CODE], max_tool_calls=1, max_output_tokens=16)
    bare = replace(MINI, tool_fees=dict.fromkeys(MINI.tool_fees, ZERO))
    assert with_code - ceiling("responses", body, bare).total == Money.usd("0.24")


def test_without_a_bound_each_pass_can_write_as_much_as_the_model_can() -> None:
    found = ceiling("responses", response(tools=[SEARCH], max_tool_calls=2), MINI)
    assert found.output_tokens == 3 * MINI.max_output_tokens
    assert not found.can_be_capped  # a bound of the caller's is never above what the model can write
    assert found.smallest == found.total


def test_tools_of_the_callers_own_change_nothing() -> None:
    own = [{"type": "function", "name": "f"}]
    assert held(own, 3) == ceiling("responses", response(tools=own, max_tool_calls=3), MINI).total
    assert fees_in({"output": [{"type": "function_call"}]}, {"tools": own}, MINI) == NO_FEES


ITEMS: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.integers()
    | st.text(max_size=4)
    | st.sampled_from(["web_search_call", "code_interpreter_call"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "action", "container_id", "output", "tools", "container"]), inner
        )
    ),
    max_leaves=12,
)


@given(
    answer=st.dictionaries(st.sampled_from(["output", "tool_usage"]), ITEMS),
    request=st.dictionaries(st.just("tools"), ITEMS),
)
def test_fees_of_any_answer_are_counted_and_nothing_is_raised(
    answer: dict[str, Any], request: dict[str, Any]
) -> None:
    assert fees_in(answer, request, MINI).total >= ZERO


@pytest.mark.parametrize("family", ["gpt-4o-mini", "gpt-4.1-mini"])
def test_a_search_whose_contents_are_billed_apart_is_not_sure(family: str) -> None:
    price = CATALOGUE.price_of(family, NOW)
    answer = {"output": [{"type": "web_search_call", "action": {"type": "search"}}]}
    assert not fees_in(answer, {"tools": [SEARCH]}, price).sure
