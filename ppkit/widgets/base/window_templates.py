"""The templates of the windows, rendered in a language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment

from ppkit.look import formats
from ppkit.look.jinja_environment import environment

TEMPLATES = sorted(Path(__file__).parents[1].glob("*/templates"))
"""Each subject's own folder; no two templates have one name."""


def page_of(language: str, template: str, shown: Mapping[str, object]) -> str:
    """One page as HTML; everything shown is escaped."""
    return _environment(language).get_template(f"{template}.html").render(shown)


@cache
def _environment(language: str) -> Environment:
    made = environment(language, *TEMPLATES)
    made.filters["local_time"] = _local_time
    return made


def _local_time(moment: datetime | None) -> str | None:
    """A moment as the reader's own clock shows it, "14:05"."""
    return formats.time(moment.astimezone()) if moment else None
