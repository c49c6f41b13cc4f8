"""Everything that OpenAI's API can be asked, imitated here or not: from its own document and the SDK.

`scripts/operations.py` makes the list; a test compares it with the installed SDK.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any


def operations() -> dict[str, frozenset[str]]:
    """By "METHOD /path/{}", the names of the parameters that the SDK sends."""
    return {name: frozenset(one["sends"]) for name, one in _kept()["operations"].items()}


def operation_of(method: str, path: str) -> str | None:
    """The operation that a request leads to, by its path below /v1; None when OpenAI's API has none."""
    for pattern, name in _patterns():
        if name.startswith(f"{method} ") and pattern.fullmatch(path):
            return name
    return None


def sent_with(method: str, path: str) -> frozenset[str]:
    """The names of the parameters that OpenAI's API takes there, as far as the SDK knows them."""
    name = operation_of(method, path)
    return frozenset() if name is None else frozenset(_kept()["operations"][name]["sends"])


def model_names() -> frozenset[str]:
    """Every model that the SDK's types name."""
    return frozenset(name for names in _kept()["models"].values() for name in names)


def nameless(path: str) -> str:
    """A route's path as the list writes it: OpenAI's document and the SDK name its parts differently."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The most literal first: /responses/compact is no response of that name."""
    names = sorted(_kept()["operations"], key=lambda name: name.count("{}"))
    return [(re.compile(re.escape(name.partition(" ")[2]).replace(r"\{\}", "[^/]+")), name) for name in names]


@cache
def _kept() -> dict[str, Any]:
    text = resources.files("ppkit.practice_platform").joinpath("data/operations.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
