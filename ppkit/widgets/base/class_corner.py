"""A learner's class, as the windows of a page show it: what the trainer tells, and that steps are seen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ppkit.checkup import Diagnosis, is_situation
from ppkit.classroom import Suggestion, suggestion_named
from ppkit.errors import PpkitError
from ppkit.footing import footing
from ppkit.look.texts import Texts
from ppkit.place import Place
from ppkit.step_reporter import StepReporter, step_reporter_of, steps_of
from ppkit.widgets.base.lesson_links import link_to_lesson
from ppkit.widgets.base.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppkit.sessions import Session
    from ppkit.widgets.base.window import Action
    from ppkit.widgets.base.window_group import WindowGroup


class ClassCorner:
    """Of one page. Templates ask what to show; nothing of it waits for the class."""

    def __init__(self, session: Session, group: WindowGroup) -> None:
        self._session = session
        self._group = group

    @property
    def reporter(self) -> StepReporter:
        return step_reporter_of(self._session.settings.home, self._session.linking.membership)

    @property
    def is_offered(self) -> bool:
        """Whether the setting lets learners take part, and a class can be reached from here."""
        return self._session.settings.class_reports and footing().has_ports

    @property
    def is_member(self) -> bool:
        return self.is_offered and self.reporter.membership.seat is not None

    @property
    def has_link(self) -> bool:
        return self.reporter.membership.has_link

    @property
    def is_silent(self) -> bool:
        return self.reporter.membership.is_silent

    @property
    def lasts(self) -> bool:
        """Whether a link outlives the session: on Binder nothing does."""
        return self._session.linking.place is not Place.BINDER

    @property
    def standing(self) -> str:
        """How the learner stands with the class; see StepReporter."""
        return self.reporter.standing

    @property
    def pseudonym(self) -> str:
        """By which the class knows the learner; "" until it has answered."""
        told = self.reporter.told
        return told.pseudonym if told else ""

    @property
    def message(self) -> str:
        """What the trainer tells everybody, until it was read; "" where there is nothing."""
        told = self.reporter.told
        if not told or not told.message or told.message_at == self.reporter.membership.read:
            return ""
        return told.message

    @property
    def message_at(self) -> str:
        """When it was told, as the class gave it."""
        told = self.reporter.told
        return told.message_at if told else ""

    @property
    def suggestion(self) -> Suggestion | None:
        """What everybody is to go on with, until it is done."""
        told = self.reporter.told
        found = suggestion_named(told.suggested) if told else None
        if found is None:
            return None
        try:
            lesson = self._session.course.map.of(found.lesson.name)
        except PpkitError:  # progress that cannot be read is reported elsewhere
            return found
        is_done = lesson.is_done(found.check) if found.check else lesson.is_finished
        return None if is_done else found

    @property
    def _texts(self) -> Texts:
        return Texts(self._group.language)

    def in_words(self, suggestion: Suggestion) -> str:
        return suggestion.in_words(self._texts)

    @property
    def announcement(self) -> str:
        """What a screen reader is to say of what the class has told just now."""
        if self.message:
            return f"{self._texts('class_told.message')} {self.message}"
        found = self.suggestion
        return f"{self._texts('class_told.go_on')} {self.in_words(found)}" if found else ""

    def link(self, suggestion: Suggestion) -> str:
        return link_to_lesson(suggestion.lesson, self._group.language)

    # --- what learners press

    def actions(self) -> Mapping[str, Action]:
        """Of every window."""
        return {
            "class_read": lambda fields, _: self.reporter.membership.has_read(fields["message"]),
            "class_hide": lambda *_: self.reporter.be_silent(True),
            "class_show": lambda *_: self.reporter.be_silent(False),
        }

    def join(self, link: str) -> None:
        """Take part, and wait for the class to say so. Raises what the reporter raises."""
        self.reporter.join(link, steps_of(self._session.course, self._group.lesson, ""))

    # --- what is told

    def is_there(self) -> None:
        """The page is open. Never raises."""
        if self.is_offered:
            self.reporter.is_there()

    def note(self) -> None:
        """Something was pressed: the class is told where that leaves the learner. Never raises."""
        if not self.is_offered:
            return
        situation = situation_of(self._group.problem)
        steps = partial(steps_of, self._session.course, self._group.lesson, situation)
        self.reporter.note(steps, self._group.hear)


def situation_of(problem: Problem | None) -> str:
    """The name under which a class has words for it; "" for none."""
    if problem is None:
        return ""
    if isinstance(problem, Diagnosis):
        name = f"{'error' if problem.own else 'diagnosis'}.{problem.code}"
    else:
        name = f"keys.refusal.{problem.refusal}"
    return name if is_situation(name) else ""
