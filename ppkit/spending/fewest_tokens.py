"""How few tokens a call can have taken: what was sent, and what is shown of the answer, must fit into them.

Bodies come from elsewhere, so whatever stands in them is looked at, and nothing in them raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ppkit.spending.usage import Usage

LONGEST_TOKEN_BYTES = 256
"""No token stands for more text: the longest of the published vocabularies has 128 bytes."""


def those_that_hold(
    usages: tuple[Usage, ...],
    endpoint: str,
    body: Mapping[str, Any],
    request: Mapping[str, Any],
    outgrows: Callable[[int], bool] | None,
) -> tuple[tuple[Usage, ...], int]:
    """The usages that can hold the input and the output; and how many tokens the output shown takes at least.

    `outgrows` knows what a stream has shown: the body's output is then not looked at, and that number is 0.
    """
    least_input = _least_input(endpoint, body, request)
    if outgrows is not None:
        held = [
            usage
            for usage in usages
            if usage.input_tokens >= least_input and not outgrows(usage.output_tokens)
        ]
        return tuple(held), 0
    shown = _shown(endpoint, body)
    held = [
        usage
        for usage in usages
        if usage.input_tokens >= least_input and usage.output_tokens * LONGEST_TOKEN_BYTES >= shown
    ]
    return tuple(held), -(-shown // LONGEST_TOKEN_BYTES)


def _least_input(endpoint: str, body: Mapping[str, Any], request: Mapping[str, Any]) -> int:
    """Tokens that the input has at least: one, one for each vector, and as many as its text must have."""
    letters = sum(_letters(request.get(name)) for name in _TEXTS[endpoint])
    vectors = len(_list(body.get("data"))) if endpoint == "embeddings" else 0
    return max(1, vectors, letters // LONGEST_TOKEN_BYTES)


_TEXTS: Mapping[str, tuple[str, ...]] = {
    "responses": ("instructions", "input"),
    "chat": ("messages",),
    "embeddings": ("input",),
    "images": ("prompt",),
}
_DEEPEST_TEXT = 4
"""A list of messages, a message, the list of its parts, a part."""


def _letters(value: Any, depth: int = _DEEPEST_TEXT) -> int:
    """Characters of a text, or of all texts in lists, messages, items and parts: no more than their bytes.

    A ready-made token counts as the longest. Earlier thinking does not count: it may be left out.
    """
    if isinstance(value, str):
        return len(value)
    if type(value) is int:
        return LONGEST_TOKEN_BYTES
    if not depth:
        return 0
    if isinstance(value, list):
        inner = value
    elif isinstance(value, dict) and value.get("type") != "reasoning":
        inner = [value.get("content"), value.get("output"), value.get("text")]
    else:
        return 0
    letters = 0
    for each in inner:
        if each is not None:
            letters += len(each) if isinstance(each, str) else _letters(each, depth - 1)
    return letters


def _shown(endpoint: str, body: Mapping[str, Any]) -> int:
    """Bytes of output that the answer shows, or fewer; something that is no text counts as one."""
    if endpoint == "responses":
        return sum(map(_shown_item, _list(body.get("output"))))
    if endpoint == "chat":
        return sum(map(_shown_choice, _list(body.get("choices"))))
    if endpoint == "images":
        pictures = len(_list(body.get("data"))) or bool(body.get("b64_json"))
        return pictures * LONGEST_TOKEN_BYTES  # a token at the very least
    return 0


def _shown_item(item: Any) -> int:
    if not isinstance(item, dict):
        return 0
    kind = item.get("type")
    if kind == "message":
        return sum(_text_in(part, "text", "refusal") for part in _list(item.get("content")))
    if kind == "reasoning":
        return 0
    return 1 + _text_in(item, "arguments", "input")


def _shown_choice(choice: Any) -> int:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        return 0
    shown = _text_in(message, "content", "refusal") + bool(message.get("audio"))
    called = message.get("function_call")
    shown += bool(called) + _text_in(called, "arguments")
    for call in _list(message.get("tool_calls")):
        shown += 1
        if isinstance(call, dict):
            shown += _text_in(call.get("function"), "arguments") + _text_in(call.get("custom"), "input")
    return shown


def _text_in(value: Any, *names: str) -> int:
    total = 0
    if isinstance(value, dict):
        for name in names:
            text = value.get(name)
            total += len(text) if isinstance(text, str) else 0
    return total


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
