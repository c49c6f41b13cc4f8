"""What is kept of a learner: handed out whole, forgotten without a trace, and never a prompt among it."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import openai
import psycopg
import pytest
from metering.fake_platform import MODEL
from postgres_server import connect

from ppkit.class_service.forgotten_learners import QUIET, NoSuchLearner
from ppkit.class_service.person_records import LearnerStillThere, PersonRecords, Tidied
from ppkit.class_service.progress_records import StepReport
from ppkit.class_service.pseudonyms import STARS
from ppkit.class_service.retention import EVERY_SECONDS, keep_forgetting
from ppkit.class_service.roster import Roster
from ppkit.class_service.roster_places import RosterDatabase, RosterPlace
from ppkit.class_service.running_lesson import RunningLesson
from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.spending.ledger import Call, Ledger, open_ledger
from ppkit.spending.ledger.forgetting import TagInUse
from ppkit.spending.ledger.ledger import DEFAULT_EXPIRY, LONGEST_WAIT_SECONDS
from ppkit.spending.ledger.postgres.server_address import PostgresAddress

from .conftest import ClassRoom, NewClass, a_lesson

PROMPT = "quokka-" + "canary-" * 4 + "never stored"
STEPS = StepReport("AEAA", "", "connect", "no_credit")


def spend(ledger: Ledger, tags: dict[str, str], number: int = 0) -> None:
    made = Call(f"call {number}", MODEL, "…WXYZ", "responses", tags)
    ledger.reserve(made, Money(10**9))
    ledger.settle(made.id, Money(7 * 10**8 + number))


def with_three(room: ClassRoom) -> ClassRoom:
    """Vega, Altair and Sirio have joined; Vega has spent and told where she is."""
    for number in range(3):
        learner = room.join(f"visit {number}").learner
        spend(room.ledger, room.lesson.tags(learner.pseudonym), number)
    room.roster.progress.record("tuesday", "Vega", STEPS)
    return room


def wait(clock: ManualClock) -> None:
    clock.advance(QUIET)


def forgotten(persons: PersonRecords, clock: ManualClock, pseudonym: str = "Vega") -> str:
    """Forget somebody whose place is not taken back yet."""
    with pytest.raises(LearnerStillThere):
        persons.forget("tuesday", pseudonym)
    wait(clock)
    return persons.forget("tuesday", pseudonym)


def test_somebody_forgotten_leaves_sums_and_no_name(room: ClassRoom, tmp_path: Path) -> None:
    before = with_three(room).served.spending()
    now_called = forgotten(room.served.persons, room.clock)
    after = room.served.spending()
    assert (after.spent, after.uncertain, after.left) == (before.spent, before.uncertain, before.left)
    assert sorted(row.spent for row in after.learners) == sorted(row.spent for row in before.learners)
    assert {row.learner.pseudonym for row in after.learners} == {"Altair", "Sirio", now_called}
    assert room.roster.progress.by_pseudonym("tuesday") == {}
    assert room.ledger.audit() == []
    found = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Altair" in found
    assert b"Vega" not in found


def test_nobody_inherits_the_pseudonym_or_the_token(room: ClassRoom) -> None:
    token = with_three(room).join("visit 0").token  # the same form once more: Vega with a new token
    forgotten(room.served.persons, room.clock)
    assert room.roster.learner("tuesday", token) is None
    inherits_nothing = re.fullmatch(rf"{STARS[0]} \d{{6}}", room.join("visit 0").learner.pseudonym)
    assert inherits_nothing  # the star alone may have been that of whoever is forgotten
    with pytest.raises(NoSuchLearner):
        room.served.persons.forget("tuesday", "Vega")


def test_the_number_of_a_place_does_not_give_the_pseudonym_away(room: ClassRoom) -> None:
    with_three(room)
    now_called = forgotten(room.served.persons, room.clock)
    ((number, joined, visit),) = room.roster._place.transact(
        lambda execute: execute(
            "SELECT number, joined_at, visit_hash FROM class_learner WHERE pseudonym = ?", (now_called,)
        )
    )
    assert number >= 10**6
    assert (joined, visit) == (room.lesson.opens.isoformat(), None)


def test_whoever_was_cut_off_in_between_repeats_and_one_name_is_left(room: ClassRoom) -> None:
    with_three(room).roster.remove("tuesday", "Vega")
    wait(room.clock)
    begun = room.roster.forgotten.begin("tuesday", "Vega")
    room.ledger.forget_tag("learner", "tuesday/Vega", f"tuesday/{begun.now_called}")
    assert room.served.persons.forget("tuesday", "Vega") == begun.now_called
    assert [row.spent for row in room.served.spending().learners].count(Money(7 * 10**8)) == 1


def test_calls_under_way_have_to_end_first(room: ClassRoom) -> None:
    with_three(room)
    made = Call("under way", MODEL, "…WXYZ", "responses", room.lesson.tags("Vega"))
    room.ledger.reserve(made, Money(10**9))
    with pytest.raises(TagInUse):
        forgotten(room.served.persons, room.clock)
    room.ledger.settle(made.id, Money(1))
    assert room.served.persons.forget("tuesday", "Vega")


def test_a_call_that_nobody_will_end_is_in_nobodys_way(room: ClassRoom) -> None:
    with_three(room).roster.remove("tuesday", "Vega")
    room.ledger.reserve(Call("dead", MODEL, "…WXYZ", "responses", room.lesson.tags("Vega")), Money(10**9))
    room.clock.advance(DEFAULT_EXPIRY)
    assert room.served.persons.forget("tuesday", "Vega")


def test_an_export_is_all_there_is(room: ClassRoom) -> None:
    with_three(room)
    found = room.served.persons.export("tuesday", "Vega")
    start = room.lesson.opens.isoformat()
    assert found == json.loads(json.dumps(found))
    assert found["lesson"] == {"id": "tuesday", "name": "Posts on Tuesday", "opens": start}
    assert (found["learner"], found["joined_at"], found["removed_at"]) == ("Vega", start, None)
    progress: Any = found["progress"]
    assert (progress["practice_code"], progress["diagnosis"]) == ("AEAA", "no_credit")
    assert found["calls"] == [
        {
            "at": start,
            "model": MODEL,
            "kind": "responses",
            "state": "settled",
            "mark": None,
            "cost_pico_usd": 7 * 10**8,
            "usage": None,
        }
    ]
    with pytest.raises(NoSuchLearner):
        room.served.persons.export("tuesday", "Nobody")


def test_when_the_days_are_over_all_are_forgotten_and_not_before(new_class: NewClass) -> None:
    room = with_three(new_class(keep_days=7))
    room.roster.new_trainer("tuesday")
    before = room.served.spending()
    room.roster.progress.tell("tuesday", "Well done, Anna!")
    room.clock.advance(timedelta(days=7, hours=2) - timedelta(seconds=1))
    assert room.served.persons.forget_due() == Tidied(0)
    room.clock.advance(timedelta(seconds=1))
    assert room.served.persons.forget_due() == Tidied(3)
    assert room.served.persons.forget_due() == Tidied(0)
    after = room.served.spending()
    assert after.spent == before.spent
    assert not {row.learner.pseudonym for row in after.learners} & set(STARS)
    assert room.roster.progress.notice("tuesday").message == ""
    assert room.roster._place.transact(lambda execute: execute("SELECT * FROM class_trainer", ())) == []


def test_one_who_cannot_be_forgotten_keeps_nobody_else(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_three(room).clock.advance(timedelta(days=31))
    forget = PersonRecords.forget

    def failing(self: PersonRecords, lesson_id: str, pseudonym: str) -> str:
        if pseudonym == "Vega":
            raise sqlite3.IntegrityError
        if pseudonym == "Sirio":  # somebody else was faster
            raise NoSuchLearner(learner=pseudonym)
        return forget(self, lesson_id, pseudonym)

    monkeypatch.setattr(PersonRecords, "forget", failing)
    assert room.served.persons.forget_due() == Tidied(1, ("IntegrityError",))


def test_a_call_that_waits_for_room_ends_before_anything_is_renamed() -> None:
    assert timedelta(seconds=LONGEST_WAIT_SECONDS) < QUIET


def test_the_roster_overwrites_what_it_deletes_whatever_the_machines_sqlite_does(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def forgetful(*given: Any, **options: Any) -> sqlite3.Connection:
        made: sqlite3.Connection = connect(*given, **options)
        made.execute("PRAGMA secure_delete = OFF")
        return made

    monkeypatch.setattr(sqlite3, "connect", forgetful)
    assert room.roster._place.transact(lambda execute: execute("PRAGMA secure_delete", ())) == [(1,)]


def test_an_export_holds_calls_of_every_kind(room: ClassRoom) -> None:
    with_three(room)
    tags = room.lesson.tags("Vega")
    for number, end in enumerate(("release", "give_up", "", "settle"), 3):
        made = Call(f"call {number}", MODEL, "…WXYZ", "responses", tags)
        room.clock.advance(timedelta(seconds=1))
        room.ledger.reserve(made, Money(10**7))
        if end == "settle":
            room.ledger.settle(made.id, Money(0))
        elif end:
            getattr(room.ledger, end)(made.id)
    calls: Any = room.served.persons.export("tuesday", "Vega")["calls"]
    assert [one["state"] for one in calls] == ["settled", "released", "expired", "reserved", "settled"]


def test_a_class_that_is_served_forgets_every_hour_and_goes_on_when_it_cannot() -> None:
    asked: list[str] = []

    def forget_due() -> Tidied:
        asked.append("forget")
        if len(asked) == 1:
            raise OSError("the disk is gone")
        return Tidied(0)

    async def sleep(seconds: float) -> None:
        asked.append(f"{seconds:.0f}")
        if len(asked) == 4:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_forgetting(forget_due, sleep))
    assert asked == ["forget", f"{EVERY_SECONDS:.0f}"] * 2


def test_it_begins_with_the_service(room: ClassRoom) -> None:
    with_three(room).clock.advance(timedelta(days=31))
    with room.browser() as browser:
        browser.get("/")
    assert not {one.pseudonym for one in room.roster.learners("tuesday")} & set(STARS)


# --- no prompt anywhere


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.processes)])
def any_room(request: pytest.FixtureRequest, clock: ManualClock, tmp_path: Path) -> Iterator[ClassRoom]:
    """A lesson whose ledger is in either database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("new_class")()
        return
    url = request.getfixturevalue("postgres_url")
    with closing(open_ledger(url, clock)) as ledger:
        yield ClassRoom(a_lesson(), ledger, clock, tmp_path)


def everything_in(room: ClassRoom, folder: Path) -> str:
    """Every file's bytes, and every row of every table of the database, whatever its schema."""
    found = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).decode("latin-1")
    address = getattr(room.ledger.store, "address", None)
    if isinstance(address, PostgresAddress):
        with psycopg.connect(address.conninfo) as connection:
            tables = connection.execute(
                "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            assert len(tables) > 10
            for (table,) in tables:
                rows = connection.execute(f"SELECT t::text FROM {table} AS t".encode()).fetchall()
                found += str(rows)
    return found


def test_no_prompt_and_no_answer_is_kept_in_the_shared_ledger(any_room: ClassRoom, tmp_path: Path) -> None:
    token = any_room.join().token
    ask: dict[str, Any] = {"model": MODEL, "input": PROMPT, "instructions": PROMPT, "max_output_tokens": 50}
    said: Any = [{"role": "user", "content": PROMPT}]

    async def calls() -> Any:
        async with any_room.sdk(token) as client:
            answer = await client.responses.create(**ask)
            [event async for event in await client.responses.create(**ask, stream=True)]
            await client.chat.completions.create(model=MODEL, messages=said, max_completion_tokens=50)
            with pytest.raises(openai.APIStatusError):  # what is refused is kept no more than the rest
                await client.responses.create(model=PROMPT, input=PROMPT)
            return answer.output_text

    answered = asyncio.run(calls())
    assert sum(PROMPT.encode() in sent.content for sent in any_room.platform.requests) == 3
    found = everything_in(any_room, tmp_path)
    assert "tuesday/Vega" in found.replace("\\", "")
    assert PROMPT not in found
    assert "quokka" not in found
    assert answered
    assert answered not in found


# --- on PostgreSQL


@pytest.fixture
def shared(postgres_url: str, clock: ManualClock) -> Iterator[tuple[RosterPlace, Ledger]]:
    with closing(open_ledger(postgres_url, clock)) as ledger:
        place = RosterDatabase(PostgresAddress.of(postgres_url))
        yield place, ledger
        place.close()


@pytest.mark.processes
def test_on_postgresql_the_same(
    shared: tuple[RosterPlace, Ledger], postgres_url: str, clock: ManualClock
) -> None:
    place, ledger = shared
    roster, lesson = Roster(place, clock, choose=itemgetter(0)), a_lesson()
    code = roster.prepare(lesson).join_code
    served = RunningLesson(lesson.id, roster, ledger, clock)
    for number in range(2):
        spend(ledger, lesson.tags(served.join(code, f"visit {number}").learner.pseudonym), number)
    roster.progress.record("tuesday", "Vega", STEPS)
    before = served.spending()
    now_called = forgotten(served.persons, clock)
    assert served.spending().spent == before.spent
    assert ledger.audit() == []
    with connect(postgres_url) as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'ppkit'").fetchall()
        texts = [f"SELECT t::text FROM {name} AS t" for (name,) in tables]
        rows = str([owner.execute(text.encode()).fetchall() for text in texts])
    assert "Altair" in rows
    assert now_called in rows
    assert "Vega" not in rows
    clock.advance(timedelta(days=31))
    assert served.persons.forget_due() == Tidied(1)
