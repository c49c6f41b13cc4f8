"""An exercise: what was not answered is not wrong, hints come one by one, the solution is marked as shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.keys import KeyInText
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.onboarding import Evidence
from ppkit.onboarding.lessons import (
    DRILLS,
    Exercise,
    ExerciseAttempt,
    drill_named,
    exercise_named,
    next_drill,
)
from ppkit.onboarding.lessons.exercises import EXERCISES

CARDS = exercise_named("cards")
EVERY = [*EXERCISES.values(), *(drill.causes for drill in DRILLS)]
SECRET = "sk-practice-" + "CANARY" * 8


@pytest.fixture
def attempt() -> ExerciseAttempt:
    return ExerciseAttempt(CARDS)


def test_an_empty_attempt_is_unattempted_and_shows_no_hint(attempt: ExerciseAttempt) -> None:
    assert attempt.check({}) == "unattempted"
    assert (attempt.wrong, attempt.hints, attempt.has_more_hints) == ((), (), False)
    assert attempt.evidence is Evidence.TODO


def test_right_answers_without_the_others_are_not_wrong(attempt: ExerciseAttempt) -> None:
    assert attempt.check({"key": "opens"}) == "unattempted"
    assert len(attempt.open) == 5
    assert attempt.wrong == ()


def test_all_right_is_practised(attempt: ExerciseAttempt) -> None:
    assert attempt.check(CARDS.right) == "right"
    assert attempt.evidence is Evidence.PRACTISED


def test_each_wrong_check_shows_one_more_hint_up_to_three(attempt: ExerciseAttempt) -> None:
    for number in (1, 2, 3, 3):
        assert attempt.check({"alert": "stops", "key": "opens"}) == "wrong"
        assert attempt.wrong == ("alert",)
        assert [hint.kind for hint in attempt.hints] == ["not", "look", "two"][:number]
    assert not attempt.has_more_hints


def test_a_hint_can_be_asked_for_without_answering_again(attempt: ExerciseAttempt) -> None:
    attempt.check({"alert": "stops"})
    attempt.show_hint()
    assert [hint.kind for hint in attempt.hints] == ["not", "look"]


def test_hints_go_with_the_mistake(attempt: ExerciseAttempt) -> None:
    attempt.check({"alert": "stops"})
    attempt.check({"alert": "only_warns"})
    assert attempt.hints == ()


def test_a_solution_that_was_shown_is_declared_and_what_was_found_stays_found(
    attempt: ExerciseAttempt,
) -> None:
    attempt.show_solution()
    assert (attempt.state, attempt.evidence, attempt.given) == ("shown", Evidence.DECLARED, dict(CARDS.right))
    assert attempt.check({"key": "stops"}) == "shown"
    found = ExerciseAttempt(CARDS)
    found.check(CARDS.right)
    found.show_solution()
    assert found.evidence is Evidence.PRACTISED


def test_what_is_no_option_counts_as_not_given(attempt: ExerciseAttempt) -> None:
    assert attempt.check({"key": SECRET, "card": "", "other": "stops"}) == "unattempted"
    assert attempt.given == {}


@pytest.mark.parametrize("exercise", EVERY, ids=lambda each: each.name)
@given(data=st.data())
def test_of_the_last_hint_one_is_right_and_neither_was_chosen_wrongly(
    exercise: Exercise, data: st.DataObject
) -> None:
    attempt = ExerciseAttempt(exercise)
    question = data.draw(st.sampled_from(sorted(exercise.right)))
    others = [each for each in exercise.options[question] if each != exercise.right[question]]
    chosen = data.draw(st.sampled_from(others))
    for _ in range(3):
        attempt.check({question: chosen})
    two = attempt.hints[-1].two
    assert exercise.right[question] in two
    assert chosen not in two
    assert len(set(two)) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_exercise_has_its_words(language: str) -> None:
    texts = Texts(language)
    wanted = []
    for exercise in EVERY:
        for question, options in exercise.options.items():
            wanted += [f"{exercise.family}.question.{question}", f"{exercise.name}.hint.{question}"]
            wanted += [f"{exercise.family}.{kind}.{each}" for each in options for kind in ("option", "not")]
    for drill in DRILLS:
        wanted += [f"drill.{drill.name}.story", f"onboarding.check.{drill.check}"]
        wanted += [f"drill.{drill.name}.step.{number}" for number in range(1, drill.steps + 1)]
    for name in EXERCISES:
        wanted += [f"exercise.{name}.{part}" for part in ("heading", "intro")]
    assert [text_id for text_id in wanted if text_id not in texts] == []


def test_no_right_answer_stands_at_the_same_place_everywhere() -> None:
    assert len({drill.causes.options["cause"].index(drill.name) for drill in DRILLS}) > 2
    places = [CARDS.options[question].index(right) for question, right in CARDS.right.items()]
    assert places != sorted(places)


def test_the_titles_of_drills_do_not_tell_their_cause() -> None:
    for language in LANGUAGES:
        texts = Texts(language)
        for drill in DRILLS:
            assert texts(f"drill.option.{drill.name}") not in texts(f"onboarding.check.{drill.check}")


@pytest.mark.parametrize("named", [exercise_named, drill_named])
def test_a_name_that_does_not_exist_is_no_exercise_and_a_key_is_not_quoted(named: object) -> None:
    assert callable(named)
    with pytest.raises(LookupError):
        named("nothing")
    with pytest.raises(KeyInText):
        named(SECRET)


def test_the_next_drill_is_the_first_that_is_not_done() -> None:
    assert next_drill([]) is DRILLS[0]
    assert next_drill([DRILLS[0].check]) is DRILLS[1]
    assert next_drill([drill.check for drill in DRILLS]) is None
