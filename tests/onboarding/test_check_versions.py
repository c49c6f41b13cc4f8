"""Lessons that were changed: what was done with another version stays done, and is to be checked again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.onboarding import Evidence, Fact, Progress, check_versions
from ppkit.onboarding.lessons import Course
from ppkit.onboarding.progress import ProgressDamaged, facts_from_json, facts_of
from ppkit.onboarding.progress_code import CODED, LATEST_CODED, code_of, facts_in

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 29)
CHECK = "costs.stopped"
VERSIONED = st.dictionaries(
    st.sampled_from(CODED), st.tuples(st.sampled_from(list(Evidence)[1:]), st.integers(1, LATEST_CODED))
)


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.json")


@pytest.fixture
def course(progress: Progress, clock: ManualClock) -> Course:
    return Course(progress, clock, "practice")


def change(monkeypatch: pytest.MonkeyPatch, version: int = 2) -> None:
    """From now on the lesson asks for something else by this name."""
    monkeypatch.setattr(check_versions, "CHANGED", {CHECK: version})


def test_what_was_done_before_a_lesson_changed_stays_done_and_is_to_be_checked_again(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.record(CHECK)
    assert course.map.of("costs").to_recheck == ()
    change(monkeypatch)
    lesson = course.map.of("costs")
    assert (lesson.done, lesson.to_recheck, lesson.lesson.version) == (1, (CHECK,), 2)


def test_doing_it_again_settles_it(
    course: Course, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    course.record(CHECK)
    change(monkeypatch)
    course.record(CHECK)
    assert course.map.of("costs").to_recheck == ()
    assert Progress(progress.path).load().once(CHECK) == progress.facts.of(CHECK)
    assert progress.facts.once(CHECK).version == 2  # type: ignore[union-attr]


def test_what_a_newer_ppkit_has_shown_is_kept_and_can_be_done_again_here(
    course: Course, progress: Progress
) -> None:
    newer = facts_of([Fact(CHECK, Evidence.PRACTISED, NOON + timedelta(days=9), version=3)])
    progress.import_text(newer.to_json())
    assert course.map.of("costs").to_recheck == (CHECK,)
    course.record(CHECK)
    assert course.map.of("costs").to_recheck == ()


def test_a_file_without_versions_is_one_of_the_first(progress: Progress) -> None:
    progress.path.write_text(
        '{"schema": 2, "facts": [{"check": "costs.stopped", "evidence": "practised",'
        ' "at": "2026-11-23T12:00:00+00:00"}], "rounds": {}}'
    )
    fact = progress.load().of(CHECK)
    assert fact
    assert fact.version == 1
    assert "version" not in progress.export("practice")


@pytest.mark.parametrize("version", [0, -1, "2", 1.5, None])
def test_what_is_no_version_damages_the_file(version: object) -> None:
    fact = Fact(CHECK, Evidence.PRACTISED, NOON, version=7)
    text = facts_of([fact]).to_json().replace('"version": 7', f'"version": {version!r}'.replace("'", '"'))
    with pytest.raises(ProgressDamaged):
        facts_from_json(text.replace("None", "null"), "x")


@given(shown=VERSIONED)
def test_a_code_carries_the_versions(shown: dict[str, tuple[Evidence, int]]) -> None:
    facts = facts_of(
        Fact(check, evidence, NOON, version=version) for check, (evidence, version) in shown.items()
    )
    read = facts_in(code_of(facts, "practice", DAY), "practice")
    assert {fact.check: (fact.evidence, fact.version) for fact in read.shown.values()} == shown


def test_a_code_without_versions_is_as_short_as_before() -> None:
    facts = facts_of([Fact(CHECK, Evidence.PRACTISED, NOON)])
    later = facts_of([Fact(CHECK, Evidence.PRACTISED, NOON, version=9)])
    assert len(code_of(facts, "practice", DAY)) < len(code_of(later, "practice", DAY))
    read = facts_in(code_of(later, "practice", DAY), "practice").once(CHECK)
    assert read
    assert read.version == LATEST_CODED


def test_a_code_of_another_version_is_taken_and_marked(course: Course) -> None:
    newer = facts_of([Fact(CHECK, Evidence.PRACTISED, NOON, version=2)])
    course.take_code(code_of(newer, "practice", DAY))
    lesson = course.map.of("costs")
    assert (lesson.done, lesson.to_recheck) == (1, (CHECK,))


@given(first=VERSIONED, second=VERSIONED)
def test_the_order_of_merging_does_not_matter(
    first: dict[str, tuple[Evidence, int]], second: dict[str, tuple[Evidence, int]]
) -> None:
    one, other = (
        facts_of(Fact(check, evidence, NOON, version=version) for check, (evidence, version) in shown.items())
        for shown in (first, second)
    )
    assert one.merged(other) == other.merged(one)


def test_every_version_fits_into_a_code() -> None:
    assert max(check_versions.CHANGED.values(), default=1) < LATEST_CODED
    assert set(check_versions.CHANGED) <= set(CODED)
