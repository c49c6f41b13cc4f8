"""The class board: exported progress files or progress codes, read into one table of learners and lessons.

Learners hand in the file they export, or their code, and nothing else; a row is named after its file, or as
the line with the code says, so a pseudonym will do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.keys import presentable
from ppkit.mode import Mode
from ppkit.onboarding import Facts, facts_from_json
from ppkit.onboarding.lessons import CourseMap, map_of
from ppkit.onboarding.progress_code import NotAProgressCode, facts_in

EARLIEST = datetime.min.replace(tzinfo=UTC)
LARGEST_FILE = 1_000_000  # bytes; an export has a few hundred
LARGEST_CLASS = 500  # lines of codes
NAME_AND_CODE = re.compile(r"(?:(?P<name>.*?)[\s,;:]+)?(?P<code>[A-Za-z0-9]{4}(?:-?[A-Za-z0-9]{4}){3,})")


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """One learner: how far they have come in every lesson, and when they last got on."""

    name: str
    course: CourseMap
    last_progress: datetime | None

    @property
    def stuck_at(self) -> str | None:
        """The first thing that the lesson to go on with still asks for; None when the course is finished."""
        return self.course.current.next_check if self.course.current else None

    @property
    def is_complete(self) -> bool:
        return self.course.is_finished


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file that is no export, or a line without a code, with the code of the error."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class Board:
    """The whole class, by name; and what could not be read, which is never dropped in silence."""

    rows: tuple[LearnerRow, ...]
    unread: tuple[UnreadFile, ...]

    def stuck(self) -> list[tuple[str, int]]:
        """How many are stuck at each check, the most first."""
        stuck = Counter(row.stuck_at for row in self.rows if row.stuck_at)
        return stuck.most_common()


def row_of(name: str, facts: Facts) -> LearnerRow:
    """One learner's row, computed from the facts, as of the last of them."""
    last = max((fact.at for fact in facts.shown.values() if fact.evidence), default=None)
    return LearnerRow(name, map_of(facts, last or EARLIEST), last)


def board_of(paths: Iterable[Path]) -> Board:
    """The board of these files and of the .json files in these folders. Two files of one name are merged."""
    facts_by_name: dict[str, Facts] = {}
    unread: list[UnreadFile] = []
    for path in _files(paths):
        try:
            facts = _read(path)
        except PpkitError as error:
            unread.append(UnreadFile(presentable(path.name), error.code))
        else:
            name = presentable(path.stem)  # shown to a whole class
            facts_by_name[name] = facts_by_name.get(name, Facts()).merged(facts)
    return _board(facts_by_name, unread)


def board_of_codes(text: str, mode: Mode) -> Board:
    """The board of these lines, each a name and a code: "Anna AEAA-S4Q7-…". Two of one name are merged.

    Blank lines do not matter; a line that holds no code of this mode is listed as unread, by its number.
    """
    facts_by_name: dict[str, Facts] = {}
    unread: list[UnreadFile] = []
    for number, line in enumerate(text.splitlines()[:LARGEST_CLASS], start=1):
        found = NAME_AND_CODE.fullmatch(line.strip())
        if not line.strip():
            continue
        try:
            facts = facts_in(found["code"] if found else "", mode)
        except NotAProgressCode as error:
            unread.append(UnreadFile(str(number), error.code))
        else:
            name = presentable((found["name"] if found else None) or str(number))
            facts_by_name[name] = facts_by_name.get(name, Facts()).merged(facts)
    return _board(facts_by_name, unread)


def _board(facts_by_name: Mapping[str, Facts], unread: Iterable[UnreadFile]) -> Board:
    rows = [row_of(name, facts) for name, facts in sorted(facts_by_name.items())]
    return Board(tuple(rows), tuple(unread))


class ExportUnreadable(PpkitError):
    """A file handed in cannot be read. Facts: path, reason."""

    code = "export_unreadable"


def _read(path: Path) -> Facts:
    """Raises ExportUnreadable, ProgressDamaged or ProgressTooNew."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ExportUnreadable(path=str(path), reason="too_large")
        return facts_from_json(content.decode("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ExportUnreadable(path=str(path), reason=type(error).__name__) from None


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    return found
