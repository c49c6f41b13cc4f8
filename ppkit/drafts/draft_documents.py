"""Drafts to read and to hand over: one Markdown page, or an archive with the images."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime

from ppkit.ai_assistant import networks
from ppkit.drafts.disclosure import disclosure_of
from ppkit.drafts.draft import Draft, DraftImage
from ppkit.look import formats
from ppkit.look.texts import Texts

_MARKUP = re.compile(r"([\\`*_\[\]<>#!|~&])")
_FENCES = re.compile(r"`{3,}")
ReadImage = Callable[[DraftImage], bytes | None]


def markdown_page(drafts: Sequence[Draft], texts: Texts, *, with_images: bool = False) -> str:
    """Every draft with its hour, texts, images and what was made with AI.

    A post stands in a fence longer than any in it, and names are escaped: what a model wrote is only shown.
    """
    parts = [f"# {texts('drafts.page.title')}"]
    for draft in drafts:
        parts += [f"## {_plain(_heading(draft, texts))}", *_posts(draft)]
        for number, image in enumerate(draft.images):
            alt = _plain(" ".join(image.alt.split()))
            file = f"images/{archived_name(draft, number)}"
            parts.append(f"![{alt}]({file})" if with_images else f"{texts('drafts.page.image')}: {alt}")
        if draft.made_by_ai:
            parts.append(_plain(_ai_line(draft, texts)))
    if any("image" in draft.made_by_ai for draft in drafts):
        parts += [f"## {texts('drafts.ai.title')}", texts("drafts.ai.duty")]
    return "\n\n".join(parts) + "\n"


def zip_archive(
    drafts: Sequence[Draft], table: bytes, read_image: ReadImage, texts: Texts, at: datetime
) -> tuple[bytes, list[int]]:
    """The page, the table, the images as they were drawn, and `ai.json` with the flags for each network.

    Beside it the numbers of the drafts of which an image file is gone.
    """
    content, without = io.BytesIO(), []
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "drafts.md", markdown_page(drafts, texts, with_images=True).encode(), at)
        _add(archive, "drafts.csv", table, at)
        _add(archive, "ai.json", json.dumps(ai_document(drafts), ensure_ascii=False, indent=1).encode(), at)
        for draft in drafts:
            for number, image in enumerate(draft.images):
                found = read_image(image)
                if found is None:
                    without.append(draft.id)
                else:
                    _add(archive, f"images/{archived_name(draft, number)}", found, at, zipfile.ZIP_STORED)
    return content.getvalue(), without


def ai_document(drafts: Sequence[Draft]) -> list[dict[str, object]]:
    """For programs: of each post what a model made, the field to set on its network, and words to add."""
    rows: list[dict[str, object]] = []
    for draft in drafts:
        for network in draft.texts:
            found = disclosure_of(draft, network)
            flag = {found.flag: True} if found.flag else {}
            made = {"text": "text" in found.made, "image": "image" in found.made, "alt": "alt" in found.made}
            rows.append(
                {
                    "draft": draft.id,
                    "network": network,
                    "made_by_ai": made,
                    "models": list(draft.models),
                    "flag": flag,
                    "notice": found.notice,
                }
            )
    return rows


def archived_name(draft: Draft, number: int) -> str:
    return f"{draft.id}-{number + 1}.{draft.images[number].file.rpartition('.')[2]}"


def _heading(draft: Draft, texts: Texts) -> str:
    planned = draft.planned
    hour = f"{formats.date(planned, texts.language)}, {formats.time(planned)}" if planned else ""
    return " · ".join(part for part in (hour, draft.client, " ".join(draft.topic.split())) if part)


def _posts(draft: Draft) -> list[str]:
    parts = []
    for network, text in draft.texts.items():
        fence = max(_FENCES.findall(text.text), default="``", key=len) + "`"
        parts.append(f"**{networks()[network].label}**\n\n{fence}text\n{text.text}\n{fence}")
    return parts


def _ai_line(draft: Draft, texts: Texts) -> str:
    made = ", ".join(texts(f"drafts.ai.made.{name}") for name in draft.made_by_ai)
    line = texts("drafts.ai.line", made=made, models=", ".join(draft.models))
    notice = next((found.notice for name in draft.texts if (found := disclosure_of(draft, name)).notice), "")
    return f"{line} {texts('drafts.ai.suggested', notice=notice)}" if notice else line


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _add(
    archive: zipfile.ZipFile, name: str, content: bytes, at: datetime, kind: int = zipfile.ZIP_DEFLATED
) -> None:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.external_attr = 0o600 << 16
    archive.writestr(entry, content, compress_type=kind)
