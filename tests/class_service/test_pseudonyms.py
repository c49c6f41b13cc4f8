"""Pseudonyms are drawn at random, and nobody inherits one."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ppkit.class_service.pseudonyms import STARS, drawn_pseudonym, pseudonym_of
from ppkit.class_service.roster import Roster

from .conftest import ClassRoom, a_lesson


@given(st.integers(1, 90), st.randoms())
def test_all_places_of_a_lesson_are_stars_of_as_few_rounds_as_hold_them(places: int, random: Random) -> None:
    used: set[str] = set()
    for _ in range(places):
        drawn = drawn_pseudonym(used, places, random.choice)
        assert drawn not in used
        used.add(drawn)
    rounds = -(-places // len(STARS))
    assert used <= {pseudonym_of(number) for number in range(rounds * len(STARS))}


def test_any_star_that_is_free_can_be_the_next() -> None:
    offered: list[str] = []

    def choose(names: Sequence[str]) -> str:
        offered[:] = names
        return offered[-1]

    assert drawn_pseudonym({"Vega", "Sirio"}, 3, choose) == STARS[-1]
    assert set(offered) == {*STARS} - {"Vega", "Sirio"}


def test_places_that_were_taken_back_leave_enough_names() -> None:
    assert drawn_pseudonym(set(STARS), 3, itemgetter(0)) == "Vega 2"


def test_the_roster_draws_and_does_not_count(room: ClassRoom) -> None:
    room.roster = Roster(room.roster._place, room.clock)
    seen = set()
    for number in range(40):
        lesson = a_lesson(id=f"lesson-{number}")
        code = room.roster.prepare(lesson).join_code
        seen.add(room.roster.join(lesson.id, code, "visit").learner.pseudonym)
    assert len(seen) > 5  # by chance alone it fails once in 10**30 times


def test_learners_are_listed_by_name_and_not_as_they_came(room: ClassRoom) -> None:
    for number in range(3):
        room.join(f"visit {number}")
    assert [one.pseudonym for one in room.roster.learners("tuesday")] == ["Altair", "Sirio", "Vega"]
