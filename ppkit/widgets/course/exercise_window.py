"""An exercise of a lesson: questions to answer, checked here, with hints and the solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.onboarding.lessons import ExerciseAttempt, exercise_named
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session


class ExerciseWindow(Window):
    """Draws one attempt at an exercise and hands the answers to it."""

    template: ClassVar[str] = "exercise"

    def __init__(
        self, session: Session, name: str, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        """Raises LookupError for an exercise that does not exist."""
        self._attempt = ExerciseAttempt(exercise_named(name))
        super().__init__(session, run)

    def page(self) -> Mapping[str, object]:
        return {
            "attempt": self._attempt,
            "exercise": self._attempt.exercise,
            "leads_to_drills": self.window_group.shows("drills"),
        }

    def actions(self) -> Mapping[str, Action]:
        return {
            "check": self._check,
            "hint": lambda *_: self._attempt.show_hint(),
            "solution": lambda *_: self._show_solution(),
            "again": lambda *_: self._begin_again(),
        }

    def _check(self, fields: Fields, _secrets: Secrets) -> None:
        state = self._attempt.check(fields)
        self._note()
        self.news = self.texts(f"exercise.{state}.news")

    def _show_solution(self) -> None:
        self._attempt.show_solution()
        self._note()
        self.news = self.texts("exercise.shown.news")

    def _note(self) -> None:
        if self._attempt.is_over:
            self.has_done(self._attempt.exercise.name, evidence=self._attempt.evidence)

    def _begin_again(self) -> None:
        self._attempt = ExerciseAttempt(self._attempt.exercise)
