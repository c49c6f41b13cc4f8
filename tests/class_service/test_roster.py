"""The roster where several gateways meet at once: on PostgreSQL, from an empty database on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from ppkit.class_service.roster import LessonFull, Roster
from ppkit.class_service.roster_places import RosterDatabase
from ppkit.clock import ManualClock
from ppkit.spending.ledger import open_ledger
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
