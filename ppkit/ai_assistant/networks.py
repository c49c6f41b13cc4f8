"""The networks a post can be for: what each takes, from one dated data file that names its sources."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

ANY_SIZE = ("gpt-image-2",)
"""Beginnings of the names of models that draw any size whose sides are multiples of 16."""


class Unit(StrEnum):
    """In what a network counts a text; ppkit.ai_assistant.counting does it."""

    WEIGHTED = "weighted"  # X: some characters count twice, a link 23
    GRAPHEMES = "graphemes"  # what a reader takes for one character
    SHORT_LINKS = "short_links"  # Mastodon: graphemes, a link 23, a mention without its server
    EMOJI_BYTES = "emoji_bytes"  # Threads: characters, an emoji as many as its bytes
    UTF16 = "utf16"
    BYTES = "bytes"
    ITEMS = "items"


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a network takes of something: "text", "caption" (with a picture), "title", "alt", "hashtags" …

    `source` is a mark of the data file; an unverified one is no statement of the network itself.
    """

    of: str
    most: int
    unit: Unit
    source: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class ImageRules:
    """Which picture files a network takes; `shapes` are the ratios that suit it, the usual one first."""

    formats: tuple[str, ...]
    shapes: tuple[str, ...]
    most_bytes: int
    source: str
    least_bytes: int = 0
    widths: tuple[int | None, int | None] = (None, None)
    ratios: tuple[str, ...] = ()  # the narrowest and the widest that is taken
    most_pixels: int | None = None
    unverified: bool = False

    @property
    def best_format(self) -> str:
        """JPEG wherever it is taken, which is everywhere: as PNG the same picture passes several limits."""
        return "jpeg" if "jpeg" in self.formats else self.formats[0]


@dataclass(frozen=True, slots=True)
class Network:
    """`best` characters read well and `hashtags` suit it; `fold` is where the rest hides behind "more…"."""

    name: str
    label: str
    best: int
    hashtags: int
    image: ImageRules
    limits: tuple[Limit, ...] = field(repr=False)
    fold: int | None = None
    clickable_links: bool = True
    links_need_scheme: bool = False
    refused_links: tuple[str, ...] = ()
    media_required: bool = False
    alt_required: bool = False
    forbidden: str = ""
    escaped: str = ""  # what needs a backslash where a program posts the text

    def limits_of(self, part: str) -> tuple[Limit, ...]:
        return tuple(limit for limit in self.limits if limit.of == part)

    @property
    def longest(self) -> int:
        """The most that the text may count, in the network's own unit."""
        return self.limits_of("text")[0].most

    @property
    def size(self) -> str:
        """The usual picture, "WxH"."""
        return self.size_of()

    @property
    def classic_size(self) -> str:
        """The nearest to it of the three sizes that every image model draws."""
        return shapes()[self.image.shapes[0]]["classic"]

    def size_of(self, shape: str | None = None, model: str = ANY_SIZE[0]) -> str:
        """The size to ask of this model for a shape ("4:5"), by default the usual one.

        Raises LookupError for a shape that does not suit the network.
        """
        shape = shape or self.image.shapes[0]
        if shape not in self.image.shapes:
            raise LookupError(f"{self.label} has no shape {shape}; it has {', '.join(self.image.shapes)}")
        return shapes()[shape]["size" if model.startswith(ANY_SIZE) else "classic"]


@cache
def networks() -> Mapping[str, Network]:
    """Every known network by name."""
    return MappingProxyType({name: _network(name, facts) for name, facts in _document()["networks"].items()})


@cache
def shapes() -> Mapping[str, Mapping[str, str]]:
    """Each ratio with its size, and the nearest size of the models that know three only ("classic")."""
    return MappingProxyType(_document()["shapes"])


@cache
def sources() -> Mapping[str, str]:
    """What the marks of the limits stand for."""
    return MappingProxyType(_document()["sources"])


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        files(__package__).joinpath("networks.json").read_text(encoding="utf-8")
    )
    return document


def _network(name: str, facts: Mapping[str, Any]) -> Network:
    limits = (Limit(**{**limit, "unit": Unit(limit["unit"])}) for limit in facts["limits"])
    image = ImageRules(**_tuples(facts["image"]))
    return Network(name, **{**_tuples(facts), "limits": tuple(limits), "image": image})


def _tuples(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
