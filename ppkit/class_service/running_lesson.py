"""One lesson being served: who takes part and with which limits, what each spent, how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.person_records import PersonRecords
from ppkit.class_service.progress_records import ClassNotice
from ppkit.class_service.roster import Learner, NewLearner, PreparedLesson, Roster
from ppkit.class_service.roster_places import RosterUnreachable
from ppkit.clock import Clock
from ppkit.money import ZERO, Money
from ppkit.spending.budget import Budget
from ppkit.spending.ledger import Ledger
from ppkit.spending.ledger.scopes import tag_scope, tag_scope_of

AUTHOR = "ppkit class"
SUMS = ("cost_pico_usd", "uncertain_pico_usd", "reserved_pico_usd")


@dataclass(frozen=True, slots=True)
class LearnerSpending:
    """A learner and their money. `left` is what their own limit leaves; uncertain money counts as spent.

    `is_at_limit`: nothing is left, or less than the last call could have cost, which was therefore refused.
    """

    learner: Learner
    calls: int
    spent: Money
    uncertain: Money
    reserved: Money
    left: Money
    is_at_limit: bool


@dataclass(frozen=True, slots=True)
class LessonSpending:
    """The whole lesson: sums, and each learner by pseudonym, those who were removed where they have spent."""

    spent: Money
    uncertain: Money
    reserved: Money
    left: Money
    learners: tuple[LearnerSpending, ...]


class RunningLesson:
    """What pages and gateway ask of a lesson. Any thread may ask; it answers from roster and ledger."""

    def __init__(self, lesson_id: str, roster: Roster, ledger: Ledger, clock: Clock) -> None:
        self.id = lesson_id
        self.roster = roster
        self.persons = PersonRecords(roster, ledger)
        self._ledger = ledger
        self._clock = clock
        # Whose last call was refused for their own limit: known here, not at another gateway of the lesson.
        self.limited: set[str] = set()

    def prepared(self) -> PreparedLesson:
        """Raises NoSuchLesson."""
        return self.roster.lesson(self.id)

    def join(self, code: str, visit: str) -> NewLearner:
        """Raises WrongJoinCode, LessonFull."""
        new = self.roster.join(self.id, code, visit)
        # The token is nobody's before it is returned, so that no call comes before its limit.
        limit_learner(self._ledger, self.prepared().lesson, new.learner.pseudonym)
        return new

    def join_as(self, subject: str) -> Learner | None:
        """As `join`, for somebody a Hub vouches for; None before and after the lesson. Raises LessonFull."""
        learner = self.roster.join_as(self.id, subject)
        if learner is not None:
            limit_learner(self._ledger, self.prepared().lesson, learner.pseudonym)
        return learner

    def learner_as(self, subject: str) -> Learner | None:
        """Who has joined as this one, if anybody."""
        return self.roster.learner_as(self.id, subject)

    def notice(self) -> ClassNotice:
        """What the trainer tells everybody; nothing where it cannot be read: nobody is kept out by that."""
        try:
            return self.roster.progress.notice(self.id)
        except RosterUnreachable:
            return ClassNotice()

    def state(self) -> str:
        """ "early", "open" or "over"."""
        return self.prepared().state(self._clock.now())

    def spending(self) -> LessonSpending:
        """Everybody's sums since the lesson was prepared."""
        lesson = self.prepared().lesson
        where = {"tag:lesson": lesson.id}
        report = self._ledger.report("tag:learner", since=lesson.opens.astimezone(UTC).date(), where=where)
        found = {row["tag:learner"]: row for row in report}
        rows = []
        for learner in self.roster.learners(self.id):
            row = found.get(lesson.learner_tag(learner.pseudonym), {})
            spent, uncertain, reserved = (Money(int(row.get(name) or 0)) for name in SUMS)
            left = max(lesson.limit_per_learner - spent - uncertain, ZERO)
            is_at_limit = not left.pico_usd or learner.pseudonym in self.limited
            if learner.is_removed:
                left, is_at_limit = ZERO, False  # nobody can spend it
            calls = int(row.get("calls") or 0)
            rows.append(LearnerSpending(learner, calls, spent, uncertain, reserved, left, is_at_limit))
        totals = self._ledger.totals(scope=tag_scope_of(lesson.tag))
        spent = sum((row.spent for row in rows), ZERO)
        uncertain = sum((row.uncertain for row in rows), ZERO)
        left = max(lesson.at_most - spent - uncertain, ZERO)
        shown = tuple(row for row in rows if row.calls or not row.learner.is_removed)
        return LessonSpending(spent, uncertain, totals.reserved, left, shown)


def limit_lesson(ledger: Ledger, lesson: ClassLesson) -> None:
    """Set what the whole lesson may cost: what it can cost at most, also where places are taken anew."""
    _limit(ledger, tag_scope_of(lesson.tag), lesson.at_most, lesson)


def limit_learner(ledger: Ledger, lesson: ClassLesson, pseudonym: str) -> None:
    """Set what one learner may spend."""
    scope = tag_scope("learner", lesson.learner_tag(pseudonym))
    _limit(ledger, scope, lesson.limit_per_learner, lesson)


def _limit(ledger: Ledger, scope: str, most: Money, lesson: ClassLesson) -> None:
    budget = Budget(ledger)
    # In total, not by the month: a lesson at the turn of one would get its money twice.
    if budget.get(scope, period="total").hard != most:
        budget.set(hard=most, tag=scope.removeprefix("tag:"), period="total", by=AUTHOR, why=lesson.id)
