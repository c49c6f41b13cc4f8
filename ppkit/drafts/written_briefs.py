"""A Brief as it is kept beside a draft: JSON with the brief's own fields, whichever these are.

Its picture is in there, too, as the model sees it: what a batch goes on with must not hang on a file.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import Any

from ppkit.ai_assistant import Brief, BriefPicture
from ppkit.look.texts import Texts

LONGEST_TITLE = 80  # characters of a post that stand for the topic that its brief does not name


def brief_to_json(brief: Brief) -> str:
    fields = {field.name: getattr(brief, field.name) for field in dataclasses.fields(brief)}
    picture = fields.pop("picture")
    if brief.shown_picture:
        seen = brief.shown_picture
        picture = [base64.b64encode(seen.data).decode("ascii"), seen.width, seen.height]
    return json.dumps({**fields, **({"picture": picture} if picture else {})}, sort_keys=True)


def brief_from_json(text: str) -> Brief:
    """The brief, of the fields that a Brief has today. Raises what Brief raises."""
    known = {field.name for field in dataclasses.fields(Brief) if field.init}
    found: dict[str, Any] = {name: value for name, value in json.loads(text).items() if name in known}
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in found.items()
    }
    if fields.get("picture"):
        data, width, height = fields["picture"]
        fields["picture"] = BriefPicture(base64.b64decode(data), width, height)
    return Brief(**fields)


def topic_of(brief: Brief, text: str = "") -> str:
    """What a draft is called: its brief's topic; of a picture alone, the post's first line or "a picture"."""
    if brief.topic.strip():
        return brief.topic
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else Texts(brief.language)("drafts.topic_of_picture")
    return first if len(first) <= LONGEST_TITLE else f"{first[: LONGEST_TITLE - 1].rstrip()}…"
