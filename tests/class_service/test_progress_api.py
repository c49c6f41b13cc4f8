"""Learners' windows tell their step: each its own, nothing but names, and nobody reads another's."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from keys.canaries import key_of

from ppkit.class_line import ClassOver, ClassRefused, HttpLine
from ppkit.class_membership import ClassSeat
from ppkit.class_service.class_board import STUCK_AFTER, ClassBoard, class_board
from ppkit.class_service.progress_api import LEAST_BETWEEN_SECONDS, MOST_BODY_KIB
from ppkit.class_service.progress_records import AWAY_AFTER
from ppkit.onboarding import Evidence, Fact, Progress
from ppkit.onboarding.lessons import LESSONS, Course
from ppkit.onboarding.progress import facts_of
from ppkit.onboarding.progress_code import FIRST_DAY, code_of
from ppkit.step_reporter import steps_of

from .conftest import NOBODYS_TOKEN, START, ClassRoom

CONNECT = LESSONS[0].checks


def code_with(number: int) -> str:
    """Of somebody who has done so much of the first lesson."""
    facts = facts_of(Fact(check, Evidence.PRACTISED, START) for check in CONNECT[:number])
    return code_of(facts, "practice", START.date())


def tell(room: ClassRoom, token: str, report: object = None, **more: Any) -> Any:
    room.clock.advance(timedelta(seconds=LEAST_BETWEEN_SECONDS))
    body = b"" if report is None else json.dumps(report).encode()
    return room.browser().post(
        "/progress", headers={"authorization": f"Bearer {token}"}, **({"content": body} | more)
    )


def board(room: ClassRoom, hidden: frozenset[str] = frozenset()) -> ClassBoard:
    return class_board(room.served, room.clock.now(), hidden)


def test_a_lesson_that_the_agency_does_not_teach_is_nobodys_step(room: ClassRoom) -> None:
    report = {"practice_code": code_with(1), "live_code": "", "open_lesson": "", "diagnosis": ""}
    assert tell(room, room.join().token, report).is_success
    found = board(room, frozenset({"connect"}))
    (row,) = found.rows
    assert row.steps is not None
    assert row.steps.row.lesson is not None
    assert row.steps.row.lesson.name == "create"
    assert [name for name, _at, _done in found.at_lessons] == [one.name for one in LESSONS[1:]]


def test_a_report_says_where_a_learner_is_and_since_when(room: ClassRoom) -> None:
    token = room.join().token
    report = {"practice_code": code_with(4), "open_lesson": "connect", "diagnosis": "keys.refusal.half"}
    assert tell(room, token, report).json() == {
        "pseudonym": "Vega", "message": "", "message_at": "", "suggested": "", "suggested_at": "",
    }  # fmt: skip
    for _ in range(2):
        room.clock.advance(timedelta(minutes=2))
        tell(room, token)  # somebody is there
    (row,) = board(room).rows
    assert row.steps is not None
    assert row.steps.row.stuck_at == CONNECT[4]
    assert row.steps.row.evidence == {Evidence.PRACTISED: 4}
    assert row.steps.diagnosis == board(room).commonest_trouble == "keys.refusal.half"
    assert not row.is_stuck
    room.clock.advance(STUCK_AFTER - timedelta(minutes=4))
    assert board(room).stuck == board(room).rows
    tell(room, token, report | {"practice_code": code_with(5)})
    assert board(room).stuck == ()
    room.clock.advance(AWAY_AFTER)
    steps = board(room).rows[0].steps
    assert steps is not None
    assert (steps.is_away, steps.still_for, steps.diagnosis) == (True, None, "")


def test_another_gateway_knows_the_same(room: ClassRoom) -> None:
    token, second = room.join().token, room.gateway()
    tell(room, token, {"practice_code": code_with(4)})
    room.app = second
    tell(room, token, {"practice_code": code_with(4), "diagnosis": "diagnosis.no_credit"})
    (row,) = board(room).rows
    assert row.steps is not None
    assert row.steps.still_for == timedelta(seconds=LEAST_BETWEEN_SECONDS)
    assert row.steps.diagnosed_for == timedelta(0)


def test_what_the_trainer_tells_comes_with_every_answer(room: ClassRoom) -> None:
    token = room.join().token
    room.roster.progress.tell("tuesday", "Coffee at four")
    room.roster.progress.suggest("tuesday", "costs/costs.limit_set")
    told = tell(room, token).json()
    assert (told["message"], told["suggested"]) == ("Coffee at four", "costs/costs.limit_set")


@pytest.mark.parametrize(
    "token",
    ["", NOBODYS_TOKEN, "sk-proj-" + "a" * 40, "x" * 600],
    ids=["none", "nobody's", "a key", "too long"],  # a token is new in each process, a name must not be
)
def test_nobody_elses_token_writes_or_reads_anything(room: ClassRoom, token: str) -> None:
    room.join()
    room.roster.progress.tell("tuesday", "Coffee at four")
    for answer in (
        tell(room, token, {"open_lesson": "connect"}),
        room.browser().delete("/progress", headers={"authorization": f"Bearer {token}"}),
    ):
        assert answer.status_code == 401
        assert "Coffee" not in answer.text
    assert room.roster.progress.by_pseudonym("tuesday") == {}


def test_a_learner_with_a_token_changes_no_other_record_and_learns_nothing_of_it(room: ClassRoom) -> None:
    vega, altair = room.join("a").token, room.join("b").token
    tell(room, altair, {"practice_code": code_with(4), "diagnosis": "diagnosis.no_credit"})
    before = room.roster.progress.by_pseudonym("tuesday")["Altair"]
    bearer = {"authorization": f"Bearer {vega}"}
    tries = [
        tell(room, vega, {"pseudonym": "Altair", "lesson": "tuesday", "open_lesson": "costs"}),
        tell(room, vega, {"learner": "Altair"}, params={"pseudonym": "Altair"}),
        *(
            room.browser().request(method, path, headers=bearer)
            for method in ("GET", "PUT", "PATCH", "DELETE")
            for path in ("/progress", "/progress/Altair", "/progress?pseudonym=Altair", "/trainer")
        ),
        room.browser().post("/trainer", data={"token": vega, "do": "clear", "learner": "Altair"}),
        room.browser().post("/trainer", data={"token": vega, "do": "message", "message": "Hi"}),
        room.browser().post("/trainer", data={"token": vega, "do": "csv"}),
        room.browser().post("/trainer", headers=bearer, data={"do": "message", "message": "Hi"}),
    ]
    assert [answer.url for answer in tries if "Altair" in answer.text or "no_credit" in answer.text] == []
    assert room.roster.progress.by_pseudonym("tuesday")["Altair"] == before
    assert room.roster.progress.notice("tuesday").message == ""


def test_a_learner_can_have_their_own_record_forgotten(room: ClassRoom) -> None:
    vega, altair = room.join("a").token, room.join("b").token
    for token in (vega, altair):
        tell(room, token, {"practice_code": code_with(4)})
    room.clock.advance(timedelta(seconds=LEAST_BETWEEN_SECONDS))
    answer = room.browser().delete("/progress", headers={"authorization": f"Bearer {vega}"})
    assert answer.status_code == 204
    assert set(room.roster.progress.by_pseudonym("tuesday")) == {"Altair"}


def test_of_a_report_nothing_is_kept_but_what_the_course_knows(room: ClassRoom, tmp_path: Path) -> None:
    token, key = room.join().token, key_of("project", "learner")
    beyond = facts_of([Fact(CONNECT[0], Evidence.PRACTISED, START)])
    report = {
        "practice_code": code_of(beyond, "practice", START.date()),
        "open_lesson": key, "diagnosis": f"diagnosis.{key}", "prompt": key, key: key,
    }  # fmt: skip
    assert tell(room, token, report).status_code == 200
    record = room.roster.progress.by_pseudonym("tuesday")["Vega"].report
    assert (record.open_lesson, record.diagnosis) == ("", "")
    assert record.practice_code == code_of(beyond, "practice", FIRST_DAY)  # not even the day
    assert tell(room, token, {"practice_code": key}).status_code == 400
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert key.encode() not in kept


@pytest.mark.parametrize(
    "body",
    [
        b"x",
        b"[1]",
        b"[" * 5000,
        b"\xff\xfe",
        b'{"a": "' + b"x" * MOST_BODY_KIB * 1024 + b'"}',
        json.dumps({"live_code": code_with(1)}).encode(),
        json.dumps({"practice_code": 7}).encode(),
        json.dumps({"practice_code": "A" * 300}).encode(),
    ],
    ids=["no json", "a list", "deep", "no text", "large", "another mode's code", "no text", "a long code"],
)
def test_what_is_no_report_is_refused(room: ClassRoom, body: bytes) -> None:
    token = room.join().token
    assert tell(room, token, content=body).status_code == 400
    assert room.roster.progress.by_pseudonym("tuesday") == {}


def test_whoever_tells_it_again_and_again_waits(room: ClassRoom) -> None:
    vega, altair = room.join("a").token, room.join("b").token
    bearer = [{"authorization": f"Bearer {token}"} for token in (vega, vega, altair)]
    found = [room.browser().post("/progress", headers=each).status_code for each in bearer]
    assert found == [200, 429, 200]


def test_before_and_after_a_lesson_nothing_is_noted(room: ClassRoom) -> None:
    token = room.join().token
    tell(room, token, {"open_lesson": "connect"})
    room.roster.end("tuesday")
    room.clock.advance(timedelta(seconds=2))
    assert tell(room, token, {"open_lesson": "costs"}).status_code == 403
    record = room.roster.progress.by_pseudonym("tuesday")["Vega"].report
    assert record.open_lesson == "connect"
    room.clock.advance(timedelta(seconds=LEAST_BETWEEN_SECONDS))
    room.browser().delete("/progress", headers={"authorization": f"Bearer {token}"})
    assert room.roster.progress.by_pseudonym("tuesday") == {}  # a no counts at any time


def test_what_a_window_tells_is_what_the_service_understands(room: ClassRoom, tmp_path: Path) -> None:
    course = Course(Progress(tmp_path / "practice" / "progress.json"), room.clock, "practice")
    for check in LESSONS[1].checks:
        course.record(check)
    told = steps_of(course, "costs", "diagnosis.no_credit")
    line = HttpLine(room.browser())
    seat = ClassSeat.of_link(f"http://class.test/#{room.join().token}")
    room.roster.progress.tell("tuesday", "Coffee")
    answer = line.tell(seat, told)
    assert (answer.pseudonym, answer.message) == ("Vega", "Coffee")
    record = room.roster.progress.by_pseudonym("tuesday")["Vega"].report
    assert told == {name: getattr(record, name) for name in told}
    room.clock.advance(timedelta(seconds=LEAST_BETWEEN_SECONDS))
    line.forget(seat)
    assert room.roster.progress.by_pseudonym("tuesday") == {}
    room.roster.end("tuesday")
    room.clock.advance(timedelta(seconds=2))
    with pytest.raises(ClassOver):
        line.tell(seat, {})
    room.roster.reset("tuesday", "Vega")
    room.clock.advance(timedelta(seconds=2))
    with pytest.raises(ClassRefused):
        line.tell(seat, {})
