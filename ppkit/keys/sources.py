"""Where a key may come from, in one order: the first source that has one wins, and what it hides is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from dotenv import dotenv_values

from ppkit.keys.apikey import ApiKey
from ppkit.keys.lint import Expected, Lint, lint
from ppkit.keys.store import KeyStore


class SourceName(StrEnum):
    """The sources, in order of precedence; the texts are "keys.source.<name>"."""

    TYPED = "typed"
    ENVIRONMENT = "environment"
    DOTENV = "dotenv"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Source:
    """One source: its name and how to read the text it holds now (None when it holds none)."""

    name: SourceName
    read: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A source that holds something: a usable key, or the refusal that says why it is passed over."""

    source: SourceName
    lint: Lint

    @property
    def key(self) -> ApiKey | None:
        return self.lint.key


@dataclass(frozen=True, slots=True)
class Chosen:
    """The key in use, the ones it hides, and what was passed over as unusable."""

    active: Found | None
    hidden: tuple[Found, ...]
    refused: tuple[Found, ...]

    @property
    def key(self) -> ApiKey | None:
        return self.active.key if self.active else None

    @property
    def still_linked_by(self) -> tuple[SourceName, ...]:
        """Sources that keep a key after the active one is forgotten."""
        return tuple(found.source for found in self.hidden)


def choose(sources: Sequence[Source], mode: str, expected: Expected = "project") -> Chosen:
    """Read every source and let the first usable key win.."""
    found = [Found(source.name, lint(text, mode, expected)) for source in sources if (text := source.read())]
    usable = [one for one in found if one.key]
    active = usable[0] if usable else None
    return Chosen(
        active=active,
        hidden=tuple(usable[1:]),
        refused=tuple(one for one in found if not one.key),
    )


def standard_sources(
    typed: Callable[[], ApiKey | None],
    environment: Mapping[str, str],
    dotenv_path: Path,
    store: KeyStore,
    variable: str = "OPENAI_API_KEY",
) -> tuple[Source, ...]:
    """The chain: typed now, environment, `.env` of the working folder, saved file."""
    return (
        Source(SourceName.TYPED, lambda: _text_of(typed())),
        Source(SourceName.ENVIRONMENT, lambda: environment.get(variable)),
        Source(SourceName.DOTENV, lambda: _from_dotenv(dotenv_path, variable)),
        Source(SourceName.FILE, lambda: _text_of(store.load())),
    )


def _text_of(key: ApiKey | None) -> str | None:
    return key.get_secret_value() if key else None


def _from_dotenv(path: Path, variable: str) -> str | None:
    """The variable's value in a `.env` file; None when there is no file, or it cannot be read."""
    if not path.is_file():
        return None
    try:
        return dotenv_values(path, interpolate=False).get(variable)
    except (OSError, UnicodeDecodeError):
        return None
