"""Evidence: how a step is known to be done. A click alone gives at most "declared"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from ppkit.onboarding.check_versions import FIRST


class Evidence(IntEnum):
    """From nothing to proof; a higher one is never replaced by a lower one."""

    TODO = 0
    DECLARED = 1
    PRACTISED = 2
    VERIFIED = 3

    @property
    def label(self) -> str:
        """The name in files and text ids: "todo", "declared", "practised", "verified"."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> Evidence:
        """The evidence with this label. Raises KeyError."""
        return cls[label.upper()]


@dataclass(frozen=True, slots=True)
class Fact:
    """One check is known to this degree since this moment (UTC).

    `key` is the fingerprint of the key it was shown with, where it holds for that key alone. `round` counts
    how often the check had lapsed by then, as it does when its key is replaced: a clock that can be set back
    would not do. `version` is that of what its lesson asked for.
    """

    check: str
    evidence: Evidence
    at: datetime
    key: str = ""
    round: int = 0
    version: int = FIRST
