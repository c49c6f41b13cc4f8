"""The roster where several gateways meet at once: on PostgreSQL, from an empty database on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from threading import Barrier
from typing import Any

import psycopg
import pytest

from ppkit.class_service.roster import LessonFull, Roster
from ppkit.class_service.roster_places import RosterDatabase, RosterUnreachable
from ppkit.clock import ManualClock
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.postgres import store
from ppkit.spending.ledger.postgres.server_address import PostgresAddress

from .conftest import a_lesson

pytestmark = pytest.mark.processes

GATEWAYS = 8


def test_many_gateways_prepare_one_lesson_and_fill_it_to_its_last_place(
    postgres_url: str, clock: ManualClock
) -> None:
    open_ledger(postgres_url, clock).close()
    address, barrier = PostgresAddress.of(postgres_url), Barrier(GATEWAYS)
    lesson = a_lesson(learners=GATEWAYS - 2)

    def gateway(number: int) -> tuple[str, str | None]:
        with closing(Roster(RosterDatabase(address), clock)) as roster:
            barrier.wait()
            code = roster.prepare(lesson).join_code
            try:
                return code, roster.join(lesson.id, code, f"visit {number}").learner.pseudonym
            except LessonFull:
                return code, None

    with ThreadPoolExecutor(GATEWAYS) as pool:
        found = list(pool.map(gateway, range(GATEWAYS)))
    assert len({code for code, _ in found}) == 1
    joined = [pseudonym for _, pseudonym in found if pseudonym is not None]
    assert len(joined) == len(set(joined)) == lesson.learners


@pytest.mark.parametrize(("is_back_after", "waits_seconds", "tries_made"), [(3, 10, 4), (99, 0, 2)])
def test_a_database_that_restarts_is_waited_for_and_one_that_stays_away_is_not_by_every_caller(
    postgres_url: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    is_back_after: int,
    waits_seconds: float,
    tries_made: int,
) -> None:
    open_ledger(postgres_url, clock).close()
    monkeypatch.setattr(store, "RECONNECT_PAUSE_SECONDS", 0)
    monkeypatch.setattr(store, "RECONNECT_SECONDS", waits_seconds)
    database, tries = RosterDatabase(PostgresAddress.of(postgres_url)), list[str]()
    with closing(Roster(database, clock)) as roster:
        roster.prepare(a_lesson())
        connect = database._connect

        def starting_up() -> psycopg.Connection[Any]:
            tries.append("connect")
            if len(tries) <= is_back_after:
                raise psycopg.OperationalError("the database system is starting up")
            return connect()

        monkeypatch.setattr(database, "_connect", starting_up)
        assert database._connection is not None
        database._connection.close()
        with suppress(RosterUnreachable):
            assert roster.lesson("tuesday").lesson == a_lesson()
        assert len(tries) == tries_made
        monkeypatch.setattr(store, "RECONNECT_SECONDS", 10)
        if is_back_after > 10:  # whoever asks next does not wait as long again
            with pytest.raises(RosterUnreachable):
                roster.lesson("tuesday")
            assert len(tries) == 2 * tries_made
