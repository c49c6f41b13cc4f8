"""What one call used, as the platform reports it, checked for possibility."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ppkit.errors import PpkitError


class ImpossibleUsage(PpkitError):
    """Reported figures contradict each other, or count something that has no price here.

    Facts: reason ("negative", "not_whole", "parts_exceed_whole", "missing", "audio", "unpriced_author",
    "unknown_endpoint"), field.
    """

    code = "impossible_usage"


_WHOLE = {int}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Every later field is a part of one of the first two.

    `cached_tokens` (read from the prompt cache) and `cache_write_tokens` are disjoint parts of the input;
    `cache_write_12h_tokens` is the part of the writes kept for twelve hours; `image_input_tokens` is the part
    of the input that came from pictures, `cached_image_tokens` the part of those read from the cache.
    `reasoning_tokens` and `image_output_tokens` are disjoint parts of the output.

    Raises ImpossibleUsage when a figure is negative or no whole number, or the parts exceed their whole.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    image_input_tokens: int = 0
    cached_image_tokens: int = 0
    image_output_tokens: int = 0
    cache_write_12h_tokens: int = 0

    def __post_init__(self) -> None:
        figures = (
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            self.cache_write_tokens,
            self.reasoning_tokens,
            self.image_input_tokens,
            self.cached_image_tokens,
            self.image_output_tokens,
            self.cache_write_12h_tokens,
        )
        if set(map(type, figures)) != _WHOLE:  # a bool or a float here is a parser's mistake, not a count
            raise ImpossibleUsage(reason="not_whole", field="usage")
        if min(figures) < 0:
            raise ImpossibleUsage(reason="negative", field="usage")
        if max(figures[2:]):
            self._check_parts()

    def _check_parts(self) -> None:
        read_or_image = self.cached_tokens + self.image_input_tokens - self.cached_image_tokens
        if (
            self.cached_tokens + self.cache_write_tokens > self.input_tokens
            or read_or_image > self.input_tokens
            or self.cached_image_tokens > min(self.cached_tokens, self.image_input_tokens)
            or self.cache_write_12h_tokens > self.cache_write_tokens
        ):
            raise ImpossibleUsage(reason="parts_exceed_whole", field="input_tokens")
        if self.reasoning_tokens + self.image_output_tokens > self.output_tokens:
            raise ImpossibleUsage(reason="parts_exceed_whole", field="output_tokens")


def usage_of(endpoint: str, body: Mapping[str, Any]) -> Usage | None:
    """The usage inside a response body, a stream's last chunk or a terminal event.

    `endpoint` is "responses", "chat", "embeddings" or "images". A streamed event that wraps its response
    (`{"type": "response.completed", "response": {…}}`) is unwrapped. None when the body reports no usage.
    Raises ImpossibleUsage when the report contradicts itself.
    """
    reader = _READERS.get(endpoint)
    if reader is None:
        raise ImpossibleUsage(reason="unknown_endpoint", field=endpoint)
    if endpoint == "responses" and isinstance(body.get("response"), Mapping):
        body = body["response"]
    if body.get("svg_usage"):
        # The author of an SVG is a second model with a price of its own, and is not in `usage`.
        raise ImpossibleUsage(reason="unpriced_author", field="svg_usage")
    report = body.get("usage")
    return reader(report) if isinstance(report, Mapping) else None


def _of_response(report: Mapping[str, Any]) -> Usage:
    inputs, outputs = _details(report, "input_tokens_details"), _details(report, "output_tokens_details")
    _refuse_audio(inputs, outputs)
    return Usage(
        input_tokens=_whole(report, "input_tokens"),
        output_tokens=_whole(report, "output_tokens"),
        cached_tokens=_count(inputs, "cached_tokens"),
        cache_write_tokens=_count(inputs, "cache_write_tokens"),
        cache_write_12h_tokens=_count(_details(inputs, "cache_write_tokens_details"), "ttl_12h_tokens"),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
        image_input_tokens=_count(inputs, "image_tokens"),
    )


def _of_chat(report: Mapping[str, Any]) -> Usage:
    inputs, outputs = _details(report, "prompt_tokens_details"), _details(report, "completion_tokens_details")
    _refuse_audio(inputs, outputs)
    return Usage(
        input_tokens=_whole(report, "prompt_tokens"),
        output_tokens=_whole(report, "completion_tokens"),  # rejected predictions are already inside
        cached_tokens=_count(inputs, "cached_tokens"),
        cache_write_tokens=_count(inputs, "cache_write_tokens"),
        cache_write_12h_tokens=_count(_details(inputs, "cache_write_tokens_details"), "ttl_12h_tokens"),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
    )


def _of_embeddings(report: Mapping[str, Any]) -> Usage:
    return Usage(input_tokens=_whole(report, "prompt_tokens"), output_tokens=0)


def _of_images(report: Mapping[str, Any]) -> Usage:
    inputs = _details(report, "input_tokens_details")
    cached = _details(inputs, "cached_tokens_details")
    outputs = report.get("output_tokens_details")
    output_tokens = _whole(report, "output_tokens")
    return Usage(
        input_tokens=_whole(report, "input_tokens"),
        output_tokens=output_tokens,
        cached_tokens=_count(inputs, "cached_tokens"),
        image_input_tokens=_count(inputs, "image_tokens"),
        cached_image_tokens=_count(cached, "image_tokens"),
        # A streamed image reports no details: then all of its output is picture, the dearer of the two kinds.
        image_output_tokens=_count(outputs, "image_tokens")
        if isinstance(outputs, Mapping)
        else output_tokens,
    )


_READERS = {"responses": _of_response, "chat": _of_chat, "embeddings": _of_embeddings, "images": _of_images}
_NOTHING: Mapping[str, Any] = {}


def _details(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = report.get(name)
    return details if isinstance(details, Mapping) else _NOTHING


def _whole(report: Mapping[str, Any], name: str) -> int:
    if report.get(name) is None:
        raise ImpossibleUsage(reason="missing", field=name)
    return _count(report, name)


def _count(report: Mapping[str, Any], name: str) -> int:
    count = report.get(name)
    if count is None:
        return 0
    if type(count) is not int:
        raise ImpossibleUsage(reason="not_whole", field=name)
    return count


def _refuse_audio(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
    # Sound is dearer by an order of magnitude and has no place in Usage: better an error than a low price.
    if inputs.get("audio_tokens") or outputs.get("audio_tokens"):
        raise ImpossibleUsage(reason="audio", field="audio_tokens")
