"""One draft, opened: its texts and hour edited by hand, undone, deleted; its images, receipts and origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ppkit.ai_assistant import Breach, Count, breaches, count, networks
from ppkit.drafts import Disclosure, Draft, disclosure_of
from ppkit.drafts.draft_documents import archived_name
from ppkit.drafts.errors import NoSuchDraft
from ppkit.widgets.base.downloads import send_told
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Action
    from ppkit.widgets.posts.posts_window import PostsWindow

PLAIN = ("topic", "client", "status", "link", "planned")


class PostEditor:
    """A part of the drafts window; `draft_id` is the draft on show, None where there is none."""

    def __init__(self, window: PostsWindow) -> None:
        self._window = window
        self._drafts = window.session.drafts
        self.draft_id: int | None = None
        self.typed: Fields = {}  # what could not be kept, so that it can be mended
        self.cannot_keep = False  # what was typed last, when the draft was to be left
        self.may_delete = False  # asked once more, since nothing brings it back
        self.saves = 0  # how often something was changed, so that the page can tell a new time

    @property
    def draft(self) -> Draft:
        """Raises NoSuchDraft."""
        if self.draft_id is None:
            raise NoSuchDraft(id=0)
        return self._drafts.get(self.draft_id)

    def count(self, network: str) -> Count:
        return count(self.draft.texts[network].text, networks()[network])

    def breaches(self, network: str) -> list[Breach]:
        """What the network would refuse; with an image beside it, its absence is no longer one."""
        draft = self.draft
        found = breaches(draft.texts[network].text, networks()[network], has_picture=bool(draft.images))
        return [breach for breach in found if breach.blocks]

    def disclosure(self, network: str) -> Disclosure:
        return disclosure_of(self.draft, network)

    def actions(self) -> Mapping[str, Action]:
        return {
            "open": lambda fields, _: self._open(int(fields["draft"])),
            "close": self._leave,
            "save": self._save,
            "undo": lambda *_: self._step("undo"),
            "redo": lambda *_: self._step("redo"),
            "ask_delete": lambda *_: self._ask_delete(True),
            "keep_it": lambda *_: self._ask_delete(False),
            "delete": lambda *_: self._delete(),
            "remove_image": self._remove_image,
            "image": self._send_image,
        }

    def close(self) -> None:
        self.draft_id, self.may_delete, self.cannot_keep, self.typed = None, False, False, {}

    def _leave(self, fields: Fields, _secrets: Secrets) -> None:
        """Back to the list. What was typed and not saved comes as fields, and is kept, as one can undo."""
        if "topic" in fields:
            before, self.cannot_keep = self.draft, True
            self._edit(fields)
            if self.draft.content != before.content:
                self._changed("posts.saved")
        self.close()

    def _open(self, draft_id: int) -> None:
        self._drafts.get(draft_id)
        self.close()
        self.draft_id = draft_id

    def _save(self, fields: Fields, _secrets: Secrets) -> None:
        self._edit(fields)
        self._changed("posts.saved")

    def _edit(self, fields: Fields) -> None:
        """Fields that came as "text:<network>", "alt:<position>", "url:<position>" belong to their parts."""
        parts: dict[str, dict[str, str]] = {"text": {}, "alt": {}, "url": {}}
        for name, value in fields.items():
            part, _, of = name.partition(":")
            if of and part in parts:
                parts[part][of] = value
        plain = {name: fields[name] for name in PLAIN if name in fields}
        self.typed = fields
        self._drafts.edit(
            self.draft.id,
            **plain,
            texts=parts["text"],
            alt={int(position): text for position, text in parts["alt"].items()},
            url={int(position): text for position, text in parts["url"].items()},
        )

    def _step(self, way: str) -> None:
        self._drafts.undo(self.draft.id) if way == "undo" else self._drafts.redo(self.draft.id)
        self._changed(f"posts.{way}ne")

    def _remove_image(self, fields: Fields, _secrets: Secrets) -> None:
        self._drafts.remove_image(self.draft.id, int(fields["position"]))
        self._changed("posts.saved")

    def _send_image(self, fields: Fields, _secrets: Secrets) -> None:
        """As it was drawn, with its marks of origin."""
        draft, position = self.draft, int(fields["position"])
        content = self._drafts.image(draft.images[position])
        if content is not None:
            send_told(self._window, archived_name(draft, position), content)

    def _changed(self, text: str) -> None:
        self._window.export.forget()
        self.saves, self.cannot_keep, self.typed = self.saves + 1, False, {}
        self._window.news = self._window.texts(text)

    def _ask_delete(self, asked: bool) -> None:
        self.may_delete = asked

    def _delete(self) -> None:
        """Only after it was asked for once more."""
        if self.may_delete:
            self._drafts.delete(self.draft.id)
            self._window.export.forget()
            self.close()
            self._window.news = self._window.texts("posts.deleted")
