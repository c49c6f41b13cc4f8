"""Keeps what the Assistant's window shows in the drafts, as it comes and as it is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ppkit.ai_assistant import Brief, Picture, Post
from ppkit.drafts import Draft, Export, layouts
from ppkit.drafts.errors import NoSuchDraft, NothingToExport
from ppkit.errors import PpkitError

if TYPE_CHECKING:
    from ppkit.sessions import Session


class DraftKeeper:
    """One draft for each brief: its texts by network, its image, every receipt.

    A draft that cannot be kept costs nobody the post that was paid for: `failed` is told, the post is shown.
    """

    def __init__(self, session: Session, failed: Callable[[PpkitError], None]) -> None:
        self._session = session
        self._failed = failed
        self.draft: Draft | None = None

    @property
    def draft_id(self) -> int | None:
        return self.draft.id if self.draft else None

    def begin(self, brief: Brief, variants: Sequence[Post], client: str) -> None:
        """A new draft. All variants leave their receipts, the first one its text."""
        self.draft = None
        for post in reversed(variants):
            self._keep(post, brief, client)

    def add(self, posts: Sequence[Post], brief: Brief, client: str) -> None:
        """Posts that came later: refined, adapted, or a variant more."""
        for post in posts:
            self._keep(post, brief, client)

    def set_text(self, post: Post) -> None:
        """The text as it is on show now: edited by hand, taken back, or another variant's."""
        self._change(lambda number: self._session.drafts.edit(number, texts={post.network.name: post.text}))

    def set_client(self, client: str) -> None:
        """Of a draft that has none yet: a client typed later is the next brief's."""
        if self.draft and not self.draft.client and client.strip():
            self._change(lambda number: self._session.drafts.edit(number, client=client))

    def add_image(self, picture: Picture) -> None:
        """A file of the user's own has no receipt."""
        image = picture if picture.model else picture.data
        self._change(lambda number: self._session.drafts.add_image(number, image))

    def export(self, network: str, layout: str = "postpickr") -> Export | None:
        """The file of this network for another tool; None where no draft is kept.

        Raises what export does, NothingToExport too where the draft has no text for this network.
        """
        if self.draft is None:
            return None
        number = self.draft.id
        files = self._session.drafts.export([self._session.drafts.get(number)], layout)
        found = next((one for one in files if f"-{network}." in one.name), None)
        if found is None:
            raise NothingToExport(layout=layouts()[layout].label)
        self._session.drafts.mark_exported([number])
        self.draft = self._session.drafts.get(number)
        return found

    def _keep(self, post: Post, brief: Brief, client: str) -> None:
        drafts = self._session.drafts

        def kept() -> Draft:
            try:
                return drafts.keep(post, brief, client=client, into=self.draft_id)
            except NoSuchDraft:  # deleted in another window: what is paid for from here on is kept anew
                self.draft = None
                return drafts.keep(post, brief, client=client)

        self._tried(kept)

    def _change(self, change: Callable[[int], Draft]) -> None:
        number = self.draft_id
        if number is not None:
            self._tried(lambda: change(number))

    def _tried(self, kept: Callable[[], Draft]) -> None:
        try:
            self.draft = kept()
        except PpkitError as error:
            if isinstance(error, NoSuchDraft):
                self.draft = None
            self._failed(error)
