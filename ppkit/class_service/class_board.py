"""The trainer's table: each learner's steps beside their money, and who has been where they are for long."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from ppkit.class_service.progress_records import AWAY_AFTER, ClassNotice, ProgressRecord
from ppkit.class_service.running_lesson import LearnerSpending, LessonSpending, RunningLesson
from ppkit.classroom import LearnerRow, row_of
from ppkit.onboarding import Facts
from ppkit.onboarding.lessons import LESSONS, NOTHING_KNOWN
from ppkit.onboarding.progress_code import NotAProgressCode, facts_in

STUCK_AFTER = timedelta(minutes=5)
"""How long somebody may be at one step before the trainer is told: the lessons allow one or two minutes."""

MOST_COURSES = 4096


@dataclass(frozen=True, slots=True)
class LearnerSteps:
    """Where a learner is. `still_for` is how long nothing has moved, and `diagnosed_for`, how long the
    diagnosis has been on show; None where nobody waits for anything."""

    row: LearnerRow
    diagnosis: str
    still_for: timedelta | None
    diagnosed_for: timedelta | None
    is_away: bool

    @property
    def is_stuck(self) -> bool:
        return self.still_for is not None and self.still_for >= STUCK_AFTER


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A learner: money, and steps where they have told any."""

    money: LearnerSpending
    steps: LearnerSteps | None

    @property
    def pseudonym(self) -> str:
        return self.money.learner.pseudonym

    @property
    def is_removed(self) -> bool:
        return self.money.learner.is_removed

    @property
    def is_stuck(self) -> bool:
        return self.steps is not None and self.steps.is_stuck


@dataclass(frozen=True, slots=True)
class ClassBoard:
    """The whole class at one moment."""

    spending: LessonSpending
    rows: tuple[BoardRow, ...]
    notice: ClassNotice
    hidden: frozenset[str] = frozenset()

    @property
    def joined(self) -> int:
        return sum(not row.is_removed for row in self.rows)

    @property
    def stuck(self) -> tuple[BoardRow, ...]:
        return tuple(row for row in self.rows if row.is_stuck)

    @property
    def commonest_trouble(self) -> str:
        """The diagnosis that most have on show; "" where nobody has any."""
        found = Counter(row.steps.diagnosis for row in self.rows if row.steps and row.steps.diagnosis)
        return found.most_common(1)[0][0] if found else ""

    @property
    def at_lessons(self) -> tuple[tuple[str, int, int], ...]:
        """Each lesson of the course, how many are at it, and how many have finished it."""
        told = [row.steps.row for row in self.rows if row.steps]
        at = Counter(row.lesson.name for row in told if row.lesson)
        done = Counter(each.name for row in told for each in row.course.lessons if each.is_finished)
        return tuple(
            (lesson.name, at[lesson.name], done[lesson.name])
            for lesson in LESSONS
            if lesson.name not in self.hidden
        )


def class_board(served: RunningLesson, now: datetime, hidden: frozenset[str] = frozenset()) -> ClassBoard:
    """`hidden` names the lessons that are not on the learners' maps. Raises what roster and ledger raise."""
    spending = served.spending()
    told = served.roster.progress.by_pseudonym(served.id)
    rows = [
        BoardRow(each, _steps(each.learner.pseudonym, record, now, hidden) if record else None)
        for each in spending.learners
        for record in [told.get(each.learner.pseudonym)]
    ]
    return ClassBoard(spending, tuple(rows), served.roster.progress.notice(served.id), hidden)


def _steps(pseudonym: str, record: ProgressRecord, now: datetime, hidden: frozenset[str]) -> LearnerSteps:
    told = record.report
    row = _row(pseudonym, told.practice_code, told.live_code, told.open_lesson, hidden)
    is_away = now - record.reported_at >= AWAY_AFTER
    waits = row.stuck_at is not None and not is_away
    return LearnerSteps(
        row,
        "" if is_away else told.diagnosis,
        max(now - record.moved_at, timedelta()) if waits else None,
        max(now - record.diagnosed_at, timedelta()) if told.diagnosis and not is_away else None,
        is_away,
    )


@lru_cache(maxsize=MOST_COURSES)  # a board is looked at every two seconds, and most have not moved
def _row(
    pseudonym: str, practice_code: str, live_code: str, open_lesson: str, hidden: frozenset[str]
) -> LearnerRow:
    facts = _facts(practice_code, is_live=False), _facts(live_code, is_live=True)
    try:
        return row_of(pseudonym, *facts, open_lesson, hidden)
    except LookupError:  # a lesson that a newer gateway beside this one knows
        return row_of(pseudonym, *facts, hidden=hidden)


def _facts(code: str, *, is_live: bool) -> Facts:
    try:
        return facts_in(code, "live" if is_live else "practice") if code else NOTHING_KNOWN
    except NotAProgressCode:  # from a newer gateway
        return NOTHING_KNOWN
