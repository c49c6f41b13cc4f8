"""An answer while it passes: bytes in, bytes out, and how its call is settled when it ends, well or badly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import httpx2

from ppkit.metering.flight import Flight
from ppkit.metering.headers import CONTENT_ENCODING, CONTENT_TYPE, read_headers
from ppkit.metering.jsontext import parsed
from ppkit.metering.sse import Event, UsageWatch
from ppkit.spending.usage import ImpossibleUsage, Usage, usage_of

_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
_OLDER_THAN_THINKING = ("gpt-3.5", "gpt-4", "chatgpt-")


class Answer(Protocol):
    """What a transport tells about an answer. An ending after an ending has no effect."""

    @property
    def flight(self) -> Flight | None:
        """What it settles; None where it only tells of another call."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Bytes have come; returns what the caller is to see of them now."""
        ...

    def finish(self) -> bytes:
        """The answer is complete; returns what was held back."""
        ...

    def broke(self) -> None:
        """Reading it failed."""
        ...

    def closed(self) -> None:
        """The caller wants no more of it."""
        ...


def answer_to(flight: Flight, response: httpx2.Response) -> Answer:
    """How to read a successful response."""
    headers = read_headers(response.headers)
    if headers.get(CONTENT_ENCODING, "identity") != "identity":  # not asked for, and not readable here
        return UnreadableAnswer(flight)
    if not headers.get(CONTENT_TYPE, "").startswith("text/event-stream"):
        return WholeAnswer(flight)
    return StreamedImages(flight) if flight.held.call.endpoint == "images" else StreamedText(flight)


class UnreadableAnswer:
    """An answer whose usage cannot be read."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def finish(self) -> bytes:
        self.flight.settle_at_ceiling()
        return b""

    def broke(self) -> None:
        self.flight.keep("no_answer")

    def closed(self) -> None:
        self.flight.settle_at_ceiling()


class WholeAnswer(UnreadableAnswer):
    """A JSON body; what follows from it is known only when it is complete."""

    def __init__(self, flight: Flight) -> None:
        super().__init__(flight)
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        self._chunks.append(chunk)
        return chunk

    def finish(self) -> bytes:
        try:
            body = parsed(b"".join(self._chunks))
        except (ValueError, RecursionError):
            body = None
        self._chunks = []
        if not (isinstance(body, dict) and self.flight.settle_report(body)):
            self.flight.settle_at_ceiling()
        return b""


class StreamedText:
    """A stream of events with the text of a response or a chat completion."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self._watch = UsageWatch(self._reported, hide=flight.held.hides_usage)
        self._last_report: Event | None = None
        self.feed = self._watch.feed

    def finish(self) -> bytes:
        rest = self._watch.finish()
        self._name_answer()
        if not self.flight.ended and not (self._last_report and self.flight.settle_report(self._last_report)):
            self.flight.settle_at_ceiling()
        return rest

    def broke(self) -> None:
        self.closed()

    def closed(self) -> None:
        if self.flight.ended:
            return
        self._name_answer()
        seen = self._watch.seen
        if seen is None or seen.done():  # the SDK reads no further than [DONE]
            self.finish()
        elif seen.reasoned() or self._may_have_thought(seen.text_bytes()) or self._has_other_answers():
            # Thinking is billed as output but not shown, and of several answers one may be far ahead of the
            # others: what was seen is no bound.
            self.flight.settle_at_ceiling()
        else:
            self.flight.settle_seen(seen.text_bytes())

    def _name_answer(self) -> None:
        if self._watch.seen is not None and not self.flight.ended:
            self.flight.name_answer(self._watch.seen.answer_id())

    def _may_have_thought(self, text_bytes: int) -> bool:
        """Whether there may be thinking that nothing in the stream has told of."""
        if self.flight.held.call.endpoint == "responses" and text_bytes:
            return False  # thinking is announced there, before the text
        return not _does_not_think(self.flight.held.call.model, self.flight.held.body)

    def _has_other_answers(self) -> bool:
        wanted = self.flight.held.body.get("n")
        return isinstance(wanted, int) and wanted > 1

    def _reported(self, event: Event) -> None:
        if self.flight.held.call.endpoint == "responses":
            if event.get("type") in _TERMINAL:
                self.flight.settle_report(event)
        elif event.get("choices") == []:
            self.flight.settle_report(event)
        else:  # some servers report in every chunk: then only the last one counts
            self._last_report = event


class StreamedImages:
    """A stream of pictures, each with its own usage when it is completed."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self._watch = UsageWatch(self._reported, keep_seen=False)
        self._usages: list[Usage] = []
        self.feed = self._watch.feed

    def finish(self) -> bytes:
        rest = self._watch.finish()
        self.closed()
        return rest

    def broke(self) -> None:
        self.closed()

    def closed(self) -> None:
        wanted = self.flight.held.body.get("n")
        if self._usages and len(self._usages) >= (wanted if isinstance(wanted, int) else 1):
            self.flight.settle_usage(_sum_of(self._usages))
        else:  # how far a picture had come, and what of it is billed, is not shown
            self.flight.settle_at_ceiling()

    def _reported(self, event: Event) -> None:
        try:
            usage = usage_of("images", event)
        except ImpossibleUsage:
            return
        if usage is not None:
            self._usages.append(usage)


def _sum_of(usages: list[Usage]) -> Usage:
    names = Usage.__slots__
    return Usage(**{name: sum(getattr(usage, name) for usage in usages) for name in names})


def _does_not_think(model: str, body: Mapping[str, Any]) -> bool:
    """Whether a model is too old to think, or was told not to; by itself every newer one does."""
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else body.get("reasoning_effort")
    return effort == "none" or model.startswith(_OLDER_THAN_THINKING)
