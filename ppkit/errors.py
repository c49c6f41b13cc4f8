"""What can go wrong, as facts. The sentences a user reads are in the catalogues, found by `code`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

_hiding: list[Callable[[str], str]] = []


def hide_in_facts(hide: Callable[[str], str]) -> None:
    """From now on no error carries what `hide` takes out of a text.

    What a secret looks like is each side of the wire's own business: each brings its own rule, when it is
    imported. Twice is once.
    """
    if hide not in _hiding:
        _hiding.append(hide)


class PpkitError(Exception):
    """Base of every error that ppkit raises on purpose.

    `code` names the texts "error.<code>.what", ".why" and ".now" in `look/locale/*/errors.po`;
    `facts` fills their placeholders. A secret in a fact is hidden here, before anything can show it.
    """

    code: ClassVar[str] = "unexpected"

    def __init__(self, **facts: object) -> None:
        self.facts = {name: without_secrets(value) for name, value in facts.items()}
        super().__init__(self.code, self.facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.code}: {facts}" if facts else self.code


class InvalidSettings(PpkitError):
    """A setting cannot be understood. Facts: name, value (redacted), source."""

    code = "invalid_settings"


def without_secrets(fact: object) -> object:
    """What an error may carry of this: the fact as it came, where nothing in it is to be hidden.

    Lists and mappings are gone through part by part.
    """
    match fact:
        case None | bool() | int():
            return fact
        case Mapping():
            return {without_secrets(name): without_secrets(value) for name, value in fact.items()}
        case list() | tuple() | set() | frozenset():
            return type(fact)(map(without_secrets, fact)) if type(fact) in _PLAIN else _hidden(fact)
        case _:
            return _hidden(fact)


_PLAIN = (list, tuple, set, frozenset)


def _hidden(fact: object) -> object:
    text = shown = str(fact)
    for hide in _hiding:
        shown = hide(shown)
    return fact if shown == text else shown
