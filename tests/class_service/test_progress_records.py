"""What is kept of a learner's steps, and of what the trainer tells: the last of each, on a clock."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from operator import itemgetter

import pytest

from ppkit.class_service.progress_records import AWAY_AFTER, ClassNotice, ProgressRecords, StepReport
from ppkit.class_service.roster import Roster
from ppkit.class_service.roster_places import RosterDatabase
from ppkit.clock import ManualClock
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.postgres.server_address import PostgresAddress

from .conftest import ClassRoom, a_lesson

FIRST = StepReport("AEAA", "", "connect", "no_credit")


def the_rules_hold(records: ProgressRecords, clock: ManualClock) -> None:
    """Of Vega, who has joined the lesson "tuesday"."""

    def told() -> tuple[StepReport, float, float, float]:
        record = records.by_pseudonym("tuesday")["Vega"]
        since = (clock.now() - each for each in (record.moved_at, record.diagnosed_at, record.reported_at))
        moved, diagnosed, reported = (each.total_seconds() for each in since)
        return record.report, moved, diagnosed, reported

    records.record("tuesday", "Vega", FIRST)
    clock.advance(timedelta(seconds=30))
    records.is_there("tuesday", "Vega")
    assert told() == (FIRST, 30, 30, 30)  # a minute is exact enough
    clock.advance(timedelta(seconds=40))
    records.is_there("tuesday", "Vega")
    assert told() == (FIRST, 70, 70, 0)
    records.record("tuesday", "Vega", FIRST)
    assert told() == (FIRST, 70, 70, 0)  # the same again: nothing has moved
    solved = replace(FIRST, diagnosis="")
    records.record("tuesday", "Vega", solved)
    assert told() == (solved, 70, 0, 0)  # a problem that comes and goes is no step
    clock.advance(timedelta(seconds=5))
    onward = replace(solved, practice_code="AEAB")
    records.record("tuesday", "Vega", onward)
    assert told() == (onward, 0, 5, 0)
    for comes_back in (partial(records.is_there), partial(records.record, report=onward)):
        clock.advance(AWAY_AFTER + timedelta(seconds=1))
        comes_back("tuesday", "Vega")
        assert told() == (onward, 0, 0, 0)  # whoever was at lunch was not stuck
    records.record("tuesday", "Nobody", FIRST)
    assert set(records.by_pseudonym("tuesday")) == {"Vega"}
    records.forget("tuesday", "Vega")
    records.is_there("tuesday", "Vega")
    assert records.by_pseudonym("tuesday") == {}
    assert records.notice("tuesday") == ClassNotice()
    records.tell("tuesday", "Coffee")
    told_at = clock.now().isoformat()
    clock.advance(timedelta(seconds=5))
    records.suggest("tuesday", "costs")
    assert records.notice("tuesday") == ClassNotice("Coffee", told_at, "costs", clock.now().isoformat())
    records.tell("tuesday", "")
    assert records.notice("tuesday").message == ""
    assert records.notice("tuesday").suggested == "costs"


def test_the_last_report_is_kept_and_since_when_it_is_so(room: ClassRoom) -> None:
    room.join()
    the_rules_hold(room.roster.progress, room.clock)


@pytest.mark.processes
def test_postgresql_keeps_the_same(postgres_url: str, clock: ManualClock) -> None:
    open_ledger(postgres_url, clock).close()
    with closing(Roster(RosterDatabase(PostgresAddress.of(postgres_url)), clock, itemgetter(0))) as roster:
        roster.join("tuesday", roster.prepare(a_lesson()).join_code, "visit")
        the_rules_hold(roster.progress, clock)


def test_whose_place_is_taken_back_has_no_steps_left_and_gets_none(room: ClassRoom) -> None:
    room.join()
    room.roster.progress.record("tuesday", "Vega", FIRST)
    room.roster.remove("tuesday", "Vega")
    room.roster.progress.record("tuesday", "Vega", FIRST)  # one that was on its way
    assert room.roster.progress.by_pseudonym("tuesday") == {}
