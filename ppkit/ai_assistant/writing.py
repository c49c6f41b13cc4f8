"""One /responses call, whole or as a stream, read into plain text. The SDK's objects end here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ppkit.checkup import Diagnosis, diagnose
from ppkit.errors import PpkitError
from ppkit.keys import redact

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

OnDelta = Callable[[str], None]
ENDINGS = ("response.completed", "response.incomplete", "response.failed")


class NothingWritten(PpkitError):
    """The model ended without a text. Facts: reason ("max_output_tokens", "content_filter", "refusal" …)."""

    code = "nothing_written"


class AnswerBrokeOff(PpkitError):
    """The answer ended in its middle: what had come is kept, and may have been charged."""

    code = "answer_broke_off"


@dataclass(frozen=True, slots=True)
class WrittenText:
    """The text, its model, whether it came to its own end, and what cut it off where something did."""

    text: str
    model: str
    is_complete: bool
    request_id: str | None
    trouble: Diagnosis | None = None


def write(client: openai.OpenAI, body: Mapping[str, Any]) -> WrittenText:
    """Ask for the whole text at once. Raises the SDK's errors, or NothingWritten."""
    response = client.responses.create(**body, stream=False)
    return _read(response, getattr(response, "_request_id", None))


def write_stream(
    client: openai.OpenAI, body: Mapping[str, Any], on_delta: OnDelta, stopped: Callable[[], bool]
) -> WrittenText:
    """Ask for a stream and hand every piece on. Once `stopped` or cut off, what has arrived is the text.

    Raises the SDK's errors, or NothingWritten, when nothing has.
    """
    pieces: list[str] = []
    final: Any = None
    trouble: Diagnosis | None = None
    with client.responses.create(**body, stream=True) as stream:
        request_id = stream.response.headers.get("x-request-id")
        for event in _until_trouble(stream):
            if isinstance(event, Exception):
                if not pieces:
                    raise event
                trouble = _broke_off(diagnose(event))
            elif event.type == "response.output_text.delta":
                pieces.append(event.delta)
                on_delta(event.delta)
            elif event.type in ENDINGS:
                final = event.response
            elif event.type == "error":
                if not pieces:
                    raise NothingWritten(reason=event.code or "error")
                trouble = _broke_off(Diagnosis("unexpected", {}, {"code": redact(event.code or "error")}))
            if stopped():
                break
    if final is not None:
        return _read(final, request_id)
    # Stopped, or cut off before its end: the pieces are all there is.
    if trouble is None and not stopped():
        trouble = diagnose(AnswerBrokeOff())
    return _with_text(WrittenText("".join(pieces), str(body["model"]), False, request_id, trouble), "cut_off")


def _broke_off(by: Diagnosis) -> Diagnosis:
    """What is reported of half an answer; what ended it goes to the details, unless it is our own."""
    return by if by.own else replace(diagnose(AnswerBrokeOff()), details=by.details)


def _until_trouble(stream: Iterator[Any]) -> Iterator[Any]:
    """The events, and as the last of them the exception that ended the stream, if one did."""
    while True:
        try:
            event = next(stream)
        except StopIteration:
            return
        except Exception as error:
            yield error
            return
        yield event


def _read(response: Any, request_id: str | None) -> WrittenText:
    """Raises NothingWritten when the answer holds no text."""
    details = response.incomplete_details
    trouble = getattr(response.error, "code", None) or getattr(details, "reason", None) or _refusal(response)
    written = WrittenText(
        text=response.output_text.strip(),
        model=response.model,
        is_complete=response.status == "completed",
        request_id=request_id,
    )
    return _with_text(written, trouble or "empty")


def _with_text(written: WrittenText, reason: str) -> WrittenText:
    if not written.text.strip():
        raise NothingWritten(reason=reason)
    return written


def _refusal(response: Any) -> str | None:
    contents = (part for item in response.output for part in getattr(item, "content", None) or ())
    return "refusal" if any(part.type == "refusal" for part in contents) else None
