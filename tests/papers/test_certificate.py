"""The certificate: a name, the lessons with their dates, and no more than is known."""

from __future__ import annotations

from typing import Any

import pytest
from widgets.fakes import NOW, PRACTICE_KEY

from ppkit.keys import KeyInText, presentable
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.onboarding import Progress
from ppkit.onboarding.lessons import LESSONS, Course
from ppkit.papers import CourseNotFinished, NameMissing, certificate_for, certificate_paper, letterhead_of

from .reading import words_of

PRACTISED = [lesson for lesson in LESSONS if lesson.mode == "practice"]


def finish(session: Any) -> None:
    """Every lesson, each in its own mode."""
    for lesson in LESSONS:
        progress = Progress(session.settings.home / lesson.mode / "progress.json")
        course = Course(progress, session.clock, lesson.mode)
        for check in lesson.checks:
            course.record(check)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_names_the_learner_and_every_lesson_with_its_day_and_evidence(session: Any, language: str) -> None:
    finish(session)
    texts = Texts(language)
    paper = certificate_paper(
        certificate_for(" Anna  Bianchi ", session.course.map, "practice", NOW), language
    )
    for words in words_of(paper):
        assert "Anna Bianchi" in words
        assert "PRACTICE / PRATICA" in words
        assert words.count(texts("common.evidence.practised")) >= len(PRACTISED)
        for lesson in PRACTISED:
            assert texts(f"course.lesson.{lesson.name}.title") in words


def test_a_live_certificate_says_nothing_of_practice(session: Any) -> None:
    finish(session)
    paper = certificate_paper(certificate_for("Anna", session.course.map, "live", NOW), "en")
    for words in words_of(paper):
        assert "PRACTICE" not in words


def test_practice_is_certified_without_what_is_done_for_real(session: Any) -> None:
    for lesson in PRACTISED:
        for check in lesson.checks:
            session.course.record(check)
    made = certificate_for("Anna", session.course.map, "practice", NOW)
    assert [lesson.name for lesson in made.lessons] == [lesson.name for lesson in PRACTISED]
    with pytest.raises(CourseNotFinished):
        certificate_for("Anna", session.course.map, "live", NOW)


def test_there_is_none_before_the_course_is_finished(session: Any) -> None:
    with pytest.raises(CourseNotFinished) as refused:
        certificate_for("Anna", session.course.map, "practice", NOW)
    assert refused.value.facts == {"finished": 0, "count": len(PRACTISED)}


@pytest.mark.parametrize("name", ["", "  \n", "a" * 81])
def test_it_needs_a_name_that_fits(session: Any, name: str) -> None:
    finish(session)
    with pytest.raises(NameMissing):
        certificate_for(name, session.course.map, "practice", NOW)


@pytest.mark.parametrize("name", [PRACTICE_KEY, f"Anna {PRACTICE_KEY}", presentable(f"Anna {PRACTICE_KEY}")])
def test_a_key_typed_for_a_name_is_refused_also_when_a_window_has_masked_it(session: Any, name: str) -> None:
    finish(session)
    with pytest.raises(KeyInText) as refused:
        certificate_for(name, session.course.map, "practice", NOW)
    assert "CANARY" not in str(refused.value)


def test_it_bears_the_agencys_name_and_counts_the_agencys_lessons(session: Any) -> None:
    text = 'name = "Studio Bianchi"\n[course]\nhide = ["real", "mend"]\n'
    (session.settings.home / "agency.toml").write_text(text, "utf-8")
    finish(session)
    course = session.course.map
    made = certificate_for("Anna", course, "practice", NOW)
    assert "mend" not in [lesson.name for lesson in made.lessons]
    for words in words_of(certificate_paper(made, "en", letterhead_of(session.accounting.agency))):
        assert "Studio Bianchi" in words
    with pytest.raises(CourseNotFinished):  # nothing was done for real
        certificate_for("Anna", course, "live", NOW)
