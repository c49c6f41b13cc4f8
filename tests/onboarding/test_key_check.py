"""One key that climbs the ladder: what is left of a wait, and what a stop leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest

from ppkit.checkup import Checkup, Diagnosis, Finding, Rung, Skip, State
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.onboarding import KeyCheck

# Put together here, so that no scanner takes this file for a leak.
KEY = ApiKey("sk-practice-" + "A" * 48)
NO_CREDIT = Diagnosis("no_credit")


class Ladder:
    """Falls at one rung; stopped before `stopped_at`."""

    def __init__(self, fallen: Rung | None = None, stopped_at: Rung | None = None) -> None:
        self.fallen, self.stopped_at = fallen, stopped_at
        self.cancelled: Callable[[], bool] = lambda: False

    def run(self, _key: ApiKey, *, on_finding: Callable[[Finding], None], **options: Any) -> None:
        self.cancelled = options["cancelled"]
        is_stopped = False
        for rung in Rung:
            is_stopped = is_stopped or rung is self.stopped_at
            if is_stopped:
                on_finding(Finding(rung, State.SKIPPED, facts={"reason": Skip.CANCELLED}))
            elif rung is self.fallen:
                on_finding(Finding(rung, State.FAILED, NO_CREDIT))
            else:
                on_finding(Finding(rung, State.PASSED))


def checked(ladder: Ladder, clock: ManualClock) -> KeyCheck:
    check = KeyCheck("practice", clock)
    check.take(KEY)
    check.run_check(cast(Checkup, ladder), lambda: None)
    return check


@pytest.fixture
def check(clock: ManualClock) -> KeyCheck:
    """Recognised, without credit: a second look may help."""
    return checked(Ladder(Rung.CREDIT), clock)


def test_what_is_left_of_a_wait_follows_the_clock_and_ends_at_nothing(
    check: KeyCheck, clock: ManualClock
) -> None:
    check.wait()
    assert (check.is_waiting, check.seconds_left) == (True, 60)
    clock.advance(timedelta(seconds=59.2))
    assert check.seconds_left == 1
    clock.advance(timedelta(days=1))
    assert (check.is_waiting, check.seconds_left) == (True, 0)


def test_a_wait_that_runs_is_not_begun_again(check: KeyCheck, clock: ManualClock) -> None:
    check.wait()
    name = check.wait_name
    clock.advance(timedelta(seconds=20))
    check.wait()
    assert (check.wait_name, check.seconds_left) == (name, 40)


def test_the_end_of_a_wait_counts_once_whoever_tells_of_it(check: KeyCheck) -> None:
    check.wait()
    name = check.wait_name
    assert [check.waited(name), check.waited(name)] == [True, False]
    assert check.next_wait_minutes == 2
    check.wait()
    assert not check.waited(name)
    assert check.is_waiting


def test_a_stopped_wait_has_no_end(check: KeyCheck) -> None:
    check.wait()
    name = check.wait_name
    check.stop_waiting()
    assert not check.is_waiting
    assert not check.waited(name)
    assert check.next_wait_minutes == 1


def test_waits_of_two_checks_have_two_names(check: KeyCheck, clock: ManualClock) -> None:
    other = checked(Ladder(Rung.CREDIT), clock)
    check.wait()
    other.wait()
    assert check.wait_name != other.wait_name


def test_nobody_waits_where_waiting_does_not_help(clock: ManualClock) -> None:
    check = checked(Ladder(), clock)
    check.wait()
    assert not check.is_waiting


def test_the_ladder_is_told_how_to_find_out_that_it_is_no_longer_wanted(clock: ManualClock) -> None:
    ladder = Ladder()
    check = checked(ladder, clock)
    check.run_check(cast(Checkup, ladder), lambda: None, lambda: True)
    assert ladder.cancelled()


def test_a_climb_stopped_between_two_rungs_is_told_as_stopped(clock: ManualClock) -> None:
    check = checked(Ladder(stopped_at=Rung.RIGHTS), clock)
    assert check.diagnosis == Diagnosis("cancelled")


def test_a_check_stopped_before_what_fell_is_tried_again_is_told_as_stopped(clock: ManualClock) -> None:
    ladder = Ladder(Rung.CREDIT)
    check = checked(ladder, clock)
    ladder.stopped_at = Rung.RIGHTS
    check.run_check(cast(Checkup, ladder), lambda: None)
    assert check.diagnosis == Diagnosis("cancelled")


def test_a_rung_that_fell_before_the_stop_says_more_than_the_stop(clock: ManualClock) -> None:
    check = checked(Ladder(Rung.RIGHTS, stopped_at=Rung.MODEL), clock)
    assert check.diagnosis == NO_CREDIT
