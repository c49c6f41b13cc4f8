"""How far a learner has come in the course: computed from facts, so that it can never disagree with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from ppkit.clock import Clock
from ppkit.mode import Mode
from ppkit.onboarding.check_versions import version_of
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.lessons.lesson import LESSONS, Lesson, lesson_named
from ppkit.onboarding.progress import Facts, Progress, exported, in_both_modes, is_too_old
from ppkit.onboarding.progress_code import code_of, facts_in, mode_of
from ppkit.onboarding.steps import BY_NAME
from ppkit.onboarding.wizard import StepState

NOTHING_KNOWN = Facts()


@dataclass(frozen=True, slots=True)
class ExerciseView:
    """One thing that a lesson asks for. `once` never falls; `is_valid` says whether it still holds now.

    `is_of_today`: it was shown with what the lesson asks for today, not with another version of it.
    """

    check: str
    once: Evidence
    at: datetime | None
    is_valid: bool
    is_of_today: bool = True

    @property
    def is_done(self) -> bool:
        return self.once is not Evidence.TODO

    @property
    def was_shown(self) -> bool:
        """Done by looking at the solution."""
        return self.once is Evidence.DECLARED and self.check.startswith(("exercise.", "drill."))

    @property
    def needs_recheck(self) -> bool:
        """It was done once and holds no more; what was practised for its own sake need not hold.

        Whatever was done with another version of the lesson is to be done again.
        """
        return self.is_done and not self.is_valid and (self.check in BY_NAME or not self.is_of_today)


@dataclass(frozen=True, slots=True)
class LessonView:
    """One lesson as it stands; `next_check` is the first thing still to do, None when it is finished."""

    lesson: Lesson
    number: int
    state: StepState
    exercises: tuple[ExerciseView, ...]

    @property
    def name(self) -> str:
        return self.lesson.name

    @property
    def count(self) -> int:
        return self.lesson.count

    @property
    def done(self) -> int:
        """How many of `count`; of those to choose from, more than enough are no more than enough."""
        return len(self._counting)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The checks to choose from that are done."""
        choice = self.lesson.choice
        return tuple(each.check for each in self.exercises if each.is_done and each.check in choice)

    @property
    def is_finished(self) -> bool:
        return self.done == self.count

    @property
    def _counting(self) -> list[Evidence]:
        """What is known of the exercises that finish the lesson: of those to choose from, the best."""
        choice = self.lesson.choice
        asked = [each.once for each in self.exercises if each.is_done and each.check not in choice]
        chosen = [each.once for each in self.exercises if each.is_done and each.check in choice]
        return asked + sorted(chosen, reverse=True)[: self.lesson.enough]

    @property
    def has_begun(self) -> bool:
        return self.done > 0

    @property
    def evidence(self) -> Evidence:
        return min(self._counting) if self.is_finished else Evidence.TODO

    @property
    def verified(self) -> int:
        """How much of a lesson was shown on the real platform; the rest is the learner's word."""
        return sum(exercise.once is Evidence.VERIFIED for exercise in self.exercises)

    @property
    def next_check(self) -> str | None:
        passed_over = self.lesson.choice if len(self.chosen) >= self.lesson.enough else frozenset[str]()
        asked = (each.check for each in self.exercises if not each.is_done and each.check not in passed_over)
        return next(asked, None)

    @property
    def to_recheck(self) -> tuple[str, ...]:
        """What was done once and holds no more, such as what was shown with a key that was replaced."""
        return tuple(exercise.check for exercise in self.exercises if exercise.needs_recheck)

    def is_done(self, check: str) -> bool:
        return any(exercise.is_done for exercise in self.exercises if exercise.check == check)

    @property
    def minutes_left(self) -> int:
        """What is left of the lesson's minutes, rounded up."""
        return -(-self.lesson.minutes * (self.count - self.done) // self.count)


@dataclass(frozen=True, slots=True)
class CourseMap:
    """All lessons as they stand; those that the agency hides can be opened, and count nowhere."""

    lessons: tuple[LessonView, ...]
    hidden: tuple[LessonView, ...] = ()

    @property
    def finished(self) -> int:
        return sum(lesson.is_finished for lesson in self.lessons)

    @property
    def is_finished(self) -> bool:
        return self.finished == len(self.lessons)

    @property
    def is_done_for_real(self) -> bool:
        """Whether all is finished, and what is done for real is among it."""
        return self.is_finished and self.has_real_lesson

    @property
    def has_real_lesson(self) -> bool:
        return any(lesson.lesson.mode == "live" for lesson in self.lessons)

    @property
    def is_practised(self) -> bool:
        """Whether all is finished but what is done for real."""
        return all(lesson.is_finished for lesson in self.lessons if lesson.lesson.mode == "practice")

    @property
    def has_begun(self) -> bool:
        return any(lesson.has_begun for lesson in self.lessons)

    @property
    def minutes_left(self) -> int:
        return sum(lesson.minutes_left for lesson in self.lessons)

    @property
    def thousandths(self) -> int:
        """How much of the whole course is done, by the lessons' minutes, from 0 to 1000."""
        whole = sum(lesson.lesson.minutes for lesson in self.lessons)
        return 1000 * (whole - self.minutes_left) // whole

    @property
    def current(self) -> LessonView | None:
        return next((lesson for lesson in self.lessons if lesson.state is StepState.CURRENT), None)

    def of(self, name: str) -> LessonView:
        """The lesson of this name. Raises LookupError, KeyInText."""
        wanted = lesson_named(name)
        return next(view for view in (*self.lessons, *self.hidden) if view.lesson is wanted)

    def beside(self, name: str) -> tuple[LessonView | None, LessonView | None]:
        """The lessons before and after this one; a hidden one has none."""
        view = self.of(name)
        if view in self.hidden:
            return None, None
        place = view.number - 1
        before = self.lessons[place - 1] if place else None
        return before, self.lessons[place + 1] if place + 1 < len(self.lessons) else None


class Course:
    """Reads the facts of one learner in both modes, and adds those that only the lessons know."""

    def __init__(
        self, progress: Progress, clock: Clock, mode: Mode, hidden: Callable[[], frozenset[str]] = frozenset
    ) -> None:
        """`progress` is that of the mode in which something is done now; the other's lies beside it.

        `hidden` names the lessons that are not on the map.
        """
        self._hidden = hidden
        self._progress = in_both_modes(progress, mode)
        self._clock = clock
        self._mode: Mode = mode
        self._proven = Evidence.VERIFIED if mode == "live" else Evidence.PRACTISED

    @property
    def map(self) -> CourseMap:
        """The lessons as they stand now. Raises ProgressDamaged, ProgressTooNew."""
        known = self._progress
        practice, live = known["practice"].load(), known["live"].load()
        return map_of(practice, self._clock.now(), live, self._mode, self._hidden())

    def record(self, check: str, *, after: str = "", evidence: Evidence | None = None) -> None:
        """Something that a lesson asks for was just done; with `after`, it counts only once that was done.

        Without `evidence`, it is known as surely as this mode can. Raises LookupError when no lesson asks
        for it.
        """
        if not any(check in lesson.checks for lesson in LESSONS):
            raise LookupError("no lesson asks for this")
        fact = Fact(check, evidence or self._proven, self._clock.now())

        def shown(known: Facts) -> Facts:
            is_early = bool(after) and known.once(after) is None
            before = known.of(check)
            is_known = before is not None and before.evidence >= fact.evidence
            return known if is_early or is_known else known.showing([fact])

        self._progress[self._mode].update(shown)

    @property
    def codes(self) -> Mapping[Mode, str]:
        """What was done so far, to be taken to another machine (see `progress_code`): one for each mode."""
        return self.codes_of(self._clock.now().date())

    def codes_of(self, day: date) -> Mapping[Mode, str]:
        """The same as of another day."""
        known = {mode: progress.load() for mode, progress in self._progress.items()}
        return {mode: code_of(facts, mode, day) for mode, facts in known.items() if facts.checks}

    @property
    def code(self) -> str:
        """The one of the mode in which something is done now."""
        return code_of(self._progress[self._mode].load(), self._mode, self._clock.now().date())

    def take_code(self, code: str) -> None:
        """Add what was done on another machine, in the mode that the code names. Raises NotAProgressCode."""
        mode = mode_of(code)
        self._progress[mode].take_over(facts_in(code, mode))

    def take_export(self, text: str, source: str = "import") -> Facts:
        """Add what was exported elsewhere, in its mode. Raises ProgressDamaged, ProgressTooNew."""
        mode, facts = exported(text, source)
        return self._progress[mode].take_over(facts)

    def export(self, mode: Mode) -> str:
        """What `take_export` takes: what was done in this mode. Raises ProgressDamaged, ProgressTooNew."""
        return self._progress[mode].export(mode)

    def start_over(self, name: str) -> None:
        """As if this lesson had never been begun, in its own mode. Raises LookupError, KeyInText."""
        lesson = lesson_named(name)
        self._progress[lesson.mode].update(lambda known: known.without(lesson.checks))


def map_of(
    practice: Facts,
    now: datetime,
    live: Facts = NOTHING_KNOWN,
    mode: Mode = "practice",
    hidden: Collection[str] = (),
) -> CourseMap:
    """The lessons as these facts show them; the first that is not finished is the one to go on with.

    Who is in live mode goes on with what is done there.
    """
    known = {"practice": practice, "live": live.except_for(Evidence.PRACTISED)}
    views = [
        LessonView(
            lesson,
            number,
            StepState.TODO,
            tuple(exercise_of(known[lesson.mode], check, now) for check in lesson.checks),
        )
        for number, lesson in enumerate(sorted(LESSONS, key=lambda lesson: lesson.name in hidden), 1)
    ]
    shown = len(LESSONS) - sum(lesson.name in hidden for lesson in LESSONS)
    views, out_of_sight = views[:shown], views[shown:]
    to_do = [view for view in views if not view.is_finished]
    live_first = [view for view in to_do if mode == view.lesson.mode == "live"]
    current = next(iter(live_first + to_do), None)
    return CourseMap(tuple(replace(view, state=_state(view, current)) for view in views), tuple(out_of_sight))


def _state(view: LessonView, current: LessonView | None) -> StepState:
    if view.is_finished:
        return StepState.DONE
    return StepState.CURRENT if view is current else StepState.TODO


def exercise_of(facts: Facts, check: str, now: datetime) -> ExerciseView:
    """One thing that was or was not shown, as these facts have it."""
    once, valid = facts.once(check), facts.of(check)
    if once is None:
        return ExerciseView(check, Evidence.TODO, None, is_valid=False)
    return ExerciseView(
        check,
        once.evidence,
        once.at,
        is_valid=valid is not None and not is_too_old(valid, now),
        is_of_today=once.version == version_of(check),
    )
