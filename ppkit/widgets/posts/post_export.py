"""The drafts on the list as files for a scheduler: what they hold, what they lack, each as a download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ppkit.drafts import Export, layouts
from ppkit.drafts.exports import PAGES
from ppkit.drafts.layouts import TableFormat
from ppkit.widgets.base.downloads import send_told
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.widgets.base.window import Action
    from ppkit.widgets.posts.posts_window import PostsWindow

OWN_LAYOUTS = ("table", *PAGES)
"""What no scheduler takes: exporting so does not mean that a draft is on its way."""


class PostExport:
    """A part of the drafts window. The files are kept in memory until something else is looked for."""

    def __init__(self, window: PostsWindow) -> None:
        self._window = window
        self.target = "postpickr"
        self.files: list[Export] = []
        self.made = 0  # how often, so that the page can tell a new time

    @property
    def targets(self) -> Sequence[tuple[str, str]]:
        """ids, "layout" or "layout:format", and names; the surer kind of file of a scheduler comes first."""
        texts, found = self._window.texts, []
        for name, layout in layouts().items():
            label = texts("posts.export.table") if name == "table" else layout.label
            kinds = layout.formats
            found += [
                (name if kind == kinds[0] else f"{name}:{kind}", texts(f"posts.export.as_{kind}", tool=label))
                for kind in kinds
            ]
        return [*found, *((name, texts(f"posts.export.{name}")) for name in PAGES)]

    @property
    def tool(self) -> str:
        name = self.target.partition(":")[0]
        return layouts()[name].label if name in layouts() else name

    @property
    def remarks(self) -> Mapping[str, Sequence[int]]:
        """Each remark on the files together, with the drafts that it is about."""
        found: dict[str, dict[int, None]] = {}
        for export in self.files:
            for remark in export.remarks:
                found.setdefault(remark.code, {}).update(dict.fromkeys(remark.draft_ids))
        return {code: sorted(ids) for code, ids in found.items()}

    def actions(self) -> Mapping[str, Action]:
        return {"export": self._export, "download": self._download}

    def forget(self) -> None:
        self.files = []

    def _export(self, fields: Fields, _secrets: Secrets) -> None:
        """Every draft that is on the list; one file goes to the downloads as soon as it is made."""
        self.forget()
        self.target = fields["target"]
        name, _, kind = self.target.partition(":")
        kinds: dict[str, TableFormat] = {"csv": "csv", "xlsx": "xlsx"}
        drafts, window = self._window.session.drafts, self._window

        def made() -> list[Export]:
            files = drafts.export(window.found(), name, kinds.get(kind))
            if name not in OWN_LAYOUTS:
                drafts.mark_exported({draft_id: None for each in files for draft_id in each.draft_ids})
            return files

        window.work(made, self._exported)

    def _exported(self, files: list[Export]) -> None:
        self.files = files
        self.made += 1
        self._window.news = self._window.texts.plural("posts.export.made", len(self.files))
        if len(self.files) == 1:
            send_told(self._window, self.files[0].name, self.files[0].content)

    def _download(self, fields: Fields, _secrets: Secrets) -> None:
        for export in self.files:
            if export.name == fields["name"]:
                send_told(self._window, export.name, export.content)
