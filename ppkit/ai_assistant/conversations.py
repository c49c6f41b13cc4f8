"""Conversations about one post: what is asked first, what is wished later, and the requests they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from ppkit.ai_assistant import prompts
from ppkit.ai_assistant.brief import LONGEST_TOPIC, Brief, InvalidBrief
from ppkit.ai_assistant.counting import count
from ppkit.ai_assistant.networks import Network
from ppkit.ai_assistant.own_pictures import BriefPicture
from ppkit.ai_assistant.picture_files import data_url
from ppkit.keys import refuse_keys

# Thinking counts as output, too; a post of the longest useful kind takes a quarter of this.
LARGEST_OUTPUT_TOKENS = 2_000
SHORTER, LONGER = 0.6, 1.5  # of the characters
SHORTEST_POST = 60
ROOM = 0.95  # of the limit: models count characters badly


class Refinement(StrEnum):
    """What can be wished of a post with one click; the texts are "assistant.refinement.<name>"."""

    SHORTER = "shorter"
    LONGER = "longer"
    MORE_FORMAL = "more_formal"
    WARMER = "warmer"
    IN_ENGLISH = "in_english"
    IN_ITALIAN = "in_italian"
    ANOTHER_OPENING = "another_opening"
    TO_FIT = "to_fit"  # as short as the network asks


LANGUAGE_OF = {Refinement.IN_ENGLISH: "en", Refinement.IN_ITALIAN: "it"}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns about a post for one network. Nothing of it is stored on the platform: it is sent whole.

    `shown` is the brief's picture, which the first turn is about.
    """

    brief: Brief
    network: Network
    turns: Sequence[Turn]
    shown: BriefPicture | None = None

    def body(self, model: str) -> dict[str, Any]:
        """The body of a /responses request."""
        turns: list[dict[str, Any]] = [{"role": turn.role, "content": turn.text} for turn in self.turns]
        if self.shown:
            turns[0]["content"] = [
                {"type": "input_text", "text": self.turns[0].text},
                {"type": "input_image", "image_url": data_url(self.shown.data), "detail": "high"},
            ]
        return {
            "model": model,
            "instructions": prompts.instructions(self.brief, self.network),
            "input": turns if len(turns) > 1 or self.shown else self.turns[0].text,
            "max_output_tokens": LARGEST_OUTPUT_TOKENS,
            "store": False,
        }

    def refined(self, text: str, wish: Refinement | str) -> Conversation:
        """The conversation with one more wish, about the post as it stands now. `wish` may be free words.

        Raises InvalidBrief for words too long or missing, KeyInText for a secret in them.
        """
        refuse_keys("brief", text)
        known = next((one for one in Refinement if one == checked_wish(wish)), None)
        brief = replace(self.brief, language=LANGUAGE_OF[known]) if known in LANGUAGE_OF else self.brief
        asked = prompts.refine(
            brief,
            self.network,
            known or "",
            words="" if known else wish,
            characters=_characters(text, known, self.network),
            over=count(text, self.network).over,
        )
        return replace(self, brief=brief, turns=(*self.turns, Turn("assistant", text), Turn("user", asked)))

    def adapted(self, text: str, network: Network) -> Conversation:
        """A new conversation, about the same post for another network; what it is about is in the post."""
        refuse_keys("brief", text)
        return Conversation(self.brief, network, (Turn("user", prompts.adapt(self.brief, network, text)),))


def about(brief: Brief, opening: str | None = None) -> Conversation:
    """The first turn about the brief; `opening` is one of `prompts.OPENINGS`, for one of several variants."""
    turns = (Turn("user", prompts.write(brief, opening)),)
    return Conversation(brief, brief.for_network, turns, brief.shown_picture)


def checked_wish(wish: str) -> str:
    """The wish in free words, if it can be sent. Raises InvalidBrief, KeyInText."""
    refuse_keys("brief", wish)
    if not wish.strip() or len(wish) > LONGEST_TOPIC:
        raise InvalidBrief(field="wish", longest=LONGEST_TOPIC)
    return wish


def _characters(text: str, wish: Refinement | None, network: Network) -> int:
    """How long the text is to become."""
    match wish:
        case Refinement.SHORTER:
            return max(SHORTEST_POST, int(len(text) * SHORTER))
        case Refinement.LONGER:
            return min(int(len(text) * LONGER), int(network.longest * ROOM))
        case Refinement.TO_FIT:
            found = count(text, network)
            return min(len(text), int(len(text) * found.longest / max(found.used, 1) * ROOM))
        case _:
            return len(text)
