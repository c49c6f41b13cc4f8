"""A lesson's file: what it may say, and what is said about one that cannot be used."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keys.canaries import key_of

from ppkit.class_service.class_lesson import (
    LessonAmountWrong,
    LessonEndsFirst,
    LessonFaulty,
    LessonFieldMissing,
    LessonFieldUnknown,
    LessonFieldWrong,
    LessonHoldsKey,
    LessonTimeWrong,
    LessonUnreadable,
    lesson_from_json,
    read_lesson,
)
from ppkit.class_service.roster import LessonDiffers, Roster
from ppkit.class_service.roster_places import RosterFile
from ppkit.clock import ManualClock
from ppkit.look.texts import Texts
from ppkit.money import Money

from .conftest import a_lesson

TOML = """
name = "Posts on Tuesday"
opens = 2026-12-01T18:00:00
closes = 2026-12-01T20:00:00+01:00
timezone = "Europe/Rome"
learners = 30
limit_per_learner = 0.1
limit_in_all = "2.50"
models = ["gpt-6-luna", "gpt-image-2"]
"""
DOCUMENT: dict[str, Any] = {
    "name": "Posts on Tuesday",
    "opens": "2026-12-01T18:00:00+01:00",
    "closes": "2026-12-01T20:00:00+01:00",
    "learners": 30,
    "limit_per_learner": "0.10",
    "limit_in_all": 2,
    "models": ["gpt-6-luna"],
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "lesson.json"
    path.write_text(json.dumps({name: value for name, value in (DOCUMENT | changes).items() if value != ...}))
    return path


def test_a_lesson_is_read_from_toml_with_exact_amounts_and_its_own_zone(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text(TOML, encoding="utf-8")
    lesson = read_lesson(path)
    assert re.fullmatch("posts-on-tuesday-20261201-[0-9a-f]{8}", lesson.id)
    assert read_lesson(path).id == lesson.id
    assert lesson.opens.astimezone(UTC) == datetime(2026, 12, 1, 17, tzinfo=UTC)
    assert lesson.opens.hour == 18  # as people in the lesson read it
    assert lesson.limit_per_learner == Money.usd("0.1")
    assert lesson.at_most == Money.usd("2.5")
    assert lesson.models == ("gpt-6-luna", "gpt-image-2")
    assert lesson_from_json(lesson.to_json()) == lesson


@pytest.mark.parametrize(
    ("changes", "fault", "field"),
    [
        ({"learners": ...}, LessonFieldMissing, "learners"),
        ({"limit": "1"}, LessonFieldUnknown, "limit"),
        ({"learners": 0}, LessonFieldWrong, "learners"),
        ({"learners": "30"}, LessonFieldWrong, "learners"),
        ({"models": []}, LessonFieldWrong, "models"),
        ({"name": "a\u0007b"}, LessonFieldWrong, "name"),
        ({"id": "Über/uns"}, LessonFieldWrong, "id"),
        ({"limit_in_all": "-1"}, LessonAmountWrong, "limit_in_all"),
        ({"limit_in_all": True}, LessonAmountWrong, "limit_in_all"),
        ({"limit_per_learner": "two"}, LessonAmountWrong, "limit_per_learner"),
        ({"limit_per_learner": 0}, LessonAmountWrong, "limit_per_learner"),
        ({"opens": "2026-12-01T18:00:00"}, LessonTimeWrong, "opens"),
        ({"opens": "tomorrow"}, LessonTimeWrong, "opens"),
        ({"opens": 1700000000}, LessonTimeWrong, "opens"),
        ({"opens": "2026-12-01T18:00", "timezone": "Rome"}, LessonTimeWrong, "opens"),
        ({"closes": "2027-03-28T02:30", "timezone": "Europe/Rome"}, LessonTimeWrong, "closes"),
        ({"closes": "2027-10-31T02:30", "timezone": "Europe/Rome"}, LessonTimeWrong, "closes"),
        ({"closes": "2026-12-01T17:00:00+01:00"}, LessonEndsFirst, "closes"),
    ],
)
def test_what_is_wrong_with_a_lesson_is_named(
    changes: dict[str, Any], fault: type[LessonFaulty], field: str, tmp_path: Path
) -> None:
    with pytest.raises(fault) as refused:
        read_lesson(written(tmp_path, **changes))
    assert refused.value.facts["field"] == field
    for language in ("it", "en"):
        assert field in Texts(language)(f"error.{fault.code}.why", **refused.value.facts)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Posts on Tuesday, group two"},
        {"name": "Посты"},
        {"opens": "2026-12-01T17:00:00+01:00"},
        {"name": "A name that is longer than an id has room for, one"},
        {"name": "A name that is longer than an id has room for, two"},
    ],
)
def test_no_two_lessons_have_one_id(tmp_path: Path, changes: dict[str, Any]) -> None:
    others = [{}, {"name": "Рисунки"}, {"name": "A name that is longer than an id has room for"}]
    ids = [read_lesson(written(tmp_path, **one)).id for one in (changes, *others)]
    assert len(set(ids)) == len(ids)
    assert all(read_lesson(written(tmp_path, id=one)).id == one for one in ids)


@pytest.mark.parametrize("changes", [{"name": "Another"}, {"opens": a_lesson().opens + timedelta(minutes=1)}])
def test_a_lesson_takes_over_no_other_ones_id(
    tmp_path: Path, clock: ManualClock, changes: dict[str, Any]
) -> None:
    roster = Roster(RosterFile(tmp_path / "class.sqlite3"), clock)
    code = roster.prepare(a_lesson()).join_code
    with pytest.raises(LessonDiffers) as refused:
        roster.prepare(a_lesson(**changes))
    assert refused.value.facts["name"] == "Posts on Tuesday"
    assert roster.lesson("tuesday").lesson == a_lesson()
    assert roster.prepare(a_lesson(learners=9)).join_code == code
    assert roster.lesson("tuesday").lesson.learners == 9


def test_a_file_that_is_no_lesson_is_no_traceback(tmp_path: Path) -> None:
    for name, content in (("a.toml", b"= ="), ("b.json", b"[" * 100_000), ("c.toml", b"\xff\xfe\xff")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LessonUnreadable):
            read_lesson(tmp_path / name)
    with pytest.raises(LessonUnreadable):
        read_lesson(tmp_path / "none.toml")


def test_a_key_in_a_lessons_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    key = key_of("project")
    with pytest.raises(LessonHoldsKey) as refused:
        read_lesson(written(tmp_path, welcome=f"use {key}"))
    assert key not in str(refused.value)
    assert key not in repr(refused.value.facts)


@given(learners=st.integers(1, 1000), each=st.integers(1, 10**15), in_all=st.integers(1, 10**18))
def test_what_a_lesson_costs_at_most_is_exact(learners: int, each: int, in_all: int) -> None:
    lesson = a_lesson(learners=learners, limit_per_learner=Money(each), limit_in_all=Money(in_all))
    assert lesson.at_most == Money(min(learners * each, in_all))
    assert lesson_from_json(lesson.to_json()) == lesson
