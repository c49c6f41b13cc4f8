"""Brief: what a post is to be about, for whom, and how it should sound."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ppkit.ai_assistant.networks import Network, networks
from ppkit.errors import PpkitError
from ppkit.keys import refuse_keys

LONGEST_TOPIC = 2_000  # characters; a brief, not a document
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


@dataclass(frozen=True, slots=True)
class Brief:
    """One wish for a post. Raises InvalidBrief when it cannot be written, KeyInText for a secret in it.

    `language` is the post's, "it" or "en"; without `model` the best of the preferred ones is taken.
    """

    topic: str
    network: str = "instagram"
    tone: str = Tone.FRIENDLY
    language: str = "it"
    call_to_action: str = ""
    model: str | None = None

    def __post_init__(self) -> None:
        refuse_keys("brief", self.topic, self.network, self.tone, self.call_to_action, self.model)
        for name, text in (("topic", self.topic), ("call_to_action", self.call_to_action)):
            if len(text) > LONGEST_TOPIC:
                raise InvalidBrief(field=name, longest=LONGEST_TOPIC)
        known = (
            ("topic", bool(self.topic.strip())),
            ("network", self.network in networks()),
            ("tone", self.tone in list(Tone)),
            ("language", self.language in LANGUAGES),
        )
        for name, holds in known:
            if not holds:
                raise InvalidBrief(field=name, longest=LONGEST_TOPIC)

    @property
    def for_network(self) -> Network:
        return networks()[self.network]
