"""The course: its map follows from the facts, and what was finished stays finished."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.mode import Mode
from ppkit.onboarding import Evidence, Fact, Progress, Wizard
from ppkit.onboarding.lessons import LESSONS, MAP_FILES, TRAINER_FILES, Course, CourseMap, lesson_named
from ppkit.onboarding.lessons.course import map_of
from ppkit.onboarding.progress import Facts, facts_of
from ppkit.start.notebooks import packaged_notebooks

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NAMES = [lesson.name for lesson in LESSONS]
IN_PRACTICE = [lesson.name for lesson in LESSONS if lesson.mode == "practice"]
IN_LIVE = [lesson.name for lesson in LESSONS if lesson.mode == "live"]
CHECKS = [check for lesson in LESSONS for check in lesson.checks]


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "practice" / "progress.json")


@pytest.fixture
def course(progress: Progress, clock: ManualClock) -> Course:
    return Course(progress, clock, "practice")


@pytest.fixture
def live(tmp_path: Path, clock: ManualClock) -> Course:
    """The same learner's course, in live mode."""
    return Course(Progress(tmp_path / "live" / "progress.json"), clock, "live")


def finish(course: Course, *names: str) -> None:
    for name in names:
        for check in lesson_named(name).checks:
            course.record(check)


def test_every_lesson_has_its_notebook_in_every_language() -> None:
    folder = packaged_notebooks()
    wanted = [MAP_FILES, TRAINER_FILES, *(lesson.files for lesson in LESSONS)]
    assert {language: sorted(files[language] for files in wanted) for language in LANGUAGES} == {
        language: sorted(path.name for path in (folder / language).glob("*.ipynb")) for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lesson_and_everything_it_asks_for_has_its_words(language: str) -> None:
    texts = Texts(language)
    wanted = [f"course.lesson.{name}.{part}" for name in NAMES for part in ("title", "about")]
    wanted += [f"onboarding.check.{check}" for check in CHECKS]
    assert [text_id for text_id in wanted if text_id not in texts] == []


def states(seen: CourseMap) -> list[str]:
    return [lesson.state for lesson in seen.lessons]


def test_a_course_that_nobody_began_starts_with_the_first_lesson(course: Course) -> None:
    seen = course.map
    assert states(seen) == ["current", *["todo"] * (len(LESSONS) - 1)]
    assert (seen.finished, seen.thousandths, seen.has_begun) == (0, 0, False)
    assert seen.minutes_left == sum(lesson.minutes for lesson in LESSONS)
    assert seen.current
    assert seen.current.next_check == "account.signed_up"


def test_a_finished_lesson_leads_to_the_next_one(course: Course) -> None:
    finish(course, "connect")
    seen = course.map
    assert states(seen)[:3] == ["done", "current", "todo"]
    before, after = seen.beside("create")
    assert before
    assert after
    assert (before.name, after.name) == ("connect", "costs")
    assert seen.beside("connect")[0] is None
    assert seen.beside(NAMES[-1])[1] is None


def test_a_lesson_may_be_finished_before_the_one_before_it(course: Course) -> None:
    finish(course, "costs")
    assert states(course.map)[:4] == ["current", "todo", "done", "todo"]


def test_the_whole_course_finished_has_no_minutes_left(course: Course, live: Course) -> None:
    finish(course, *IN_PRACTICE)
    finish(live, *IN_LIVE)
    seen = course.map
    assert (seen.is_finished, seen.minutes_left, seen.thousandths, seen.current) == (True, 0, 1000, None)


def test_replacing_the_key_takes_nothing_off_the_map(
    course: Course, progress: Progress, clock: ManualClock
) -> None:
    wizard = Wizard(progress, clock, "practice")
    finish(course, "connect")
    before = course.map.thousandths
    wizard.restart("link")
    exercise = course.map.of("connect").exercises[-1]
    assert (exercise.check, exercise.is_done, exercise.is_valid) == ("link.linked", True, False)
    assert course.map.thousandths == before
    wizard.record("link.linked", key=ApiKey("sk-practice-" + "b" * 40))
    assert course.map.of("connect").exercises[-1].is_valid


def test_what_was_done_with_a_key_that_was_replaced_is_to_be_checked_again_and_stays_done(
    course: Course, progress: Progress
) -> None:
    finish(course, "connect", "costs")
    progress.update(lambda known: known.lapsed(["key.recognised", "costs.stopped"]))
    assert course.map.of("connect").to_recheck == ("key.recognised",)
    assert course.map.of("connect").is_finished
    assert course.map.of("costs").to_recheck == ()  # being stopped was an exercise, and says nothing of today


@pytest.mark.parametrize(("mode", "asks_again"), [("live", ["key.pays"]), ("practice", [])])
def test_a_live_proof_of_the_key_holds_for_a_day(
    progress: Progress, clock: ManualClock, mode: Mode, asks_again: list[str]
) -> None:
    course = Course(progress, clock, mode)
    course.record("key.pays")
    course.record("link.linked")
    clock.advance(timedelta(hours=24))
    assert course.map.of("connect").to_recheck == ()
    clock.advance(timedelta(seconds=1))
    assert list(course.map.of("connect").to_recheck) == asks_again


def test_what_is_done_again_keeps_its_first_moment(course: Course, clock: ManualClock) -> None:
    course.record("costs.stopped")
    first = course.map.of("costs").exercises[1].at
    clock.advance(timedelta(days=1))
    course.record("costs.stopped")
    assert course.map.of("costs").exercises[1].at == first


def test_starting_a_lesson_over_forgets_this_lesson_alone(course: Course) -> None:
    finish(course, "connect", "create")
    course.start_over("create")
    assert [lesson.done for lesson in course.map.lessons[:2]] == [len(LESSONS[0].checks), 0]


def test_what_comes_after_something_counts_only_once_that_was_done(course: Course) -> None:
    course.record("costs.went_on", after="costs.stopped")
    assert course.map.of("costs").done == 0
    course.record("costs.stopped")
    course.record("costs.went_on", after="costs.stopped")
    assert course.map.of("costs").done == 2


def test_both_modes_show_the_same_map(course: Course, live: Course) -> None:
    finish(course, "connect")
    finish(live, "real")
    assert course.map == live.map
    assert states(live.map)[:2] == ["done", "current"]
    assert [lesson.name for lesson in live.map.lessons if lesson.is_finished] == ["connect", "real"]


def test_in_live_mode_one_goes_on_with_what_is_done_there(course: Course, live: Course) -> None:
    going_on = [one.map.current.name for one in (course, live) if one.map.current]
    assert going_on == [NAMES[0], "real"]


def test_what_was_rehearsed_never_counts_as_done_for_real(course: Course, live: Course) -> None:
    finish(course, "real")
    assert course.map.of("real").done == live.map.of("real").done == 0


def test_what_practice_has_shown_is_not_done_for_real_in_the_other_file_either(
    live: Course, tmp_path: Path
) -> None:
    mixed = Progress(tmp_path / "live" / "progress.json")
    rehearsed = facts_of(Fact(check, Evidence.PRACTISED, NOON) for check in lesson_named("real").checks)
    mixed.import_text(rehearsed.to_json())
    assert live.map.of("real").done == 0


def test_what_was_done_for_real_does_not_finish_a_lesson_of_practice(course: Course, live: Course) -> None:
    finish(live, "connect")
    assert course.map.of("connect").done == 0


def test_a_lesson_is_started_over_in_its_own_mode_wherever_the_button_is_pressed(
    course: Course, live: Course
) -> None:
    finish(course, "connect")
    finish(live, "real")
    live.start_over("connect")
    assert (course.map.of("connect").done, course.map.of("real").is_finished) == (0, True)
    course.start_over("real")
    assert course.map.of("real").done == 0


def test_each_mode_has_a_code_that_finds_its_own_place(
    course: Course, live: Course, tmp_path: Path, clock: ManualClock
) -> None:
    assert course.codes == {}
    finish(course, "connect")
    finish(live, "real")
    elsewhere = Course(Progress(tmp_path / "there" / "practice" / "progress.json"), clock, "practice")
    for code in live.codes.values():
        elsewhere.take_code(code)
    assert [lesson.name for lesson in elsewhere.map.lessons if lesson.is_finished] == ["connect", "real"]


def test_an_export_is_taken_into_the_mode_that_it_was_made_in(
    course: Course, live: Course, tmp_path: Path, clock: ManualClock
) -> None:
    finish(course, "connect")
    elsewhere = Course(Progress(tmp_path / "there" / "live" / "progress.json"), clock, "live")
    elsewhere.take_export(Progress(tmp_path / "practice" / "progress.json").export("practice"))
    assert elsewhere.map.of("connect").is_finished
    assert elsewhere.map.of("real").done == 0


def test_a_lesson_says_how_much_of_it_was_verified(live: Course) -> None:
    wizard = Wizard(live._progress["live"], live._clock, "live")
    wizard.declare("credit.company_data")
    wizard.record("account.signed_up")
    assert (live.map.of("real").done, live.map.of("real").verified) == (2, 1)


def test_what_no_lesson_asks_for_is_not_recorded(course: Course) -> None:
    with pytest.raises(LookupError):
        course.record("costs.looked_at")
    with pytest.raises(LookupError):
        course.start_over("nothing")


@given(known=st.lists(st.sampled_from(CHECKS)), more=st.lists(st.sampled_from(CHECKS)))
def test_doing_more_never_lowers_the_bar(known: list[str], more: list[str]) -> None:
    facts = facts_of(Fact(check, Evidence.PRACTISED, NOON) for check in known)
    later = facts.showing(Fact(check, Evidence.PRACTISED, NOON) for check in more)
    assert map_of(facts, NOON).thousandths <= map_of(later, NOON).thousandths <= 1000


@given(known=st.lists(st.sampled_from(CHECKS)), lapsed=st.lists(st.sampled_from(CHECKS)))
def test_what_lapses_never_lowers_the_bar(known: list[str], lapsed: list[str]) -> None:
    facts = Facts().showing(Fact(check, Evidence.PRACTISED, NOON) for check in known)
    assert map_of(facts.lapsed(lapsed), NOON).thousandths == map_of(facts, NOON).thousandths


def test_any_five_of_the_ten_drills_are_enough(course: Course) -> None:
    mend = lesson_named("mend")
    for check in mend.checks:
        if check not in mend.choice:
            course.record(check)
    drills = [check for check in mend.checks if check in mend.choice]
    for number, check in enumerate(reversed(drills[-mend.enough :]), 1):
        assert not course.map.of("mend").is_finished
        course.record(check)
        assert len(course.map.of("mend").chosen) == number
    seen = course.map.of("mend")
    assert (seen.is_finished, seen.next_check, seen.minutes_left) == (True, None, 0)
    course.record(drills[0])
    assert course.map.of("mend").done == seen.done == seen.count


def test_where_to_go_on_is_a_drill_until_enough_are_done(course: Course) -> None:
    course.record("exercise.cards")
    mend = lesson_named("mend")
    drills = [check for check in mend.checks if check in mend.choice]
    assert course.map.of("mend").next_check == drills[0]
    for check in drills[: mend.enough]:
        course.record(check)
    assert course.map.of("mend").next_check == "replacement.created"


def test_a_solution_that_was_shown_counts_as_declared_until_it_is_found(course: Course) -> None:
    course.record("exercise.cards", evidence=Evidence.DECLARED)
    shown = course.map.of("mend").exercises[0]
    assert (shown.once, shown.was_shown) == (Evidence.DECLARED, True)
    course.record("exercise.cards", evidence=Evidence.PRACTISED)
    found = course.map.of("mend").exercises[0]
    assert (found.once, found.was_shown) == (Evidence.PRACTISED, False)
    course.record("exercise.cards", evidence=Evidence.DECLARED)
    assert course.map.of("mend").exercises[0].once is Evidence.PRACTISED


def test_of_the_drills_the_best_ones_say_how_the_lesson_is_known(course: Course) -> None:
    mend = lesson_named("mend")
    drills = [check for check in mend.checks if check in mend.choice]
    for check in mend.checks:
        course.record(check, evidence=Evidence.DECLARED if check == drills[0] else Evidence.PRACTISED)
    assert course.map.of("mend").evidence is Evidence.PRACTISED
