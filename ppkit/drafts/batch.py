"""A batch: many briefs written one after the other, by one estimate and one consent; stopped, resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from ppkit.ai_assistant import Picture, Post
from ppkit.drafts import batch_rows
from ppkit.drafts.batch_estimate import estimate_of
from ppkit.drafts.batch_rows import BatchStatus
from ppkit.drafts.batch_run import BatchRun
from ppkit.drafts.batch_values import (
    BatchConsent,
    BatchEstimate,
    BatchOutcome,
    BatchProgress,
    KnownLimits,
    LinkedKey,
    PostWriter,
)
from ppkit.drafts.draft import Draft
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.errors import BatchIsRunning, NotAgreed
from ppkit.files import make_private_folder
from ppkit.lock import FileLock


class Batch:
    """One batch of the drafts' file, by its number (`Drafts.batch` makes or finds it)."""

    def __init__(
        self,
        batch_id: int,
        store: DraftStore,
        writer: PostWriter,
        linked: LinkedKey,
        *,
        tags_of: Callable[[str], Mapping[str, str]],
        limits: KnownLimits | None,
    ) -> None:
        self.id = batch_id
        self._store = store
        self._writer = writer
        self._linked = linked
        self._tags_of = tags_of
        self._limits = limits

    @property
    def status(self) -> BatchStatus:
        """Raises NoSuchBatch."""
        with self._store.file.reading() as connection:
            return batch_rows.status(connection, self.id)

    def estimate(self) -> BatchEstimate:
        """What is left would take, and what the limits would make of it; nothing is sent."""
        return self._estimate(self._limits)

    def run(
        self,
        consent: BatchConsent,
        on_progress: Callable[[BatchProgress], None] = lambda _progress: None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> BatchOutcome:
        """Make what is left, one post after the other, until all is done, `stopped`, or something is amiss.

        A stop lets the call under way end, because it is being paid for. Raises NotAgreed, BatchIsRunning,
        NoSuchBatch, DraftsError before anything is sent.
        """
        with self._alone():
            with self._store.file.writing() as connection:
                batch_rows.give_up_under_way(connection, self.id)
                items = batch_rows.left(connection, self.id)
            self._check_consent(consent)
            run = BatchRun(self.id, self._store, self._writer, consent, stopped, tags_of=self._tags_of)
            end = run.through(
                items, lambda draft: on_progress(BatchProgress(self.status, run.cost, run.credits, draft))
            )
            return BatchOutcome(
                ending=end.ending,
                status=self.status,
                left=self._estimate(None),  # a ledger out of reach must not cost the outcome
                cost=run.cost,
                credits=run.credits,
                problem=end.problem,
                unsaved=end.unsaved if isinstance(end.unsaved, Post) else None,
                unsaved_image=end.unsaved if isinstance(end.unsaved, Picture) else None,
            )

    def retry(self) -> BatchStatus:
        """Put what failed or is doubtful back in line: the next `run` may pay for it again.

        Raises BatchIsRunning.
        """
        with self._alone(), self._store.file.writing() as connection:
            batch_rows.put_back_in_line(connection, self.id)
            return batch_rows.status(connection, self.id)

    def drafts(self) -> list[Draft]:
        """What was written, in the order of the briefs; without what was deleted since."""
        return self._store.among(self.status.draft_ids)

    def _estimate(self, limits: KnownLimits | None) -> BatchEstimate:
        with self._store.file.reading() as connection:
            items = batch_rows.left(connection, self.id)
        return estimate_of(self.id, items, self._writer, self._linked, tags_of=self._tags_of, limits=limits)

    def _check_consent(self, consent: BatchConsent) -> None:
        """Raises NotAgreed."""
        asked = self._estimate(None)
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
