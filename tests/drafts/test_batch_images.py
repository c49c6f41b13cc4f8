"""Batches with images: agreed once with their texts, each text and each image paid for once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openai
import pytest

from ppkit.ai_assistant import Brief
from ppkit.clock import ManualClock
from ppkit.drafts import Drafts, Ending, WantedPost
from ppkit.look.texts import Texts
from ppkit.money import ZERO

from .writer import AT_MOST, COST, IMAGE_AT_MOST, REQUEST, Writer, nothing, too_many

THREE = [WantedPost(Brief(f"Argomento {number}"), image="low") for number in range(3)]


@pytest.fixture
def writer(clock: ManualClock) -> Writer:
    return Writer(clock)


@pytest.fixture
def drafts(tmp_path: Path, clock: ManualClock, writer: Writer) -> Drafts:
    return Drafts(tmp_path / "home", clock, Texts("it"), lambda: writer, writer)


def test_each_post_gets_its_image_and_both_are_in_the_estimate_and_on_the_draft(
    drafts: Drafts, writer: Writer
) -> None:
    posts = [*THREE[:2], WantedPost(Brief("Senza")), WantedPost(Brief("Con", with_image=True), image="high")]
    batch = drafts.batch(posts)
    estimate = batch.estimate()
    assert (estimate.posts, estimate.images, estimate.unpaid_images) == (4, 3, 0)
    assert estimate.highest_cost == 4 * AT_MOST + 3 * IMAGE_AT_MOST
    outcome = batch.run(estimate.agreed())
    assert (outcome.ending, outcome.cost, outcome.left.posts) == (Ending.FINISHED, 7 * COST, 0)
    assert writer.drawn == ["Argomento 0 low", "Argomento 1 low", "Con high"]
    assert [len(draft.images) for draft in batch.drafts()] == [1, 1, 0, 1]
    assert [[each.kind for each in draft.receipts] for draft in batch.drafts()[1:3]] == [
        ["text", "image"],
        ["text"],
    ]


def test_an_image_takes_ten_credits_and_what_nobody_pays_for_is_told(drafts: Drafts, writer: Writer) -> None:
    writer.linked_key, writer.plan.amount = None, 13
    batch = drafts.batch(THREE)
    estimate = batch.estimate()
    assert (estimate.by_plan, estimate.credits, estimate.unpaid_images) == (3, 13, 2)
    outcome = batch.run(estimate.agreed())
    assert (outcome.ending, outcome.credits, outcome.status.done) == (Ending.LIMIT, 12, 1)
    assert (outcome.left.posts, outcome.left.images) == (2, 2)  # the second has its text already
    writer.plan.amount = 100
    again = drafts.batch(THREE)
    assert again.run(again.estimate().agreed()).ending is Ending.FINISHED
    assert writer.written == [post.brief.topic for post in THREE]
    assert len(writer.drawn) == 3


def test_a_stop_between_text_and_image_keeps_the_text_and_goes_on_with_the_image(
    drafts: Drafts, writer: Writer
) -> None:
    batch = drafts.batch(THREE)
    outcome = batch.run(batch.estimate().agreed(), stopped=lambda: len(writer.written) == 2)
    assert (outcome.ending, outcome.status.done, outcome.status.waiting) == (Ending.STOPPED, 1, 2)
    assert outcome.left.highest_cost == AT_MOST + 2 * IMAGE_AT_MOST
    batch.run(outcome.left.agreed())
    assert writer.written == [post.brief.topic for post in THREE]
    assert [len(draft.images) for draft in batch.drafts()] == [1, 1, 1]


def test_an_image_that_is_refused_holds_up_no_other_and_its_text_stays(
    drafts: Drafts, writer: Writer
) -> None:
    writer.failing_images = {"Argomento 1": nothing()}
    batch = drafts.batch(THREE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.status.done, outcome.status.failed) == (Ending.FINISHED, 2, 1)
    assert [len(draft.images) for draft in batch.drafts()] == [1, 0, 1]
    writer.failing_images = {}
    batch.retry()
    assert batch.estimate().highest_cost == IMAGE_AT_MOST
    batch.run(batch.estimate().agreed())
    assert [len(draft.images) for draft in batch.drafts()] == [1, 1, 1]
    assert len(writer.written) == 3


@pytest.mark.parametrize(("paid", "doubtful", "waiting"), [(False, 0, 3), (True, 1, 2)])
def test_a_connection_that_breaks_while_drawing_asks_for_no_paid_image_twice(
    drafts: Drafts, writer: Writer, paid: bool, doubtful: int, waiting: int
) -> None:
    writer.was_paid = paid
    writer.failing_images = {"Argomento 0": openai.APIConnectionError(request=REQUEST)}
    batch = drafts.batch(THREE)
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.status.doubtful, outcome.status.waiting) == (
        Ending.PROBLEM,
        doubtful,
        waiting,
    )
    writer.failing_images = {}
    batch.run(batch.estimate().agreed())
    assert len(writer.drawn) == 3 - doubtful
    assert len(writer.written) == 3


class _Killed(BaseException):
    pass


def test_who_dies_while_drawing_leaves_one_image_in_doubt_also_for_a_table_that_was_corrected(
    drafts: Drafts, writer: Writer
) -> None:
    def killed() -> None:
        raise _Killed

    writer.before_image = killed
    batch = drafts.batch(THREE)
    with pytest.raises(_Killed):
        batch.run(batch.estimate().agreed())
    writer.before_image = lambda: None
    corrected = drafts.batch([THREE[0], replace(THREE[1], client="Bianchi"), THREE[2]])
    assert (corrected.status.doubtful, corrected.status.waiting) == (1, 2)
    corrected.run(corrected.estimate().agreed())
    assert writer.drawn == ["Argomento 1 low", "Argomento 2 low"]
    corrected.retry()
    corrected.run(corrected.estimate().agreed())
    assert writer.drawn[2:] == ["Argomento 0 low"]
    assert len(writer.written) == 3


def test_an_image_for_a_draft_that_was_deleted_is_not_drawn(drafts: Drafts, writer: Writer) -> None:
    batch = drafts.batch(THREE[:1])
    batch.run(batch.estimate().agreed(), stopped=lambda: bool(writer.written))
    drafts.delete(batch.status.draft_ids[0])
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.cost, writer.drawn) == (Ending.FINISHED, ZERO, [])


def test_fewer_images_a_minute_are_waited_for(drafts: Drafts, writer: Writer, clock: ManualClock) -> None:
    writer.failing_images = {"Argomento 0": too_many(12)}
    clock_before = clock.monotonic()

    def heal_later() -> None:
        if clock.monotonic() - clock_before > 12:
            writer.failing_images = {}

    writer.before_image = heal_later
    batch = drafts.batch(THREE)
    assert batch.run(batch.estimate().agreed()).ending is Ending.FINISHED
    assert len(writer.drawn) == 3
