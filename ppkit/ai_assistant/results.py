"""What the Assistant hands back: posts, pictures, other texts, estimates; each says which purse pays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, overload

from ppkit.ai_assistant.breaches import Breach, breaches, hashtags_in
from ppkit.ai_assistant.conversations import Conversation
from ppkit.ai_assistant.counting import Count, count
from ppkit.ai_assistant.networks import Network
from ppkit.ai_assistant.picture_files import SUFFIXES, as_taken, format_of
from ppkit.checkup import Diagnosis
from ppkit.money import Money


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
    `conversation` is what led to it, for the next wish.
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
    conversation: Conversation | None = None

    @property
    def hashtags(self) -> tuple[str, ...]:
        """The hashtags in the text, each once, without the sign; a number alone is none."""
        return hashtags_in(self.text)

    @property
    def count(self) -> Count:
        """The text's length, counted as its network counts it."""
        return count(self.text, self.network)

    @property
    def breaches(self) -> Sequence[Breach]:
        """The network's rules that the text breaks, the gravest first."""
        return breaches(self.text, self.network)

    @property
    def fits(self) -> bool:
        """Whether the network would take the text as it is."""
        return not any(breach.blocks for breach in self.breaches)

    def edited(self, text: str) -> Post:
        """The post with a text changed by hand; the next wish is about this one."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True)
class Posts(Sequence[Post]):
    """Several posts of one wish. What went wrong after the first of them is the `trouble`: they are paid."""

    posts: tuple[Post, ...]
    trouble: Diagnosis | None = None

    @overload
    def __getitem__(self, index: int) -> Post: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Post]: ...
    def __getitem__(self, index: int | slice) -> Post | Sequence[Post]:
        return self.posts[index]

    def __iter__(self) -> Iterator[Post]:
        return iter(self.posts)

    def __len__(self) -> int:
        return len(self.posts)


@dataclass(frozen=True, slots=True)
class PaidText:
    """A text that is no post: words for who cannot see a picture, a brand's voice."""

    text: str
    purse: Purse
    model: str
    credits: int
    is_complete: bool
    receipt: Any | None
    request_id: str | None
    trouble: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn image: its file as the platform sent it, its size as asked ("WxH"), and words for who cannot
    see it. `network` and `language` are those it was drawn for.
    """

    data: bytes
    size: str
    alt: str
    purse: Purse = Purse.OWN_KEY
    model: str = ""
    credits: int = 0
    receipt: Any | None = None
    trouble: Diagnosis | None = None
    network: str = "instagram"
    language: str = "it"

    @property
    def format(self) -> str:
        """ "jpeg", "png" or "webp"."""
        return format_of(self.data)

    @property
    def suffix(self) -> str:
        return SUFFIXES[self.format]

    def for_network(self, network: Network) -> bytes:
        """The file where the network takes it, unchanged; else a copy in JPEG (see `picture_files`)."""
        return as_taken(self.data, network.image, by_model=bool(self.model))

    def save(self, path: Path | str, network: Network | None = None) -> Path:
        """Write it beside whatever is there, with the right suffix; returns where.

        Unchanged, with its provenance, unless `network` takes no such file.
        """
        data = self.for_network(network) if network else self.data
        written = Path(path).with_suffix(f".{SUFFIXES[format_of(data)]}")
        written.write_bytes(data)
        return written

    def __repr__(self) -> str:
        return f"Picture({self.size}, {len(self.data)} bytes, {self.model})"


@dataclass(frozen=True, slots=True)
class Pictures(Sequence[Picture]):
    """Several pictures of one wish; as with Posts, those before a `trouble` are paid and kept."""

    pictures: tuple[Picture, ...]
    trouble: Diagnosis | None = None

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | Sequence[Picture]:
        return self.pictures[index]

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.pictures)

    def __len__(self) -> int:
        return len(self.pictures)
