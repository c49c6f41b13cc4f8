"""The tables that other tools import: columns in their order, one dated data file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from ppkit.drafts.errors import UnknownLayout
from ppkit.keys import refuse_keys

TableFormat = Literal["csv", "xlsx"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one tool takes posts. `fields` names what of a post stands in a column; the others stay empty.

    With `one_network` a file is for one network, else a row is for all networks that have its text. `date`
    and `time` are formats; `formats` are the kinds of file, the surer one first.
    """

    name: str
    label: str
    formats: tuple[TableFormat, ...]
    has_header: bool
    one_network: bool
    date: str
    most_images: int
    columns: tuple[str, ...]
    source: str
    fields: Mapping[str, str] = field(hash=False)
    time: str = ""
    most_rows: int | None = None


@cache
def layouts() -> Mapping[str, Layout]:
    """Every known layout by name, PostPickr's first."""
    document = json.loads(files(__package__).joinpath("layouts.json").read_text(encoding="utf-8"))
    found = {
        name: Layout(
            name, **{**facts, "formats": tuple(facts["formats"]), "columns": tuple(facts["columns"])}
        )
        for name, facts in document["layouts"].items()
    }
    return MappingProxyType(found)


def layout_named(name: str) -> Layout:
    """Raises UnknownLayout, KeyInText."""
    refuse_keys("layout", name)
    try:
        return layouts()[name]
    except KeyError:
        raise UnknownLayout(name=name, known=", ".join(layouts())) from None
