"""Small mappings as canonical JSON text: equal mappings give equal text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from ppkit.money import Money
from ppkit.spending.ledger.scopes import scopes_of
from ppkit.spending.usage import Usage

if TYPE_CHECKING:
    from ppkit.spending.cost import Cost

NO_TAGS = "{}"

# Made once: json.dumps would make an encoder for each call of the ledger.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_USAGE_FIGURES = tuple(field.name for field in fields(Usage))
_USAGE_PARTS = _USAGE_FIGURES[2:]
NO_TOKENS = (0,) * len(_USAGE_FIGURES)
_tokens_in: Callable[[Usage], tuple[int, ...]] = attrgetter(*_USAGE_FIGURES)


def packed_tags(tags: Mapping[str, str]) -> str:
    """The tags with sorted names: one text per set of tags, whatever order they were given in."""
    return _encode(tags) if tags else NO_TAGS


def unpacked_tags(text: str) -> dict[str, str]:
    if text == NO_TAGS:
        return {}
    tags: dict[str, str] = json.loads(text)
    return tags


def packed_usage(usage: Usage) -> str:
    """Every figure that is not zero, and always the two wholes."""
    figures = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
    for name in _USAGE_PARTS:
        if count := getattr(usage, name):
            figures[name] = count
    return _packed_figures(figures)


def unpacked_usage(text: str) -> Usage:
    return Usage(**json.loads(text))


def tokens_of(usage: Usage | None) -> tuple[int, ...]:
    """Every figure of the usage, in the order of its fields; zeros where it is not known."""
    return NO_TOKENS if usage is None else _tokens_in(usage)


def packed_parts(cost: Cost) -> str:
    """Every part that is not zero, in pico-dollars; the total has a column of its own."""
    parts = zip(cost._fields[:-1], cost, strict=False)
    return _packed_figures({name: part.pico_usd for name, part in parts if part.pico_usd})


def packed_figures(usage: Usage | None, cost: Cost | None) -> tuple[str | None, str | None, tuple[int, ...]]:
    """What a call used and the parts of what it cost, each as far as it is known; then its `tokens_of`."""
    packed = None if usage is None else packed_usage(usage)
    return packed, None if cost is None else packed_parts(cost), tokens_of(usage)


def _packed_figures(figures: Mapping[str, int]) -> str:
    """Plain names and whole numbers need no encoder, which would take as long as a statement."""
    return "{" + ",".join([f'"{name}":{figure}' for name, figure in figures.items()]) + "}"


def unpacked_parts(text: str) -> dict[str, Money]:
    return {name: Money(pico_usd) for name, pico_usd in json.loads(text).items()}


@lru_cache(maxsize=1024)
def scopes_counting(key: str, tags: str) -> tuple[str, ...]:
    """The scopes that a call counts in, by its key and its packed tags: the same for many calls."""
    return tuple(scopes_of(key, unpacked_tags(tags)))
