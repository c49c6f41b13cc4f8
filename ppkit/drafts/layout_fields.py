"""What of a post stands in a column of a table: a field's name becomes the cell's text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ppkit.drafts.disclosure import disclosure_of
from ppkit.drafts.draft import Draft, DraftImage
from ppkit.drafts.layouts import Layout

ALT_SEPARATOR = "||"


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row to be: one text of a draft, and the networks that it is for."""

    draft: Draft
    text: str
    networks: tuple[str, ...]
    layout: Layout

    @property
    def public_images(self) -> tuple[DraftImage, ...]:
        """Those that a tool can fetch, as many as it takes."""
        found = tuple(image for image in self.draft.images if image.url)
        return found[: self.layout.most_images]

    @property
    def ai_notice(self) -> str:
        return disclosure_of(self.draft, self.networks[0]).notice

    @property
    def ai_flags(self) -> tuple[str, ...]:
        flags = (disclosure_of(self.draft, name).flag for name in self.networks)
        return tuple(dict.fromkeys(flag for flag in flags if flag))

    def cells(self) -> tuple[str, ...]:
        return tuple(self._cell(self.layout.fields.get(column, "")) for column in self.layout.columns)

    def _cell(self, name: str) -> str:
        name, _, argument = name.partition(":")
        return FIELDS[name](self, argument) if name else ""


def _hour(row: TableRow, form: str) -> str:
    return row.draft.planned.strftime(form) if row.draft.planned else ""


def _yes(holds: bool) -> str:
    return "TRUE" if holds else "FALSE"


def _image(row: TableRow, number: str) -> DraftImage | None:
    place = int(number) - 1
    return row.public_images[place] if place < len(row.public_images) else None


def _image_or_link(row: TableRow) -> str:
    return row.public_images[0].url if row.public_images else row.draft.content.link


def _alt(image: DraftImage) -> str:
    """In one line, without the sign that parts it from the next."""
    return " ".join(image.alt.split()).replace(ALT_SEPARATOR, "|")


FIELDS: Mapping[str, Callable[[TableRow, str], str]] = {
    "id": lambda row, _: str(row.draft.id),
    "client": lambda row, _: row.draft.client,
    "status": lambda row, _: row.draft.status.value,
    "topic": lambda row, _: row.draft.topic,
    "text": lambda row, _: row.text,
    "networks": lambda row, _: ",".join(row.networks),
    "for": lambda row, network: _yes(network in row.networks),
    "when": lambda row, _: _hour(row, row.layout.date),
    "date": lambda row, _: _hour(row, row.layout.date),
    "time": lambda row, _: _hour(row, row.layout.time),
    "is_unplanned": lambda row, _: _yes(row.draft.planned is None),
    "link": lambda row, _: row.draft.content.link,
    "link_for": lambda row, network: row.draft.content.link if network in row.networks else "",
    "link_without_images": lambda row, _: "" if row.public_images else row.draft.content.link,
    "image_or_link": lambda row, _: _image_or_link(row),
    "image_or_link_kind": lambda row, _: ("I" if row.public_images else "L") if _image_or_link(row) else "",
    "image_url": lambda row, number: found.url if (found := _image(row, number)) else "",
    "image_alt": lambda row, number: _alt(found) if (found := _image(row, number)) else "",
    "image_urls": lambda row, _: ",".join(image.url for image in row.public_images),
    "image_alts": lambda row, _: ALT_SEPARATOR.join(map(_alt, row.public_images)).strip(ALT_SEPARATOR),
    "image_files": lambda row, _: ",".join(image.file for image in row.draft.images),
    "made_by_ai": lambda row, _: ",".join(row.draft.made_by_ai),
    "models": lambda row, _: ",".join(row.draft.models),
    "ai_flags": lambda row, _: ",".join(row.ai_flags),
    "ai_notice": lambda row, _: row.ai_notice,
    "tiktok_ai": lambda row, _: _yes("tiktok" in row.networks and "image" in row.draft.made_by_ai),
    "credits": lambda row, _: str(row.draft.credits),
    "cost_usd": lambda row, _: f"{row.draft.cost.to_usd():f}",
}
"""By the names in layouts.json; what follows a colon there is the argument."""
