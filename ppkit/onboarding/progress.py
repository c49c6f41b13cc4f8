"""Progress: what is known about one learner, as facts in a small JSON file. No key (only a proof's
fingerprint of one), no prompt, no name.

The map of steps is computed from the facts, so it can never disagree with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ppkit.errors import PpkitError
from ppkit.keys.key_refusal import KeyInText, refuse_keys
from ppkit.onboarding.evidence import Evidence, Fact, stronger
from ppkit.private_file import PrivateFile

SCHEMA = 1
CHECK_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.")
LONGEST_CHECK = 60
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
    """All facts of one learner, at most one per check; immutable, so it can be handed around."""

    by_check: dict[str, Fact] = field(default_factory=dict)

    def of(self, check: str) -> Fact | None:
        return self.by_check.get(check)

    def with_fact(self, fact: Fact) -> Facts:
        """With the fact, unless a stronger or newer one about the same check is known."""
        return Facts({**self.by_check, fact.check: stronger(self.by_check.get(fact.check), fact)})

    def without(self, checks: Iterable[str]) -> Facts:
        dropped = set(checks)
        return Facts({name: fact for name, fact in self.by_check.items() if name not in dropped})

    def merged(self, other: Facts) -> Facts:
        """Both together; the stronger, newer fact wins. The order of merging does not matter."""
        merged = self
        for fact in other.by_check.values():
            merged = merged.with_fact(fact)
        return merged

    def without_those_of_other_keys(self, checks: Iterable[str], key: str) -> Facts:
        """Without what was shown of these checks with a key of another fingerprint, or an unknown one."""
        return self.without([check for check in checks if (fact := self.of(check)) and fact.key != key])

    def to_json(self, *, with_keys: bool = True) -> str:
        """The document; `with_keys`: also by which key's fingerprint a proof was shown."""
        rows = [
            {
                "check": fact.check,
                "evidence": fact.evidence.label,
                "at": fact.at.isoformat(),
                **({"key": fact.key} if fact.key and with_keys else {}),
            }
            for fact in sorted(self.by_check.values(), key=lambda fact: fact.check)
        ]
        return json.dumps({"schema": SCHEMA, "facts": rows}, indent=1) + "\n"


def facts_of(facts: Iterable[Fact]) -> Facts:
    """These facts as a whole, the stronger and newer first where two are about one check."""
    whole = Facts()
    for fact in facts:
        whole = whole.with_fact(fact)
    return whole


def facts_from_json(text: str, path: str) -> Facts:
    """The facts in a document; `path` is only for the error. Raises ProgressDamaged or ProgressTooNew."""
    try:
        document = json.loads(text)
        found = int(document["schema"])
        if found > SCHEMA:
            raise ProgressTooNew(path=path, found=found, known=SCHEMA)
        facts = facts_of(_fact_from(row) for row in document["facts"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, KeyInText) as error:
        raise ProgressDamaged(path=path, reason=type(error).__name__) from None
    return facts


def _fact_from(row: dict[str, str]) -> Fact:
    """Raises ValueError, TypeError or KeyError. An unknown check is kept: a newer lesson may know it."""
    check, at = row["check"], datetime.fromisoformat(row["at"])
    if not check or len(check) > LONGEST_CHECK or not set(check) <= CHECK_LETTERS:
        raise ValueError("not the name of a check")
    refuse_keys("progress", check)
    key = row.get("key", "")
    if not _FINGERPRINT.fullmatch(key):
        raise ValueError("not a fingerprint")
    if at.tzinfo is None:
        raise ValueError("a moment without its zone")
    return Fact(check, Evidence.named(row["evidence"]), at.astimezone(UTC), key)


class Progress:
    """The facts of one learner, in a file that only its owner can read; every change is saved at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = PrivateFile(path, ProgressNotWritten)
        self._known: Facts | None = None

    @property
    def facts(self) -> Facts:
        """The facts as they were last read or saved here. Raises ProgressDamaged or ProgressTooNew."""
        return self.load() if self._known is None else self._known

    def load(self) -> Facts:
        """The facts as the file has them now; none when there is no file yet.

        Raises ProgressDamaged or ProgressTooNew.
        """
        self._known = self._read()
        return self._known

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
            self._known = changed
            return changed

    def set_aside(self) -> Path:
        """Move a damaged file out of the way, untouched, and say where it is. Raises ProgressNotWritten."""
        return self._file.set_aside()

    def export(self) -> str:
        """The facts as text, for a file or a trainer: without the fingerprints, which concern nobody else."""
        return self.load().to_json(with_keys=False)

    def import_text(self, text: str, source: str = "import") -> Facts:
        """Merge exported facts into ours and save. Raises ProgressDamaged or ProgressTooNew."""
        imported = facts_from_json(text, source)
        return self.update(lambda known: known.merged(imported))
