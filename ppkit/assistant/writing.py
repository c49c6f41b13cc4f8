"""One /responses call, whole or as a stream, read into plain text. The SDK's objects end here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppkit.errors import PpkitError

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

OnDelta = Callable[[str], None]


class NothingWritten(PpkitError):
    """The model ended without a text. Facts: reason ("max_output_tokens", "content_filter", "refusal" …)."""

    code = "nothing_written"


@dataclass(frozen=True, slots=True)
class Written:
    """The text, the model that wrote it, and whether it came to its own end."""

    text: str
    model: str
    is_complete: bool
    request_id: str | None


def write(client: openai.OpenAI, body: Mapping[str, Any]) -> Written:
    """Ask for the whole text at once. Raises the SDK's errors, or NothingWritten."""
    return _read(client.responses.create(**body, stream=False))


def write_stream(
    client: openai.OpenAI, body: Mapping[str, Any], on_delta: OnDelta, stopped: Callable[[], bool]
) -> Written:
    """Ask for a stream and hand every piece of text on. Once `stopped`, what has arrived is the text.

    Raises the SDK's errors, or NothingWritten.
    """
    pieces: list[str] = []
    final: Any = None
    with client.responses.create(**body, stream=True) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                pieces.append(event.delta)
                on_delta(event.delta)
            elif event.type in ("response.completed", "response.incomplete", "response.failed"):
                final = event.response
            elif event.type == "error":
                raise NothingWritten(reason=event.code or "error")
            if stopped():
                break
    if final is not None:
        return _read(final)
    # Stopped, or cut off before its end: the pieces are all there is.
    return _with_text(Written("".join(pieces), str(body["model"]), False, None), "cut_off")


def _read(response: Any) -> Written:
    """Raises NothingWritten when the answer holds no text."""
    details = response.incomplete_details
    trouble = getattr(response.error, "code", None) or getattr(details, "reason", None) or _refusal(response)
    written = Written(
        text=response.output_text.strip(),
        model=response.model,
        is_complete=response.status == "completed",
        request_id=getattr(response, "_request_id", None),
    )
    return _with_text(written, trouble or "empty")


def _with_text(written: Written, reason: str) -> Written:
    if not written.text.strip():
        raise NothingWritten(reason=reason)
    return written


def _refusal(response: Any) -> str | None:
    contents = (part for item in response.output for part in getattr(item, "content", None) or ())
    return "refusal" if any(part.type == "refusal" for part in contents) else None
