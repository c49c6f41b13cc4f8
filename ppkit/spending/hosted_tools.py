"""Hosted tools: what they can take beside the tokens at most, and what an answer shows that they took.

Each call has a published fee (see model_facts.json). How many there can be is known only where the request
says `max_tool_calls`, which counts the calls of all of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ppkit.money import ZERO, Money
from ppkit.spending.model_limits import model_facts
from ppkit.spending.token_rates import Price

_SEARCHES: Mapping[str, str] = {
    "web_search": "web_search",
    "web_search_2025_08_26": "web_search",
    "web_search_preview": "web_search_preview",
    "web_search_preview_2025_03_11": "web_search_preview",
    "file_search": "file_search",
}
_CODE = "code_interpreter"
_FREE_ACTIONS = frozenset({"open_page", "find", "find_in_page"})
_OF_THE_CALLER = frozenset({"message", "reasoning", "function_call", "custom_tool_call", "compaction"})
"""Items of an answer for which nothing but tokens is billed."""


class Fees(NamedTuple):
    """What hosted tools took. `sure` is False where a fee is not known, or whether one was due."""

    total: Money
    sure: bool
    calls: int


NO_FEES = Fees(ZERO, sure=True, calls=0)


def fee_of(tool: Mapping[str, Any], price: Price) -> Money | None:
    """What one call of a tool takes at most, a container as a call; None when no fee is known for it."""
    kind = tool.get("type")
    if kind == _CODE:
        return price.tool_fees.get(f"{_CODE}:{_memory(tool)}")
    name = _SEARCHES.get(kind) if isinstance(kind, str) else None
    return None if name is None else _search_fee(name, price)


def _search_fee(name: str, price: Price) -> Money | None:
    """What one search takes, with the block of tokens that some models' contents are billed as."""
    fee = price.tool_fees.get(name)
    if fee is None or not _has_block(name, price):
        return fee
    tokens: int = model_facts()["search_contents_billed_apart"]["tokens_per_call"]
    return fee + price.rates.input * tokens


def _has_block(name: str, price: Price) -> bool:
    beginnings = model_facts()["search_contents_billed_apart"]["models_beginning"]
    return name == "web_search" and price.family.startswith(tuple(beginnings))


def is_search(tool: Mapping[str, Any]) -> bool:
    """Whether a tool searches the web."""
    kind = tool.get("type")
    return isinstance(kind, str) and _SEARCHES.get(kind, "").startswith("web_search")


def fees_in(answer: Mapping[str, Any], request: Mapping[str, Any], price: Price) -> Fees:
    """The fees of the tool calls that a whole response shows."""
    output = answer.get("output")
    tools = request.get("tools")
    if not tools and not (isinstance(output, list) and any(map(_is_hosted, output))):
        return NO_FEES
    total, sure, searches, calls = ZERO, True, 0, 0
    containers: set[str] = set()
    for item in output if isinstance(output, list) else ():
        if not _is_hosted(item):
            continue
        kind = item.get("type")
        calls += 1
        if kind == "web_search_call":
            searches += not _is_free_search(item)
        elif kind == "file_search_call" and "file_search" in price.tool_fees:
            total += price.tool_fees["file_search"]
        elif kind == "code_interpreter_call":
            containers.add(str(item.get("container_id")))
        else:
            sure = False
    for fees in (_searches(answer, searches, tools, price), _containers(containers, tools, price)):
        total, sure = total + fees.total, sure and fees.sure
    return Fees(total, sure, calls)


def _is_hosted(item: Any) -> bool:
    kind = item.get("type") if isinstance(item, Mapping) else None
    return isinstance(kind, str) and kind not in _OF_THE_CALLER


def _is_free_search(item: Mapping[str, Any]) -> bool:
    action = item.get("action")
    kind = action.get("type") if isinstance(action, Mapping) else None
    return isinstance(kind, str) and kind in _FREE_ACTIONS


def _searches(answer: Mapping[str, Any], shown: int, tools: Any, price: Price) -> Fees:
    """Searches of the web, as shown and as reported; where the two differ, the more counts, not sure."""
    told = _reported_searches(answer)
    searches = shown if told is None else max(shown, told)
    if not searches:
        return NO_FEES
    names = {_SEARCHES[kind] for kind in kinds(tools) if kind in _SEARCHES and kind != "file_search"}
    possible = names or {"web_search"}
    fees = [fee for name in possible if (fee := _search_fee(name, price)) is not None]
    # Nothing says whether the usage holds the block of contents already.
    block = any(_has_block(name, price) for name in possible)
    sure = len(fees) == 1 and told in {None, shown} and not block
    return Fees(max(fees, default=ZERO) * searches, sure, searches)


def _reported_searches(answer: Mapping[str, Any]) -> int | None:
    usage = answer.get("tool_usage")
    search = usage.get("web_search") if isinstance(usage, Mapping) else None
    number = search.get("num_requests") if isinstance(search, Mapping) else None
    return number if type(number) is int and 0 <= number < 10_000 else None


def _containers(used: set[str], tools: Any, price: Price) -> Fees:
    """Containers: each that was used, and one that may have been made for nothing (not sure)."""
    given = [tool for tool in each_tool(tools) if tool.get("type") == _CODE]
    if not given:
        return Fees(ZERO, sure=not used, calls=0)
    fees = [fee for tool in given if (fee := fee_of(tool, price)) is not None]
    # A container of the caller's own was made, and is billed, elsewhere; by the session, as some read it.
    sure = bool(used) and len(fees) == len(given) == 1 and not isinstance(given[0].get("container"), str)
    return Fees(max(fees, default=ZERO) * max(1, len(used)), sure, len(used))


def kinds(tools: Any) -> Iterator[str]:
    """The kinds of the tools in a request, those of a namespace too."""
    for tool in each_tool(tools):
        if isinstance(kind := tool.get("type"), str):
            yield kind


def each_tool(tools: Any) -> Iterator[Mapping[str, Any]]:
    for tool in tools if isinstance(tools, list | tuple) else ():
        if isinstance(tool, Mapping):
            yield tool
            if tool.get("type") == "namespace":
                yield from each_tool(tool.get("tools"))


def _memory(tool: Mapping[str, Any]) -> str:
    container = tool.get("container")
    memory = container.get("memory_limit") if isinstance(container, Mapping) else None
    # The size of a container that the caller made is not reported here: the largest bounds it.
    return "64g" if isinstance(container, str) else str(memory or "1g")
