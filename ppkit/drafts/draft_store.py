"""The drafts of one mode: kept per client, found again, edited with a way back, planned, deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ppkit.ai_assistant import Brief, PaidText, Picture, Post, Purse
from ppkit.clock import Clock, days_of_month
from ppkit.drafts import draft_rows
from ppkit.drafts.draft import Draft, DraftContent, DraftImage, DraftReceipt, DraftStatus, DraftText, checked
from ppkit.drafts.draft_changes import images_with_words, picture_described, picture_swapped, texts_edited
from ppkit.drafts.draft_file import DraftFile
from ppkit.drafts.draft_images import ImageFolder
from ppkit.drafts.draft_table import table_of
from ppkit.drafts.draft_times import hour_meant
from ppkit.drafts.errors import InvalidDraft
from ppkit.drafts.written_briefs import brief_from_json, brief_to_json, topic_of
from ppkit.keys import presentable, refuse_keys
from ppkit.money import ZERO

if TYPE_CHECKING:
    import pandas as pd

Hour = datetime | str
"""When a post is planned for, where the client is: also as "2026-12-24 09:30" or "24/12/2026 09:30"."""


class DraftStore:
    """Drafts in `drafts.sqlite3`, their images in the folder `draft-images` beside it; for their owner alone.

    What a person hands over is refused where a key stands in it (KeyInText); in what a model wrote, which is
    paid for, the key is masked and the draft says so. Any method raises DraftsError.
    """

    def __init__(self, home: Path, clock: Clock) -> None:
        self.file = DraftFile(home / "drafts.sqlite3")
        self._images = ImageFolder(home / "draft-images")
        self.clock = clock

    # --- made and changed

    def new(
        self,
        topic: str,
        texts: Mapping[str, str] | None = None,
        *,
        client: str = "",
        planned: Hour | None = None,
        link: str = "",
        language: str = "it",
    ) -> Draft:
        """A draft written by a person; without texts an idea. `texts` are by network.

        Raises InvalidDraft, KeyInText.
        """
        refuse_keys("draft", topic, texts, client, link)
        content = DraftContent(
            topic=topic,
            client=client,
            status=DraftStatus.DRAFT if texts else DraftStatus.IDEA,
            language=language,
            link=link,
            planned=_hour(planned),
            texts={name: DraftText(text) for name, text in (texts or {}).items()},
        )
        kept = checked(content)
        with self.file.writing() as connection:
            return self._shown(connection, draft_rows.insert(connection, kept, self.clock.now()))

    def keep(
        self,
        post: Post,
        brief: Brief,
        *,
        client: str = "",
        planned: Hour | None = None,
        into: int | None = None,
    ) -> Draft:
        """What the Assistant wrote, with its receipt: a new draft, or the text of one more network in `into`.

        Raises InvalidDraft, KeyInText (for the client's name), NoSuchDraft.
        """
        refuse_keys("draft", client)
        hour = _hour(planned)
        with self.file.writing() as connection:
            return self._shown(
                connection, self.keep_inside(connection, post, brief, client=client, planned=hour, into=into)
            )

    def keep_inside(
        self,
        connection: sqlite3.Connection,
        post: Post,
        brief: Brief,
        *,
        client: str,
        planned: datetime | None,
        into: int | None = None,
    ) -> int:
        """`keep` as a part of a transaction; the number of the draft that holds the post now."""
        written, now = presentable(post.text), self.clock.now()
        text = DraftText(written, post.model, post.is_complete)
        masked = written != post.text
        if into is None:
            content = DraftContent(
                topic=topic_of(brief, written),
                client=client,
                language=brief.language,
                planned=planned,
                texts={post.network.name: text},
            )
            into = draft_rows.insert(
                connection, checked(content), now, brief=brief_to_json(brief), masked=masked
            )
        else:
            found = draft_rows.content_of(connection, into)
            status = DraftStatus.DRAFT if found.status is DraftStatus.IDEA else found.status
            content = replace(found, texts={**found.texts, post.network.name: text}, status=status)
            draft_rows.change(connection, into, checked(content), now, masked=masked)
        draft_rows.add_receipt(connection, into, _receipt("text", post, now))
        return into

    def add_image(
        self, draft_id: int, image: Picture | bytes, *, alt: str = "", alt_model: str = "", url: str = ""
    ) -> Draft:
        """Put an image beside the draft: a Picture of the Assistant's, or the bytes of a file.

        `alt_model` wrote the words for it, where a model did. Raises NoPicture, NoSuchDraft, KeyInText.
        """
        refuse_keys("draft", alt, alt_model, url)
        with self.file.writing() as connection:
            self.add_image_inside(connection, draft_id, image, alt=alt, alt_model=alt_model, url=url)
            return self._shown(connection, draft_id)

    def add_image_inside(
        self,
        connection: sqlite3.Connection,
        draft_id: int,
        image: Picture | bytes,
        *,
        alt: str = "",
        alt_model: str = "",
        url: str = "",
    ) -> None:
        """`add_image` as a part of a transaction."""
        drawn = image if isinstance(image, Picture) else None
        added = DraftImage(
            file="",
            size=drawn.size if drawn else "",
            alt=alt or (presentable(drawn.alt) if drawn else ""),
            model=drawn.model if drawn else "",
            alt_model=alt_model,
            url=url,
        )
        found = draft_rows.content_of(connection, draft_id)
        content = checked(replace(found, images=(*found.images, added)))
        name = self._images.keep(drawn.data if drawn else bytes(image))  # type: ignore[arg-type]
        kept = replace(content.images[-1], file=name)
        content = replace(content, images=(*content.images[:-1], kept))
        draft_rows.change(connection, draft_id, content, self.clock.now())
        if drawn:
            draft_rows.add_receipt(connection, draft_id, _receipt("image", drawn, self.clock.now()))

    def swap_image(self, draft_id: int, before: Picture, after: Picture) -> Draft:
        """Show another picture of the same wish in the place of one; receipts and other images stay.

        Where the one is not in the draft (an own file that was only looked at), the other is put beside it.
        """
        with self.file.refusals():
            self._images.keep(after.data)
        return self._change(draft_id, lambda found: picture_swapped(found, before, after))

    def describe_image(
        self, draft_id: int, picture: Picture, words: str, by: PaidText | None = None
    ) -> Draft:
        """Words for who cannot see this picture of the draft: a person's, or a model's with its receipt.

        Raises KeyInText for a person's words, NoSuchDraft.
        """
        if by is None:
            refuse_keys("draft", words)
        with self.file.writing() as connection:
            found = draft_rows.content_of(connection, draft_id)
            described = picture_described(found, picture, words, by)
            now = self.clock.now()
            draft_rows.change(connection, draft_id, checked(described), now)
            if by is not None:
                draft_rows.add_receipt(connection, draft_id, _receipt("text", by, now))
            return self._shown(connection, draft_id)

    def remove_image(self, draft_id: int, position: int = 0) -> Draft:
        """Take an image out of the draft; its file stays for `undo`, until the draft is deleted."""
        return self._change(
            draft_id,
            lambda found: replace(found, images=found.images[:position] + found.images[position + 1 :]),
        )

    def edit(
        self,
        draft_id: int,
        *,
        topic: str | None = None,
        client: str | None = None,
        status: str | None = None,
        language: str | None = None,
        link: str | None = None,
        planned: Hour | None = None,
        texts: Mapping[str, str] | None = None,
        alt: Mapping[int, str] | None = None,
        url: Mapping[int, str] | None = None,
    ) -> Draft:
        """Change what is given; the rest stays as it is. `planned=""` takes the hour away.

        `texts` are by network (an empty one takes it out); `alt` and `url` by the image's position.
        Raises InvalidDraft, KeyInText, NoSuchDraft; then nothing has changed.
        """
        plain = {"topic": topic, "client": client, "status": status, "language": language, "link": link}
        refuse_keys("draft", plain, texts, alt, url)
        changes: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
        if planned is not None:
            changes["planned"] = _hour(planned)
        return self._change(
            draft_id,
            lambda found: replace(
                found,
                texts=texts_edited(found.texts, texts or {}),
                images=images_with_words(found.images, alt or {}, url or {}),
                **changes,
            ),
        )

    def undo(self, draft_id: int) -> Draft:
        """Take the last change of a draft back; without one it stays as it is. Raises NoSuchDraft."""
        return self._step(draft_id, -1)

    def redo(self, draft_id: int) -> Draft:
        """Take the last `undo` back, as long as nothing else was changed. Raises NoSuchDraft."""
        return self._step(draft_id, 1)

    def delete(self, draft_id: int) -> None:
        """Delete the draft, its revisions, and its images that no other draft uses. Raises NoSuchDraft."""
        with self.file.writing() as connection:
            unused = draft_rows.delete(connection, draft_id)
        with self.file.refusals():
            for name in unused:
                self._images.remove(name)

    # --- found

    def get(self, draft_id: int) -> Draft:
        """Raises NoSuchDraft."""
        with self.file.reading() as connection:
            return self._shown(connection, draft_id)

    def among(self, draft_ids: Iterable[int]) -> list[Draft]:
        """Those of these that are there, in this order."""
        with self.file.reading() as connection:
            return draft_rows.among(connection, draft_ids)

    def brief_of(self, draft_id: int) -> Brief | None:
        """The brief that the draft was written from; None where a person wrote it. Raises NoSuchDraft."""
        with self.file.reading() as connection:
            written = draft_rows.brief_of(connection, draft_id)
        return brief_from_json(written) if written else None

    def all(
        self, *, client: str | None = None, status: str | None = None, most: int | None = None
    ) -> list[Draft]:
        """By the hour they are planned for, those without one last; at most so many. Raises KeyInText."""
        refuse_keys("draft", client, status)
        with self.file.reading() as connection:
            return draft_rows.where(connection, client, status, most=most)

    def search(
        self, words: str, *, client: str | None = None, status: str | None = None, most: int | None = None
    ) -> list[Draft]:
        """Drafts with all of these words, or words that begin so, in texts, topic, client or image words.

        The best match comes first; accents and capitals make no difference. Raises KeyInText.
        """
        refuse_keys("draft", words, client, status)
        with self.file.reading() as connection:
            return draft_rows.search(connection, words, client, status, most)

    def number(self, words: str = "", *, client: str | None = None, status: str | None = None) -> int:
        """How many `all` or, with words, `search` would find. Raises KeyInText."""
        refuse_keys("draft", words, client, status)
        with self.file.reading() as connection:
            return draft_rows.number(connection, words, client, status)

    def calendar(self, month: date | str, *, client: str | None = None) -> dict[date, list[Draft]]:
        """Every day of a month ("2026-12") with the drafts planned for it, in order. Raises InvalidDraft."""
        refuse_keys("draft", month, client)
        days = days_of_month(_first_day(month))
        with self.file.reading() as connection:
            planned = draft_rows.where(connection, client, None, days[0].isoformat(), f"{days[-1]}T24")
        return {
            day: [draft for draft in planned if draft.planned and draft.planned.date() == day] for day in days
        }

    def clients(self) -> list[str]:
        """Every client that has a draft, by name."""
        with self.file.reading() as connection:
            return draft_rows.clients(connection)

    def image(self, image: DraftImage) -> bytes | None:
        """The bytes of an image; None where its file is gone."""
        return self._images.read(image.file)

    def to_frame(self, drafts: Iterable[Draft] | None = None) -> pd.DataFrame:
        """The drafts (all of them, if none are given) as a pandas table. Raises ExtraMissing."""
        return table_of(self.all() if drafts is None else drafts)

    # --- inside

    def _shown(self, connection: sqlite3.Connection, draft_id: int) -> Draft:
        return draft_rows.get(connection, draft_id)

    def _change(self, draft_id: int, change: Callable[[DraftContent], DraftContent]) -> Draft:
        """Change what another program has left there meanwhile: its changes of other fields stay."""
        with self.file.writing() as connection:
            found = draft_rows.content_of(connection, draft_id)
            content = checked(change(found))
            draft_rows.change(connection, draft_id, content, self.clock.now())
            return self._shown(connection, draft_id)

    def _step(self, draft_id: int, by: int) -> Draft:
        with self.file.writing() as connection:
            draft_rows.step(connection, draft_id, by, self.clock.now())
            return self._shown(connection, draft_id)


def _hour(given: Hour | None) -> datetime | None:
    """Raises InvalidDraft for what is no hour, or one with a zone: it would be another hour to the client."""
    if not given:
        return None
    refuse_keys("draft", given)
    found = given if isinstance(given, datetime) else hour_meant(given)
    if found is None or found.tzinfo is not None:
        raise InvalidDraft(field="planned")
    return found.replace(second=0, microsecond=0)


def _first_day(month: date | str) -> date:
    """Raises InvalidDraft."""
    try:
        return (date.fromisoformat(f"{month[:7]}-01") if isinstance(month, str) else month).replace(day=1)
    except ValueError:
        raise InvalidDraft(field="month") from None


def _receipt(kind: str, made: Post | Picture | PaidText, at: datetime) -> DraftReceipt:
    """Where the plan paid, the call was the app's own: it has cost credits, no money."""
    receipt = made.receipt if made.purse is not Purse.PLAN else None
    return DraftReceipt(
        kind=kind,
        model=made.model,
        purse=made.purse,
        credits=made.credits,
        call_id=receipt.call_id if receipt else "",
        cost=receipt.cost if receipt else ZERO,
        mark=receipt.mark if receipt else None,
        at=at,
    )
