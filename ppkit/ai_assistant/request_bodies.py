"""What the Assistant sends for a picture, an edit of one, words about one, and a brand's voice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppkit.ai_assistant import drawing, prompts
from ppkit.ai_assistant.brief import LONGEST_TOPIC, Brief, InvalidBrief, checked_language, network_named
from ppkit.ai_assistant.conversations import LARGEST_OUTPUT_TOKENS, checked_wish
from ppkit.ai_assistant.drawing import Quality
from ppkit.ai_assistant.model_levels import model_named
from ppkit.ai_assistant.own_pictures import without_metadata
from ppkit.ai_assistant.picture_files import data_url
from ppkit.ai_assistant.picture_sizes import checked_size
from ppkit.ai_assistant.results import Picture, Post
from ppkit.keys import refuse_keys

LARGEST_ALT_TOKENS = 400
LONGEST_ALT = 300  # characters that a screen reader reads in one breath; networks take more
SAMPLES = range(3, 11)
"""How many posts of its own tell a brand's voice."""


def image_bodies(
    brief: Brief, number: int, size: str | None, quality: Quality, post: Post | None
) -> Sequence[Mapping[str, Any]]:
    """A body for each picture of the same. Raises InvalidBrief for more than there are compositions."""
    if not 1 <= number <= len(prompts.COMPOSITIONS):
        raise InvalidBrief(field="variants", longest=LONGEST_TOPIC)
    return [
        image_body(brief, size, quality, post, composition) for composition in prompts.COMPOSITIONS[:number]
    ]


def image_body(
    brief: Brief, size: str | None, quality: Quality, post: Post | None, composition: str | None = None
) -> dict[str, Any]:
    """Raises InvalidBrief without a topic and a text, KeyInText."""
    network, model = post.network if post else brief.for_network, model_named(None, "image")
    text = post.text if post else ""
    refuse_keys("brief", text)
    if not brief.topic.strip() and not text.strip():  # of a brief's own picture, no other one is drawn
        raise InvalidBrief(field="topic", longest=LONGEST_TOPIC)
    asked = prompts.image(brief, network, text, composition)
    wanted = checked_size(size, model) if size else network.size_of(model=model)
    return drawing.image_body(asked, network, model, wanted, quality)


def edit_body(image: Picture | bytes, wish: str, mask: bytes | None, quality: Quality) -> dict[str, Any]:
    """The edit in words; the picture and the mask go beside it, as files."""
    picture = picture_of(image)
    return drawing.image_body(
        prompts.edit(picture.language, checked_wish(wish), has_mask=mask is not None),
        network_named(picture.network),
        model_named(None, "image"),
        picture.size,
        quality,
    )


def alt_body(image: Picture | bytes, network: str | None, language: str | None) -> dict[str, Any]:
    """Words for who cannot see the picture, within the network's limit."""
    picture = picture_of(image)
    limits = network_named(network or picture.network).limits_of("alt")
    longest = min([LONGEST_ALT, *(limit.most for limit in limits)])
    asked = prompts.alt_text(checked_language(language or picture.language), longest)
    content = [
        {"type": "input_text", "text": asked},
        {"type": "input_image", "image_url": data_url(picture.data), "detail": "low"},
    ]
    return {
        "model": model_named(None),
        "input": [{"role": "user", "content": content}],
        "max_output_tokens": LARGEST_ALT_TOKENS,
        "store": False,
    }


def voice_body(samples: Sequence[str], language: str) -> dict[str, Any]:
    """How a brand sounds. Raises InvalidBrief for too few or too long samples, KeyInText."""
    refuse_keys("brief", *samples)
    usable = [sample for sample in samples if sample.strip()]
    if len(usable) not in SAMPLES or any(len(sample) > LONGEST_TOPIC for sample in usable):
        raise InvalidBrief(field="samples", longest=LONGEST_TOPIC)
    return {
        "model": model_named(None),
        "input": prompts.voice(checked_language(language), usable),
        "max_output_tokens": LARGEST_OUTPUT_TOKENS,
        "store": False,
    }


def picture_of(image: Picture | bytes) -> Picture:
    """A file of the user's own is drawn in whatever size suits it, and tells nothing but what it shows."""
    return image if isinstance(image, Picture) else Picture(without_metadata(image), "auto", "")
