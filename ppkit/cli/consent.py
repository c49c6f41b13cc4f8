"""Asking a user who sits there before something is changed or spent; nobody else has agreed."""

from __future__ import annotations

import click

from ppkit.cli.key_input import is_typed
from ppkit.look.texts import Texts

YES = frozenset({"s", "si", "sì", "y", "yes"})


def agrees(texts: Texts, ask: str, say_yes: str) -> bool:
    """Whether the answer to the text `ask` is yes; `say_yes` tells of --yes where nobody can answer."""
    if not is_typed():
        click.echo(texts(say_yes), err=True)
        return False
    answer = click.prompt(texts(ask), default="", show_default=False, err=True)
    return answer.strip().casefold() in YES
