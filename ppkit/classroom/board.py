"""The class board: exported progress files, read into one table of learners and steps.

Learners hand in the file they export, nothing else; a row is named after its file, so a pseudonym will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.keys import presentable
from ppkit.onboarding import CHECKS, Evidence, Facts, StepName, checks_of, facts_from_json

LARGEST_FILE = 1_000_000  # bytes; an export has a few hundred


@dataclass(frozen=True, slots=True)
class LearnerRow:
    """One learner: the evidence of every step, the check they are stuck at, and when they last got on.

    `stuck_at` is the first needed check that is not done, None when all are.
    """

    name: str
    evidence: dict[StepName, Evidence]
    stuck_at: str | None
    last_progress: datetime | None

    @property
    def is_complete(self) -> bool:
        return self.stuck_at is None


@dataclass(frozen=True, slots=True)
class UnreadFile:
    """A file that is no export, with the code of the error."""

    name: str
    error: str


@dataclass(frozen=True, slots=True)
class Board:
    """The whole class, by name; and what could not be read, which is never dropped in silence."""

    rows: tuple[LearnerRow, ...]
    unread: tuple[UnreadFile, ...]

    def stuck(self) -> list[tuple[str, int]]:
        """How many are stuck at each check, the most first."""
        counts = {check.name: sum(row.stuck_at == check.name for row in self.rows) for check in CHECKS}
        return sorted(((name, count) for name, count in counts.items() if count), key=lambda pair: -pair[1])


def row_of(name: str, facts: Facts) -> LearnerRow:
    """One learner's row, computed from the facts."""
    needed = [check for check in CHECKS if not check.optional]
    open_checks = [check.name for check in needed if not _evidence(facts, check.name)]
    times = [fact.at for fact in facts.shown.values() if fact.evidence]
    return LearnerRow(
        name=name,
        evidence={step: _weakest(facts, step) for step in StepName},
        stuck_at=open_checks[0] if open_checks else None,
        last_progress=max(times, default=None),
    )


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


def _weakest(facts: Facts, step: StepName) -> Evidence:
    needed: Sequence[str] = [check.name for check in checks_of(step) if not check.optional]
    return min(_evidence(facts, name) for name in needed)


def _evidence(facts: Facts, check: str) -> Evidence:
    fact = facts.of(check)
    return fact.evidence if fact else Evidence.TODO
