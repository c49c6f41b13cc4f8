"""Batches: agreed once, never past a limit, never paid for twice, whoever dies in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openai
import pytest

from ppkit.ai_assistant import Brief, Purse
from ppkit.clock import ManualClock
from ppkit.drafts import BatchProgress, Drafts, Ending, WantedPost
from ppkit.drafts.errors import BatchIsRunning, DraftsFull, InvalidDraft, NoSuchBatch, NotAgreed
from ppkit.keys import KeyInText
from ppkit.look.texts import Texts
from ppkit.money import ZERO, Money

from .conftest import receipt
from .writer import AT_MOST, COST, Writer, no_such_model, nothing, too_many

BRIEFS = [Brief(f"Argomento {number}") for number in range(120)]
FIVE = BRIEFS[:5]


@pytest.fixture
def writer(clock: ManualClock) -> Writer:
    return Writer(clock)


@pytest.fixture
def drafts(tmp_path: Path, clock: ManualClock, writer: Writer) -> Drafts:
    return Drafts(tmp_path / "home", clock, Texts("it"), lambda: writer, writer)


def test_a_hundred_and_more_briefs_become_drafts_in_their_order(drafts: Drafts, writer: Writer) -> None:
    batch = drafts.batch(BRIEFS, client="Bianchi")
    estimate = batch.estimate()
    assert (estimate.posts, estimate.by_key, estimate.by_plan, estimate.unpaid) == (120, 120, 0, 0)
    assert estimate.highest_cost == 120 * AT_MOST
    assert writer.written == []
    seen: list[BatchProgress] = []
    outcome = batch.run(estimate.agreed(), seen.append)
    assert (outcome.ending, outcome.cost, outcome.left.posts) == (Ending.FINISHED, 120 * COST, 0)
    assert outcome.status.is_finished
    assert [draft.topic for draft in batch.drafts()] == [brief.topic for brief in BRIEFS]
    assert {draft.client for draft in batch.drafts()} == {"Bianchi"}
    assert [progress.status.done for progress in seen] == list(range(1, 121))
    assert seen[-1].draft
    assert (seen[-1].draft.topic, seen[-1].cost) == ("Argomento 119", 120 * COST)
    assert writer.tags == [{"client": "Bianchi"}] * 120


def test_credits_pay_first_where_no_key_is_linked_and_what_nobody_pays_is_told(
    drafts: Drafts, writer: Writer
) -> None:
    writer.linked_key, writer.plan.amount = None, 3
    batch = drafts.batch(FIVE)
    estimate = batch.estimate()
    assert (estimate.by_plan, estimate.credits, estimate.by_key, estimate.unpaid) == (3, 3, 0, 2)
    outcome = batch.run(estimate.agreed())
    assert (outcome.ending, outcome.credits, outcome.cost) == (Ending.LIMIT, 3, ZERO)
    assert outcome.problem
    assert outcome.problem.code == "needs_key"
    assert (outcome.status.done, outcome.left.posts, outcome.left.unpaid) == (3, 2, 2)


def test_credits_are_followed_by_the_key_as_it_was_agreed(drafts: Drafts, writer: Writer) -> None:
    writer.plan.amount = 3
    writer.purses.preferred = Purse.PLAN
    batch = drafts.batch(FIVE)
    estimate = batch.estimate()
    assert (estimate.by_plan, estimate.by_key, estimate.highest_cost) == (3, 2, 2 * AT_MOST)
    outcome = batch.run(estimate.agreed())
    assert (outcome.ending, outcome.credits, outcome.cost) == (Ending.FINISHED, 3, 2 * COST)


def test_credits_that_went_elsewhere_do_not_cost_money_that_nobody_agreed_to(
    drafts: Drafts, writer: Writer
) -> None:
    writer.plan.amount = 5
    writer.purses.preferred = Purse.PLAN
    batch = drafts.batch(FIVE)
    consent = batch.estimate().agreed()
    assert consent.highest_cost == ZERO

    def somewhere_else(progress: BatchProgress) -> None:
        writer.plan.amount = 0

    outcome = batch.run(consent, somewhere_else)
    assert (outcome.ending, outcome.cost, outcome.status.done) == (Ending.CONSENT, ZERO, 1)
    assert outcome.left.highest_cost == 4 * AT_MOST


def test_a_stop_ends_after_the_post_under_way_and_the_rest_goes_on_later(
    drafts: Drafts, writer: Writer, tmp_path: Path, clock: ManualClock
) -> None:
    batch = drafts.batch(FIVE)
    consent = batch.estimate().agreed()
    outcome = batch.run(consent, stopped=lambda: len(writer.written) == 2)
    assert (outcome.ending, outcome.status.done, outcome.left.posts) == (Ending.STOPPED, 2, 3)
    assert outcome.left.highest_cost == 3 * AT_MOST
    tomorrow = Drafts(tmp_path / "home", clock, Texts("it"), lambda: writer, writer)
    again = tomorrow.batch(FIVE)
    assert again.id == batch.id
    assert again.run(again.estimate().agreed()).ending is Ending.FINISHED
    assert writer.written == [brief.topic for brief in FIVE]
    assert len(tomorrow.all()) == 5


def test_the_same_briefs_are_the_same_batch_unless_asked_for_anew(drafts: Drafts, writer: Writer) -> None:
    first = drafts.batch(FIVE)
    first.run(first.estimate().agreed())
    same = drafts.batch(list(FIVE))
    assert same.run(same.estimate().agreed()).status.done == 5
    assert len(writer.written) == 5
    assert drafts.batch(FIVE, client="Verdi").id != first.id
    assert drafts.batch(FIVE, again=True).id != first.id
    assert [status.id for status in drafts.batches()] == [1, 2, 3]


def test_a_table_with_a_row_corrected_pays_for_that_row_alone(drafts: Drafts, writer: Writer) -> None:
    first = drafts.batch(FIVE[:3])
    first.run(first.estimate().agreed())
    longer = drafts.batch([*FIVE[:3], FIVE[0], FIVE[4]])
    assert (longer.status.done, longer.estimate().posts) == (3, 2)  # the same brief twice is two posts
    longer.run(longer.estimate().agreed())
    assert writer.written == [brief.topic for brief in (*FIVE[:3], FIVE[0], FIVE[4])]
    third = drafts.batch([FIVE[4], FIVE[0], FIVE[0], FIVE[0]])
    assert (third.status.done, third.estimate().posts) == (3, 1)
    assert drafts.batch([FIVE[0]], again=True).estimate().posts == 1


def test_what_an_earlier_batch_left_in_doubt_is_doubtful_in_the_next(drafts: Drafts, writer: Writer) -> None:
    writer.failing = {FIVE[0].topic: KeyboardInterrupt()}
    first = drafts.batch(FIVE[:1])
    with pytest.raises(KeyboardInterrupt):
        first.run(first.estimate().agreed())
    status = drafts.batch(FIVE[:2]).status
    assert (status.doubtful, status.waiting) == (1, 1)


def test_credits_that_nobody_agreed_to_are_not_spent(drafts: Drafts, writer: Writer) -> None:
    batch = drafts.batch(FIVE)
    agreed = batch.estimate().agreed()

    def forget_the_key(progress: BatchProgress) -> None:
        writer.linked_key, writer.plan.amount = None, 100

    outcome = batch.run(agreed, forget_the_key)
    assert (outcome.ending, outcome.credits, outcome.status.done) == (Ending.CONSENT, 0, 1)


def test_the_hard_limit_stops_it_and_says_what_is_left(drafts: Drafts, writer: Writer) -> None:
    writer.limit_after = 2
    batch = drafts.batch(FIVE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.cost) == (Ending.LIMIT, 2 * COST)
    assert outcome.problem
    assert outcome.problem.code == "ppkit_hard_limit_reached"
    assert (outcome.status.done, outcome.status.doubtful, outcome.left.posts) == (2, 0, 3)
    writer.limit_after = None
    assert batch.run(batch.estimate().agreed()).status.done == 5
    assert len(writer.written) == 5


def test_half_a_post_for_want_of_money_ends_it(drafts: Drafts, writer: Writer) -> None:
    capped = replace(receipt(), capped_output_tokens=16, cost=COST)
    writer.change = lambda found: replace(found, is_complete=False, receipt=capped)
    batch = drafts.batch(FIVE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.status.done, outcome.status.waiting) == (Ending.LIMIT, 1, 4)
    [draft] = batch.drafts()
    assert not draft.texts["instagram"].is_complete


def test_without_consent_to_what_is_asked_nothing_is_sent(drafts: Drafts, writer: Writer) -> None:
    batch, other = drafts.batch(FIVE), drafts.batch(BRIEFS[:4])
    less = replace(batch.estimate().agreed(), highest_cost=4 * AT_MOST)
    for consent in (less, other.estimate().agreed(), replace(batch.estimate().agreed(), posts=4)):
        with pytest.raises(NotAgreed):
            batch.run(consent)
    assert writer.written == []
    assert batch.status.waiting == 5


def test_a_post_that_fails_by_itself_does_not_hold_up_the_others(drafts: Drafts, writer: Writer) -> None:
    writer.failing = {"Argomento 2": nothing()}
    writer.was_paid = True
    batch = drafts.batch(FIVE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.status.done, outcome.status.failed) == (Ending.FINISHED, 4, 1)
    assert outcome.cost == 5 * COST  # what was charged for nothing counts, too
    assert batch.run(batch.estimate().agreed()).status.failed == 1
    writer.failing = {}
    assert batch.retry().waiting == 1
    assert batch.run(batch.estimate().agreed()).status.done == 5


@pytest.mark.parametrize(("model", "ending", "failed"), [("gpt-7", "finished", 1), (None, "problem", 0)])
def test_a_model_that_is_not_there_holds_up_no_other_post_if_the_brief_has_named_it(
    drafts: Drafts, writer: Writer, model: str | None, ending: str, failed: int
) -> None:
    writer.failing = {"Argomento 0": no_such_model()}
    batch = drafts.batch([Brief("Argomento 0", model=model), *BRIEFS[1:5]])
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.status.failed) == (ending, failed)


@pytest.mark.parametrize(("was_paid", "waiting", "doubtful"), [(False, 3, 0), (True, 2, 1)])
def test_a_broken_connection_ends_it_and_what_may_be_paid_is_not_asked_for_again(
    drafts: Drafts, writer: Writer, was_paid: bool, waiting: int, doubtful: int
) -> None:
    writer.failing = {"Argomento 2": openai.APITimeoutError(request=None)}  # type: ignore[arg-type]
    writer.was_paid = was_paid
    batch = drafts.batch(FIVE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.status.waiting, outcome.status.doubtful) == (
        Ending.PROBLEM,
        waiting,
        doubtful,
    )
    writer.failing = {}
    after = batch.run(batch.estimate().agreed())
    assert (after.status.done, after.status.doubtful) == (5 - doubtful, doubtful)
    assert writer.written.count("Argomento 2") == 1 - doubtful


def test_on_plan_credits_what_failed_is_free_and_asked_for_again(drafts: Drafts, writer: Writer) -> None:
    writer.linked_key, writer.plan.amount = None, 9
    writer.failing, writer.was_paid = {"Argomento 0": openai.APITimeoutError(request=None)}, True  # type: ignore[arg-type]
    batch = drafts.batch(FIVE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.status.waiting, outcome.cost, outcome.credits) == (5, ZERO, 0)


@pytest.mark.parametrize("by_key", [False, True])
def test_an_interrupt_comes_out_and_leaves_a_true_state(drafts: Drafts, writer: Writer, by_key: bool) -> None:
    writer.failing = {"Argomento 1": KeyboardInterrupt()}
    if not by_key:
        writer.linked_key, writer.plan.amount = None, 9
    batch = drafts.batch(FIVE)
    with pytest.raises(KeyboardInterrupt):
        batch.run(batch.estimate().agreed())
    assert (batch.status.done, batch.status.doubtful) == (1, int(by_key))


def test_fewer_calls_a_minute_are_waited_for_as_long_as_the_platform_says(
    drafts: Drafts, writer: Writer, clock: ManualClock
) -> None:
    def sooner_or_later() -> None:
        writer.failing = {} if clock.monotonic() >= 40 else {"Argomento 1": too_many(7)}

    writer.before = sooner_or_later
    batch = drafts.batch(FIVE)
    assert batch.run(batch.estimate().agreed()).ending is Ending.FINISHED
    assert len(writer.written) == 5
    assert 40 <= clock.monotonic() < 60


def test_waiting_ends_some_time_and_at_once_when_stopped(
    drafts: Drafts, writer: Writer, clock: ManualClock
) -> None:
    writer.failing = {"Argomento 0": too_many(3600)}
    batch = drafts.batch(FIVE)
    outcome = batch.run(batch.estimate().agreed(), stopped=lambda: clock.monotonic() > 10)
    assert (outcome.ending, outcome.status.waiting) == (Ending.STOPPED, 5)
    assert clock.monotonic() < 15
    outcome = batch.run(batch.estimate().agreed())
    assert outcome.problem
    assert (outcome.ending, outcome.problem.code, outcome.status.waiting) == (
        Ending.PROBLEM,
        "rate_limited",
        5,
    )
    assert clock.monotonic() < 500


DIES = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, {tests!r})
from drafts.writer import Writer
from ppkit.ai_assistant import Brief
from ppkit.clock import ManualClock
from ppkit.drafts import Drafts
from ppkit.look.texts import Texts
clock = ManualClock(datetime(2026, 11, 29, tzinfo=UTC))
writer = Writer(clock)
drafts = Drafts(Path({home!r}), clock, Texts("it"), lambda: writer, writer)
batch = drafts.batch([Brief(f"Argomento {{number}}") for number in range(5)])
writer.before = lambda: os._exit(9) if len(writer.written) == 2 else None
batch.run(batch.estimate().agreed())
"""


@pytest.mark.processes
def test_a_killed_process_leaves_one_post_in_doubt_and_no_lock(drafts: Drafts, writer: Writer) -> None:
    tests = str(Path(__file__).resolve().parents[1])
    program = DIES.format(tests=tests, home=str(drafts.file.path.parent))
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, env={**os.environ}, capture_output=True
    )
    assert done.returncode == 9, done.stderr.decode()
    batch = drafts.batch(FIVE)
    assert (batch.status.done, batch.status.doubtful, batch.status.waiting) == (2, 1, 2)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.status.done, outcome.status.doubtful) == (4, 1)
    assert writer.written == ["Argomento 3", "Argomento 4"]


def test_two_do_not_run_at_once(drafts: Drafts, writer: Writer) -> None:
    batch = drafts.batch(FIVE)
    consent = batch.estimate().agreed()

    def meanwhile(_progress: BatchProgress) -> None:
        for attempt in (lambda: batch.run(consent), batch.retry):
            with pytest.raises(BatchIsRunning):
                attempt()

    assert batch.run(consent, meanwhile).ending is Ending.FINISHED
    assert len(writer.written) == 5


def test_a_post_that_finds_no_room_is_handed_out_and_not_paid_for_again(
    drafts: Drafts, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> int:
        raise DraftsFull(path="drafts.sqlite3")

    batch = drafts.batch(FIVE)
    with monkeypatch.context() as disk:
        disk.setattr(drafts, "keep_inside", full)
        outcome = batch.run(batch.estimate().agreed())
    assert outcome.problem
    assert (outcome.ending, outcome.problem.code) == (Ending.PROBLEM, "drafts_full")
    assert outcome.unsaved
    assert (outcome.unsaved.text, outcome.cost) == ("Post: Argomento 0", COST)
    assert (outcome.status.doubtful, outcome.status.waiting) == (1, 4)
    assert batch.run(batch.estimate().agreed()).status.doubtful == 1
    assert writer.written.count("Argomento 0") == 1


def test_a_disk_that_is_full_before_a_call_lets_none_leave(
    drafts: Drafts, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = drafts.batch(FIVE)
    consent = batch.estimate().agreed()

    def full(*_arguments: object, **_options: object) -> None:
        raise DraftsFull(path="drafts.sqlite3")

    monkeypatch.setattr("ppkit.drafts.batch_rows.set_state", full)
    outcome = batch.run(consent)
    assert (outcome.ending, outcome.status.waiting, writer.written) == (Ending.PROBLEM, 5, [])


def test_what_was_planned_and_named_in_a_table_stands_in_the_draft(drafts: Drafts) -> None:
    table = drafts.read_briefs(b"argomento;cliente;data;ora\nSaldi;Rossi;24/12/2026;9:30\nIdee;;;\n")
    batch = drafts.batch(table.rows, client="Bianchi")
    batch.run(batch.estimate().agreed())
    first, second = batch.drafts()
    assert (first.client, str(first.planned)) == ("Rossi", "2026-12-24 09:30:00")
    assert (second.client, second.planned) == ("Bianchi", None)
    drafts.delete(first.id)
    assert batch.drafts() == [second]


def test_a_batch_that_is_not_there_is_said(drafts: Drafts) -> None:
    with pytest.raises(NoSuchBatch):
        drafts.batch_at(7)
    with pytest.raises(ValueError, match="no briefs"):
        drafts.batch([])
    with pytest.raises(InvalidDraft):
        drafts.batch([Brief("\x00")])
    with pytest.raises(KeyInText):
        drafts.batch([WantedPost(Brief("x"))], client="sk-proj-" + "Ab3Cd4Ef5Gh6" * 6)


def test_models_stand_side_by_side_with_cost_time_and_length(drafts: Drafts, writer: Writer) -> None:
    brief = Brief("Saldi", network="x")
    models = ["gpt-6-luna", "gpt-6-astra", "gpt-6-luna"]
    assert {name: each.highest_cost for name, each in drafts.estimate_comparison(brief, models).items()} == {
        "gpt-6-luna": AT_MOST,
        "gpt-6-astra": AT_MOST,
    }
    writer.change = lambda found: replace(found, text="x" * 300) if found.model == "gpt-6-astra" else found
    frame = drafts.compare(brief, models).to_frame()
    assert list(frame["model"]) == ["gpt-6-luna", "gpt-6-astra"]
    assert list(frame["seconds"]) == [1.5, 1.5]
    assert list(frame["cost_pico_usd"]) == [COST.pico_usd] * 2
    assert list(frame["characters"]) == [len("Post: Saldi"), 300]
    assert list(frame["fits"]) == [True, False]
    assert drafts.all() == []


def test_a_model_that_fails_is_told_beside_the_others(drafts: Drafts, writer: Writer) -> None:
    writer.failing, writer.was_paid = {"Saldi": nothing()}, True
    [trial] = drafts.compare(Brief("Saldi"), ["gpt-6-luna"])
    assert trial.problem
    assert (trial.problem.code, trial.cost, trial.post) == ("nothing_written", COST, None)
    assert list(drafts.compare(Brief("Saldi"), ["m"]).to_frame()["problem"]) == ["nothing_written"]


def test_on_plan_credits_a_trial_costs_no_money(drafts: Drafts, writer: Writer) -> None:
    writer.linked_key, writer.plan.amount = None, 2
    [trial] = drafts.compare(Brief("Saldi"), ["gpt-6-luna"])
    assert (trial.cost, trial.credits) == (Money(0), 1)
