"""Exercises: what a lesson asks, and one learner's attempt at it: check, hints, solution.

An answer that was not given is not wrong. Hints come one by one, made from what was chosen. The solution can
be shown at any time, and then counts as shown, not as found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ppkit.onboarding.evidence import Evidence


class AttemptState(StrEnum):
    """What is known about an attempt."""

    UNATTEMPTED = "unattempted"  # nothing is wrong, and something is still to be chosen
    WRONG = "wrong"
    RIGHT = "right"
    SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Exercise:
    """Questions, each with the options to choose from and the right one.

    The texts are "<family>.question.<question>", "<family>.option.<option>" and, as hints,
    "<family>.not.<option>" (why it cannot be this one) and "<name>.hint.<question>" (where to look).
    """

    name: str
    family: str
    right: Mapping[str, str]
    options: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Hint:
    """One step of help with a question: "not" (the option chosen), "look", or "two" (one of these)."""

    kind: str
    question: str
    chosen: str
    two: tuple[str, str]


HINTS = ("not", "look", "two")


class ExerciseAttempt:
    """One learner's answers to an exercise."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.state = AttemptState.UNATTEMPTED
        self.given: dict[str, str] = {}
        self.checks = 0  # how often it was checked: the same answer twice is news, too
        self._hints_shown = 0

    @property
    def is_over(self) -> bool:
        return self.state in (AttemptState.RIGHT, AttemptState.SHOWN)

    @property
    def evidence(self) -> Evidence:
        """What an exercise that is over has shown."""
        return {AttemptState.RIGHT: Evidence.PRACTISED, AttemptState.SHOWN: Evidence.DECLARED}.get(
            self.state, Evidence.TODO
        )

    @property
    def wrong(self) -> tuple[str, ...]:
        """The questions that were answered wrongly."""
        if self.state is not AttemptState.WRONG:
            return ()
        right = self.exercise.right
        return tuple(each for each in right if self.given.get(each) not in (None, right[each]))

    @property
    def open(self) -> tuple[str, ...]:
        """The questions without an answer."""
        return tuple(each for each in self.exercise.right if each not in self.given)

    @property
    def hints(self) -> tuple[Hint, ...]:
        """What was shown so far about the first wrong answer."""
        wrong = self.wrong
        if not wrong:
            return ()
        question = wrong[0]
        chosen = self.given[question]
        two = _one_of_two(self.exercise, question, chosen)
        return tuple(Hint(kind, question, chosen, two) for kind in HINTS[: self._hints_shown])

    @property
    def has_more_hints(self) -> bool:
        return bool(self.wrong) and self._hints_shown < len(HINTS)

    def check(self, given: Mapping[str, str]) -> AttemptState:
        """Judge these answers; what is no option of its question counts as not given."""
        if self.is_over:
            return self.state
        options, right = self.exercise.options, self.exercise.right
        self.checks += 1
        self.given = {each: given[each] for each in right if given.get(each) in options[each]}
        if any(self.given[each] != right[each] for each in self.given):
            self.state = AttemptState.WRONG
            self.show_hint()
        else:
            self.state = AttemptState.UNATTEMPTED if self.open else AttemptState.RIGHT
        return self.state

    def show_hint(self) -> None:
        """One more."""
        self._hints_shown = min(self._hints_shown + 1, len(HINTS))

    def show_solution(self) -> None:
        """The right answers; what was found before stays found."""
        if self.state is not AttemptState.RIGHT:
            self.state = AttemptState.SHOWN
            self.given = dict(self.exercise.right)


def _one_of_two(exercise: Exercise, question: str, chosen: str) -> tuple[str, str]:
    """The right option and another one that was not chosen, in the order of the options."""
    right = exercise.right[question]
    options = exercise.options[question]
    other = next((each for each in options if each not in (right, chosen)), chosen)
    first, second = sorted((right, other), key=options.index)
    return first, second
