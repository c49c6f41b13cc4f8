"""Before a batch: what the limits would make of it, those of clients too; and the Assistant's way to it."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ppkit.agency import Agency
from ppkit.ai_assistant import Brief
from ppkit.clock import ManualClock
from ppkit.drafts import AsyncDraftingAssistant, DraftingAssistant, Drafts, Ending, WantedPost
from ppkit.drafts.batch_values import Books, ShortLimit
from ppkit.look.texts import Texts
from ppkit.money import ZERO, Money
from ppkit.sessions import Session
from ppkit.settings import Settings
from ppkit.spending.budget import Budget, WhatIf
from ppkit.spending.ledger import open_ledger
from ppkit.spending.ledger.errors import LedgerUnreachable

from .writer import AT_MOST, COST, Writer

POSTS = [WantedPost(Brief(f"Topic {number}"), client) for number, client in enumerate("AAB")]


@pytest.fixture
def writer(clock: ManualClock) -> Writer:
    return Writer(clock)


@pytest.fixture
def budget(tmp_path: Path, clock: ManualClock, blank_ledger: Path) -> Iterator[Budget]:
    ledger = open_ledger(f"sqlite:///{shutil.copy(blank_ledger, tmp_path / 'ledger.sqlite3')}", clock)
    yield Budget(ledger)
    ledger.close()


@pytest.fixture
def drafts(tmp_path: Path, clock: ManualClock, writer: Writer, budget: Budget) -> Drafts:
    books: Books = SimpleNamespace(agency=Agency(), budget=budget)
    return Drafts(tmp_path / "home", clock, Texts("it"), lambda: writer, writer, books=books)


def test_without_limits_nothing_is_in_the_way(drafts: Drafts) -> None:
    found = drafts.batch(POSTS).estimate().what_if
    assert found
    assert (found.fits, found.left, found.notified_by) == (True, None, ())


def test_the_whole_sum_is_asked_of_the_limit_of_everything(drafts: Drafts, budget: Budget) -> None:
    budget.set(hard=3 * AT_MOST, soft=3 * AT_MOST)
    batch = drafts.batch(POSTS)
    found = batch.estimate().what_if
    assert found
    assert (found.fits, found.left, found.notified_by) == (True, 3 * AT_MOST, ("all",))
    budget.set(hard=2 * AT_MOST, soft=None)
    found = batch.estimate().what_if
    assert found
    assert (found.fits, found.left, found.blocked_by) == (False, 2 * AT_MOST, ("all",))


def test_a_clients_limit_is_asked_for_the_posts_of_that_client_alone(drafts: Drafts, budget: Budget) -> None:
    budget.set(hard=2 * AT_MOST, tag="client=A")
    budget.set(hard=AT_MOST, tag="client=B")
    batch = drafts.batch(POSTS)
    assert (found := batch.estimate().what_if)
    assert found.fits
    budget.set(hard=AT_MOST, tag="client=A")
    assert (found := batch.estimate().what_if)
    assert (found.blocked_by, found.left) == (("tag:client=A",), AT_MOST)
    assert found.in_the_way


def test_each_limit_in_the_way_is_named_with_its_own_part_and_what_it_leaves(
    drafts: Drafts, budget: Budget
) -> None:
    budget.set(hard=2 * AT_MOST)
    budget.set(hard=AT_MOST, tag="client=B")  # leaves less, and has room
    estimate = drafts.batch(POSTS).estimate()
    assert estimate.short == (ShortLimit("all", 3 * AT_MOST, 2 * AT_MOST),)
    assert (what_if := estimate.what_if)
    assert what_if.left == 2 * AT_MOST
    budget.set(hard=Money(1))
    budget.set(hard=ZERO, tag="client=A")
    estimate = drafts.batch(POSTS).estimate()
    assert estimate.short == (
        ShortLimit("all", 3 * AT_MOST, Money(1)),
        ShortLimit("tag:client=A", 2 * AT_MOST, ZERO),
    )
    assert estimate.shortest == estimate.short[0]
    assert (what_if := estimate.what_if)
    assert [limit.scope for limit in what_if.in_the_way] == ["all", "tag:client=A"]


def test_a_ledger_that_cannot_be_reached_any_more_costs_nobody_the_outcome(
    drafts: Drafts, writer: Writer, budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = drafts.batch(POSTS)
    agreed = batch.estimate().agreed()

    def out_of_reach(*_given: object, **_named: object) -> WhatIf:
        raise LedgerUnreachable(path="…")

    monkeypatch.setattr(budget, "what_if", out_of_reach)
    outcome = batch.run(agreed, stopped=lambda: len(writer.written) == 1)
    assert (outcome.ending, outcome.left.posts, outcome.left.what_if) == (Ending.STOPPED, 2, None)


def test_where_credits_pay_no_limit_is_asked(drafts: Drafts, writer: Writer, budget: Budget) -> None:
    budget.set(hard=AT_MOST)
    writer.linked_key, writer.plan.amount = None, 3
    assert drafts.batch(POSTS).estimate().what_if is None


def assistant_of(drafts: Drafts, writer: Writer) -> DraftingAssistant:
    made = DraftingAssistant.__new__(DraftingAssistant)  # its own calls are tested where they are written
    made._drafts = lambda: drafts
    return made


def test_the_assistants_batch_is_that_of_the_drafts(tmp_path: Path, drafts: Drafts, writer: Writer) -> None:
    briefs = [Brief(f"Topic {number}") for number in range(3)]
    known = drafts.batch(briefs, client="C")
    batch = assistant_of(drafts, writer).batch(briefs, client="C")
    assert batch.id == known.id
    outcome = batch.run(batch.estimate().agreed())
    assert (outcome.ending, outcome.cost) == (Ending.FINISHED, 3 * COST)
    session = Session(Settings(home=tmp_path / "session"), environment={})
    assert isinstance(session.assistant, DraftingAssistant)
    mine = session.assistant.batch([Brief("A terrace")])
    assert mine.status == session.drafts.batch([Brief("A terrace")]).status


def test_a_batch_can_be_awaited_with_the_same_receipts(drafts: Drafts, writer: Writer) -> None:
    async def written() -> tuple[object, ...]:
        loop = asyncio.get_running_loop()
        seen: list[int] = []
        batch = await AsyncDraftingAssistant(assistant_of(drafts, writer)).batch(POSTS)
        estimate = await batch.estimate()
        assert estimate.highest_cost == 3 * AT_MOST

        def went_on(progress: object) -> None:
            assert asyncio.get_running_loop() is loop
            seen.append(1)

        outcome = await batch.run(estimate.agreed(), went_on)
        await asyncio.sleep(0)
        assert (await batch.retry()).is_finished
        return outcome.ending, outcome.cost, len(seen), len(await batch.drafts()), (await batch.status()).done

    assert asyncio.run(written()) == (Ending.FINISHED, 3 * COST, 3, 3, 3)


def test_a_batch_that_is_cancelled_keeps_the_post_that_was_under_way(drafts: Drafts, writer: Writer) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert may_end.wait(20)

    writer.before = wait

    async def cancelled() -> None:
        batch = await AsyncDraftingAssistant(assistant_of(drafts, writer)).batch(POSTS)
        running = asyncio.create_task(batch.run((await batch.estimate()).agreed()))
        await asyncio.to_thread(begun.wait, 20)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        may_end.set()

    asyncio.run(cancelled())  # which waits for its threads
    assert writer.written == ["Topic 0"]
    assert [draft.topic for draft in drafts.all()] == ["Topic 0"]
