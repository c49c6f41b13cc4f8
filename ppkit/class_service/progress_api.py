"""Where learners' windows tell which step they are at, and hear what the trainer tells the class.

A token writes the record of its own learner and reads nobody's. What may be told is a list: codes that can be
read, names that the course knows. Whatever else a request holds is kept nowhere.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ppkit.checkup import is_situation
from ppkit.class_service.class_door import ClassDoor, token_of
from ppkit.class_service.progress_records import StepReport
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.class_service.wire_errors import (
    BodyTooSlow,
    BodyUnreadable,
    GatewayFailed,
    LedgerAway,
    ReportsTooOften,
    WireRefusal,
    answer_of,
)
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.metering.jsontext import parsed
from ppkit.mode import Mode
from ppkit.onboarding.lessons import LESSONS
from ppkit.onboarding.progress_code import FIRST_DAY, NotAProgressCode, code_of, facts_in

MOST_BODY_KIB = 4
"""A report has some two hundred bytes."""

LONGEST_CODE = 200
BODY_SECONDS = 10.0
LEAST_BETWEEN_SECONDS = 0.5
MOST_REMEMBERED = 4096
NAMES = frozenset(lesson.name for lesson in LESSONS)
NO_STORE = {"cache-control": "no-store"}
_log = logging.getLogger("ppkit.class")


class ProgressApi:
    """The route "/progress"."""

    def __init__(self, served: RunningLesson, door: ClassDoor, clock: Clock) -> None:
        self._served = served
        self._door = door
        self._clock = clock
        self._last: dict[str, float] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/progress", self._endpoint(self._take), methods=["POST"]),
            Route("/progress", self._endpoint(self._forget), methods=["DELETE"]),
        ]

    def _endpoint(
        self, handle: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            request_id = f"class_{secrets.token_hex(12)}"
            try:
                return await handle(request)
            except WireRefusal as refusal:
                return answer_of(refusal, request_id)
            except ClientDisconnect:
                return Response(status_code=400)
            except PpkitError as error:
                _log.warning("a step was not noted: %s", error.code)
                return answer_of(LedgerAway(), request_id)
            except Exception as error:
                _log.error("the report of a step failed: %s", type(error).__name__)
                return answer_of(GatewayFailed(), request_id)

        return endpoint

    async def _take(self, request: Request) -> Response:
        pseudonym = (await self._door.admitted(token_of(request))).learner.pseudonym
        self._count(pseudonym)
        report = _report_in(await _content_of(request))
        records, lesson_id = self._served.roster.progress, self._served.id
        if report is None:
            note = partial(records.is_there, lesson_id, pseudonym)
        else:
            note = partial(records.record, lesson_id, pseudonym, report)
        notice = await anyio.to_thread.run_sync(note)
        told = {name: getattr(notice, name) for name in notice.__slots__}
        return JSONResponse({"pseudonym": pseudonym, **told}, headers=NO_STORE)

    async def _forget(self, request: Request) -> Response:
        """A no counts at any time, and takes nobody a place."""
        learner = await self._door.recognised(token_of(request))
        if learner is not None:
            self._count(learner.pseudonym)
            forget = partial(self._served.roster.progress.forget, self._served.id, learner.pseudonym)
            await anyio.to_thread.run_sync(forget)
        return Response(status_code=204, headers=NO_STORE)

    def _count(self, pseudonym: str) -> None:
        """Raises ReportsTooOften: one learner's loop should not keep the others' calls waiting."""
        now = self._clock.monotonic()
        last = self._last.get(pseudonym)
        if last is not None and now - last < LEAST_BETWEEN_SECONDS:
            raise ReportsTooOften
        if len(self._last) >= MOST_REMEMBERED:
            self._last.clear()
        self._last[pseudonym] = now


async def _content_of(request: Request) -> bytes:
    """Raises BodyUnreadable, BodyTooSlow."""
    content = b""
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for part in request.stream():
                content += part
                if len(content) > MOST_BODY_KIB * 1024:
                    raise BodyUnreadable
    except TimeoutError:
        raise BodyTooSlow(seconds=int(BODY_SECONDS)) from None
    return content


def _report_in(content: bytes) -> StepReport | None:
    """What it tells; None where it tells only that somebody is there. Raises BodyUnreadable."""
    try:
        told: Any = parsed(content) if content.strip() else {}
        if not isinstance(told, dict):
            raise BodyUnreadable
        if not told:
            return None
        return StepReport(
            _code(told, "practice"),
            _code(told, "live"),
            _known(told, "open_lesson", NAMES.__contains__),
            _known(told, "diagnosis", is_situation),
        )
    except (ValueError, RecursionError):
        raise BodyUnreadable from None


def _code(told: dict[str, Any], mode: Mode) -> str:
    """The progress code of a mode. Raises BodyUnreadable where it is none."""
    code = told.get(f"{mode}_code", "")
    if not isinstance(code, str) or len(code) > LONGEST_CODE:
        raise BodyUnreadable
    try:
        # Written anew: what a code holds beyond the checks that we know could be anything.
        return code_of(facts_in(code, mode), mode, FIRST_DAY) if code else ""
    except NotAProgressCode:
        raise BodyUnreadable from None


def _known(told: dict[str, Any], name: str, is_known: Callable[[str], bool]) -> str:
    """A name, or "" where there is none, or one that only a newer ppkit knows."""
    value = told.get(name, "")
    return value if isinstance(value, str) and is_known(value) else ""
