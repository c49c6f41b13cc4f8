"""Changes to a request's JSON body: as few bytes as possible, the rest exactly as the caller wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_OUTPUT_BOUND = {"responses": "max_output_tokens", "chat": "max_completion_tokens"}


def with_output_bound(content: bytes, body: Mapping[str, Any], endpoint: str, tokens: int) -> bytes:
    """The body with its answer bounded to `tokens`. Only for endpoints whose answer can be bounded."""
    return _with(content, body, _OUTPUT_BOUND[endpoint], tokens)


def with_usage_asked_for(content: bytes, body: Mapping[str, Any]) -> bytes:
    """The body of a streamed chat completion, asking for the chunk with the usage."""
    options = body.get("stream_options")
    asked = {**(options if isinstance(options, Mapping) else {}), "include_usage": True}
    return _with(content, body, "stream_options", asked)


def asks_for_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and options.get("include_usage") is True


def _with(content: bytes, body: Mapping[str, Any], name: str, value: object) -> bytes:
    if (
        name in body or not body
    ):  # there, perhaps as null: written anew, since JSON knows no second value of a name
        return _dumps({**json.loads(content), name: value})
    brace = content.index(b"{") + 1
    return content[:brace] + _dumps({name: value})[1:-1] + b"," + content[brace:]


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
