"""The networks a post can be for: text limits and image shapes, from one dated data file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Network:
    """`longest` is what the network accepts, `best` what reads well, in characters; `size` is "WxH"."""

    name: str
    label: str
    longest: int
    best: int
    hashtags: int
    size: str


@cache
def networks() -> Mapping[str, Network]:
    """Every known network by name."""
    document = json.loads(files(__package__).joinpath("networks.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Network(name, **facts) for name, facts in document["networks"].items()})
