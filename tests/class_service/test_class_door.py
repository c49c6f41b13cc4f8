"""The lesson is asked for by one learner's call for all who come meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from keys.canaries import key_of

from ppkit.class_service.class_door import REMEMBERED_SECONDS, Admission, ClassDoor, RosterCheck
from ppkit.class_service.roster import Learner, PreparedLesson
from ppkit.class_service.roster_places import RosterUnreachable
from ppkit.class_service.wire_errors import WrongClassToken
from ppkit.clock import ManualClock

from .conftest import START, ClassRoom

MANY = 1000


class EverybodysToken:
    """A check that knows everybody at once, so that all of them come to the lesson together."""

    async def learner_of(self, token: str, *, joins: bool) -> Learner:
        return Learner("tuesday", token, START)


Prepare = Callable[[Callable[[], PreparedLesson]], ClassDoor]


@pytest.fixture
def door_of(room: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """A door whose lesson is looked up by this function."""

    def made(prepared: Callable[[], PreparedLesson]) -> ClassDoor:
        monkeypatch.setattr(room.served, "prepared", prepared)
        return ClassDoor(room.served, EverybodysToken(), room.clock)

    return made


async def all_come(door: ClassDoor) -> list[Admission | BaseException]:
    come = (door.admitted(f"learner {number}") for number in range(MANY))
    return list(await asyncio.gather(*come, return_exceptions=True))


def test_a_thousand_who_come_together_ask_the_database_once(room: ClassRoom, door_of: Prepare) -> None:
    looked, there = list[int](), room.served.prepared()

    def prepared() -> PreparedLesson:
        looked.append(1)
        return there

    door = door_of(prepared)
    for times in (1, 2):
        admitted = asyncio.run(all_come(door))
        assert {type(one) for one in admitted} == {Admission}
        assert len(looked) == times
        room.clock.advance(timedelta(seconds=REMEMBERED_SECONDS))


def test_a_database_that_is_away_is_asked_once_for_all_who_come_together(
    room: ClassRoom, door_of: Prepare
) -> None:
    looked, there = list[int](), room.served.prepared()

    def prepared() -> PreparedLesson:
        looked.append(1)
        if len(looked) == 1:
            raise RosterUnreachable(place="class.sqlite3", reason="away")
        return there

    door = door_of(prepared)
    assert {type(one) for one in asyncio.run(all_come(door))} == {RosterUnreachable}
    assert len(looked) == 1
    assert {type(one) for one in asyncio.run(all_come(door))} == {Admission}  # a failure is not remembered


def test_whoever_asks_and_leaves_is_followed_by_another_who_waited(room: ClassRoom, door_of: Prepare) -> None:
    looked, there, go_on = list[int](), room.served.prepared(), threading.Event()

    def prepared() -> PreparedLesson:
        looked.append(1)
        if len(looked) == 1:
            assert go_on.wait(10)
        else:
            go_on.set()
        return there

    async def first_leaves(door: ClassDoor) -> Any:
        first = asyncio.ensure_future(door.admitted("first"))
        while not looked:
            await asyncio.sleep(0)
        others = [asyncio.ensure_future(door.admitted(f"other {number}")) for number in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        return await asyncio.wait_for(asyncio.gather(*others), 20)

    assert len(asyncio.run(first_leaves(door_of(prepared)))) == 3
    assert len(looked) == 2


def test_whoever_comes_after_a_reset_waits_for_no_older_answer(room: ClassRoom, door_of: Prepare) -> None:
    looked, there, go_on = list[int](), room.served.prepared(), threading.Event()

    def prepared() -> PreparedLesson:
        looked.append(1)
        if len(looked) == 1:
            assert go_on.wait(10)
        return there

    async def comes_late(door: ClassDoor) -> None:
        before = asyncio.ensure_future(door.admitted("before"))
        while not looked:
            await asyncio.sleep(0)
        door.forget()
        await asyncio.wait_for(door.admitted("after"), 5)
        assert not before.done()
        go_on.set()
        await before

    asyncio.run(comes_late(door_of(prepared)))
    assert len(looked) == 2


def test_somebodys_own_key_is_not_even_looked_up(room: ClassRoom, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = list[str]()
    monkeypatch.setattr(room.roster, "learner", lambda _lesson, token: looked.append(token))
    with pytest.raises(WrongClassToken):
        asyncio.run(RosterCheck(room.served).learner_of(key_of("practice", "somebody"), joins=True))
    assert looked == []


def test_a_token_that_is_longer_than_any_is_not_even_looked_up(room: ClassRoom, clock: ManualClock) -> None:
    looked = list[str]()

    class Check:
        async def learner_of(self, token: str, *, joins: bool) -> None:
            looked.append(f"{token} {joins}")

    with pytest.raises(WrongClassToken):
        asyncio.run(ClassDoor(room.served, Check(), clock).admitted("sk-class-" + "a" * 600))
    assert looked == []
