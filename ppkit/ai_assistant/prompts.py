"""From a brief to the bodies of two requests: one that writes the post, one that draws its image."""

from __future__ import annotations

from typing import Any, Literal

from ppkit.ai_assistant.brief import Brief
from ppkit.look.texts import Texts

Quality = Literal["low", "medium", "high"]

# Thinking counts as output, too; a post of the longest useful kind takes a quarter of this.
LARGEST_OUTPUT_TOKENS = 2_000


def post_body(brief: Brief, model: str) -> dict[str, Any]:
    """The body of a /responses request. Nothing is stored on the platform."""
    texts, network = Texts(brief.language), brief.for_network
    instructions = texts(
        "assistant.prompt.instructions",
        network=network.label,
        longest=network.longest,
        best=network.best,
        hashtags=network.hashtags,
        tone=texts(f"assistant.tone.{brief.tone}"),
    )
    wish = texts("assistant.prompt.topic", topic=brief.topic.strip())
    if brief.call_to_action.strip():
        wish += "\n" + texts("assistant.prompt.call_to_action", call=brief.call_to_action.strip())
    return {
        "model": model,
        "instructions": instructions,
        "input": wish,
        "max_output_tokens": LARGEST_OUTPUT_TOKENS,
        "store": False,
    }


def image_body(brief: Brief, model: str, size: str, quality: Quality) -> dict[str, Any]:
    """The body of an /images/generations request."""
    prompt = Texts(brief.language)(
        "assistant.prompt.image", topic=brief.topic.strip(), network=brief.for_network.label
    )
    return {"model": model, "prompt": prompt, "size": size, "quality": quality, "n": 1}
