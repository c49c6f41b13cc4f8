"""A batch: many briefs written one after the other, with one estimate and one consent; stopped and resumed.

No post is paid for twice. That one is being written is committed before its call leaves, and its draft is
kept in the same transaction as "done". What a killed process was writing may have been charged, so it is left
as doubtful until the user asks for it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from ppkit.ai_assistant import Estimate, Post, Purse
from ppkit.checkup import Diagnosis, diagnose
from ppkit.drafts import batch_rows, draft_rows
from ppkit.drafts.batch_rows import BatchStatus, ItemState
from ppkit.drafts.batch_values import (
    BatchConsent,
    BatchEstimate,
    BatchOutcome,
    BatchProgress,
    Ending,
    LinkedKey,
    PostWriter,
)
from ppkit.drafts.brief_table import WantedPost
from ppkit.drafts.draft import Draft
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.errors import BatchIsRunning, DraftsError, NotAgreed
from ppkit.errors import PpkitError
from ppkit.files import make_private_folder
from ppkit.lock import FileLock
from ppkit.metering.receipts import Receipt, collect_receipts
from ppkit.metering.tags import tags
from ppkit.money import ZERO, Money

LIMIT_CODES = frozenset({"ppkit_hard_limit_reached", "ppkit_ledger_busy", "needs_key"})
"""Nothing was sent, and nothing would be for the next post either."""

OF_ONE_POST = frozenset({"nothing_written", "content_refused"})
"""Diagnoses that say nothing about the other posts."""

OF_ITS_MODEL = frozenset({
    "model_not_found", "model_not_allowed", "ppkit_unknown_price", "ppkit_unknown_tier",
})  # fmt: skip
"""Nor do these, where a brief names a model of its own: a typing error there must not hold up the rest."""


SLOWER = frozenset({"rate_limited", "slow_down"})
"""The platform takes fewer calls a minute: the same post is asked for again after a while."""

MOST_WAITS = 6
USUAL_WAIT_SECONDS = 20
LONGEST_WAIT_SECONDS = 60


@dataclass(slots=True)
class _Tally:
    """What a run has cost so far."""

    cost: Money = ZERO
    credits: int = 0


class _Stop(Exception):
    """A run ends here."""

    def __init__(self, ending: Ending, problem: Diagnosis | None = None, unsaved: Post | None = None) -> None:
        self.ending = ending
        self.problem = problem
        self.unsaved = unsaved


class Batch:
    """One batch of the drafts' file, by its number (`Drafts.batch` makes or finds it)."""

    def __init__(self, batch_id: int, store: DraftStore, writer: PostWriter, linked: LinkedKey) -> None:
        self.id = batch_id
        self._store = store
        self._writer = writer
        self._linked = linked

    @property
    def status(self) -> BatchStatus:
        """Raises NoSuchBatch."""
        with self._store.file.reading() as connection:
            return batch_rows.status(connection, self.id)

    def estimate(self) -> BatchEstimate:
        """What is left would take; nothing is sent."""
        with self._store.file.reading() as connection:
            posts = [post for _, post in batch_rows.waiting(connection, self.id)]
        purses, has_key = self._writer.purses, self._linked.linked_key is not None
        by_key_first = has_key and purses.preferred is Purse.OWN_KEY
        price, left = purses.price("text"), purses.left()
        by_plan = 0 if by_key_first or not price else min(len(posts), left // price)
        paid_by_key = posts[by_plan:] if has_key else []
        costs = [self._writer.estimate_post(post.brief).highest_cost for post in paid_by_key]
        known = [cost for cost in costs if cost is not None]
        return BatchEstimate(
            batch_id=self.id,
            posts=len(posts),
            by_plan=by_plan,
            by_key=len(paid_by_key),
            unpaid=len(posts) - by_plan - len(paid_by_key),
            unpriced=len(costs) - len(known),
            credits=by_plan * price,
            highest_cost=sum(known, ZERO),
        )

    def run(
        self,
        consent: BatchConsent,
        on_progress: Callable[[BatchProgress], None] = lambda _progress: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> BatchOutcome:
        """Write what is left, one post after the other, until all is done, `stopped`, or something is amiss.

        A stop lets the post under way end, because it is being paid for. Raises NotAgreed, BatchIsRunning,
        NoSuchBatch, DraftsError before anything is sent.
        """
        with self._alone():
            with self._store.file.writing() as connection:
                batch_rows.move_all(connection, self.id, [ItemState.WRITING], ItemState.DOUBTFUL)
                posts = batch_rows.waiting(connection, self.id)
            self._check_consent(consent)
            tally = _Tally()
            try:
                for position, post in posts:
                    if stopped():
                        raise _Stop(Ending.STOPPED)
                    draft = self._write_patiently(position, post, consent, tally, stopped=stopped)
                    on_progress(BatchProgress(self.status, tally.cost, tally.credits, draft))
                end = _Stop(Ending.FINISHED)
            except _Stop as stop:
                end = stop
            return BatchOutcome(
                ending=end.ending,
                status=self.status,
                left=self.estimate(),
                cost=tally.cost,
                credits=tally.credits,
                problem=end.problem,
                unsaved=end.unsaved,
            )

    def retry(self) -> BatchStatus:
        """Put what failed or is doubtful back in line: the next `run` may pay for it again.

        Raises BatchIsRunning.
        """
        again = [ItemState.FAILED, ItemState.DOUBTFUL, ItemState.WRITING]
        with self._alone(), self._store.file.writing() as connection:
            batch_rows.move_all(connection, self.id, again, ItemState.WAITING)
            return batch_rows.status(connection, self.id)

    def drafts(self) -> list[Draft]:
        """What was written, in the order of the briefs; without what was deleted since."""
        return self._store.among(self.status.draft_ids)

    def _write_patiently(
        self,
        position: int,
        post: WantedPost,
        consent: BatchConsent,
        tally: _Tally,
        *,
        stopped: Callable[[], bool],
    ) -> Draft | None:
        """As `_write`, and again where the platform wants fewer calls a minute. Raises _Stop."""
        for _ in range(MOST_WAITS):
            try:
                return self._write(position, post, consent, tally)
            except _Stop as stop:
                if stop.problem is None or stop.problem.code not in SLOWER:
                    raise
                self._wait(stop.problem.facts.get("seconds"), stopped)
        return self._write(position, post, consent, tally)

    def _wait(self, told_seconds: object, stopped: Callable[[], bool]) -> None:
        """As long as the platform says, second by second, so that a stop is heard. Raises _Stop."""
        seconds = told_seconds if isinstance(told_seconds, int) else USUAL_WAIT_SECONDS
        for _ in range(min(seconds, LONGEST_WAIT_SECONDS)):
            if stopped():
                raise _Stop(Ending.STOPPED)
            self._store.clock.sleep(1)

    def _write(self, position: int, post: WantedPost, consent: BatchConsent, tally: _Tally) -> Draft | None:
        """The draft; None for a post that failed by itself. Raises _Stop."""
        estimate = self._estimate_one(post, consent, tally)
        self._note(position, ItemState.WRITING)
        with collect_receipts() as receipts:
            try:
                with tags(client=post.client) if post.client else nullcontext():
                    written = self._writer.write_post(post.brief)
            except Exception as error:
                paid = _own_receipts(estimate, receipts)
                tally.cost += sum((receipt.cost for receipt in paid), ZERO)
                self._after_failure(position, post, diagnose(error), may_be_paid=bool(paid))
                return None
            except BaseException:
                # Interrupted anywhere, maybe before a receipt could be made.
                self._note(position, _state_after(may_be_paid=estimate.purse is Purse.OWN_KEY))
                raise
        tally.cost += written.receipt.cost if written.receipt and written.purse is Purse.OWN_KEY else ZERO
        tally.credits += written.credits
        draft = self._keep(position, post, written)
        if not written.is_complete and written.receipt and written.receipt.capped_output_tokens:
            raise _Stop(Ending.LIMIT)  # the limit left room for half a post, and would for the next
        return draft

    def _estimate_one(self, post: WantedPost, consent: BatchConsent, tally: _Tally) -> Estimate:
        """Who pays for this one now: credits may have gone elsewhere since it was agreed. Raises _Stop."""
        try:
            estimate = self._writer.estimate_post(post.brief)
        except PpkitError as error:
            raise _stop_for(diagnose(error)) from None
        by_key = estimate.purse is Purse.OWN_KEY
        if by_key and tally.cost + (estimate.highest_cost or ZERO) > consent.highest_cost:
            raise _Stop(Ending.CONSENT)
        if not by_key and tally.credits + estimate.credits > consent.credits:
            raise _Stop(Ending.CONSENT)
        return estimate

    def _after_failure(
        self, position: int, post: WantedPost, problem: Diagnosis, *, may_be_paid: bool
    ) -> None:
        """Raises _Stop, unless the other posts have nothing to do with it."""
        if problem.code in OF_ONE_POST or (post.brief.model and problem.code in OF_ITS_MODEL):
            self._note(position, ItemState.FAILED, problem.code)
            return
        self._note(position, _state_after(may_be_paid=may_be_paid), problem.code)
        raise _stop_for(problem)

    def _keep(self, position: int, post: WantedPost, written: Post) -> Draft:
        """Raises _Stop with the post, when it cannot be kept."""
        try:
            with self._store.file.writing() as connection:
                draft_id = self._store.keep_inside(
                    connection, written, post.brief, client=post.client, planned=post.planned
                )
                batch_rows.set_state(connection, self.id, position, ItemState.DONE, draft_id=draft_id)
                return draft_rows.get(connection, draft_id)
        except PpkitError as error:
            raise _Stop(Ending.PROBLEM, diagnose(error), written) from error

    def _note(self, position: int, state: ItemState, problem: str = "") -> None:
        """Raises _Stop when it cannot be written down; then nothing further is sent."""
        try:
            with self._store.file.writing() as connection:
                batch_rows.set_state(connection, self.id, position, state, problem=problem)
        except DraftsError as error:
            raise _Stop(Ending.PROBLEM, diagnose(error)) from error

    def _check_consent(self, consent: BatchConsent) -> None:
        """Raises NotAgreed."""
        asked = self.estimate()
        fits = asked.credits <= consent.credits and asked.highest_cost <= consent.highest_cost
        if consent.batch_id != self.id or asked.posts > consent.posts or not fits:
            raise NotAgreed(
                asked=asked.highest_cost,
                agreed=consent.highest_cost,
                credits=asked.credits,
                agreed_credits=consent.credits,
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The system gives the lock back when its holder dies: nobody is at work on what is "writing" then.

        Raises BatchIsRunning.
        """
        path = self._store.file.path
        with self._store.file.refusals():
            make_private_folder(path.parent)
            lock = FileLock(path.with_name(f".{path.stem}-batch.lock"))
            if not lock.take():
                raise BatchIsRunning
        with lock:
            yield


def _stop_for(problem: Diagnosis) -> _Stop:
    return _Stop(Ending.LIMIT if problem.code in LIMIT_CODES else Ending.PROBLEM, problem)


def _own_receipts(estimate: Estimate, receipts: Sequence[Receipt]) -> Sequence[Receipt]:
    """Of calls that may have cost the user money: the plan gives its credits back for what fails."""
    return receipts if estimate.purse is Purse.OWN_KEY else ()


def _state_after(*, may_be_paid: bool) -> ItemState:
    return ItemState.DOUBTFUL if may_be_paid else ItemState.WAITING
