"""Many posts at once: a table of briefs, its estimate and consent, progress, stop, and going on later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ppkit.drafts import Batch, BatchEstimate, BatchOutcome, BatchProgress, BatchStatus, BriefTable
from ppkit.drafts.draft_images import file_name
from ppkit.drafts.spreadsheets import csv_table
from ppkit.errors import PpkitError
from ppkit.look.texts import Texts
from ppkit.spending.limit_texts import scope_text
from ppkit.widgets.base.downloads import send_file, send_told
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Action
    from ppkit.widgets.posts.posts_window import PostsWindow

MOST_FAULTS_SHOWN = 8


class PostsBatch:
    """A part of the drafts window: the table that was read, the batch made of it, and what became of it."""

    def __init__(self, window: PostsWindow) -> None:
        self._window = window
        self.table: BriefTable | None = None
        self.client = ""
        self.file_missing = False
        self.too_large = False
        self.is_running = False
        self.progress: BatchProgress | None = None
        self.outcome: BatchOutcome | None = None
        self.estimate: BatchEstimate | None = None
        self.ideas = 0  # how many the table was kept as, this time
        self._batch: Batch | None = None

    @property
    def status(self) -> BatchStatus | None:
        return self._batch.status if self._batch else None

    @property
    def short_scope(self) -> str:
        """What the limit in the way is for, in words."""
        short = self.estimate.shortest if self.estimate else None
        return scope_text(short.scope, self._window.texts) if short else ""

    @property
    def unfinished(self) -> Sequence[BatchStatus]:
        """Earlier batches in which something is left to write, the last one first."""
        opened = self._batch.id if self._batch else None
        found = self._window.session.drafts.batches()
        return [one for one in reversed(found) if one.id != opened and not one.is_finished]

    @property
    def faults(self) -> Sequence[tuple[int, str]]:
        """Line and fault of the rows that were left out, the first ones."""
        faulty = self.table.faulty if self.table else ()
        return [(row.line, f"drafts.fault.{row.code}") for row in faulty[:MOST_FAULTS_SHOWN]]

    def actions(self) -> Mapping[str, Action]:
        return {
            "read_table": self._read,
            "faulty_rows": lambda *_: self._send_faulty(),
            "sample": lambda *_: self._send_sample(),
            "keep_ideas": lambda *_: self._keep_ideas(),
            "run_batch": lambda *_: self._run(),
            "retry_batch": lambda *_: self._retry(),
            "open_batch": lambda fields, _: self._open(int(fields["batch"])),
            "unsaved_image": lambda *_: self._send_unsaved_image(),
            "close_batch": lambda *_: self._forget(),
        }

    def _read(self, fields: Fields, _secrets: Secrets) -> None:
        """A CSV or Excel file; nothing is sent, and nothing kept but the batch that can be made of it."""
        self._forget()
        self.client = fields.get("client", "")
        content = self._window.files.get("table", b"")
        self.too_large, self.file_missing = "too_large" in fields, not content
        if not content:
            return
        drafts = self._window.session.drafts
        self.table = drafts.read_briefs(content)
        if self.table.rows:
            self._take(drafts.batch(self.table.rows, client=self.client))
        self._window.news = self._window.texts.plural("posts.batch.read", len(self.table.rows))

    def _open(self, batch_id: int) -> None:
        self._forget()
        self._take(self._window.session.drafts.batch_at(batch_id))

    def _take(self, batch: Batch) -> None:
        self._batch, self.outcome, self.progress = batch, None, None
        self.estimate = batch.estimate()

    def _forget(self) -> None:
        self.table, self._batch, self.estimate = None, None, None
        self.outcome, self.progress, self.ideas = None, None, 0
        self.file_missing, self.too_large = False, False

    def _keep_ideas(self) -> None:
        if self.table:
            rows = [row.for_client(self.client) for row in self.table.rows]
            self.ideas = len(self._window.session.drafts.keep_ideas(rows))
            self._window.export.forget()
            self._window.news = self._window.texts.plural("posts.batch.ideas", self.ideas)

    def _send_faulty(self) -> None:
        if self.table:
            content = self.table.faulty_csv(self._window.texts)
            send_file(self._window, self._window.texts("posts.batch.faulty_file"), "text/csv", content)

    def _send_sample(self) -> None:
        content = sample_table(self._window.texts)
        send_file(self._window, self._window.texts("posts.batch.sample_file"), "text/csv", content)

    @property
    def unsaved_image(self) -> bytes | None:
        """An image that was paid for and found no place beside its draft."""
        picture = self.outcome.unsaved_image if self.outcome else None
        return picture.data if picture else None

    def _send_unsaved_image(self) -> None:
        if self.unsaved_image:
            send_told(self._window, file_name(self.unsaved_image), self.unsaved_image)

    # --- at work

    def _run(self) -> None:
        """What was on show is what is agreed to."""
        batch, estimate = self._batch, self.estimate
        if batch is None or estimate is None:
            return
        self.is_running, self.progress, self.outcome = True, None, None
        self._window.work(
            lambda: batch.run(estimate.agreed(), self._went_on, self._window.stop_asked.is_set),
            self._ended,
            stoppable="batch",
        )

    def _went_on(self, progress: BatchProgress) -> None:
        self.progress = progress
        self._window.redraw()

    def _ended(self, outcome: BatchOutcome) -> None:
        self.is_running, self.progress = False, None
        self.outcome, self.estimate = outcome, outcome.left
        self.renew()  # with what the limits would make of it
        self._window.export.forget()
        self._window.problem = outcome.problem
        self._window.news = self._window.texts(f"drafts.ending.{outcome.ending}")

    def failed(self) -> None:
        """Nothing was sent, or what was is in the books: the rest can be gone on with."""
        self.is_running, self.progress = False, None
        self.renew()

    def renew(self) -> None:
        """Another key or purse asks another consent: what is on show is what is agreed to."""
        if self._batch and not self.is_running:
            with suppress(PpkitError):  # the problem that is on show already says what is amiss
                self.estimate = self._batch.estimate()

    def _retry(self) -> None:
        if self._batch:
            self._batch.retry()
            self._take(self._batch)


def sample_table(texts: Texts) -> bytes:
    """A table to be filled in: every column that is understood, and one row as an example."""
    names = ("topic", "network", "tone", "language", "call_to_action", "client", "planned", "image")
    return csv_table(
        [[texts(f"posts.batch.{part}.{name}") for name in names] for part in ("column", "example")]
    )
