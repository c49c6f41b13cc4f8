"""A Brief as it is kept beside a draft: JSON with the brief's own fields, whichever these are."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from ppkit.ai_assistant import Brief


def brief_to_json(brief: Brief) -> str:
    return json.dumps(dataclasses.asdict(brief), sort_keys=True)


def brief_from_json(text: str) -> Brief:
    """The brief, of the fields that a Brief has today. Raises what Brief raises."""
    known = {field.name for field in dataclasses.fields(Brief) if field.init}
    found: dict[str, Any] = {name: value for name, value in json.loads(text).items() if name in known}
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in found.items()
    }
    return Brief(**fields)
