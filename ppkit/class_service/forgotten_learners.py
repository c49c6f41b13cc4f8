"""Learners who are forgotten, in the roster: in two steps, between which the ledger forgets them, too.

Whoever is cut off between the two repeats the whole: the new name was written down in the first.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from ppkit.class_service.class_lesson import ClassLesson, lesson_from_json
from ppkit.class_service.learner_tokens import digest_of, new_learner_token
from ppkit.class_service.progress_records import forget_steps
from ppkit.class_service.pseudonyms import FORGOTTEN
from ppkit.class_service.roster_places import Execute, RosterPlace
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.spending.ledger.ledger import LONGEST_WAIT_SECONDS

QUIET = timedelta(seconds=2 * LONGEST_WAIT_SECONDS)
"""How long after a place was taken back no call of its learner begins to count any more: each gateway knows
within a second, and a call that was let in may wait for room, then for the ledger's file."""

PLACES = 10**6
"""More than a lesson has. Whoever is forgotten has one from here on: a number tells when somebody came."""

BEGIN = """
UPDATE class_learner SET removed_at = coalesce(removed_at, ?), secret_hash = ?, visit_hash = NULL,
  forgotten_as = coalesce(forgotten_as, ?) WHERE lesson = ? AND pseudonym = ?"""
FINISH = """
UPDATE class_learner SET pseudonym = ?, number = ?, joined_at = ?, removed_at = ?, forgotten_as = NULL
WHERE lesson = ? AND pseudonym = ?"""


class NoSuchLearner(PpkitError):
    """Nobody of this pseudonym takes part in the lesson. Facts: learner."""

    code = "no_such_learner"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """What the roster holds of a learner, apart from digests. `removed_at` is None for whoever takes part."""

    pseudonym: str
    joined_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forgetting:
    """The name to be, and whether calls of this learner can still come in at a gateway."""

    now_called: str
    is_quiet: bool


class ForgottenLearners:
    """Asked from any thread, by several gateways at once. Raises what its place raises."""

    def __init__(self, place: RosterPlace, clock: Clock) -> None:
        self._place = place
        self._clock = clock

    def learner(self, lesson_id: str, pseudonym: str) -> RosterRow:
        """Raises NoSuchLearner."""
        return self._place.transact(lambda execute: _learner(execute, lesson_id, pseudonym))

    def begin(self, lesson_id: str, pseudonym: str) -> Forgetting:
        """Take the place back and give it another name, which is not in force yet. Raises NoSuchLearner."""
        now = self._clock.now()
        fresh = f"{FORGOTTEN}{secrets.token_hex(4)}"

        def begun(execute: Execute) -> Forgetting:
            before = _learner(execute, lesson_id, pseudonym)
            values = (now.isoformat(), digest_of(new_learner_token()), fresh, lesson_id, pseudonym)
            execute(BEGIN, values)
            statement = "SELECT forgotten_as FROM class_learner WHERE lesson = ? AND pseudonym = ?"
            ((name,),) = execute(statement, (lesson_id, pseudonym))
            left = min(before.removed_at or now, _end(execute, lesson_id))
            return Forgetting(name, now >= left + QUIET)

        return self._place.transact(begun)

    def finish(self, lesson_id: str, pseudonym: str, now_called: str) -> None:
        """Drop the steps, and let the row tell nothing but that there was somebody."""

        def finished(execute: Execute) -> None:
            who = (lesson_id, pseudonym)
            forget_steps(execute, *who)
            opens = _lesson(execute, lesson_id).opens.isoformat()
            execute(FINISH, (now_called, PLACES + secrets.randbelow(10**9), opens, opens, *who))

        self._place.transact(finished)

    def due(self) -> list[tuple[ClassLesson, list[str]]]:
        """Lessons whose days are over, with the pseudonyms of those who are not forgotten yet, if any."""
        now = self._clock.now()

        def found(execute: Execute) -> list[tuple[ClassLesson, list[str]]]:
            lessons = []
            for (lesson_id,) in execute("SELECT id FROM class_lesson ORDER BY id", ()):
                lesson = _lesson(execute, lesson_id)
                if now >= _end(execute, lesson_id) + timedelta(days=lesson.keep_days):
                    lessons.append((lesson, _not_forgotten(execute, lesson_id)))
            return lessons

        return self._place.transact(found)

    def drop_rest(self, lesson_id: str) -> None:
        """What the trainer told the class, and the trainer's tokens."""

        def dropped(execute: Execute) -> None:
            execute("DELETE FROM class_notice WHERE lesson = ?", (lesson_id,))
            execute("DELETE FROM class_trainer WHERE lesson = ?", (lesson_id,))

        self._place.transact(dropped)


def _learner(execute: Execute, lesson_id: str, pseudonym: str) -> RosterRow:
    """Raises NoSuchLearner."""
    statement = "SELECT joined_at, removed_at FROM class_learner WHERE lesson = ? AND pseudonym = ?"
    found = execute(statement, (lesson_id, pseudonym))
    if not found or pseudonym.startswith(FORGOTTEN):
        raise NoSuchLearner(learner=pseudonym[:40])
    ((joined, removed),) = found
    moment = datetime.fromisoformat
    return RosterRow(pseudonym, moment(joined), moment(removed) if removed else None)


def _not_forgotten(execute: Execute, lesson_id: str) -> list[str]:
    rows = execute("SELECT pseudonym FROM class_learner WHERE lesson = ?", (lesson_id,))
    return sorted(pseudonym for (pseudonym,) in rows if not pseudonym.startswith(FORGOTTEN))


def _lesson(execute: Execute, lesson_id: str) -> ClassLesson:
    ((document,),) = execute("SELECT document FROM class_lesson WHERE id = ?", (lesson_id,))
    return lesson_from_json(document)


def _end(execute: Execute, lesson_id: str) -> datetime:
    """When the lesson was over, or will be."""
    ((closed,),) = execute("SELECT closed_at FROM class_lesson WHERE id = ?", (lesson_id,))
    return _lesson(execute, lesson_id).end(datetime.fromisoformat(closed) if closed else None)
