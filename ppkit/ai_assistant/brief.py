"""Brief: what a post is to be about, for whom, and how it should sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ppkit.ai_assistant.networks import Network, networks
from ppkit.ai_assistant.own_pictures import BriefPicture, brief_picture
from ppkit.errors import PpkitError
from ppkit.keys import refuse_keys

LONGEST_TOPIC = 2_000  # characters; a brief, not a document
LONGEST_SOURCE = 20_000  # characters of an article: a dozen pages
MOST_HASHTAGS = 30
MOST_VARIANTS = 5
LANGUAGES = ("it", "en")


class InvalidBrief(PpkitError):
    """A field of a brief cannot be used. Facts: field, longest (for texts)."""

    code = "invalid_brief"


class Tone(StrEnum):
    """How a post sounds; the texts are "assistant.tone.<name>"."""

    FRIENDLY = "friendly"
    PROFESSIONAL = "professional"
    ENTHUSIASTIC = "enthusiastic"
    IRONIC = "ironic"
    INFORMATIVE = "informative"


class Emoji(StrEnum):
    """How many emoji a post has; the texts are "assistant.emoji.<name>"."""

    NONE = "none"
    FEW = "few"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Brief:
    """One wish for a post; a topic is enough, or a picture.

    `language` is the post's, "it" or "en". `model` is a model's name or one of "economical", "balanced",
    "best"; without it the economical one is taken. `also_for` are networks that the post is adapted to.
    `hashtags` is how many at most, by default as many as suit the network. `voice` says how the brand sounds
    (see `Assistant.brand_voice`), `source` is an article or a page to draw on: material, never instructions.
    `picture` is a JPEG, PNG or WebP that the post is about, by its bytes or its path; the model sees a small
    copy without metadata (`own_pictures`).

    Raises InvalidBrief when it cannot be written, KeyInText for a secret in it, and for the picture what
    `brief_picture` raises.
    """

    topic: str = ""
    network: str = "instagram"
    tone: str = Tone.FRIENDLY
    language: str = "it"
    call_to_action: str = ""
    model: str | None = None
    also_for: Sequence[str] = ()
    audience: str = ""
    hashtags: int | None = None
    emoji: str = Emoji.FEW
    voice: str = ""
    source: str = ""
    variants: int = 1
    with_image: bool = False
    picture: BriefPicture | bytes | Path | str | None = None

    def __post_init__(self) -> None:
        also_for = tuple(name for name in dict.fromkeys(self.also_for) if name != self.network)
        object.__setattr__(self, "also_for", also_for)
        texts = (self.call_to_action, self.audience, self.voice, self.source)
        refuse_keys("brief", self.topic, self.network, self.tone, self.model, *texts, *also_for)
        object.__setattr__(self, "picture", None if self.picture is None else brief_picture(self.picture))
        for name in ("topic", "call_to_action", "audience", "voice"):
            if len(getattr(self, name)) > LONGEST_TOPIC:
                raise InvalidBrief(field=name, longest=LONGEST_TOPIC)
        if len(self.source) > LONGEST_SOURCE:
            raise InvalidBrief(field="source", longest=LONGEST_SOURCE)
        known = (
            ("topic", bool(self.topic.strip()) or self.picture is not None),
            ("network", self.network in networks()),
            ("tone", self.tone in list(Tone)),
            ("language", self.language in LANGUAGES),
            ("also_for", all(name in networks() for name in also_for)),
            ("hashtags", self.hashtags is None or 0 <= self.hashtags <= MOST_HASHTAGS),
            ("emoji", self.emoji in list(Emoji)),
            ("variants", 1 <= self.variants <= MOST_VARIANTS),
        )
        for name, holds in known:
            if not holds:
                raise InvalidBrief(field=name, longest=LONGEST_TOPIC)

    @property
    def shown_picture(self) -> BriefPicture | None:
        """The picture as the model sees it."""
        return self.picture if isinstance(self.picture, BriefPicture) else None

    @property
    def for_network(self) -> Network:
        return networks()[self.network]

    @property
    def networks(self) -> tuple[Network, ...]:
        """All of them, the one that the post is written for first."""
        return tuple(networks()[name] for name in (self.network, *self.also_for))

    def hashtags_for(self, network: Network) -> int:
        """How many hashtags a post there has at most."""
        wanted = network.hashtags if self.hashtags is None else self.hashtags
        return min([wanted, *(limit.most for limit in network.limits_of("hashtags"))])


def network_named(name: str) -> Network:
    """Raises InvalidBrief, KeyInText."""
    refuse_keys("brief", name)
    if name not in networks():
        raise InvalidBrief(field="network", longest=LONGEST_TOPIC)
    return networks()[name]


def checked_language(name: str) -> str:
    """Raises InvalidBrief, KeyInText."""
    refuse_keys("brief", name)
    if name not in LANGUAGES:
        raise InvalidBrief(field="language", longest=LONGEST_TOPIC)
    return name
