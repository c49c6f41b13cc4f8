"""Made with AI: what a network's API takes to say so, and words to say it where there is no such field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from ppkit.drafts.draft import Draft
from ppkit.look.texts import Texts


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What of a post a model made ("text", "image", "alt"), and how that can be said on its network.

    `flag` is the field of the network's API to set to true, None where none is known or nothing asks for it;
    `notice` the words that can stand in the post, in its language. Both are for images that a model drew: an
    ordinary promotional text needs neither. Texts "drafts.ai.duty" explain; they are no legal advice.
    """

    network: str
    made: tuple[str, ...]
    flag: str | None
    notice: str


@cache
def ai_flags() -> Mapping[str, str]:
    """By network, the field of its API."""
    document = json.loads(files(__package__).joinpath("ai_flags.json").read_text(encoding="utf-8"))
    return MappingProxyType(document["flags"])


def disclosure_of(draft: Draft, network: str) -> Disclosure:
    """What there is to say of the draft's post on this network."""
    text = draft.texts.get(network)
    made = tuple(name for name in draft.made_by_ai if name != "text" or (text and text.model))
    drawn = "image" in made
    return Disclosure(
        network=network,
        made=made,
        flag=ai_flags().get(network) if drawn else None,
        notice=Texts(draft.content.language)("drafts.ai.notice") if drawn else "",
    )
