"""What the Assistant hands back: a post, a picture, an estimate; each says which purse pays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ppkit.ai_assistant.networks import Network
from ppkit.checkup import Diagnosis
from ppkit.money import Money

HASHTAG = re.compile(r"(?<![\w&])#(\w*[^\W\d_]\w*)")


class Purse(StrEnum):
    """Who pays; the texts are "assistant.purse.<name>"."""

    PLAN = "plan"
    OWN_KEY = "own_key"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Shown before sending: who pays, plan credits taken, highest cost (None: the price is not known)."""

    purse: Purse
    model: str
    credits: int
    credits_left: int
    highest_cost: Money | None


@dataclass(frozen=True, slots=True)
class Post:
    """A written post. `is_complete` is False when it was stopped or cut off (`trouble` says by what).

    `receipt` is the metered call's; when the plan paid, `credits` were taken and the call was the app's own.
    """

    text: str
    network: Network
    purse: Purse
    model: str
    credits: int
    is_complete: bool
    receipt: Any | None
    request_id: str | None
    trouble: Diagnosis | None = None

    @property
    def hashtags(self) -> tuple[str, ...]:
        """The hashtags in the text, each once, without the sign; a number alone is none."""
        return tuple(dict.fromkeys(HASHTAG.findall(self.text)))

    @property
    def characters(self) -> int:
        return len(self.text)

    @property
    def characters_left(self) -> int:
        """How many more the network accepts; negative when the post is too long for it."""
        return self.network.longest - self.characters

    @property
    def fits(self) -> bool:
        return self.characters_left >= 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn image: PNG bytes, its size as asked ("WxH"), and words for who cannot see it."""

    png: bytes
    size: str
    alt: str
    purse: Purse
    model: str
    credits: int
    receipt: Any | None
    trouble: Diagnosis | None = None

    def __repr__(self) -> str:
        return f"Picture({self.size}, {len(self.png)} bytes, {self.model})"
