"""The visible chain: the key in force, what it hides, what was passed over, what may be chosen instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ppkit.errors import PpkitError
from ppkit.keys.apikey import ApiKey
from ppkit.keys.key_store import NoSuchKey
from ppkit.keys.pasted_key import Expected
from ppkit.keys.saved import SavedKeys
from ppkit.keys.sources import KeyCandidate, KeyChoice, Source, SourceName, choose
from ppkit.mode import Mode


class NotOursToForget(PpkitError):
    """The key lies in a place that ppkit reads and never writes. Facts: place."""

    code = "not_ours_to_forget"


READ_ONLY = frozenset({SourceName.COLAB, SourceName.ENVIRONMENT, SourceName.DOTENV})

State = Literal["active", "hidden", "refused", "resting"]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One line of the masked list. `name` is the saved name, or that of the source."""

    source: SourceName
    name: str
    masked: str | None
    kind: str | None
    state: State
    found: KeyCandidate | None = None


class KeyChain:
    """Typed now, then the places that are only read, then the saved ones; the user may put one first."""

    def __init__(
        self,
        mode: Mode,
        read_only: Callable[[], Sequence[Source]],
        saved: SavedKeys | None = None,
        expected: Expected = "project",
    ) -> None:
        self._mode, self._expected = mode, expected
        self._read_only, self._saved = read_only, saved
        self._typed: ApiKey | None = None
        self._first: SourceName | None = None

    def chosen(self) -> KeyChoice:
        """Never raises: what cannot be read is among the refused, with its trouble."""
        return choose(self._sources(), self._mode, self._expected)

    def type_in(self, key: ApiKey) -> None:
        """Use this key in this session, before all others."""
        self._typed, self._first = key, None

    def use(self, name: str) -> KeyChoice:
        """Put a key of the list first. A saved one is first for other sessions too, among the saved.

        Raises NoSuchKey.
        """
        if self._saved and name not in set(SourceName):
            self._first = self._saved.use(name)
        elif any(line.name == name and line.state in ("active", "hidden") for line in self.lines()):
            self._first = SourceName(name)
        else:
            raise NoSuchKey
        return self.chosen()

    def forget(self, name: str | None = None) -> KeyChoice:
        """Drop one key of the list, or all that were typed or saved; what is returned says what is left.

        Raises NoSuchKey, NotOursToForget.
        """
        if name in READ_ONLY:
            raise NotOursToForget(place=SourceName(name).label)
        if name in (None, SourceName.TYPED):
            self._typed = None
        self._first = None
        if self._saved and name != SourceName.TYPED and not self._saved.forget(name) and name:
            raise NoSuchKey
        return self.chosen()

    def lines(self, chosen: KeyChoice | None = None) -> list[KeyLine]:
        """The masked list, in the order of the chain; saved keys that rest come last.

        `chosen` is what `chosen()` has just returned, where the caller has it.
        """
        chosen = chosen or self.chosen()
        shown = [_line(found, "active") for found in (chosen.active,) if found]
        shown += [_line(found, "hidden") for found in chosen.hidden]
        shown += [_line(found, "refused") for found in chosen.refused]
        return [*shown, *self._resting()]

    def _sources(self) -> list[Source]:
        sources = [
            Source(SourceName.TYPED, lambda: self._typed),
            *self._read_only(),
            *(self._saved.sources if self._saved else ()),
        ]
        return sorted(sources, key=lambda source: source.name is not self._first)

    def _resting(self) -> list[KeyLine]:
        try:
            kept = self._saved.list() if self._saved else []
        except PpkitError:  # the chain reports it, among what was refused
            kept = []
        return [
            KeyLine(one.source, one.key.name, one.key.masked, one.key.kind, "resting")
            for one in kept
            if not one.key.active
        ]


def _line(found: KeyCandidate, state: State) -> KeyLine:
    name = found.saved.name if found.saved else found.source.value
    kind = found.key.kind.value if found.key else found.saved.kind if found.saved else None
    return KeyLine(found.source, name, found.masked, kind, state, found)
