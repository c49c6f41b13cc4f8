"""A run of a batch: each post is written, and drawn where an image is wanted, and nothing is paid for twice.

That one is being written or drawn is committed before its call leaves, and its draft or image is kept in the
same transaction as that it is done. What a killed process was at may have been charged, so it is left as
doubtful until the user asks for it again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from ppkit.ai_assistant import Estimate, Picture, Post, Purse
from ppkit.checkup import Diagnosis, diagnose
from ppkit.drafts import batch_rows, draft_rows
from ppkit.drafts.batch_rows import BatchItem, ItemState
from ppkit.drafts.batch_values import BatchConsent, Ending, PostWriter
from ppkit.drafts.draft import Draft
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.errors import DraftsError, NoSuchDraft
from ppkit.errors import PpkitError
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
"""The platform takes fewer calls a minute: the same is asked for again after a while."""

MOST_WAITS = 6
USUAL_WAIT_SECONDS = 20
LONGEST_WAIT_SECONDS = 60
Made = TypeVar("Made", Post, Picture)


class RunEnds(Exception):
    """A run ends here. `unsaved` was made and paid for, and could not be kept."""

    def __init__(
        self, ending: Ending, problem: Diagnosis | None = None, unsaved: Post | Picture | None = None
    ) -> None:
        self.ending = ending
        self.problem = problem
        self.unsaved = unsaved


class BatchRun:
    """Goes through what is left; `cost` and `credits` are what that has taken so far."""

    def __init__(
        self,
        batch_id: int,
        store: DraftStore,
        writer: PostWriter,
        consent: BatchConsent,
        stopped: Callable[[], bool],
        *,
        tags_of: Callable[[str], Mapping[str, str]],
    ) -> None:
        self.cost: Money = ZERO
        self.credits = 0
        self._batch_id = batch_id
        self._store = store
        self._writer = writer
        self._consent = consent
        self._stopped = stopped
        self._tags_of = tags_of  # by the client

    def through(self, items: Sequence[BatchItem], then: Callable[[Draft | None], None]) -> RunEnds:
        """Why it ended; `then` is told of each post with its draft, None for one that failed by itself."""
        try:
            for item in items:
                then(self._made(item))
        except RunEnds as end:
            return end
        return RunEnds(Ending.FINISHED)

    def _made(self, item: BatchItem) -> Draft | None:
        """Raises RunEnds."""
        draft_id = item.draft_id
        if draft_id is None:
            draft = self._patiently(lambda: self._write(item))
            if draft is None or not item.post.image:
                return draft
            draft_id = draft.id
        found = draft_id
        return self._patiently(lambda: self._draw(item, found))

    def _patiently(self, make: Callable[[], Draft | None]) -> Draft | None:
        """Again where the platform wants fewer calls a minute. Raises RunEnds."""
        for _ in range(MOST_WAITS):
            self._end_if_stopped()
            try:
                return make()
            except RunEnds as end:
                if end.problem is None or end.problem.code not in SLOWER:
                    raise
                self._wait(end.problem.facts.get("seconds"))
        return make()

    def _wait(self, told_seconds: object) -> None:
        """As long as the platform says, second by second, so that a stop is heard. Raises RunEnds."""
        seconds = told_seconds if isinstance(told_seconds, int) else USUAL_WAIT_SECONDS
        for _ in range(min(seconds, LONGEST_WAIT_SECONDS)):
            self._end_if_stopped()
            self._store.clock.sleep(1)

    def _end_if_stopped(self) -> None:
        if self._stopped():
            raise RunEnds(Ending.STOPPED)

    # --- one text, one image

    def _write(self, item: BatchItem) -> Draft | None:
        """The draft; None for a post that failed by itself. Raises RunEnds."""
        brief = item.post.brief
        estimate = self._agreed(lambda: self._writer.estimate_post(brief))
        written = self._paid(
            item, ItemState.WRITING, ItemState.WAITING, estimate, lambda: self._writer.write_post(brief)
        )
        if written is None:
            return None

        def kept(connection: sqlite3.Connection) -> int:
            return self._store.keep_inside(
                connection, written, brief, client=item.post.client, planned=item.post.planned
            )

        draft = self._keep(item, ItemState.WRITTEN if item.post.image else ItemState.DONE, written, kept)
        if not written.is_complete and written.receipt and written.receipt.capped_output_tokens:
            raise RunEnds(Ending.LIMIT)  # the limit left room for half a post, and would for the next
        return draft

    def _draw(self, item: BatchItem, draft_id: int) -> Draft | None:
        """As `_write`; a draft that was deleted since needs no image any more."""
        brief, quality = item.post.brief, item.post.image or "low"
        try:
            self._store.get(draft_id)
        except NoSuchDraft:
            self._note(item, ItemState.DONE)
            return None
        estimate = self._agreed(lambda: self._writer.estimate_image(brief, quality=quality))
        picture = self._paid(
            item,
            ItemState.DRAWING,
            ItemState.WRITTEN,
            estimate,
            lambda: self._writer.draw(brief, quality=quality),
        )
        if picture is None:
            return self._store.get(draft_id)  # its text is there, its image failed by itself

        def kept(connection: sqlite3.Connection) -> int:
            self._store.add_image_inside(connection, draft_id, picture)
            return draft_id

        return self._keep(item, ItemState.DONE, picture, kept)

    def _paid(
        self,
        item: BatchItem,
        under_way: ItemState,
        before: ItemState,
        estimate: Estimate,
        make: Callable[[], Made],
    ) -> Made | None:
        """What one call has made; None where it failed by itself. Raises RunEnds."""
        self._note(item, under_way)
        by_key = estimate.purse is Purse.OWN_KEY
        with collect_receipts() as receipts:
            try:
                with tags(**self._tags_of(item.post.client)):
                    made = make()
            except Exception as error:
                # The plan gives its credits back for what fails; of a key, receipts tell what was paid.
                paid: Sequence[Receipt] = receipts if by_key else ()
                self.cost += sum((receipt.cost for receipt in paid), ZERO)
                state = ItemState.DOUBTFUL if paid else before
                self._after_failure(item, diagnose(error), state)
                return None
            except BaseException:
                # Interrupted anywhere, maybe before a receipt could be made.
                self._note(item, ItemState.DOUBTFUL if by_key else before)
                raise
        self.cost += made.receipt.cost if made.receipt and made.purse is Purse.OWN_KEY else ZERO
        self.credits += made.credits
        return made

    def _agreed(self, estimate: Callable[[], Estimate]) -> Estimate:
        """Who pays for this one now: credits may have gone elsewhere since it was agreed. Raises RunEnds."""
        try:
            found = estimate()
        except PpkitError as error:
            raise _end_for(diagnose(error)) from None
        by_key = found.purse is Purse.OWN_KEY
        if by_key and self.cost + (found.highest_cost or ZERO) > self._consent.highest_cost:
            raise RunEnds(Ending.CONSENT)
        if not by_key and self.credits + found.credits > self._consent.credits:
            raise RunEnds(Ending.CONSENT)
        return found

    def _after_failure(self, item: BatchItem, problem: Diagnosis, state: ItemState) -> None:
        """Raises RunEnds, unless the other posts have nothing to do with it."""
        own_model = bool(item.post.brief.model) and state is not ItemState.WRITTEN  # of texts alone
        if problem.code in OF_ONE_POST or (own_model and problem.code in OF_ITS_MODEL):
            self._note(item, ItemState.FAILED, problem.code)
            return
        self._note(item, state, problem.code)
        raise _end_for(problem)

    def _keep(
        self,
        item: BatchItem,
        state: ItemState,
        made: Post | Picture,
        keep: Callable[[sqlite3.Connection], int],
    ) -> Draft:
        """Raises RunEnds with what was made, when it cannot be kept."""
        try:
            with self._store.file.writing() as connection:
                draft_id = keep(connection)
                batch_rows.set_state(connection, self._batch_id, item.position, state, draft_id=draft_id)
                return draft_rows.get(connection, draft_id)
        except PpkitError as error:
            raise RunEnds(Ending.PROBLEM, diagnose(error), made) from error

    def _note(self, item: BatchItem, state: ItemState, problem: str = "") -> None:
        """Raises RunEnds when it cannot be written down; then nothing further is sent."""
        try:
            with self._store.file.writing() as connection:
                batch_rows.set_state(connection, self._batch_id, item.position, state, problem=problem)
        except DraftsError as error:
            raise RunEnds(Ending.PROBLEM, diagnose(error)) from error


def _end_for(problem: Diagnosis) -> RunEnds:
    return RunEnds(Ending.LIMIT if problem.code in LIMIT_CODES else Ending.PROBLEM, problem)
