"""The window of the drafts: found, planned, edited, handed to a scheduler; written many at once; compared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import ClassVar

from ppkit.ai_assistant import networks
from ppkit.drafts import Draft, DraftImage, DraftStatus
from ppkit.drafts.errors import NoSuchDraft
from ppkit.look import formats
from ppkit.widgets.base.problems import problem_of
from ppkit.widgets.base.thumbnails import thumbnail
from ppkit.widgets.base.view import Fields, Secrets
from ppkit.widgets.base.window import Action, Window
from ppkit.widgets.posts.post_editor import PostEditor
from ppkit.widgets.posts.post_export import PostExport
from ppkit.widgets.posts.posts_batch import PostsBatch
from ppkit.widgets.posts.posts_comparison import PostsComparison

TABS = ("list", "calendar", "batch", "compare")
SHOWN_AT_ONCE = 20
"""Of a long list; the rest on demand, so that neither the page nor the notebook grows with the drafts."""


class PostsWindow(Window):
    """Draws `session.drafts`; what is searched for, opened or under way lives here, the rules live there."""

    template: ClassVar[str] = "posts"

    def begin(self) -> None:
        self._tab = "list"
        self._sought = {"words": "", "client": "", "status": ""}
        self._most = SHOWN_AT_ONCE
        self._month = self.session.clock.now().date().replace(day=1)
        self.editor = PostEditor(self)
        self.export = PostExport(self)
        self.batch = PostsBatch(self)
        self.comparison = PostsComparison(self)

    def close(self) -> None:
        """Nobody can stop a batch here any more: it ends after the post under way, and can be resumed."""
        self.stop_asked.set()
        super().close()

    def page(self) -> Mapping[str, object]:
        drafts = self.session.drafts
        self._close_what_is_gone()
        shown: dict[str, object] = {
            "tab": self._tab,
            "tabs": TABS,
            "sought": self._sought,
            "clients": drafts.clients(),
            "known_clients": drafts.known_clients(),
            "statuses": tuple(DraftStatus),
            "networks": networks(),
            "editor": self.editor,
            "export": self.export,
            "batch": self.batch,
            "comparison": self.comparison,
        }
        if self.editor.draft_id is not None:
            return shown | {"tab": "editor"}
        if self._tab == "calendar":
            return shown | self._calendar()
        if self._tab == "list":
            return shown | {"found": self._number, "listed": self.found(self._most)}
        return shown

    def actions(self) -> Mapping[str, Action]:
        return {
            "tab": lambda fields, _: self._show(fields["tab"]),
            "find": self._find,
            "more": lambda *_: self._show_more(),
            "month": lambda fields, _: self._turn(int(fields["by"])),
            "plan": self._plan,
            "refresh": lambda *_: self.batch.renew(),
            **self.editor.actions(),
            **self.export.actions(),
            **self.batch.actions(),
            **self.comparison.actions(),
        }

    def picture(self, name: str) -> bytes | None:
        """ "thumb-<file>": an image of a draft, small; "unsaved-…": one of a batch that found no place."""
        kind, _, file = name.partition("-")
        if kind == "unsaved":
            return thumbnail(self.batch.unsaved_image)
        return thumbnail(self.session.drafts.image(DraftImage(file, size=""))) if kind == "thumb" else None

    def found(self, most: int | None = None) -> list[Draft]:
        """What is on the list, or its beginning: by words the best match first, else by the hour."""
        drafts, client, status = self.session.drafts, self._sought["client"], self._sought["status"]
        words = self._sought["words"].strip()
        if words:
            return drafts.search(words, client=client or None, status=status or None, most=most)
        return drafts.all(client=client or None, status=status or None, most=most)

    @property
    def _number(self) -> int:
        sought = self._sought
        return self.session.drafts.number(
            sought["words"], client=sought["client"] or None, status=sought["status"] or None
        )

    def _failed(self, error: Exception) -> None:
        super()._failed(error)
        self.batch.failed()
        self.comparison.failed()

    def _close_what_is_gone(self) -> None:
        """A draft that was deleted elsewhere; the list comes back with the card that says so."""
        try:
            if self.editor.draft_id is not None:
                self.session.drafts.get(self.editor.draft_id)
        except NoSuchDraft as error:
            self.editor.close()
            self.problem = problem_of(error)

    # --- list

    def _show(self, tab: str) -> None:
        if tab in TABS:
            self._tab = tab
            self.editor.close()

    def _find(self, fields: Fields, _secrets: Secrets) -> None:
        self._sought.update({name: fields[name] for name in self._sought if name in fields})
        self._most = SHOWN_AT_ONCE
        self.export.forget()
        self.news = self.texts.plural("posts.found", self._number)

    def _show_more(self) -> None:
        self._most += SHOWN_AT_ONCE

    # --- calendar

    def _calendar(self) -> dict[str, object]:
        drafts, client = self.session.drafts, self._sought["client"] or None
        unplanned = [draft for draft in drafts.all(client=client) if draft.planned is None]
        return {
            "month": self._month,
            "month_name": formats.month(self._month, self.texts.language),
            "weekdays": formats.weekdays(self.texts.language),
            "today": self.session.clock.now().date(),
            "days": drafts.calendar(self._month, client=client),
            "unplanned": unplanned,
        }

    def _turn(self, by: int) -> None:
        """To the month before or after, or with 0 to that of today."""
        if not by:
            self._month = self.session.clock.now().date().replace(day=1)
        else:
            beside = self._month + timedelta(days=31) if by > 0 else self._month - timedelta(days=1)
            self._month = beside.replace(day=1)

    def _plan(self, fields: Fields, _secrets: Secrets) -> None:
        planned = self.session.drafts.edit(int(fields["draft"]), planned=fields["planned"]).planned
        self.export.forget()
        if planned:
            self._month = date(planned.year, planned.month, 1)
            self.news = self.texts("posts.planned")
