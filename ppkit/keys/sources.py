"""Where a key may come from, in one order: the first source that has one wins, and what it hides is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ppkit.dotenv_file import KEY_NAME, LIKE_KEY, Assignment, Dotenv, PassedOver, line_numbers, read_dotenv
from ppkit.errors import PpkitError
from ppkit.keys.apikey import ApiKey
from ppkit.keys.colab import ColabSecret
from ppkit.keys.pasted_key import Expected, PastedKey, parse_pasted_key
from ppkit.keys.vendors import foreign_vendor
from ppkit.mode import Mode


class DotenvLinesPassedOver(PpkitError):
    """`.env` sets no key, but has lines that may hold one under no or a wrong name. Facts: path, lines."""

    code = "dotenv_lines_passed_over"


class SourceName(StrEnum):
    """The sources, in order of precedence; the texts are "keys.source.<name>"."""

    TYPED = "typed"
    COLAB = "colab"
    ENVIRONMENT = "environment"
    DOTENV = "dotenv"
    KEYRING = "keyring"
    FILE = "file"

    @property
    def label(self) -> str:
        """What it is called in any language, for the facts of an error."""
        return _LABELS.get(self, self.value)


_LABELS = {
    SourceName.COLAB: "Google Colab",
    SourceName.ENVIRONMENT: "OPENAI_API_KEY",
    SourceName.DOTENV: ".env",
    SourceName.FILE: "keys.json",
}


@dataclass(frozen=True, slots=True)
class SavedKey:
    """One saved key as it may be shown."""

    name: str
    masked: str
    kind: str
    active: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One source: its name and how to read what it holds now (None when it holds nothing).

    Reading may raise a PpkitError; it is reported, and the next source is asked. `peek` says what is there
    without revealing it, where that spares the user a question of the operating system.
    """

    name: SourceName
    read: Callable[[], str | ApiKey | None]
    peek: Callable[[], SavedKey | None] | None = None


@dataclass(frozen=True, slots=True)
class KeyCandidate:
    """A source that holds something: a key, one that was only peeked at, or why it is passed over."""

    source: SourceName
    pasted: PastedKey = field(default_factory=PastedKey)
    saved: SavedKey | None = None
    trouble: PpkitError | None = None

    @property
    def key(self) -> ApiKey | None:
        """The key itself; None for one that is refused or was only peeked at."""
        return self.pasted.key

    @property
    def masked(self) -> str | None:
        if self.key:
            return self.key.masked
        return self.saved.masked if self.saved else None

    @property
    def usable(self) -> bool:
        return self.masked is not None and self.trouble is None and self.pasted.refusal is None


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """The key in use, the ones it hides, and what was passed over as unusable."""

    active: KeyCandidate | None
    hidden: tuple[KeyCandidate, ...]
    refused: tuple[KeyCandidate, ...]

    @property
    def key(self) -> ApiKey | None:
        return self.active.key if self.active else None


def read_only_sources(
    variable: str, environment: Mapping[str, str], dotenv_path: Path, colab: ColabSecret | None
) -> list[Source]:
    """The places that are the user's own: read, never written. `colab` is given in Colab only."""
    return [
        *([Source(SourceName.COLAB, colab.read)] if colab else []),
        Source(SourceName.ENVIRONMENT, lambda: environment.get(variable)),
        Source(SourceName.DOTENV, lambda: read_variable(dotenv_path, variable)),
    ]


def read_variable(path: Path, variable: str) -> str | None:
    """What `.env` assigns to the variable, as it stands there; None when there is no file, or nothing is.

    Raises DotenvUnreadable, DotenvLinesPassedOver.
    """
    said = read_dotenv(path)
    assigned = said.get(variable)
    if assigned:
        return assigned.value
    if lines := _lines_like_key(said):
        raise DotenvLinesPassedOver(path=str(path), lines=line_numbers(lines))
    return None


def _lines_like_key(said: Dotenv) -> list[PassedOver | Assignment]:
    """Where a key may stand that is not found: no assignment, or one to a name that is not read."""
    found: list[PassedOver | Assignment] = [
        *(one for one in said.passed_over if one.like_key),
        *filter(_is_misnamed, said.assignments),
    ]
    return sorted(found, key=lambda one: one.line)


def _is_misnamed(one: Assignment) -> bool:
    """`OPENAI_KEY=sk-…`; not what belongs to another service, nor what is found by its name."""
    is_ours = LIKE_KEY.search(one.value) is not None and foreign_vendor(one.value) is None
    return is_ours and KEY_NAME.fullmatch(one.name) is None


def choose(sources: Sequence[Source], mode: Mode, expected: Expected = "project") -> KeyChoice:
    """Ask every source and let the first usable key win."""
    active: KeyCandidate | None = None
    hidden: list[KeyCandidate] = []
    refused: list[KeyCandidate] = []
    for source in sources:
        found = _look(source, mode, expected, only_peek=active is not None)
        if found is None:
            continue
        if not found.usable:
            refused.append(found)
        elif active is None:
            active = found
        else:
            hidden.append(found)
    return KeyChoice(active, tuple(hidden), tuple(refused))


def _look(source: Source, mode: Mode, expected: Expected, only_peek: bool) -> KeyCandidate | None:
    try:
        saved = source.peek() if source.peek else None
        if saved and only_peek:
            return KeyCandidate(source.name, saved=saved)
        held = source.read()
    except PpkitError as trouble:
        return KeyCandidate(source.name, trouble=trouble)
    if not held:
        return None
    text = held.get_secret_value() if isinstance(held, ApiKey) else held
    return KeyCandidate(source.name, parse_pasted_key(text, mode, expected), saved)
