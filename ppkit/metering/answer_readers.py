"""An answer while it passes: bytes in, bytes out, and how its call is settled when it ends, well or badly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import httpx2

from ppkit.metering.headers import CONTENT_ENCODING, CONTENT_TYPE, read_answer_headers
from ppkit.metering.jsontext import parsed
from ppkit.metering.pending_call import PendingCall
from ppkit.metering.sse import Event, UsageWatch, answering
from ppkit.spending.fewest_tokens import LONGEST_TOKEN_BYTES
from ppkit.spending.reported import JudgedReport
from ppkit.spending.usage import Usage

_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
_LONGEST_MARK_OF_THE_END = 64
_OLDER_THAN_THINKING = ("gpt-3.5", "gpt-4", "chatgpt-")


class AnswerReader(Protocol):
    """What a transport reports about an answer. An ending after an ending has no effect."""

    @property
    def pending_call(self) -> PendingCall | None:
        """What it settles; None where it concerns another call."""
        ...

    def feed(self, chunk: bytes) -> bytes:
        """Bytes have come; returns what the caller is to see of them now."""
        ...

    def may_settle(self, chunk: bytes) -> bool:
        """Whether feeding these bytes may ask the ledger."""
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


def answer_to(pending_call: PendingCall, response: httpx2.Response) -> AnswerReader:
    """How to read a successful response."""
    headers = read_answer_headers(response.headers)
    if headers.get(CONTENT_ENCODING, "identity") != "identity":  # not asked for, and not readable here
        return UnreadableAnswer(pending_call)
    if not headers.get(CONTENT_TYPE, "").startswith("text/event-stream"):
        return WholeAnswer(pending_call)
    return (
        StreamedImages(pending_call) if pending_call.call.endpoint == "images" else StreamedText(pending_call)
    )


class UnreadableAnswer:
    """An answer whose usage cannot be read."""

    def __init__(self, pending_call: PendingCall) -> None:
        self.pending_call = pending_call

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def may_settle(self, _chunk: bytes) -> bool:
        return False

    def finish(self) -> bytes:
        self.pending_call.settle_at_ceiling()
        return b""

    def broke(self) -> None:
        self.pending_call.keep("no_answer")

    def closed(self) -> None:
        self.pending_call.settle_at_ceiling()


class WholeAnswer(UnreadableAnswer):
    """A JSON body; what follows from it is known only when it is complete."""

    def __init__(self, pending_call: PendingCall) -> None:
        self.pending_call = pending_call
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
        if not isinstance(body, dict):
            self.pending_call.settle_at_ceiling()
        elif not self.pending_call.settle_report(body):
            self.pending_call.settle_at_ceiling(*answering(body))
        return b""


class StreamedText:
    """A stream of events with the text of a response or a chat completion.

    Some servers report in every chunk, some say zeros in the last: of all reports the last that can be true
    counts. A response ends with its report, a chat may have another one until it is over.
    """

    def __init__(self, pending_call: PendingCall) -> None:
        self.pending_call = pending_call
        self._watch = UsageWatch(self._reported, hide=pending_call.hides_usage)
        self._report: JudgedReport | None = None
        self._doubted = False  # a later report cannot be true
        self._is_last = False  # the last report came with nothing but the usage, or with the end
        self._passed_by_report = 0
        self.feed = self._watch.feed

    def may_settle(self, chunk: bytes) -> bool:
        """A response's last event ends its call; a chat ends with its stream."""
        return self.pending_call.call.endpoint == "responses" and self._watch.may_report(chunk)

    def finish(self) -> bytes:
        rest = self._watch.finish()
        self._name_answer()
        if not self.pending_call.ended:
            if self._report is None:
                self.pending_call.settle_at_ceiling(*self._answering())
            elif self._ends_with_report() or self._is_over():
                self._settle(self._report)
            else:
                self._settle_broken_off()
        return rest

    def _settle(self, report: JudgedReport) -> None:
        # Text may have come since the report was judged.
        if self._outgrows(report.output_tokens):
            report = report.outgrown()
        self.pending_call.settle_judged(report, self._doubted)

    def _ends_with_report(self) -> bool:
        """Whether the last report is a last one, and nothing has come after it but the mark of the end."""
        seen = self._watch.seen
        followed = 0 if seen is None else seen.passed_bytes() - self._passed_by_report
        return self._is_last and followed <= _LONGEST_MARK_OF_THE_END

    def _answering(self) -> tuple[str | None, str | None]:
        return (None, None) if self._watch.seen is None else self._watch.seen.answering()

    def broke(self) -> None:
        self.closed()

    def closed(self) -> None:
        if self.pending_call.ended:
            return
        self._name_answer()
        if self._ends_with_report() or self._is_over():  # the SDK reads no further than [DONE]
            self.finish()
        else:
            self._settle_broken_off()

    def _is_over(self) -> bool:
        seen = self._watch.seen
        return seen is None or seen.done()

    def _settle_broken_off(self) -> None:
        seen = self._watch.seen
        if seen is None or seen.reasoned() or self._may_have_thought(seen.text_bytes()):
            # Thinking is billed as output but not shown: what was seen is no bound.
            self.pending_call.settle_at_ceiling(*self._answering())
        elif self._has_other_answers():  # one of them may be far ahead of the others
            self.pending_call.settle_at_ceiling(*self._answering())
        else:
            self.pending_call.settle_seen(seen.text_bytes(), *self._answering())

    def _name_answer(self) -> None:
        if self._watch.seen is not None and not self.pending_call.ended:
            status = "failed" if self._watch.seen.failed() else None
            self.pending_call.name_answer(self._watch.seen.answer_id(), status)

    def _may_have_thought(self, text_bytes: int) -> bool:
        """Whether there may be thinking that nothing in the stream has told of."""
        if self.pending_call.call.endpoint == "responses" and text_bytes:
            return False  # thinking is announced there, before the text
        return not _does_not_think(self.pending_call.call.model, self.pending_call.body)

    def _has_other_answers(self) -> bool:
        wanted = self.pending_call.body.get("n")
        return isinstance(wanted, int) and wanted > 1

    def _reported(self, event: Event) -> None:
        if self.pending_call.ended:
            return
        is_response = self.pending_call.call.endpoint == "responses"
        ends = event.get("type") in _TERMINAL
        # The last event of a response carries all that was shown, the last chunk of a chat nothing.
        report = self.pending_call.judge(event, None if is_response and ends else self._outgrows)
        if report is None:
            return
        if self._report is None or (report.rank >= self._report.rank and not self._falls_to_zero(report)):
            self._report, self._doubted = report, False
        else:
            self._doubted = True
        self._is_last = ends or self._is_last_chunk(event.get("choices"))
        self._passed_by_report = 0 if self._watch.seen is None else self._watch.seen.passed_bytes()
        if is_response and ends:
            if self._report.output_tokens < report.least_output:
                self._report = self._report.outgrown()
            self.pending_call.name_answer_in(event)
            self.pending_call.settle_judged(self._report, self._doubted)

    def _is_last_chunk(self, choices: Any) -> bool:
        """Whether a chunk of a chat has nothing but the usage, or ends the only answer."""
        if not isinstance(choices, list):
            return False
        ended = all(isinstance(each, Mapping) and each.get("finish_reason") is not None for each in choices)
        return not choices or (ended and not self._has_other_answers())

    def _falls_to_zero(self, report: JudgedReport) -> bool:
        return self._report is not None and self._report.output_tokens > 0 == report.output_tokens

    def _outgrows(self, tokens: int) -> bool:
        """Whether more text was shown than so many tokens can hold; counted only where it may be so."""
        seen = self._watch.seen
        if seen is None or not seen.may_exceed(tokens):
            return False
        return seen.text_bytes() > tokens * LONGEST_TOKEN_BYTES


class StreamedImages:
    """A stream of pictures, each with its own usage when it is completed."""

    def __init__(self, pending_call: PendingCall) -> None:
        self.pending_call = pending_call
        self._watch = UsageWatch(self._reported, keep_seen=False)
        self._reports: list[JudgedReport] = []
        self.feed = self._watch.feed

    def may_settle(self, _chunk: bytes) -> bool:
        return False  # pictures are settled together

    def finish(self) -> bytes:
        rest = self._watch.finish()
        self.closed()
        return rest

    def broke(self) -> None:
        self.closed()

    def closed(self) -> None:
        if self._reports and len(self._reports) >= self._wanted():
            self.pending_call.settle_judged(_together(self._reports))
        else:  # how far a picture had come, and what of it is billed, is not shown
            self.pending_call.settle_at_ceiling()

    def _wanted(self) -> int:
        wanted = self.pending_call.body.get("n")  # the fields of a form are texts
        if isinstance(wanted, str) and wanted.isdecimal() and len(wanted) < 4:
            wanted = int(wanted)
        return wanted if isinstance(wanted, int) else 1

    def _reported(self, event: Event) -> None:
        report = self.pending_call.judge(event)
        if report is not None:
            self._reports.append(report)


def _together(reports: list[JudgedReport]) -> JudgedReport:
    """The reports of several pictures as one: what is wrong with any of them is wrong with all."""
    worst = min(reports, key=lambda report: report.rank)
    usages = [max(report.readings, key=lambda usage: usage.output_tokens) for report in reports]
    also = tuple(charge for report in reports for charge in report.also)
    return worst._replace(readings=(_sum_of(usages),), also=also)


def _sum_of(usages: list[Usage]) -> Usage:
    names = Usage.__slots__
    return Usage(**{name: sum(getattr(usage, name) for usage in usages) for name in names})


def _does_not_think(model: str, body: Mapping[str, Any]) -> bool:
    """Whether a model is too old to think, or was told not to; by itself every newer one does."""
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, Mapping) else body.get("reasoning_effort")
    return effort == "none" or model.startswith(_OLDER_THAN_THINKING)
