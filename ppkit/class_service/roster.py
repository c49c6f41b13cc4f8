"""The roster: lessons, who joined them, and whose token this is. It holds digests of tokens, never tokens."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ppkit.class_service.class_lesson import ClassLesson, lesson_from_json
from ppkit.class_service.forgotten_learners import ForgottenLearners
from ppkit.class_service.learner_tokens import (
    as_typed,
    digest_of,
    is_trainer_token,
    new_join_code,
    new_learner_token,
    new_trainer_token,
)
from ppkit.class_service.progress_records import ProgressRecords
from ppkit.class_service.pseudonyms import drawn_pseudonym
from ppkit.class_service.roster_places import Execute, RosterPlace
from ppkit.clock import Clock
from ppkit.errors import PpkitError

PREPARE = """
INSERT INTO class_lesson (id, document, join_code) VALUES (?, ?, ?)
ON CONFLICT (id) DO UPDATE SET join_code = class_lesson.join_code"""
"""What it changes is nothing, but the row is this transaction's until its end."""


TRAINER_READS_ON = timedelta(days=1)
"""How long after its end a trainer can still read what the lesson has cost."""


class NoSuchLesson(PpkitError):
    """Nobody has prepared a lesson of this id. Facts: lesson."""

    code = "no_such_lesson"


class LessonDiffers(PpkitError):
    """Another lesson was prepared under this id. Facts: lesson, name, opens, of the one that is there."""

    code = "lesson_differs"


class WrongJoinCode(PpkitError):
    """Not the code of this lesson. No facts."""

    code = "wrong_join_code"


class LessonFull(PpkitError):
    """Every place is taken. Facts: learners."""

    code = "lesson_full"


@dataclass(frozen=True, slots=True)
class PreparedLesson:
    """A lesson as the roster knows it. `closed_at`: the trainer closed it before its time."""

    lesson: ClassLesson
    join_code: str
    closed_at: datetime | None

    def state(self, now: datetime) -> str:
        """ "early", "open" or "over"."""
        if self.closed_at is not None or now >= self.lesson.closes:
            return "over"
        return "open" if now >= self.lesson.opens else "early"


@dataclass(frozen=True, slots=True)
class Learner:
    """Somebody who takes part, by pseudonym, or did until the trainer took the place back."""

    lesson_id: str
    pseudonym: str
    joined_at: datetime
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class NewLearner:
    """A place that was taken, and the token for it, which is shown once."""

    learner: Learner
    token: str


class Roster:
    """Asked from any thread, by several gateways at once; `choose` draws pseudonyms. Raises as its place."""

    def __init__(
        self, place: RosterPlace, clock: Clock, choose: Callable[[Sequence[str]], str] = secrets.choice
    ) -> None:
        self._place = place
        self._clock = clock
        self._choose = choose
        self.progress = ProgressRecords(place, clock)
        self.forgotten = ForgottenLearners(place, clock)

    def close(self) -> None:
        self._place.close()

    # --- lessons

    def prepare(self, lesson: ClassLesson) -> PreparedLesson:
        """Write a lesson, or write it anew: who joined it stays, its code and its being closed too.

        Raises LessonDiffers: the same id, another name or opening.
        """

        def written(execute: Execute) -> PreparedLesson:
            # In one statement: two gateways may prepare the same lesson at the same moment.
            execute(PREPARE, (lesson.id, lesson.to_json(), new_join_code()))
            there = _prepared(execute, lesson.id).lesson
            if (there.name, there.opens) != (lesson.name, lesson.opens):
                opens = there.opens.isoformat(timespec="minutes")
                raise LessonDiffers(lesson=lesson.id, name=there.name, opens=opens)
            execute("UPDATE class_lesson SET document = ? WHERE id = ?", (lesson.to_json(), lesson.id))
            return _prepared(execute, lesson.id)

        return self._place.transact(written)

    def lesson(self, lesson_id: str) -> PreparedLesson:
        """Raises NoSuchLesson."""
        return self._place.transact(lambda execute: _prepared(execute, lesson_id))

    def end(self, lesson_id: str) -> None:
        """Close a lesson for good, before its time."""
        values = (self._now(), lesson_id)
        statement = "UPDATE class_lesson SET closed_at = coalesce(closed_at, ?) WHERE id = ?"
        self._place.transact(lambda execute: execute(statement, values))

    def new_trainer(self, lesson_id: str) -> str:
        """A token for the trainer's page of this lesson; earlier ones stay good. It ends a day after closing.

        Raises NoSuchLesson.
        """
        token = new_trainer_token()

        def written(execute: Execute) -> None:
            _prepared(execute, lesson_id)
            execute("INSERT INTO class_trainer VALUES (?, ?)", (digest_of(token), lesson_id))

        self._place.transact(written)
        return token

    def is_trainer(self, token: str, lesson_id: str) -> bool:
        if not is_trainer_token(token):
            return False
        values = (digest_of(token), lesson_id)
        statement = "SELECT 1 FROM class_trainer WHERE secret_hash = ? AND lesson = ?"

        def found(execute: Execute) -> bool:
            return bool(execute(statement, values)) and not self._is_long_over(_prepared(execute, lesson_id))

        return self._place.transact(found)

    def _is_long_over(self, prepared: PreparedLesson) -> bool:
        return self._clock.now() >= prepared.lesson.end(prepared.closed_at) + TRAINER_READS_ON

    # --- learners

    def join(self, lesson_id: str, code: str, visit: str) -> NewLearner:
        """Take a place. The same form sent twice keeps its place and gets a new token for it.

        Raises WrongJoinCode, LessonFull, NoSuchLesson.
        """
        token = new_learner_token()

        def joined(execute: Execute) -> Learner:
            prepared = _prepared(execute, lesson_id)
            if not hmac.compare_digest(as_typed(code), prepared.join_code):
                raise WrongJoinCode
            return self._placed(execute, prepared.lesson, digest_of(token), digest_of(f"{lesson_id}/{visit}"))

        return NewLearner(self._place.transact(joined), token)

    def join_as(self, lesson_id: str, subject: str) -> Learner | None:
        """The learner that somebody vouches for ("hub:" and a user's name). None: the lesson is not open,
        and they have not joined. Raises as `join`.
        """
        secret_hash = _digest_as(lesson_id, subject)

        def joined(execute: Execute) -> Learner | None:
            prepared = _prepared(execute, lesson_id)
            found = _learners(execute, "lesson = ? AND secret_hash = ?", (lesson_id, secret_hash))
            if found or prepared.state(self._clock.now()) != "open":
                return found[0] if found else None
            return self._placed(execute, prepared.lesson, secret_hash, None)

        return self._place.transact(joined)

    def learner_as(self, lesson_id: str, subject: str) -> Learner | None:
        """Who has joined by `join_as`; None: nobody yet."""
        return self._learner(lesson_id, _digest_as(lesson_id, subject))

    def learner(self, lesson_id: str, token: str) -> Learner | None:
        """Whose token this is; None: nobody's."""
        return self._learner(lesson_id, digest_of(token))

    def _learner(self, lesson_id: str, secret_hash: str) -> Learner | None:
        values = (lesson_id, secret_hash)
        found = self._place.transact(
            lambda execute: _learners(execute, "lesson = ? AND secret_hash = ?", values)
        )
        return found[0] if found else None

    def learners(self, lesson_id: str) -> list[Learner]:
        """Everybody who joined, those who were removed too, by pseudonym: the order of joining would tell who
        is who."""
        found = self._place.transact(lambda execute: _learners(execute, "lesson = ?", (lesson_id,)))
        return sorted(found, key=lambda learner: learner.pseudonym)

    def reset(self, lesson_id: str, pseudonym: str) -> str | None:
        """A new token for a learner, the old one being nobody's. None where there is no such learner."""
        token = new_learner_token()

        def renewed(execute: Execute) -> bool:
            if not _is_there(execute, lesson_id, pseudonym):
                return False
            execute(
                "UPDATE class_learner SET secret_hash = ?, visit_hash = NULL "
                "WHERE lesson = ? AND pseudonym = ?",
                (digest_of(token), lesson_id, pseudonym),
            )
            return True

        return token if self._place.transact(renewed) else None

    def remove(self, lesson_id: str, pseudonym: str) -> None:
        """Take a place back: its token is nobody's, and somebody else can join in its stead. Its steps are
        forgotten."""
        values = (self._now(), digest_of(new_learner_token()), lesson_id, pseudonym)
        statement = (
            "UPDATE class_learner SET removed_at = ?, secret_hash = ?, visit_hash = NULL "
            "WHERE lesson = ? AND pseudonym = ? AND removed_at IS NULL"
        )
        self._place.transact(lambda execute: execute(statement, values))
        self.progress.forget(lesson_id, pseudonym)  # after it: a report on its way finds no place any more

    def _placed(self, execute: Execute, lesson: ClassLesson, secret: str, visit: str | None) -> Learner:
        """Raises LessonFull."""
        # One after the other, on PostgreSQL too: the row is locked until the end.
        execute("UPDATE class_lesson SET join_code = join_code WHERE id = ?", (lesson.id,))
        mine = _learners(execute, "lesson = ? AND visit_hash = ?", (lesson.id, visit)) if visit else []
        if mine:
            execute("UPDATE class_learner SET secret_hash = ? WHERE visit_hash = ?", (secret, visit))
            return mine[0]
        before = _learners(execute, "lesson = ?", (lesson.id,))
        if sum(not learner.is_removed for learner in before) >= lesson.learners:
            raise LessonFull(learners=lesson.learners)
        used = {learner.pseudonym for learner in before}
        pseudonym, at = drawn_pseudonym(used, lesson.learners, self._choose), self._now()
        execute(
            "INSERT INTO class_learner (lesson, number, pseudonym, secret_hash, visit_hash, joined_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (lesson.id, len(before), pseudonym, secret, visit, at),
        )
        return Learner(lesson.id, pseudonym, datetime.fromisoformat(at))

    def _now(self) -> str:
        return self._clock.now().isoformat()


def _prepared(execute: Execute, lesson_id: str) -> PreparedLesson:
    """Raises NoSuchLesson."""
    found = execute("SELECT document, join_code, closed_at FROM class_lesson WHERE id = ?", (lesson_id,))
    if not found:
        raise NoSuchLesson(lesson=lesson_id)
    ((document, join_code, closed_at),) = found
    return PreparedLesson(
        lesson_from_json(document), join_code, datetime.fromisoformat(closed_at) if closed_at else None
    )


def _digest_as(lesson_id: str, subject: str) -> str:
    return digest_of(f"{lesson_id}/{subject}")  # somebody may take part in several lessons


def _learners(execute: Execute, condition: str, values: tuple[object, ...]) -> list[Learner]:
    columns = "lesson, pseudonym, joined_at, removed_at"
    rows = execute(f"SELECT {columns} FROM class_learner WHERE {condition}", values)  # noqa: S608
    return [
        Learner(lesson, pseudonym, datetime.fromisoformat(at), removed_at is not None)
        for lesson, pseudonym, at, removed_at in rows
    ]


def _is_there(execute: Execute, lesson_id: str, pseudonym: str) -> bool:
    condition = "lesson = ? AND pseudonym = ? AND removed_at IS NULL"
    return bool(_learners(execute, condition, (lesson_id, pseudonym)))
