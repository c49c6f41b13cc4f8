"""Progress: what is known about one learner, as facts in a small JSON file. No key (only a proof's
fingerprint of one), no prompt, no name.

The map of steps is computed from the facts, so it can never disagree with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, get_args

from ppkit.errors import PpkitError
from ppkit.keys.key_refusal import KeyInText, refuse_keys
from ppkit.mode import Mode
from ppkit.onboarding.check_versions import FIRST, version_of
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.steps import BY_NAME, StepName, belongs_to_a_key
from ppkit.private_file import PrivateFile

SCHEMA = 2
PROOF_LASTS = timedelta(hours=24)
CHECK_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.")
LONGEST_CHECK = 60
MOST_ROUNDS = 1_000_000
LONGEST_EXPORT = 200_000  # characters; an export has some thousands
# No clock of a computer begins earlier; the platform's is moved a century ahead at most. Beyond,
# not every system knows the local time.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
ELSEWHERE = -1  # the round of what was shown on another machine, with a key that is not here
_NO_PROGRESS = ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, KeyInText
_FINGERPRINT = re.compile(r"(?:[0-9a-f]{16})?")


class ProgressDamaged(PpkitError):
    """The file of progress cannot be read; it is left as it is. Facts: path, reason."""

    code = "progress_damaged"


class ProgressTooNew(PpkitError):
    """The file was written by a newer ppkit; it is left as it is. Facts: path, found, known."""

    code = "progress_too_new"


class ProgressNotWritten(PpkitError):
    """Progress could not be saved; what was saved before is untouched. Facts: path, reason."""

    code = "progress_not_written"


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one learner; immutable, so it can be handed around.

    Of each check the newest fact of each degree of evidence is kept, and how often the check has lapsed:
    stopped being true, as when its key was replaced. What was done once stays known, what is valid now can be
    told apart, and facts can be merged in any order and any number of times.
    """

    shown: dict[tuple[str, Evidence], Fact] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)

    @property
    def checks(self) -> frozenset[str]:
        """What anything is known about, valid or not."""
        return frozenset(check for check, _evidence in self.shown)

    def of(self, check: str) -> Fact | None:
        """The strongest fact about this check that is still valid, and of what its lesson asks for today."""
        return next(
            (fact for fact in self._of(check) if fact.round == self._round(check) and _is_of_today(fact)),
            None,
        )

    def once(self, check: str) -> Fact | None:
        """The strongest fact there ever was about this check, valid or not."""
        return next(self._of(check), None)

    def _round(self, check: str) -> int:
        return max([self.rounds.get(check, 0), *(fact.round for fact in self._of(check))])

    def _of(self, check: str) -> Iterator[Fact]:
        """The strongest first."""
        known = (self.shown.get((check, evidence)) for evidence in sorted(Evidence, reverse=True))
        return (fact for fact in known if fact)

    def showing(self, facts: Iterable[Fact]) -> Facts:
        """With what has been shown just now, in whatever round its check is."""
        return self.merged(
            facts_of(
                replace(fact, round=self._round(fact.check), version=version_of(fact.check)) for fact in facts
            )
        )

    def without(self, checks: Iterable[str]) -> Facts:
        """As if nothing had ever been known about these checks."""
        dropped = set(checks)
        return Facts(
            {kind: fact for kind, fact in self.shown.items() if kind[0] not in dropped},
            {check: number for check, number in self.rounds.items() if check not in dropped},
        )

    def except_for(self, evidence: Evidence) -> Facts:
        """Without what is known to this degree."""
        return replace(
            self, shown={kind: fact for kind, fact in self.shown.items() if kind[1] is not evidence}
        )

    def lapsed(self, checks: Iterable[str]) -> Facts:
        """What has been shown of these checks so far is valid no more."""
        later = {check: self._round(check) + 1 for check in checks if self.of(check)}
        return replace(self, rounds={**self.rounds, **later})

    def lapsed_with_other_keys(self, checks: Iterable[str], key: str) -> Facts:
        """What another key, or an unknown one, has shown of these checks is valid no more."""
        return self.lapsed([check for check in checks if (fact := self.of(check)) and fact.key != key])

    def merged(self, other: Facts) -> Facts:
        """Both together; the later fact of a kind wins, and the higher count. The order does not matter."""
        shown = _newest([*self.shown.values(), *other.shown.values()])
        later = {check: max(number, self.rounds.get(check, 0)) for check, number in other.rounds.items()}
        return Facts(shown, {**self.rounds, **later})

    def from_elsewhere(self) -> Facts:
        """As they count on another machine: what belongs to a key was done once, and is not valid there."""
        facts = (
            replace(fact, round=ELSEWHERE) if belongs_to_a_key(fact.check) else fact
            for fact in self.shown.values()
        )
        rounds = {check: number for check, number in self.rounds.items() if not belongs_to_a_key(check)}
        return replace(facts_of(facts), rounds=rounds)

    def to_json(self, *, with_keys: bool = True, mode: Mode | None = None) -> str:
        """The document; `with_keys`: also the fingerprint of a proof's key; `mode`: names where it was."""
        rows = [_row_of(fact, with_keys) for _kind, fact in sorted(self.shown.items())]
        rounds = dict(sorted(self.rounds.items()))
        told = {"schema": SCHEMA, **({"mode": mode} if mode else {}), "facts": rows, "rounds": rounds}
        return json.dumps(told, indent=1) + "\n"


def _newest(facts: Iterable[Fact]) -> dict[tuple[str, Evidence], Fact]:
    """Of each kind the one with the highest rank. In one pass: a file may hold thousands."""
    newest: dict[tuple[str, Evidence], Fact] = {}
    for fact in facts:
        kind = fact.check, fact.evidence
        newest[kind] = max(newest.get(kind, fact), fact, key=_rank)
    return newest


def _rank(fact: Fact) -> tuple[object, ...]:
    """Of two facts of one kind, the one with the higher rank is kept."""
    return fact.round, _is_of_today(fact), fact.version, fact.at, fact.key


def _is_of_today(fact: Fact) -> bool:
    return fact.version == version_of(fact.check)


def is_too_old(fact: Fact, now: datetime) -> bool:
    """Whether this is a live proof to renew: since then the key may be revoked, its credit used up."""
    is_of_the_key = fact.check in BY_NAME and BY_NAME[fact.check].step is StepName.KEY
    return is_of_the_key and fact.evidence is Evidence.VERIFIED and now - fact.at > PROOF_LASTS


def facts_of(facts: Iterable[Fact]) -> Facts:
    """These facts as a whole."""
    return Facts(_newest(facts))


def facts_from_json(text: str, path: str) -> Facts:
    """The facts in a document; `path` is only for the error. Raises ProgressDamaged or ProgressTooNew."""
    try:
        document = json.loads(text)
        found = int(document["schema"])
        if found > SCHEMA:
            raise ProgressTooNew(path=path, found=found, known=SCHEMA)
        rounds = document.get("rounds", {})  # the first schema counted none
        facts = replace(
            facts_of(_fact_from(row) for row in document["facts"]),
            rounds={_check_name(check): _count(number, 0) for check, number in rounds.items()},
        )
    except _NO_PROGRESS as error:
        raise ProgressDamaged(path=path, reason=type(error).__name__) from None
    return facts


def mode_in_export(text: str) -> Mode:
    """In which mode it was done; practice where the document does not say. Never raises."""
    try:
        return "live" if json.loads(text)["mode"] == "live" else "practice"
    except (ValueError, TypeError, KeyError, RecursionError):
        return "practice"


def exported(text: str, source: str) -> tuple[Mode, Facts]:
    """What was exported elsewhere, and the mode in which it was done; `source` is only for the error.

    Raises ProgressDamaged, also where it is far longer than any export, or ProgressTooNew.
    """
    if len(text) > LONGEST_EXPORT:
        raise ProgressDamaged(path=source, reason="too_large")
    return mode_in_export(text), facts_from_json(text, source)


def _row_of(fact: Fact, with_keys: bool) -> dict[str, object]:
    return {
        "check": fact.check,
        "evidence": fact.evidence.label,
        "at": fact.at.isoformat(),
        **({"key": fact.key} if fact.key and with_keys else {}),
        **({"round": fact.round} if fact.round else {}),
        **({"version": fact.version} if fact.version != FIRST else {}),
    }


def _fact_from(row: dict[str, Any]) -> Fact:
    """Raises ValueError, TypeError, KeyError, OverflowError or KeyInText."""
    at, key = datetime.fromisoformat(row["at"]), row.get("key", "")
    if not _FINGERPRINT.fullmatch(key):
        raise ValueError("not a fingerprint")
    if at.tzinfo is None:
        raise ValueError("a moment without its zone")
    if not EARLIEST <= at <= LATEST:
        raise ValueError("a moment that no clock has shown")
    evidence = Evidence.named(row["evidence"])
    return Fact(
        _check_name(row["check"]),
        evidence,
        at.astimezone(UTC),
        key,
        _count(row.get("round", 0), ELSEWHERE),
        _count(row.get("version", FIRST), FIRST),
    )


def _check_name(check: str) -> str:
    """An unknown check is kept: a newer lesson may know it. Raises ValueError, KeyInText."""
    if not check or len(check) > LONGEST_CHECK or not set(check) <= CHECK_LETTERS:
        raise ValueError("not the name of a check")
    refuse_keys("progress", check)
    return check


def _count(number: object, least: int) -> int:
    """Raises ValueError."""
    if not isinstance(number, int) or not least <= number <= MOST_ROUNDS:
        raise ValueError("not a count of rounds, nor a version")
    return number


class Progress:
    """The facts of one learner, in a file that only its owner can read; every change is saved at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = PrivateFile(path, ProgressNotWritten)
        self._known: Facts | None = None
        self._noting = Lock()

    @property
    def facts(self) -> Facts:
        """The facts as they were last read or saved here. Raises ProgressDamaged or ProgressTooNew."""
        return self.load() if self._known is None else self._known

    def load(self) -> Facts:
        """The facts as the file has them now; none when there is no file yet.

        Raises ProgressDamaged or ProgressTooNew.
        """
        before, found = self._known, self._read()
        with self._noting:
            if self._known is before:  # else it was saved in another thread, perhaps after this was read
                self._known = found
            return self._known or found

    def _read(self) -> Facts:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Facts()
        except (OSError, UnicodeDecodeError) as error:
            raise ProgressDamaged(path=str(self.path), reason=type(error).__name__) from None
        return facts_from_json(text, str(self.path))

    def update(self, change: Callable[[Facts], Facts]) -> Facts:
        """Read, change, save, so that what another notebook has saved is kept; return the whole.

        Raises ProgressNotWritten; ProgressDamaged or ProgressTooNew instead of replacing such a file.
        """
        with self._file.locked():
            known = self._read()
            changed = change(known)
            if changed != known:
                self._file.write(changed.to_json().encode())
            with self._noting:
                self._known = changed
            return changed

    def clear(self) -> None:
        """As if nothing had ever been done; an unreadable file is set aside. Raises ProgressNotWritten."""
        try:
            self.update(lambda _known: Facts())
        except (ProgressDamaged, ProgressTooNew):
            self.set_aside()

    def set_aside(self) -> Path:
        """Move a damaged file out of the way, untouched, and say where it is. Raises ProgressNotWritten."""
        return self._file.set_aside()

    def export(self, mode: Mode) -> str:
        """The facts as text, for a file or a trainer: without the fingerprints, which concern nobody else."""
        return self.load().to_json(with_keys=False, mode=mode)

    def import_text(self, text: str, source: str = "import") -> Facts:
        """Merge exported facts into ours and save. Raises ProgressDamaged or ProgressTooNew."""
        _mode, facts = exported(text, source)
        return self.take_over(facts)

    def take_over(self, facts: Facts) -> Facts:
        """Merge what was shown on another machine into ours and save."""
        return self.update(lambda known: known.merged(facts.from_elsewhere()))


def in_both_modes(own: Progress, mode: Mode) -> Mapping[Mode, Progress]:
    """One learner's progress in each mode, of which `own` is this one's; their folders lie side by side."""
    home, name = own.path.parent.parent, own.path.name
    return {each: own if each == mode else Progress(home / each / name) for each in get_args(Mode)}
