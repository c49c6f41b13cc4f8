"""The hand-over sheet as a window: what stands on it, and its two downloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ppkit.papers import Paper, PlatformView, hand_over, look_at_platform, sheet_paper
from ppkit.widgets.base import background_thread
from ppkit.widgets.base.downloads import Downloads
from ppkit.widgets.base.window import Action, Window

if TYPE_CHECKING:
    from ppkit.sessions import Session


class HandoverWindow(Window):
    """Draws the facts of `ppkit.papers.hand_over`; what the platform says of itself is looked up beside."""

    template: ClassVar[str] = "handover"

    def __init__(
        self, session: Session, run: background_thread.BackgroundRunner = background_thread.run
    ) -> None:
        self._downloads = Downloads(self)
        self._platform: dict[
            str, PlatformView | None
        ] = {}  # by mode: no world's figures stand in the other's
        super().__init__(session, run)

    def page(self) -> Mapping[str, object]:
        return {
            "paper": self._paper,
            "is_looking": self.session.mode not in self._platform,
            "downloads": self._downloads,
        }

    @property
    def _paper(self) -> Paper:
        facts = hand_over(self.session, self._platform.get(self.session.mode))
        return sheet_paper(facts, self.window_group.language)

    def actions(self) -> Mapping[str, Action]:
        return {
            "download": lambda fields, _: self._downloads.send(self._paper, fields["form"]),
            "refresh": lambda *_: self.look(),
        }

    def look(self) -> None:
        asked = self.session
        self.watch(lambda: look_at_platform(asked), lambda view: self._platform.update({asked.mode: view}))
