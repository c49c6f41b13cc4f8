"""Drafts as a session hands them out: kept and found, exported, and written many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ppkit.agency import Agency, AgencyFileInvalid
from ppkit.ai_assistant import Brief, Estimate
from ppkit.clock import Clock
from ppkit.drafts import batch_rows, draft_rows
from ppkit.drafts.batch import Batch
from ppkit.drafts.batch_rows import BatchStatus
from ppkit.drafts.batch_values import Books, LinkedKey, PostWriter
from ppkit.drafts.brand_voices import BrandVoices
from ppkit.drafts.brief_table import BriefTable, WantedPost, read_brief_table
from ppkit.drafts.draft import Draft, DraftContent, DraftStatus, checked
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.errors import InvalidDraft
from ppkit.drafts.exports import Export, export_drafts
from ppkit.drafts.layouts import TableFormat
from ppkit.drafts.model_comparison import ModelComparison, compared, estimates_of
from ppkit.drafts.written_briefs import brief_to_json, topic_of
from ppkit.keys import refuse_keys
from ppkit.look.texts import Texts


class Drafts(DraftStore):
    """The drafts of one mode, and what is done with many of them.

    `writer` is asked for when something is to be written: until then, no SDK is loaded.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        texts: Texts,
        writer: Callable[[], PostWriter],
        linked: LinkedKey,
        *,
        books: Books | None = None,
    ) -> None:
        """`books` name the clients on which calls are booked, and know the limits."""
        super().__init__(home, clock)
        self.voices = BrandVoices(home / "brand-voices.json")
        self._texts = texts
        self._writer = writer
        self._linked = linked
        self._books = books

    def known_clients(self) -> list[str]:
        """Every client that has a draft or stands in the agency's file, by name; a file that cannot be read
        has none.
        """
        listed: Sequence[str] = ()
        with suppress(AgencyFileInvalid):
            listed = [client.name for client in self._books.agency.clients] if self._books else []
        return sorted({*self.clients(), *listed}, key=str.casefold)

    def export(
        self, drafts: Iterable[Draft], layout: str = "postpickr", file_format: TableFormat | None = None
    ) -> list[Export]:
        """The drafts as files for another tool ("postpickr", "buffer" …: see `layouts`), "markdown" or "zip".

        One file for each network, where a tool asks for that. `Export.save` writes it, `remarks` say what it
        does not hold. The drafts stay as they are (see `mark_exported`). Raises UnknownLayout,
        FormatNotTaken, NothingToExport, TextTooLongForCell, ExtraMissing, KeyInText.
        """
        return export_drafts(
            drafts, layout, file_format, texts=self._texts, read_image=self.image, at=self.clock.now()
        )

    def mark_exported(self, draft_ids: Iterable[int]) -> None:
        """All of them or none. Raises NoSuchDraft."""
        now = self.clock.now()
        with self.file.writing() as connection:
            for draft_id in draft_ids:
                found = draft_rows.content_of(connection, draft_id)
                draft_rows.change(connection, draft_id, replace(found, status=DraftStatus.EXPORTED), now)

    def read_briefs(self, file: Path | str | bytes) -> BriefTable:
        """A CSV of briefs, by its path or its bytes (see `read_brief_table`). Raises OSError, KeyInText."""
        if not isinstance(file, bytes):
            refuse_keys("file", file)
            file = Path(file).read_bytes()
        return read_brief_table(file)

    def keep_ideas(self, posts: Iterable[WantedPost]) -> list[Draft]:
        """An idea for each of these, with brief and hour, all or none; nothing is sent. Raises KeyInText."""
        ideas = list(posts)
        refuse_keys("draft", [idea.client for idea in ideas])
        now = self.clock.now()
        with self.file.writing() as connection:
            ids = [
                draft_rows.insert(connection, idea_of(idea), now, brief=brief_to_json(idea.brief))
                for idea in ideas
            ]
        return self.among(ids)

    def batch(self, posts: Iterable[Brief | WantedPost], *, client: str = "", again: bool = False) -> Batch:
        """A batch of these briefs, kept until it is run; `client` is for briefs that come without one.

        The very same briefs lead to the batch that there is, and of others those that an earlier batch has
        written are done, so that nothing is paid for twice; with `again` all are written anew. Raises
        InvalidDraft, KeyInText, ValueError without briefs.
        """
        refuse_keys("draft", client)
        wanted = [post if isinstance(post, WantedPost) else WantedPost(post) for post in posts]
        named = [post.for_client(client) for post in wanted]
        if not named:
            raise ValueError("a batch of no briefs")
        for post in named:
            idea_of(post)  # what could not be kept is not paid for
            if post.image and not post.brief.topic.strip():  # nothing says what is to be drawn
                raise InvalidDraft(field="topic")
        with self.file.writing() as connection:
            batch_id = None if again else batch_rows.found(connection, named)
            if batch_id is None:
                batch_id = batch_rows.insert(connection, named, self.clock.now())
                if not again:
                    batch_rows.take_over(connection, batch_id)
        return self.batch_at(batch_id)

    def batch_at(self, batch_id: int) -> Batch:
        """The batch with this number. Raises NoSuchBatch."""
        with self.file.reading() as connection:
            batch_rows.status(connection, batch_id)
        limits = self._books.budget if self._books else None
        return Batch(batch_id, self, self._writer(), self._linked, tags_of=self._tags_of, limits=limits)

    def _tags_of(self, client: str) -> dict[str, str]:
        """Raises AgencyFileInvalid."""
        return dict((self._books.agency if self._books else Agency()).tags_of(client))

    def batches(self) -> list[BatchStatus]:
        """Every batch, the first one first."""
        with self.file.reading() as connection:
            return [batch_rows.status(connection, each) for each in batch_rows.all_ids(connection)]

    def estimate_comparison(self, brief: Brief, models: Sequence[str]) -> dict[str, Estimate]:
        """What `compare` would take, for each model. Raises NeedsKey, KeyInText."""
        return estimates_of(self._writer(), brief, models)

    def compare(self, brief: Brief, models: Sequence[str]) -> ModelComparison:
        """Have one brief written by each of these models: cost, time, length as data. Raises KeyInText."""
        return compared(self._writer(), brief, models, self.clock)


def idea_of(post: WantedPost) -> DraftContent:
    """A draft that nobody has written yet. Raises InvalidDraft."""
    return checked(
        DraftContent(
            topic=topic_of(post.brief),
            client=post.client,
            status=DraftStatus.IDEA,
            language=post.brief.language,
            planned=post.planned,
        )
    )
