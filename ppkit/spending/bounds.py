"""How many tokens a text request can use at most: what is in its body, and what only its body points to.

A token of a byte-level tokenizer stands for at least one byte, so the UTF-8 bytes of a body are more than
the tokens of the text in it. What the platform fetches from elsewhere (earlier turns, files, stored items)
is bounded by the model's context window alone, and a picture by the most a picture can count: a small PNG
of one colour can be a hundred times dearer than its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from ppkit.errors import PpkitError
from ppkit.money import ZERO, Money
from ppkit.spending.hosted_tools import fee_of, is_search
from ppkit.spending.request_parameters import CHAT_PARAMETERS, RESPONSE_PARAMETERS
from ppkit.spending.token_rates import Price

MESSAGE_FRAME_TOKENS = 128
"""Room for what the platform writes around the text: roles, the preamble of tools and of output formats."""

MOST_CHOICES = 128


class UnboundedRequest(PpkitError):
    """What this request can cost has no known bound. Facts: reason, field.

    `reason` is one of REASONS, `field` names the tool, parameter or model.
    """

    code = "unbounded_request"


OF_HOSTED_TOOLS = frozenset(
    {"hosted_tool", "number_of_calls", "hosted_tools_possible", "web_search", "search_model"}
)
REASONS = OF_HOSTED_TOOLS | {
    "audio",
    "compaction",
    "image_format",
    "pro_mode",
    "unknown_endpoint",
    "unknown_image_model",
    "unknown_parameter",
}
"""Why a request has no known bound; each has its own sentences in the catalogues."""


class TextBounds(NamedTuple):
    """Upper bounds of a text request. `output_tokens` counts all `choices`, `tool_fees` all calls."""

    input_tokens: int
    output_tokens: int
    choices: int
    output_bounded: bool
    can_be_capped: bool
    caches_for_12h: bool
    tool_fees: Money = ZERO


_STORED = frozenset({"previous_response_id", "conversation", "prompt"})
"""Parameters of a response that stand for text kept on the platform."""


def response_bounds(body: Mapping[str, Any], body_bytes: int, price: Price) -> TextBounds:
    """Bounds of a /responses request. Raises UnboundedRequest."""
    _refuse_unbounded(body, price, RESPONSE_PARAMETERS)
    calls, fees = _tool_calls(body, price)
    found = _Found()
    _look_at_items(body.get("input"), found)
    _look_at_items(body.get("instructions"), found)
    if not _STORED.isdisjoint(body):
        # A stored prompt can bring hosted tools of its own; naming the tools in the request replaces them.
        if body.get("prompt") is not None and "tools" not in body:
            raise UnboundedRequest(reason="hosted_tools_possible", field="prompt")
        if any(body.get(name) is not None for name in _STORED):
            found.elsewhere = True
    asked = _positive(body.get("max_output_tokens"))
    passes = 1 + calls
    return TextBounds(
        # Each call of a tool ends a pass of the model; the next reads all so far, and what the tool found.
        input_tokens=_input_tokens(found, body_bytes, price) + calls * price.context_window,
        # A bound that the caller gave holds for the whole response, the model's own for each pass.
        output_tokens=_at_most(asked, passes * price.max_output_tokens),
        choices=1,
        output_bounded=asked is not None,
        can_be_capped=not calls,
        caches_for_12h=found.caches_for_12h or _keeps_12h(body.get("prompt_cache_options")),
        tool_fees=fees,
    )


def chat_bounds(body: Mapping[str, Any], body_bytes: int, price: Price) -> TextBounds:
    """Bounds of a /chat/completions request. Raises UnboundedRequest."""
    _refuse_unbounded(body, price, CHAT_PARAMETERS)
    found = _Found()
    _look_at_items(body.get("messages"), found)
    n = body.get("n")
    choices = 1 if n is None else _choices(n)
    asked, older = body.get("max_completion_tokens"), body.get("max_tokens")
    cap = None if asked is None and older is None else _larger(_positive(asked), _positive(older))
    output_tokens = choices * _at_most(cap, price.max_output_tokens)
    predicted = body.get("prediction") is not None
    if predicted:
        # Rejected predictions are billed as output, beyond what is written; no cap is allowed beside them.
        output_tokens += choices * body_bytes
    return TextBounds(
        input_tokens=_input_tokens(found, body_bytes, price),
        output_tokens=output_tokens,
        choices=choices,
        output_bounded=cap is not None,
        can_be_capped=not predicted,
        caches_for_12h=found.caches_for_12h or _keeps_12h(body.get("prompt_cache_options")),
    )


# ---------------------------------------------------------------- input


@dataclass(slots=True)
class _Found:
    """What a walk over the input has found."""

    elsewhere: bool = False
    pictures: int = 0
    picture_bytes: int = 0
    caches_for_12h: bool = False


def _input_tokens(found: _Found, body_bytes: int, price: Price) -> int:
    if found.elsewhere or (found.pictures and price.image_tokens_at_most is None):
        return price.context_window
    pictures = found.pictures * (price.image_tokens_at_most or 0)
    text = max(0, body_bytes - found.picture_bytes)
    return min(text + pictures + MESSAGE_FRAME_TOKENS, price.context_window)


_TEXT_PARTS: frozenset[str | None] = frozenset(
    {"input_text", "output_text", "text", "refusal", "summary_text", "reasoning_text"}
)
_TEXT_ITEMS: frozenset[str | None] = frozenset(
    {None, "message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"}
)


_OBJECTS = (dict, Mapping)
"""dict first: to ask the abstract class takes ten times as long, and a chat has many messages."""


def _look_at_items(items: Any, found: _Found) -> None:
    """Messages of a chat, or input items of a response; a plain text needs no look."""
    if items is None or isinstance(items, str):
        return
    if not isinstance(items, Iterable):
        found.elsewhere = True
        return
    for item in items:
        if not isinstance(item, _OBJECTS) or not _is_one_of(item.get("type"), _TEXT_ITEMS):
            _look_at_other_item(item, found)
            continue
        if item.get("audio") is not None:  # chat: an earlier spoken answer, by its id
            raise UnboundedRequest(reason="audio", field="audio")
        if "role" not in item and "type" not in item:
            found.elsewhere = True  # {"id": …}: a reference to a stored item
        for name in ("content", "output"):
            parts = item.get(name)
            if parts is not None and not isinstance(parts, str):
                _look_at_parts(parts, found)


def _look_at_other_item(item: Any, found: _Found) -> None:
    """Items that stand for something stored, fetched, drawn or encrypted: their size is not their bytes."""
    found.elsewhere = True
    if isinstance(item, Mapping) and item.get("type") == "compaction_trigger":
        raise UnboundedRequest(reason="compaction", field="input")


def _look_at_parts(parts: Any, found: _Found) -> None:
    """The parts of a content; a plain text needs no look."""
    if not isinstance(parts, list | tuple):
        found.elsewhere = True
        return
    for part in parts:
        if not isinstance(part, Mapping):
            found.elsewhere = True
            continue
        if _keeps_12h(part.get("prompt_cache_breakpoint")):
            found.caches_for_12h = True
        kind = part.get("type")
        if kind in ("image_url", "input_image"):
            found.pictures += 1
            found.picture_bytes += _data_url_bytes(part)
        elif kind == "input_audio":
            raise UnboundedRequest(reason="audio", field="input_audio")
        elif not _is_one_of(kind, _TEXT_PARTS):
            found.elsewhere = True


def _data_url_bytes(part: Mapping[str, Any]) -> int:
    """The bytes of a picture carried in the body itself; they are billed as a picture, not as text."""
    url = part.get("image_url")
    if isinstance(url, Mapping):
        url = url.get("url")
    return len(url) if isinstance(url, str) and url.startswith("data:") and url.isascii() else 0


def _keeps_12h(options: Any) -> bool:
    return options is not None and isinstance(options, Mapping) and options.get("ttl") not in (None, "30m")


def _is_one_of(kind: Any, kinds: frozenset[str | None]) -> bool:
    # A body can hold anything, a list in the place of a word too, which no set can be asked for.
    return kind in kinds if kind is None or isinstance(kind, str) else False


# ---------------------------------------------------------------- output


def _positive(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _at_most(asked: int | None, most: int) -> int:
    return most if asked is None else min(asked, most)


def _larger(one: int | None, other: int | None) -> int | None:
    return max(one or 0, other or 0) or None


def _choices(n: Any) -> int:
    # What is no count is refused by the platform; until then it is bounded by the most it could mean.
    return _positive(n) or MOST_CHOICES


# ---------------------------------------------------------------- refusals


def refuse_unknown(body: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises UnboundedRequest for a parameter whose effect on the cost is not known."""
    if not known.issuperset(body):
        raise UnboundedRequest(reason="unknown_parameter", field=min(set(body) - known))


def _refuse_unbounded(body: Mapping[str, Any], price: Price, known: frozenset[str]) -> None:
    refuse_unknown(body, known)
    if _searches(price.model):
        raise UnboundedRequest(reason="search_model", field=price.model)
    if _TELLING.isdisjoint(body):
        return
    if body.get("web_search_options") is not None:
        raise UnboundedRequest(reason="web_search", field="web_search_options")
    if body.get("context_management"):
        raise UnboundedRequest(reason="compaction", field="context_management")
    if body.get("audio") is not None or body.get("modalities") not in (None, [], ["text"]):
        raise UnboundedRequest(reason="audio", field="modalities")
    reasoning = body.get("reasoning")
    if isinstance(reasoning, Mapping) and reasoning.get("mode") not in (None, "standard"):
        raise UnboundedRequest(reason="pro_mode", field="reasoning.mode")
    if known is not RESPONSE_PARAMETERS:  # a response can bound the calls of its tools, a chat cannot
        _refuse_hosted_tools(body.get("tools"))


_TELLING = frozenset(
    {"audio", "context_management", "modalities", "reasoning", "tools", "web_search_options"}
)
"""Every parameter that `_refuse_unbounded` looks into; a test tries each."""


@lru_cache(maxsize=256)
def _searches(model: str) -> bool:
    """Models that search the web on their own and bill each search."""
    return "-search-" in model or model.endswith("-search") or "deep-research" in model


_LONGEST_NAME = 80

_OWN_TOOLS: frozenset[str | None] = frozenset(
    {"function", "custom"}
)  # run by the caller; the platform bills nothing but tokens


def _refuse_hosted_tools(tools: Any) -> None:
    for tool in _hosted(tools):
        kind = _kind_of(tool)
        raise UnboundedRequest(reason="web_search" if is_search(tool) else "hosted_tool", field=kind)


def _hosted(tools: Any) -> Iterator[Mapping[str, Any]]:
    """The tools that the platform runs. Raises UnboundedRequest for what is no list of tools."""
    if not isinstance(tools, list | tuple | None):
        raise UnboundedRequest(reason="hosted_tool", field="tools")
    for tool in tools or ():
        if not isinstance(tool, Mapping):
            raise UnboundedRequest(reason="hosted_tool", field="tools")
        if tool.get("type") == "namespace":
            yield from _hosted(tool.get("tools"))
        elif not _is_one_of(tool.get("type"), _OWN_TOOLS):
            yield tool


def _kind_of(tool: Mapping[str, Any]) -> str:
    return str(tool.get("type"))[:_LONGEST_NAME]


def _tool_calls(body: Mapping[str, Any], price: Price) -> tuple[int, Money]:
    """How many calls the hosted tools of a response can make, and what these take at most.

    Raises UnboundedRequest where one has no known fee, or nothing says how many calls there can be.
    """
    tools = list(_hosted(body.get("tools"))) if body.get("tools") else []
    items = body.get("input")
    for item in items if isinstance(items, list | tuple) else ():
        if isinstance(item, Mapping) and item.get("tools"):  # an item can bring tools too
            tools += _hosted(item["tools"])
    if not tools:
        return 0, ZERO
    fees = [(fee_of(tool, price), _kind_of(tool)) for tool in tools]
    for fee, kind in fees:
        if fee is None:
            raise UnboundedRequest(reason="hosted_tool", field=kind)
    calls = _positive(body.get("max_tool_calls"))
    if calls is None:
        raise UnboundedRequest(reason="number_of_calls", field=fees[0][1])
    # Containers can be made before anything calls for them, one for each tool.
    made = sum((fee for fee, kind in fees if fee is not None and kind == "code_interpreter"), ZERO)
    return calls, made + max(fee for fee, _ in fees if fee is not None) * calls
