"""A paper in words, before it becomes a web page or a PDF: both show the same, in the same order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ppkit.look.stacked_chart import StackedChart
from ppkit.mode import Mode


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose paper it is: a name, a picture file (PNG or JPEG) and a colour ("#rrggbb"); "" for none."""

    name: str
    logo: bytes = b""
    media_type: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and below it facts (label, value, remark), a chart, a table, sentences; each may be empty.

    `numbers` are the places of the table's columns that hold numbers.
    """

    heading: str
    facts: tuple[tuple[str, str, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    sentences: tuple[str, ...] = ()
    chart: StackedChart | None = None
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that is written on it, in one language.

    `band` is the sentence beside "PRACTICE", `hero` what stands out, such as the name on a certificate, and
    `name` what its file is called, without a suffix.
    """

    kind: Literal["sheet", "certificate", "costs", "statement"]
    mode: Mode
    language: str
    name: str
    title: str
    band: str
    lead: str
    hero: str
    after_hero: str
    sections: tuple[Section, ...]
    foot: str
    letterhead: Letterhead | None = None
