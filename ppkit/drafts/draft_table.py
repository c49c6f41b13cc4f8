"""Drafts as a pandas table, a row for each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ppkit.drafts.draft import Draft
from ppkit.extras import require

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = [
    *("id", "client", "status", "topic", "language", "planned", "link", "networks", "texts", "images"),
    *("made_by_ai", "models", "credits", "cost_pico_usd", "created_at", "changed_at"),
]
"""Of the table, in their order."""


def table_of(drafts: Iterable[Draft]) -> pd.DataFrame:
    """The drafts in their order. Raises ExtraMissing."""
    require("lab", "pandas")
    import pandas as pd  # heavy, and only needed by who asks for a table

    frame = pd.DataFrame([_row(draft) for draft in drafts], columns=COLUMNS)
    return frame.assign(planned=pd.to_datetime(frame["planned"]))


def _row(draft: Draft) -> dict[str, object]:
    content = draft.content
    return {
        "id": draft.id,
        "client": content.client,
        "status": content.status.value,
        "topic": content.topic,
        "language": content.language,
        "planned": content.planned,
        "link": content.link,
        "networks": ", ".join(content.texts),
        "texts": {name: text.text for name, text in content.texts.items()},
        "images": len(content.images),
        "made_by_ai": ", ".join(draft.made_by_ai),
        "models": ", ".join(draft.models),
        "credits": draft.credits,
        "cost_pico_usd": draft.cost.pico_usd,
        "created_at": draft.created_at,
        "changed_at": draft.changed_at,
    }
