"""What a scan reports: where a key is exposed, and what could not be looked into."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ppkit.keys.apikey import KeyKind
from ppkit.keys.key_search import FoundKey, keys_and_examples_in


def without_a_key(path: str) -> str:
    """A path, or any other name, as it may be shown: each key in it reduced to its last four signs."""
    for found in reversed(list(keys_and_examples_in(path))):
        path = path[: found.start] + found.masked + path[found.end :]
    return path


EXAMPLE = "example"


class PlaceUnit(StrEnum):
    """What the numbers of a place count; the texts are "keys.scan.part.<name>"."""

    LINE = "line"
    BYTE = "byte"
    SOURCE = "source"
    OUTPUT = "output"
    ATTACHMENT = "attachment"
    CELL_METADATA = "cell_metadata"
    METADATA = "metadata"
    WIDGETS = "widgets"
    ROW = "row"
    MESSAGE = "message"
    NAME = "name"  # of a file, a folder, a member of an archive, a branch
    TEXT = "text"  # what a document shows, without the marks of its form
    PAGE = "page"
    MAIL = "mail"
    COMMENT = "comment"  # kept with a file: a comment, the target of a link, an owner
    PEOPLE = "people"  # authors of commits and tags


@dataclass(frozen=True, slots=True)
class LeakPlace:
    """A place in one file: a line, a byte, an output of a cell, a row of a table. Counted from one."""

    part: PlaceUnit
    number: int = 0  # line, byte, output or row
    cell: int = 0
    table: str = ""

    def as_json(self) -> dict[str, object]:
        """{"line": 3}, or {"part": "output", "cell": 4, "output": 1}."""
        if self.part is PlaceUnit.LINE:
            return {"line": self.number}
        numbers: dict[str, object] = {"part": self.part.value}
        if self.cell:
            numbers["cell"] = self.cell
        if self.table:
            numbers["table"] = without_a_key(self.table)
        if self.number:
            numbers[self.part.value] = self.number
        return numbers


@dataclass(frozen=True, slots=True)
class Leak:
    """An exposed key. `masked` is all that is reported of it; the fingerprint distinguishes it from others.

    `path` is as the user wrote it; inside an archive "lesson.zip!notes.txt". `commit` is an abbreviated id.
    """

    path: str
    place: LeakPlace
    kind: str
    masked: str
    fingerprint: str
    commit: str = ""
    is_example: bool = False  # has the form of a key, but was made up for a text

    @classmethod
    def of(cls, found: FoundKey, path: str, place: LeakPlace, commit: str = "") -> Leak:
        """The path may hold a key itself: it is kept without."""
        return cls(
            without_a_key(path), place, found.kind, found.masked, found.fingerprint, commit, found.is_example
        )

    @property
    def is_practice(self) -> bool:
        """A key of the practice platform: it opens nothing, and is reported as a note."""
        return self.kind in (KeyKind.PRACTICE, KeyKind.PRACTICE_ADMIN)

    def as_json(self) -> dict[str, object]:
        told: dict[str, object] = {"path": self.path, **self.place.as_json()}
        if self.commit:
            told["commit"] = self.commit
        return told | {
            "key": self.masked,
            **({"kind": EXAMPLE, "form": self.kind} if self.is_example else {"kind": self.kind}),
            "practice": self.is_practice,
            "fingerprint": self.fingerprint,
        }


class Reason(StrEnum):
    """Why something was not looked into; the texts are "keys.scan.unread.<name>"."""

    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    TOO_SLOW = "too_slow"  # there is a bound on the time for one document
    NOT_OPENED = "not_opened"  # a kind that we recognise and have no reader for
    NO_LIBRARY = "no_library"  # a kind for which a package is needed that is not installed
    NO_FILE = "no_file"  # a pipe, a socket, a device
    LINK = "link"  # leads outside of what is looked into
    BROKEN_LINK = "broken_link"
    CHANGED = "changed"  # while it was read
    STOPPED = "stopped"  # before its turn came, and with it everything after it


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that was not, or not wholly, looked into: it must not be taken for clean."""

    path: str
    reason: Reason
    what: str = ""  # the kind of file, by its usual name: "7z"

    def as_json(self) -> dict[str, object]:
        """{"path": "a.7z", "reason": "not_opened", "what": "7z"}."""
        return {"path": self.path, "reason": self.reason.value, **({"what": self.what} if self.what else {})}


@dataclass(slots=True)
class ScanReport:
    """What a scan found. A scan is clean when it found no real key and could read everything."""

    leaks: list[Leak] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    accepted: int = 0  # leaks that `.ppkit-scan-allow` knows
    has_history: bool = False  # a git repository whose history was not asked for
    examples: list[Leak] = field(default_factory=list)  # made up for a text, and no leak
    passed_over: list[str] = field(default_factory=list)  # names of folders that are never looked into

    @property
    def real(self) -> list[Leak]:
        return [leak for leak in self.leaks if not leak.is_practice]

    @property
    def practice(self) -> list[Leak]:
        return [leak for leak in self.leaks if leak.is_practice]

    @property
    def is_clear(self) -> bool:
        """No real key is exposed, and everything was read: only then it may be said."""
        return not self.real and not self.unread

    def as_json(self) -> dict[str, object]:
        """The same for a program: {"clear": False, "found": […], "examples": […], "not_read": […], …}."""
        return {
            "clear": self.is_clear,
            "found": [leak.as_json() for leak in self.leaks],
            "examples": [leak.as_json() for leak in self.examples],
            "not_read": [unread.as_json() for unread in self.unread],
            "passed_over": self.passed_over,
            "accepted": self.accepted,
        }
