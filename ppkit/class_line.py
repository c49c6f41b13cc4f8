"""How a class is spoken to: what a learner's steps are told over, and what it answers.

Whoever answers may be anybody: an answer is read as far, and for as long, as a class's would go.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from ppkit.class_membership import ClassSeat
from ppkit.errors import PpkitError

if TYPE_CHECKING:
    import httpx2

TIMEOUT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
"""How long a whole answer may take, however it trickles."""

MOST_ANSWER_BYTES = 20_000
LONGEST_TEXT = 300
EMOJI_JOINER = "\u200d"
REFUSED = (401, 403, 404, 405)
TOO_MANY, TOO_SOON = 429, "ppkit_reports_too_often"
Steps = dict[str, str]


class ClassNotReached(PpkitError):
    """The service of a class did not answer, or not as one does. No facts: an address may hold a token."""

    code = "class_not_reached"


class ClassTooSoon(ClassNotReached):
    """It was told something a moment ago, by another kernel or by joining. No facts."""


class ClassRefused(PpkitError):
    """It knows no such token. No facts."""

    code = "class_refused"


class ClassEarly(ClassRefused):
    """The lesson has not begun. No facts."""

    code = "class_early"


class ClassOver(ClassRefused):
    """The lesson is over. No facts."""

    code = "class_over"


class ClassFull(ClassRefused):
    """Every place is taken. No facts."""

    code = "class_full"


REFUSALS: dict[object, type[ClassRefused]] = {
    "ppkit_lesson_not_open": ClassEarly,
    "ppkit_lesson_over": ClassOver,
    "ppkit_lesson_full": ClassFull,
}


@dataclass(frozen=True, slots=True)
class ClassTold:
    """What a class answers: who one is there, and what the trainer tells everybody; "" where nothing."""

    pseudonym: str = ""
    message: str = ""
    message_at: str = ""
    suggested: str = ""
    suggested_at: str = ""


class ClassLine(Protocol):
    """How a class is spoken to. Raises ClassNotReached, ClassRefused."""

    def tell(self, seat: ClassSeat, steps: Steps) -> ClassTold: ...

    def forget(self, seat: ClassSeat) -> None: ...


class HttpLine:
    """Over HTTP; one client for as long as there is something to tell. `client` is given by tests."""

    def __init__(
        self, client: httpx2.Client | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._monotonic = monotonic

    def tell(self, seat: ClassSeat, steps: Steps) -> ClassTold:
        """`steps` without anything tells only that somebody is there."""
        told = _document_in(self._sent("POST", seat, steps))
        if not isinstance(told, dict):
            raise ClassNotReached
        return ClassTold(**{one.name: _text(told.get(one.name)) for one in fields(ClassTold)})

    def forget(self, seat: ClassSeat) -> None:
        self._sent("DELETE", seat, {})

    def _sent(self, method: str, seat: ClassSeat, steps: Steps) -> bytes:
        import httpx2  # lazy: most learners are in no class

        if self._client is None:
            self._client = httpx2.Client(timeout=TIMEOUT_SECONDS)
        headers = {
            "authorization": f"Bearer {seat.token.get_secret_value()}",
            "accept-encoding": "identity",  # what is packed could be of any size
        }
        address = f"{seat.address}/progress"
        try:
            with self._client.stream(method, address, headers=headers, json=steps) as answer:
                status, content = answer.status_code, self._content_of(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
            content = None
        if content is None:  # outside: what was raised holds the request, and with it the token
            raise ClassNotReached
        if status in REFUSED:
            raise _refusal_in(content)
        if status == TOO_MANY and _code_in(content) == TOO_SOON:  # a proxy may limit requests, too
            raise ClassTooSoon
        if not 200 <= status < 300:
            raise ClassNotReached
        return content

    def _content_of(self, answer: httpx2.Response) -> bytes | None:
        """None: more, or slower, than a class answers."""
        content, until = b"", self._monotonic() + WHOLE_SECONDS
        if "content-encoding" in answer.headers:
            return None
        for part in answer.iter_bytes():
            content += part
            if len(content) > MOST_ANSWER_BYTES or self._monotonic() > until:
                return None
        return content


def can_be_shown(text: str) -> bool:
    """Whether a line holds nothing invisible, but for what joins emoji."""
    return text.replace(EMOJI_JOINER, "").isprintable()


def _refusal_in(content: bytes) -> ClassRefused:
    return REFUSALS.get(_code_in(content), ClassRefused)()


def _code_in(content: bytes) -> str:
    told = _document_in(content)
    error = told.get("error") if isinstance(told, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def _document_in(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _text(sent: object) -> str:
    """A text of a class: plain, short, in one line. Windows escape it."""
    text = sent if isinstance(sent, str) else ""
    return "".join(sign for sign in text if can_be_shown(sign))[:LONGEST_TEXT]
