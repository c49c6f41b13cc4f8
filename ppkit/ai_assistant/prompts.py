"""What the models are asked: the templates in `prompt_templates/<language>/`, filled.

What a user pasted from elsewhere stands between tags that do not occur in it, so that no text can end its
own quotation; the instructions say that it is data.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ppkit.ai_assistant.brief import Brief
from ppkit.ai_assistant.networks import Network
from ppkit.extras import require
from ppkit.look.texts import Texts

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("prompt_templates")
OPENINGS = ("question", "scene", "benefit", "surprise", "plain")
"""How the variants of a post open, so that they differ."""

COMPOSITIONS = (None, "close", "wide", "above")
"""How the variants of an image are composed; the first one is left to the model."""


def instructions(brief: Brief, network: Network) -> str:
    """What holds for every turn about a post for this network."""
    return _filled(
        brief.language,
        "instructions",
        brief=brief,
        network=network,
        tone=Texts(brief.language)(f"assistant.tone.{brief.tone}"),
        best=network.best,
        longest=network.longest,
        hashtags=brief.hashtags_for(network),
    )


def write(brief: Brief, opening: str | None = None) -> str:
    return _filled(brief.language, "write", brief=brief, opening=opening)


def refine(
    brief: Brief, network: Network, wish: str, *, words: str = "", characters: int = 0, over: int = 0
) -> str:
    facts = {"wish": wish, "words": words, "characters": characters, "over": over}
    return _filled(brief.language, "refine", network=network, **facts)


def adapt(brief: Brief, network: Network, text: str) -> str:
    return _filled(brief.language, "adapt", brief=brief, network=network, text=text)


def image(brief: Brief, network: Network, text: str = "", composition: str | None = None) -> str:
    """`text` is the post that the image goes with."""
    return _filled(brief.language, "image", brief=brief, network=network, text=text, composition=composition)


def edit(language: str, words: str, *, has_mask: bool) -> str:
    return _filled(language, "edit", words=words, has_mask=has_mask)


def alt_text(language: str, characters: int) -> str:
    return _filled(language, "alt_text", characters=characters)


def voice(language: str, samples: Sequence[str]) -> str:
    return _filled(language, "voice", samples=samples)


def quoted(text: str, tag: str) -> str:
    """The text between tags that do not occur in it."""
    name, number = tag, 1
    while f"<{name}" in text.lower() or f"</{name}" in text.lower():
        number += 1
        name = f"{tag}-{number}"
    return f"<{name}>\n{text.strip()}\n</{name}>"


def _filled(language: str, template: str, **facts: object) -> str:
    return _environment().get_template(f"{language}/{template}.jinja").render(facts).strip()


@cache
def _environment() -> jinja2.Environment:
    require("assistant", "jinja2")
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(  # noqa: S701  # a prompt is no page: what is pasted is set apart by `data`
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters.update(line=_one_line, data=quoted)
    return made


def _one_line(text: str) -> str:
    return " ".join(text.split())
