"""The class board: exported progress files or progress codes, read into one table of learners and lessons.

Learners hand in the file they export, or their code, and nothing else; a row is named after its file, or as
the line with the code says, so a pseudonym will do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.keys import presentable
from ppkit.mode import Mode
from ppkit.onboarding import Evidence, Facts, facts_from_json
from ppkit.onboarding.lessons import NOTHING_KNOWN, CourseMap, LessonView, lesson_named, map_of
from ppkit.onboarding.progress import mode_in_export
from ppkit.onboarding.progress_code import NotAProgressCode, facts_in, mode_of

EARLIEST = datetime.min.replace(tzinfo=UTC)
LARGEST_FILE = 1_000_000  # bytes; an export has a few hundred
FactsByName = dict[str, dict[Mode, Facts]]
LARGEST_CLASS = 500  # lines of codes
NAME_AND_CODE = re.compile(r"(?:(?P<name>.*?)[\s,;:]+)?(?P<code>[A-Za-z0-9]{4}(?:-?[A-Za-z0-9]{4}){3,})")


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """One learner: how far they have come in every lesson, and when they last got on.

    `open_lesson`, where that is known: the one they have open, by its name, which need not be the next one.
    """

    name: str
    course: CourseMap
    last_progress: datetime | None
    open_lesson: str = ""

    @property
    def lesson(self) -> LessonView | None:
        """The one they are at: open before them, else the one to go on with; None when all are finished."""
        return self.course.of(self.open_lesson) if self.open_lesson else self.course.current

    @property
    def stuck_at(self) -> str | None:
        """The first thing that their lesson still asks for; None when it is finished.

        Nobody is stuck in what is done live, with an account of one's own: whether and when is their affair.
        """
        lesson = self.lesson
        return lesson.next_check if lesson and lesson.lesson.mode == "practice" else None

    @property
    def evidence(self) -> Counter[Evidence]:
        """How many things were shown to which degree, in all lessons, at any time."""
        return Counter(
            each.once for lesson in self.course.lessons for each in lesson.exercises if each.is_done
        )

    @property
    def is_complete(self) -> bool:
        return all(lesson.is_finished for lesson in self.course.lessons if lesson.lesson.mode == "practice")


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


def row_of(
    name: str,
    facts: Facts,
    live: Facts = NOTHING_KNOWN,
    open_lesson: str = "",
    hidden: frozenset[str] = frozenset(),
) -> LearnerRow:
    """One learner's row, computed from the facts of either mode, as of the last of them.

    Lessons that are `hidden` count nowhere, as on the learners' own maps.
    Raises LookupError where there is no such lesson.
    """
    if open_lesson:
        lesson_named(open_lesson)
    shown = (*facts.shown.values(), *live.shown.values())
    last = max((fact.at for fact in shown if fact.evidence), default=None)
    return LearnerRow(name, map_of(facts, last or EARLIEST, live, hidden=hidden), last, open_lesson)


def board_of(paths: Iterable[Path], hidden: frozenset[str] = frozenset()) -> Board:
    """The board of these files and of the .json files in these folders. Files of one name are merged."""
    facts_by_name: FactsByName = {}
    unread: list[UnreadFile] = []
    for path in _files(paths):
        try:
            mode, facts = _read(path)
        except PpkitError as error:
            unread.append(UnreadFile(presentable(path.name), error.code))
        else:
            _add(facts_by_name, presentable(path.stem), mode, facts)  # shown to a whole class
    return _board(facts_by_name, unread, hidden)


def board_of_codes(text: str, hidden: frozenset[str] = frozenset()) -> Board:
    """The board of these lines, each a name and a code: "Anna AEAA-S4Q7-…". Those of one name are merged.

    A code says in which mode it was done. Blank lines do not matter; a line that holds no code is listed as
    unread, by its number.
    """
    facts_by_name: FactsByName = {}
    unread: list[UnreadFile] = []
    for number, line in enumerate(text.splitlines()[:LARGEST_CLASS], start=1):
        found = NAME_AND_CODE.fullmatch(line.strip())
        if not line.strip():
            continue
        try:
            code = found["code"] if found else ""
            mode = mode_of(code)
            facts = facts_in(code, mode)
        except NotAProgressCode as error:
            unread.append(UnreadFile(str(number), error.code))
        else:
            name = presentable((found["name"] if found else None) or str(number))
            _add(facts_by_name, name, mode, facts)
    return _board(facts_by_name, unread, hidden)


def _add(facts_by_name: FactsByName, name: str, mode: Mode, facts: Facts) -> None:
    known = facts_by_name.setdefault(name, {})
    known[mode] = known.get(mode, NOTHING_KNOWN).merged(facts)


def _board(facts_by_name: FactsByName, unread: Iterable[UnreadFile], hidden: frozenset[str]) -> Board:
    rows = [
        row_of(name, known.get("practice", NOTHING_KNOWN), known.get("live", NOTHING_KNOWN), hidden=hidden)
        for name, known in sorted(facts_by_name.items())
    ]
    return Board(tuple(rows), tuple(unread))


class ExportUnreadable(PpkitError):
    """A file handed in cannot be read. Facts: path, reason."""

    code = "export_unreadable"


def _read(path: Path) -> tuple[Mode, Facts]:
    """Raises ExportUnreadable, ProgressDamaged or ProgressTooNew."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ExportUnreadable(path=str(path), reason="too_large")
        text = content.decode("utf-8")
        return mode_in_export(text), facts_from_json(text, str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ExportUnreadable(path=str(path), reason=type(error).__name__) from None


def _files(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    return found
