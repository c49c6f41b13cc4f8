"""The Jinja environment that notebook windows and web pages share."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ppkit.look import formats
from ppkit.look.icons import icon
from ppkit.look.texts import Texts

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
VENDORED = Path(__file__).with_name("vendored")


def environment(language: str, *folders: Path) -> Environment:
    """Templates from `folders` first, then the shared ones (`{% import "macros.html" as ui %}`).

    Everything is escaped, and an unknown name is an error. In templates: `t("id", …)`, `t.plural("id", n)`,
    `icon("key")`, and the filters `money`, `digits`, `number`, `date`, `time`, `duration` in `language`.
    """
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(t=Texts(language), language=language, icon=icon)
    made.filters["time"] = formats.time
    for name in ("money", "digits", "number", "date", "duration"):
        made.filters[name] = partial(getattr(formats, name), language=language)
    return made
