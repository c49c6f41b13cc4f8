"""The roster of an earlier ppkit, with rows in it, is brought up to date and goes on as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from postgres_server import connect

from ppkit.class_service import roster_places
from ppkit.class_service.learner_tokens import digest_of, new_learner_token, new_trainer_token
from ppkit.class_service.roster import Roster
from ppkit.class_service.roster_places import (
    APPLICATION_ID,
    RosterDatabase,
    RosterFile,
    RosterPlace,
    RosterTooNew,
    roster_steps,
)
from ppkit.clock import ManualClock
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.postgres.server_address import PostgresAddress

from .conftest import START

LATEST = len(roster_steps())
STEPS_BEFORE: Any = roster_steps()[:-1]
TOKEN, TRAINER = new_learner_token(), new_trainer_token()

# As the first ppkit with a class wrote it: there was no keep_days, and nobody had been taken back.
DOCUMENT = (
    '{"id": "tuesday", "name": "Posts on Tuesday", "opens": "2026-11-23T09:30:00+00:00", '
    '"closes": "2026-11-23T11:30:00+00:00", "learners": 3, "limit_per_learner": 100000000000, '
    '"limit_in_all": 250000000000, "models": ["gpt-6-luna"], "welcome": "", "places_per_address": 3}'
)
ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("INSERT INTO class_lesson VALUES (?, ?, ?, NULL)", ("tuesday", DOCUMENT, "abc234")),
    (
        "INSERT INTO class_learner (lesson, number, pseudonym, secret_hash, visit_hash, joined_at) "
        "VALUES (?, 0, ?, ?, ?, ?)",
        ("tuesday", "Vega", digest_of(TOKEN), digest_of("tuesday/form"), START.isoformat()),
    ),
    ("INSERT INTO class_trainer VALUES (?, ?)", (digest_of(TRAINER), "tuesday")),
)

Open = Callable[[], RosterPlace]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.processes)])
def place_of_version(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[int], Open]]:
    """Makes the roster of a version, with rows, and returns what opens it with today's ppkit."""
    if request.param == "sqlite":
        yield lambda version: _sqlite(tmp_path / "class.sqlite3", version)
    else:
        url = request.getfixturevalue("postgres_url")
        open_ledger(url, ManualClock(START)).close()
        yield lambda version: _postgres(url, version)


def _sqlite(path: Path, version: int) -> Open:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for step in roster_steps()[:version]:
            connection.executescript(step.up)
        connection.execute(f"PRAGMA user_version = {version}")
        for statement, values in ROWS:
            connection.execute(statement, values)
        connection.commit()
    return lambda: RosterFile(path)


def _postgres(url: str, version: int) -> Open:
    with connect(url) as owner:
        owner.execute(roster_places.BEGIN_VERSIONS.encode())
        owner.execute("INSERT INTO class_schema_version VALUES (%s)", (version,))
        for step in roster_steps()[:version]:
            owner.execute(step.up.encode())
        for statement, values in ROWS:
            owner.execute(statement.replace("?", "%s").encode(), values)
    return lambda: RosterDatabase(PostgresAddress.of(url))


@pytest.mark.parametrize("version", range(1, LATEST + 1))
def test_a_roster_of_any_earlier_version_goes_on(
    place_of_version: Callable[[int], Open], clock: ManualClock, version: int
) -> None:
    with closing(Roster(place_of_version(version)(), clock, itemgetter(0))) as roster:
        learner = roster.learner("tuesday", TOKEN)
        assert learner is not None
        assert (learner.pseudonym, learner.is_removed) == ("Vega", False)
        prepared = roster.lesson("tuesday")
        assert (prepared.join_code, prepared.lesson.keep_days) == ("abc234", 30)
        assert roster.is_trainer(TRAINER, "tuesday")
        assert roster.join("tuesday", "abc234", "form").learner.pseudonym == "Vega"
        assert roster.join("tuesday", "abc234", "another").learner.pseudonym == "Altair"
        roster.remove("tuesday", "Vega")
        clock.advance(timedelta(minutes=1))
        begun = roster.forgotten.begin("tuesday", "Vega")
        roster.forgotten.finish("tuesday", "Vega", begun.now_called)
        assert {one.pseudonym for one in roster.learners("tuesday")} == {"Altair", begun.now_called}


def test_a_roster_of_a_later_version_is_refused_and_left_alone(
    place_of_version: Callable[[int], Open], clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = place_of_version(LATEST)
    with monkeypatch.context() as older:
        older.setattr(roster_places, "roster_steps", lambda: STEPS_BEFORE)
        with closing(Roster(opened(), clock)) as roster, pytest.raises(RosterTooNew):
            roster.learners("tuesday")
    with closing(Roster(opened(), clock)) as roster:
        assert [one.pseudonym for one in roster.learners("tuesday")] == ["Vega"]
