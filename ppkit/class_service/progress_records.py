"""Where each learner is, as their own windows tell it, and what the trainer tells the class.

What is kept of a learner is the last report alone: names of steps and of a diagnosis, and times. Nothing is
kept in a process, so that several gateways tell the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ppkit.class_service.roster_places import Execute, RosterPlace
from ppkit.clock import Clock

HEARD_OF = timedelta(minutes=1)
"""How exactly it is known when somebody was last heard of: what tells nothing new is written no oftener."""

AWAY_AFTER = timedelta(minutes=3)
"""A window is heard of every few seconds; whoever is not has closed it, or the network is gone. Whoever comes
back begins anew to be at a step: a lunch is no trouble."""

# One statement, so that of reports that meet at two gateways one is left, whole; none for a place taken back.
RECORD = """
INSERT INTO class_progress (lesson, pseudonym, practice_code, live_code, open_lesson, diagnosis,
  moved_at, diagnosed_at, reported_at)
SELECT lesson, pseudonym, ?, ?, ?, ?, ?, ?, ? FROM class_learner
WHERE lesson = ? AND pseudonym = ? AND removed_at IS NULL
ON CONFLICT (lesson, pseudonym) DO UPDATE SET
  moved_at = CASE WHEN class_progress.practice_code = excluded.practice_code
    AND class_progress.live_code = excluded.live_code AND class_progress.open_lesson = excluded.open_lesson
    AND class_progress.reported_at >= ? THEN class_progress.moved_at ELSE excluded.moved_at END,
  diagnosed_at = CASE WHEN class_progress.diagnosis = excluded.diagnosis AND class_progress.reported_at >= ?
    THEN class_progress.diagnosed_at ELSE excluded.diagnosed_at END,
  practice_code = excluded.practice_code, live_code = excluded.live_code,
  open_lesson = excluded.open_lesson, diagnosis = excluded.diagnosis, reported_at = excluded.reported_at"""

SEEN = """
UPDATE class_progress SET reported_at = ?,
  moved_at = CASE WHEN reported_at >= ? THEN moved_at ELSE ? END,
  diagnosed_at = CASE WHEN reported_at >= ? THEN diagnosed_at ELSE ? END
WHERE lesson = ? AND pseudonym = ? AND reported_at < ?"""
TELL_MESSAGE = """
INSERT INTO class_notice (lesson, message, message_at, suggested, suggested_at) VALUES (?, ?, ?, '', '')
ON CONFLICT (lesson) DO UPDATE SET message = excluded.message, message_at = excluded.message_at"""
SUGGEST = """
INSERT INTO class_notice (lesson, message, message_at, suggested, suggested_at) VALUES (?, '', '', ?, ?)
ON CONFLICT (lesson) DO UPDATE SET suggested = excluded.suggested, suggested_at = excluded.suggested_at"""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a learner's window tells: progress codes ("" where nothing is done), and names."""

    practice_code: str = ""
    live_code: str = ""
    open_lesson: str = ""
    diagnosis: str = ""


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """The last report of a learner, and since when it is as it is."""

    report: StepReport
    moved_at: datetime
    diagnosed_at: datetime
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class ClassNotice:
    """What the trainer tells everybody: a message, and what to go on with; "" where there is none.

    The moments tell one message from the next, also where it says the same once more.
    """

    message: str = ""
    message_at: str = ""
    suggested: str = ""
    suggested_at: str = ""


class ProgressRecords:
    """Asked from any thread, by several gateways at once. Raises what its place raises."""

    def __init__(self, place: RosterPlace, clock: Clock) -> None:
        self._place = place
        self._clock = clock

    # --- learners

    def record(self, lesson_id: str, pseudonym: str, report: StepReport) -> ClassNotice:
        """The last report of a learner, and what everybody is told. Nothing is kept of a place taken back."""
        now, away = self._now(), self._away()
        told = (report.practice_code, report.live_code, report.open_lesson, report.diagnosis)
        values = (*told, now, now, now, lesson_id, pseudonym, away, away)
        return self._heard(RECORD, values, lesson_id)

    def is_there(self, lesson_id: str, pseudonym: str) -> ClassNotice:
        """Somebody was heard of without telling anything new; without a report there is nothing to note."""
        now, away = self._now(), self._away()
        noted_until = (self._clock.now() - HEARD_OF).isoformat()
        values = (now, away, now, away, now, lesson_id, pseudonym, noted_until)
        return self._heard(SEEN, values, lesson_id)

    def _heard(self, statement: str, values: tuple[str, ...], lesson_id: str) -> ClassNotice:
        def noted(execute: Execute) -> ClassNotice:
            execute(statement, values)
            return _notice(execute, lesson_id)

        return self._place.transact(noted)

    def forget(self, lesson_id: str, pseudonym: str) -> None:
        """As if this learner had never told anything. Their own files are theirs."""
        self._place.transact(lambda execute: forget_steps(execute, lesson_id, pseudonym))

    def by_pseudonym(self, lesson_id: str) -> dict[str, ProgressRecord]:
        """Of everybody who has told something."""
        rows = self._place.transact(lambda execute: execute(
            "SELECT pseudonym, practice_code, live_code, open_lesson, diagnosis, moved_at, diagnosed_at, "
            "reported_at FROM class_progress WHERE lesson = ?",
            (lesson_id,),
        ))  # fmt: skip
        return {
            pseudonym: ProgressRecord(StepReport(*told), *map(datetime.fromisoformat, times))
            for pseudonym, *told, moved, diagnosed, reported in rows
            for times in [(moved, diagnosed, reported)]
        }

    # --- everybody

    def notice(self, lesson_id: str) -> ClassNotice:
        return self._place.transact(lambda execute: _notice(execute, lesson_id))

    def tell(self, lesson_id: str, message: str) -> None:
        """What everybody reads from now on; "" withdraws it."""
        self._place.transact(lambda execute: execute(TELL_MESSAGE, (lesson_id, message, self._now())))

    def suggest(self, lesson_id: str, suggested: str) -> None:
        """What everybody is to go on with; "" withdraws it."""
        self._place.transact(lambda execute: execute(SUGGEST, (lesson_id, suggested, self._now())))

    def _now(self) -> str:
        return self._clock.now().isoformat()

    def _away(self) -> str:
        """Whoever was heard of last before this moment was away."""
        return (self._clock.now() - AWAY_AFTER).isoformat()


def forget_steps(execute: Execute, lesson_id: str, pseudonym: str) -> None:
    """As a part of a transaction."""
    execute("DELETE FROM class_progress WHERE lesson = ? AND pseudonym = ?", (lesson_id, pseudonym))


def _notice(execute: Execute, lesson_id: str) -> ClassNotice:
    columns = "message, message_at, suggested, suggested_at"
    found = execute(f"SELECT {columns} FROM class_notice WHERE lesson = ?", (lesson_id,))  # noqa: S608
    return ClassNotice(*found[0]) if found else ClassNotice()
