"""A server-sent event stream, watched while it passes: cheap for each chunk, exact for the one that counts.

Only lines that can hold a usage report are parsed. `"usage":` with its quotes bare cannot stand inside a JSON
string, where the quotes would be escaped, so searching the bytes misses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ppkit.metering.jsontext import parsed

Event = Mapping[str, Any]

_REPORT = re.compile(rb'"usage"\s*:\s*\{')
_NULL = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,')
_USUAL_NULL = b',"usage":null'
_LINE_END = re.compile(rb"\r\n|\n|\r")
_DONE = b"data: [DONE]"
_FAILURES = frozenset({"error", "response.failed"})
_NOT_WRITTEN = frozenset({"role", "id", "type"})
"""What stands in a delta and is no text that the model has written."""
_SEEN_KEPT_BYTES = 1 << 20
_BYTES_ON_THE_WIRE_FOR_A_TOKEN = 1024


def event_of(line: bytes) -> Event | None:
    """The JSON object that a `data:` line carries; None for every other line."""
    if not line.startswith(b"data:"):
        return None
    try:
        event = parsed(line[5:])
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


class UsageWatch:
    """Bytes in, the same bytes out; `found` is called with every event that carries a usage report.

    What `feed` returns lags behind by at most the last unfinished line, and only when `hide` is set.
    """

    def __init__(self, found: Callable[[Event], None], *, hide: bool = False, keep_seen: bool = True) -> None:
        """`hide`: take out what only stands there because ppkit asked for it (see `_without_trace`).
        `keep_seen`: remember what passed, so that `seen` can say what a broken stream has shown.
        """
        self._found = found
        self._hide = hide
        self._unfinished: list[bytes] = []
        self._blank_owed = False  # the empty line after a hidden event has not come yet
        self.seen = SeenText() if keep_seen else None

    def feed(self, chunk: bytes) -> bytes:
        """Take in a piece of the stream; returns what to hand on now."""
        seen = self.seen
        if seen is not None:  # spelled out here, because a call costs more than all of this
            seen.pieces.append(chunk)
            seen.kept_bytes += len(chunk)
            if seen.kept_bytes > _SEEN_KEPT_BYTES:
                seen.count()  # a very long answer: let go of all but the last line
        # The usual case is whole events: nothing is copied.
        lines = chunk if not self._unfinished and chunk[-1:] == b"\n" else self._whole_lines(chunk)
        if self._hide:
            return self._shown(lines) if lines else b""
        if b'"usage"' in lines and _REPORT.search(lines):
            self._report(lines)
        return chunk

    def may_report(self, chunk: bytes) -> bool:
        """Whether feeding this piece may find a report; hardly ever wrong where it says so, never else."""
        return b'"usage"' in chunk or bool(self._unfinished)

    def _whole_lines(self, chunk: bytes) -> bytes:
        """The lines that this chunk completes; the rest waits for the next one."""
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            self._unfinished.append(chunk)
            return b""
        lines = b"".join((*self._unfinished, chunk[:cut]))
        self._unfinished = [chunk[cut:]] if cut < len(chunk) else []
        return lines

    def finish(self) -> bytes:
        """The stream is over; returns what was held back."""
        rest = b"".join(self._unfinished)
        self._unfinished = []
        if not rest:
            return b""
        if self._hide:
            return self._shown(rest)
        self._report(rest)
        return b""

    def _report(self, lines: bytes) -> None:
        for line in _LINE_END.split(lines):
            event = event_of(line) if _REPORT.search(line) else None
            if event is not None:
                self._found(event)

    def _shown(self, lines: bytes) -> bytes:
        """The lines as a caller sees them who did not ask for the usage."""
        if self._blank_owed:
            self._blank_owed = False
            lines = lines.removeprefix(b"\r\n" if lines[:1] == b"\r" else b"\n")
        lines = lines.replace(_USUAL_NULL, b"")  # nearly every chunk ends here
        if b'"usage"' not in lines:
            return lines
        if not _REPORT.search(lines):
            return _NULL.sub(b"", lines)
        return b"".join(self._kept(lines))

    def _kept(self, lines: bytes) -> list[bytes]:
        kept: list[bytes] = []
        pieces = lines.splitlines(keepends=True)
        dropped = False
        for piece in pieces:
            if dropped and not piece.strip(b"\r\n"):
                dropped = False
                continue
            event = event_of(piece.rstrip(b"\r\n")) if _REPORT.search(piece) else None
            if event is not None:
                self._found(event)
            dropped = event is not None and event.get("choices") == []
            if not dropped:
                kept.append(_NULL.sub(b"", piece))
        self._blank_owed = dropped
        return kept


class SeenText:
    """What a stream has shown so far, counted only when somebody asks. `UsageWatch.feed` fills it."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.kept_bytes = 0
        self._text_bytes = 0
        self._reasoned = False
        self._done = False
        self._failed = False
        self._counted = False
        self._counted_bytes = 0
        self._answering: tuple[str | None, str | None] = (None, None)
        self._answer_id: str | None = None

    def passed_bytes(self) -> int:
        """How much has passed in all."""
        return self._counted_bytes + self.kept_bytes

    def answering(self) -> tuple[str | None, str | None]:
        """The model and the service tier that the stream names, None for what it does not."""
        self.count()
        return self._answering

    def answer_id(self) -> str | None:
        """What the platform calls this answer."""
        self.count()
        return self._answer_id

    def text_bytes(self) -> int:
        """UTF-8 bytes of the texts and tool arguments shown: never fewer than their tokens."""
        self.count()
        return self._text_bytes

    def may_exceed(self, tokens: int) -> bool:
        """Whether so many tokens are few for what has passed. Cheap: nothing is read for the usual stream, in
        which each token travels in an event of a few hundred bytes.
        """
        return self._counted or self.kept_bytes > _BYTES_ON_THE_WIRE_FOR_A_TOKEN * tokens

    def reasoned(self) -> bool:
        """Whether the model was seen to think, at a length that the stream does not tell."""
        self.count()
        return self._reasoned

    def done(self) -> bool:
        """Whether the stream said that it is over."""
        self.count()
        return self._done

    def failed(self) -> bool:
        """Whether the stream said that the platform failed."""
        self.count()
        return self._failed

    def count(self) -> None:
        """Take in all whole lines, and keep the last piece of one."""
        data = b"".join(self.pieces)
        cut = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self.pieces = [data[cut:]]
        self.kept_bytes = len(data) - cut
        self._counted_bytes += cut
        self._counted = self._counted or cut > 0
        for line in _LINE_END.split(data[:cut]):
            event = event_of(line)
            self._done = self._done or line.startswith(_DONE)
            if event is not None:
                self._text_bytes += _text_bytes_of(event)
                self._reasoned = self._reasoned or _is_reasoning(event)
                self._failed = self._failed or event.get("type") in _FAILURES or bool(event.get("error"))
                self._answer_id = self._answer_id or _answer_id_of(event)
                told = answering(event)
                self._answering = (told[0] or self._answering[0], told[1] or self._answering[1])


def answering(body: Event) -> tuple[str | None, str | None]:
    """The model and the service tier that a body or event names, None for what it does not."""
    wrapped = body.get("response")
    told = wrapped if isinstance(wrapped, Mapping) else body
    model, tier = told.get("model"), told.get("service_tier")
    return model if isinstance(model, str) and model else None, tier if isinstance(tier, str) else None


def _text_bytes_of(event: Event) -> int:
    delta = event.get("delta")
    if isinstance(delta, str):  # a Responses event
        return len(delta.encode())
    choices = event.get("choices")
    return sum(_bytes_in(choice.get("delta")) for choice in choices) if isinstance(choices, list) else 0


def _bytes_in(value: object) -> int:
    """Bytes of every text inside a delta: content, refusal, names and arguments of tool calls."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping):
        return sum(_bytes_in(part) for name, part in value.items() if name not in _NOT_WRITTEN)
    return sum(map(_bytes_in, value)) if isinstance(value, list) else 0


def _answer_id_of(event: Event) -> str | None:
    """The response's or the chat completion's; an event without a response carries other ids."""
    response = event.get("response")
    found = response.get("id") if isinstance(response, Mapping) else None
    if found is None and "choices" in event:
        found = event.get("id")
    return found if isinstance(found, str) else None


def _is_reasoning(event: Event) -> bool:
    item = event.get("item")
    return isinstance(item, Mapping) and item.get("type") == "reasoning"
