"""What a platform reports about a call, judged before it becomes money: the one place that believes a report.

A report is believed where it can be true: at least one token of input, parts that make up their whole, no
text without output tokens. Tokens that the parts do not explain may be of any kind, so every reading is kept
and the dearest counts (`doubt` "unexplained"). What contradicts itself counts at its dearest reading or at
the call's ceiling, whichever is more ("contradicted").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from ppkit.spending.fewest_tokens import those_that_hold
from ppkit.spending.usage import ImpossibleUsage, Usage

Doubt = Literal["unexplained", "contradicted"]

MOST_TOKENS = 10**9
"""More than any call can use, and little enough for the ledger's whole numbers."""

_PICTURES = ("image", "images", "mask", "markup")
_NOTHING: Mapping[str, Any] = {}
_TOTAL = "total_tokens"
_TOO_FEW = "fewer tokens than there is text"


class Charge(NamedTuple):
    """Tokens of a second model that took part; `model` is None when the answer does not name it."""

    model: str | None
    usage: Usage


class JudgedReport(NamedTuple):
    """A report and what it is worth. `readings` holds every usage that it can mean, at least one.

    `model` and `tier` are those that answered (None: unknown), `reason` says what is wrong with the report,
    `also` what other models used, `answer` the body whose hosted tools are counted, `least_output` how many
    tokens the text in it must have taken.
    """

    readings: tuple[Usage, ...]
    doubt: Doubt | None
    reason: str
    model: str | None
    tier: str | None
    also: tuple[Charge, ...]
    answer: Mapping[str, Any]
    least_output: int = 0

    @property
    def rank(self) -> int:
        """How far the report can be believed: 2 as it is, 1 in part, 0 not at all."""
        return _RANKS[self.doubt]

    @property
    def output_tokens(self) -> int:
        """The most that it can mean."""
        return max(usage.output_tokens for usage in self.readings)

    def outgrown(self) -> JudgedReport:
        """The same, after more text was shown than it can hold."""
        return self._replace(doubt="contradicted", reason=_TOO_FEW)


_RANKS: Mapping[Doubt | None, int] = {None: 2, "unexplained": 1, "contradicted": 0}


def judged(
    endpoint: str,
    body: Mapping[str, Any],
    request: Mapping[str, Any] = _NOTHING,
    outgrows: Callable[[int], bool] | None = None,
) -> JudgedReport | None:
    """The report inside a response body, a stream's chunk or an event; None when there is none.

    `endpoint` is "responses", "chat", "embeddings" or "images", `request` the body that was sent. An event
    that wraps its response (`{"type": "response.completed", "response": {…}}`) is unwrapped.
    `outgrows(tokens)` says whether what the answer has shown is more than so many tokens can hold; without
    it the body itself is looked at. Never raises, whatever the body holds.
    """
    reader = _READERS.get(endpoint)
    wrapped = body.get("response")
    if endpoint == "responses" and isinstance(wrapped, dict):
        body = wrapped
    report = body.get("usage")
    if reader is None or not isinstance(report, dict):
        return None
    reading = _Reading()
    usages = reader(reading, report, request)
    possible, least_output = those_that_hold(usages, endpoint, body, request, outgrows)
    if not possible:
        reading.contradict(_TOO_FEW)
    also = _also(reading, endpoint, body)
    doubt: Doubt | None = None
    if reading.reason:
        doubt = "contradicted" if reading.contradicted else "unexplained"
    model = body.get("model") if endpoint != "images" else None
    tier = body.get("service_tier")
    return JudgedReport(
        possible or usages,
        doubt,
        reading.reason,
        model if isinstance(model, str) and model else None,
        tier if isinstance(tier, str) else None,
        also,
        body,
        least_output,
    )


# ---------------------------------------------------------------- figures


class _Reading:
    """Reads figures and remembers the worst that was wrong with one."""

    __slots__ = ("contradicted", "reason")

    def __init__(self) -> None:
        self.reason = ""
        self.contradicted = False

    def contradict(self, reason: str) -> None:
        self.reason, self.contradicted = reason, True

    def doubt(self, reason: str) -> None:
        self.reason = self.reason or reason

    def count(self, report: Mapping[str, Any], name: str) -> int:
        count = report.get(name)
        if count is None:
            return 0
        if type(count) is not int or not 0 <= count <= MOST_TOKENS:  # a bool or a float is no count
            self.contradict(f"{name} is no number of tokens")
            return 0
        return count

    def counts(self, report: Mapping[str, Any], names: tuple[str, ...]) -> list[int]:
        """Several counts of one report: most have their figure, or none."""
        found = []
        for name in names:
            count = report.get(name, 0)
            usual = type(count) is int and 0 <= count <= MOST_TOKENS
            found.append(count if usual else self.count(report, name))
        return found

    def whole(self, report: Mapping[str, Any], name: str) -> int:
        if report.get(name) is None:
            self.contradict(f"{name} is missing")
        return self.count(report, name)

    def at_least(self, whole: int, parts: int, name: str) -> int:
        if parts > whole:
            self.contradict(f"the parts of {name} exceed it")
            return parts
        return whole

    def known_kinds(self, kinds: list[int]) -> int:
        """The sum of tokens by kind (_KINDS). A text model takes the same for text and pictures."""
        if kinds[0]:  # dearer by an order of magnitude, and without a price here
            self.contradict("audio_tokens have no price here")
        return sum(kinds)

    def unexplained(self, report: Mapping[str, Any], known: int) -> int:
        """How much of the total the other figures do not explain."""
        if report.get(_TOTAL) is None:
            return 0
        rest = self.count(report, _TOTAL) - known
        if rest:
            self.doubt("the total is not the sum of its parts")
        return max(0, rest)

    def usage(self, input_tokens: int, output_tokens: int, **parts: int) -> Usage:
        try:
            return Usage(input_tokens, output_tokens, **parts)
        except ImpossibleUsage:
            self.contradict("the parts exceed their whole")
            return Usage(input_tokens, output_tokens)


def _details(report: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = report.get(name)
    return details if isinstance(details, dict) else _NOTHING


# ---------------------------------------------------------------- text

_KINDS = ("audio_tokens", "text_tokens", "image_tokens")
_INPUT_PARTS = ("cached_tokens", "cache_write_tokens", *_KINDS)
_OUTPUT_PARTS = ("reasoning_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens", *_KINDS)

_Names = tuple[str, str, str, str]
_RESPONSE: _Names = ("input_tokens", "input_tokens_details", "output_tokens", "output_tokens_details")
_CHAT: _Names = ("prompt_tokens", "prompt_tokens_details", "completion_tokens", "completion_tokens_details")


def _of_text(reading: _Reading, report: Mapping[str, Any], names: _Names) -> tuple[Usage, ...]:
    input_name, input_details, output_name, output_details = names
    inputs, outputs = _details(report, input_details), _details(report, output_details)
    input_tokens, output_tokens = reading.whole(report, input_name), reading.whole(report, output_name)
    parts: dict[str, int] = {}
    if inputs:
        cached, written, *kinds = reading.counts(inputs, _INPUT_PARTS)
        written_12h = 0
        if "cache_write_tokens_details" in inputs:
            details = _details(inputs, "cache_write_tokens_details")
            written_12h = reading.count(details, "ttl_12h_tokens")
            written = reading.at_least(written, written_12h, "cache writes")
        most = max(cached + written, reading.known_kinds(kinds))
        input_tokens = reading.at_least(input_tokens, most, input_name)
        parts = {
            "cached_tokens": cached,
            "cache_write_tokens": written,
            "cache_write_12h_tokens": written_12h,
        }
    if outputs:
        # What was predicted and rejected is inside the output, and billed.
        reasoning, accepted, rejected, *kinds = reading.counts(outputs, _OUTPUT_PARTS)
        most = max(reasoning, reading.known_kinds(kinds), accepted + rejected)
        output_tokens = reading.at_least(output_tokens, most, output_name)
        parts["reasoning_tokens"] = reasoning
    usage = reading.usage(input_tokens, output_tokens, **parts)
    rest = reading.unexplained(report, input_tokens + output_tokens)
    if not rest:
        return (usage,)
    return (
        reading.usage(input_tokens + rest, output_tokens, **parts),
        reading.usage(input_tokens, output_tokens + rest, **parts),
    )


def _of_response(
    reading: _Reading, report: Mapping[str, Any], _request: Mapping[str, Any]
) -> tuple[Usage, ...]:
    return _of_text(reading, report, _RESPONSE)


def _of_chat(reading: _Reading, report: Mapping[str, Any], _request: Mapping[str, Any]) -> tuple[Usage, ...]:
    return _of_text(reading, report, _CHAT)


def _of_embeddings(
    reading: _Reading, report: Mapping[str, Any], _request: Mapping[str, Any]
) -> tuple[Usage, ...]:
    input_tokens = reading.whole(report, "prompt_tokens")
    kinds = reading.counts(_details(report, "prompt_tokens_details"), _KINDS)
    input_tokens = reading.at_least(input_tokens, reading.known_kinds(kinds), "prompt_tokens")
    return (Usage(input_tokens + reading.unexplained(report, input_tokens), 0),)


# ---------------------------------------------------------------- pictures


def _of_images(reading: _Reading, report: Mapping[str, Any], request: Mapping[str, Any]) -> tuple[Usage, ...]:
    inputs = _details(report, "input_tokens_details")
    input_tokens, output_tokens = (reading.whole(report, name) for name in ("input_tokens", "output_tokens"))
    text, pictures = reading.count(inputs, "text_tokens"), reading.count(inputs, "image_tokens")
    input_tokens = reading.at_least(input_tokens, text + pictures, "input_tokens")
    if (unexplained := input_tokens - text - pictures) and (inputs or _sends_pictures(request)):
        reading.doubt("input details that do not make up their whole")
        pictures += unexplained
    cached = reading.count(inputs, "cached_tokens")
    cached_pictures = reading.count(_details(inputs, "cached_tokens_details"), "image_tokens")
    outputs = report.get("output_tokens_details")
    drawn = output_tokens  # a streamed picture has no details: all of it is picture, the dearer kind
    if isinstance(outputs, dict):
        written = reading.count(outputs, "text_tokens")
        details = written + reading.count(outputs, "image_tokens")
        output_tokens = reading.at_least(output_tokens, details, "output_tokens")
        if details < output_tokens:
            reading.doubt("output details that do not make up their whole")
        drawn = output_tokens - written
    rest = reading.unexplained(report, input_tokens + output_tokens)
    parts = {"cached_tokens": cached, "cached_image_tokens": cached_pictures}
    with_rest_read = reading.usage(
        input_tokens + rest,
        output_tokens,
        image_input_tokens=pictures + rest,
        image_output_tokens=drawn,
        **parts,
    )
    if not rest:
        return (with_rest_read,)
    with_rest_drawn = reading.usage(
        input_tokens,
        output_tokens + rest,
        image_input_tokens=pictures,
        image_output_tokens=drawn + rest,
        **parts,
    )
    return (with_rest_read, with_rest_drawn)


def _sends_pictures(request: Mapping[str, Any]) -> bool:
    return any(name.partition("[")[0] in _PICTURES for name in request)


_READERS: Mapping[str, Callable[[_Reading, Mapping[str, Any], Mapping[str, Any]], tuple[Usage, ...]]] = {
    "responses": _of_response,
    "chat": _of_chat,
    "embeddings": _of_embeddings,
    "images": _of_images,
}


# ---------------------------------------------------------------- other models that took part


def _also(reading: _Reading, endpoint: str, body: Mapping[str, Any]) -> tuple[Charge, ...]:
    """Tokens beside `usage`: the author of an SVG, and the model that drew for a response."""
    if endpoint == "images":
        author = body.get("svg_usage")
        return (_author(reading, author),) if author else ()
    if endpoint != "responses":
        return ()
    charges = []
    for item in _listed(body.get("output")):
        if isinstance(item, dict) and item.get("type") == "image_generation_call" and item.get("svg_usage"):
            charges.append(_author(reading, item["svg_usage"]))
    drawing = _details(_details(body, "tool_usage"), "image_gen")
    if any(drawing.get(name) for name in ("input_tokens", "output_tokens", _TOTAL)):
        drawn = _of_images(reading, drawing, _NOTHING)
        charges.append(Charge(_drawing_model(body), max(drawn, key=lambda usage: usage.output_tokens)))
    return tuple(charges)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _author(reading: _Reading, report: Any) -> Charge:
    if not isinstance(report, dict):
        reading.contradict("svg_usage cannot be read")
        return Charge(None, Usage(0, 0))
    model = report.get("model")
    written = max(_of_text(reading, report, _RESPONSE), key=lambda usage: usage.output_tokens)
    return Charge(model if isinstance(model, str) else None, written)


def _drawing_model(body: Mapping[str, Any]) -> str | None:
    for tool in _listed(body.get("tools")):
        if isinstance(tool, dict) and tool.get("type") == "image_generation":
            model = tool.get("model")
            return model if isinstance(model, str) else None
    return None
