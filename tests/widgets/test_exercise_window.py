"""The window of an exercise: selects, one check, hints, the solution."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ppkit.onboarding import Evidence
from ppkit.onboarding.lessons import exercise_named
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.drills_window import DrillsWindow
from ppkit.widgets.course.exercise_window import ExerciseWindow

from .fakes import click

RIGHT = dict(exercise_named("cards").right)


def known(session: Any) -> Evidence:
    (found,) = (each for each in session.course.map.of("mend").exercises if each.check == "exercise.cards")
    return found.once  # type: ignore[no-any-return]


def test_every_word_is_a_list_to_choose_from_with_a_label(session: Any) -> None:
    html = ExerciseWindow(session, "cards", at_once).html
    assert len(re.findall(r"<select", html)) == len(re.findall(r'<label for="pp-question-', html)) == 6


def test_the_check_without_an_answer_calls_nothing_wrong(session: Any) -> None:
    window = ExerciseWindow(session, "cards", at_once)
    click(window, "check")
    assert "lasciare in bianco non è un errore" in window.html
    assert "aria-invalid" not in window.html
    assert known(session) is Evidence.TODO


def test_what_is_wrong_is_marked_and_helped(session: Any) -> None:
    window = ExerciseWindow(session, "cards", at_once)
    click(window, "check", None, **{**RIGHT, "alert": "stops"})
    assert window.html.count('aria-invalid="true"') == 1
    assert "Una risposta non va." in window.html
    assert "Aiuto 1 di 3, Avviso di spesa." in window.html
    assert known(session) is Evidence.TODO


def test_all_right_is_practised_and_leads_to_the_drills(session: Any) -> None:
    window = ExerciseWindow(session, "cards", at_once)
    drills = DrillsWindow(session, at_once)
    click(window, "check", None, **RIGHT)
    assert known(session) is Evidence.PRACTISED
    assert 'data-go-to="drills"' in window.html
    assert drills.comm is not None


def test_a_solution_that_was_shown_is_marked_so_and_can_be_found_afterwards(session: Any) -> None:
    window = ExerciseWindow(session, "cards", at_once)
    click(window, "solution")
    assert known(session) is Evidence.DECLARED
    click(window, "again")
    click(window, "check", None, **RIGHT)
    assert known(session) is Evidence.PRACTISED


def test_looking_at_the_solution_takes_nothing_back(session: Any) -> None:
    window = ExerciseWindow(session, "cards", at_once)
    click(window, "check", None, **RIGHT)
    click(window, "again")
    click(window, "solution")
    assert known(session) is Evidence.PRACTISED


def test_an_exercise_that_does_not_exist_is_an_error_of_the_notebook(session: Any) -> None:
    with pytest.raises(LookupError):
        ExerciseWindow(session, "nothing", at_once)
