"""Whose token is this? Asked for every call, remembered for a second."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import anyio
import anyio.to_thread
from starlette.requests import Request

from ppkit.class_service.learner_tokens import digest_of, is_learner_token
from ppkit.class_service.roster import Learner, PreparedLesson
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.class_service.wire_errors import LessonNotOpen, LessonOver, WrongClassToken
from ppkit.clock import Clock

REMEMBERED_SECONDS = 1.0
"""How long another gateway's reset or closing may go unnoticed; the own one forgets at once."""

WRONG_SECONDS = 10.0
"""How long a wrong token is refused without a look: repeating one asks neither roster nor Hub."""

MOST_REMEMBERED = 4096
LONGEST_TOKEN = 512


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who takes part in this lesson."""

    prepared: PreparedLesson
    learner: Learner


class TokenCheck(Protocol):
    """Who a token belongs to. None: somebody who may join, and has not. `joins` has them take a place, in a
    lesson that is open.

    Raises WrongClassToken, or whatever keeps it from finding out.
    """

    async def learner_of(self, token: str, *, joins: bool) -> Learner | None: ...


class RosterCheck:
    """By the roster: tokens that the lesson's own page has given out."""

    def __init__(self, served: RunningLesson) -> None:
        self._served = served

    async def learner_of(self, token: str, *, joins: bool) -> Learner:  # noqa: ARG002  (joined at the door)
        if not is_learner_token(token):  # somebody's own key: it is not even looked up
            raise WrongClassToken
        found = await anyio.to_thread.run_sync(partial(self._served.roster.learner, self._served.id, token))
        if found is None:
            raise WrongClassToken
        return found


@dataclass(slots=True, eq=False)
class _Asking:
    """A question under way, and what came of it: neither where whoever asked has left."""

    done: anyio.Event = field(default_factory=anyio.Event)
    found: PreparedLesson | None = None
    error: Exception | None = None


@dataclass(slots=True)
class _Memory:
    """What was found out lately. Forgotten as a whole: what is found out meanwhile goes with it."""

    known: dict[str, tuple[float, Learner]] = field(default_factory=dict)
    wrong: dict[str, float] = field(default_factory=dict)
    prepared: tuple[float, PreparedLesson] | None = None
    asking: _Asking | None = None


class ClassDoor:
    """Lets learners of an open lesson in."""

    def __init__(self, served: RunningLesson, check: TokenCheck, clock: Clock) -> None:
        self._served = served
        self._check = check
        self._clock = clock
        self._memory = _Memory()

    async def admitted(self, token: str) -> Admission:
        """Raises WrongClassToken, LessonNotOpen, LessonOver, and what roster and Hub raise."""
        learner = await self._learner_of(token, joins=True)
        prepared = await self._lesson()
        state, lesson = prepared.state(self._clock.now()), prepared.lesson
        if state == "over":
            closed = prepared.closed_at or lesson.closes
            raise LessonOver(closes=closed.isoformat(timespec="minutes"))
        if state == "early" or learner is None:  # nobody's place yet: it has opened this moment
            raise LessonNotOpen(opens=lesson.opens.isoformat(timespec="minutes"))
        return Admission(prepared, learner)

    def forget(self) -> None:
        """Whoever was let in is asked again: a token was reset, or the lesson closed."""
        self._memory = _Memory()

    async def recognised(self, token: str) -> Learner | None:
        """Whose token it is, whether the lesson is open or not; nobody takes a place. Raises as above."""
        return await self._learner_of(token, joins=False)

    async def _learner_of(self, token: str, *, joins: bool) -> Learner | None:
        if not 0 < len(token) <= LONGEST_TOKEN:
            raise WrongClassToken
        memory, digest, now = self._memory, digest_of(token), self._clock.monotonic()
        known = memory.known.get(digest)
        if known is not None and now - known[0] < REMEMBERED_SECONDS:
            return known[1]
        wrong_at = memory.wrong.get(digest)
        if wrong_at is not None and now - wrong_at < WRONG_SECONDS:
            raise WrongClassToken
        try:
            learner = await self._check.learner_of(token, joins=joins)
        except WrongClassToken:
            if len(memory.wrong) >= MOST_REMEMBERED:
                memory.wrong.clear()
            memory.wrong[digest] = now
            raise
        if learner is not None:
            if len(memory.known) >= MOST_REMEMBERED:
                memory.known.clear()
            memory.known[digest] = now, learner
        return learner

    async def _lesson(self) -> PreparedLesson:
        """The same for everybody: asked for once a second, by one for all who come meanwhile."""
        memory = self._memory
        while memory.prepared is None or self._clock.monotonic() - memory.prepared[0] >= REMEMBERED_SECONDS:
            if memory.asking is None:
                return await self._asked(memory)
            asking = memory.asking
            await asking.done.wait()
            if asking.error is not None:  # not once more for each: a database that is away takes its time
                raise asking.error.with_traceback(None)
            if asking.found is not None:
                return asking.found
        return memory.prepared[1]

    async def _asked(self, memory: _Memory) -> PreparedLesson:
        now, asking = self._clock.monotonic(), _Asking()
        memory.asking = asking
        try:
            asking.found = found = await anyio.to_thread.run_sync(self._served.prepared)
            memory.prepared = now, found
        except Exception as error:
            asking.error = error
            raise
        finally:
            memory.asking = None
            asking.done.set()
        return found


def token_of(request: Request) -> str:
    """What stands where the key would. Raises WrongClassToken."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() not in {"bearer", "token"} or not token:
        raise WrongClassToken
    return token.strip()
