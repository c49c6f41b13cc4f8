"""What the ladder reports: one Finding per rung, and the verdict they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ppkit.checkup.diagnosis import CANCELLED, Diagnosis
from ppkit.money import Money


class Rung(StrEnum):
    """The rungs from the bottom up; the texts are "checkup.rung.<name>"."""

    SHAPE = "shape"
    REACH = "reach"
    SIGN_IN = "sign_in"
    RIGHTS = "rights"
    ACCOUNT = "account"
    MODEL = "model"
    CREDIT = "credit"
    IMAGES = "images"
    LIMITS = "limits"
    USE = "use"


class State(StrEnum):
    """Where a rung stands; the texts are "checkup.state.<name>"."""

    TODO = "todo"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Skip(StrEnum):
    """Why a rung was skipped; the texts are "checkup.skipped.<name>"."""

    NO_CONSENT = "no_consent"
    NOT_ASKED = "not_asked"
    NOT_TOLD = "not_told"
    LIST_NOT_READABLE = "list_not_readable"
    NOTHING_WRITTEN_DOWN = "nothing_written_down"
    NO_ADMIN_KEY = "no_admin_key"
    NOT_USED_YET = "not_used_yet"
    ADMIN_KEY_REFUSED = "admin_key_refused"
    EARLIER = "earlier"
    CANCELLED = "cancelled"


class Verdict(StrEnum):
    """The ladder in one word; the texts are "checkup.verdict.<name>"."""

    USABLE = "usable"
    RECOGNISED = "recognised"
    NOT_USABLE = "not_usable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rung: its state, the diagnosis where there is something to say, and the evidence.

    `seconds` is how long it took, `at` when it ended; `facts` is the evidence (host, model, tokens …);
    a skipped rung has the fact "reason", a Skip.
    """

    rung: Rung
    state: State
    diagnosis: Diagnosis | None = None
    seconds: float = 0.0
    facts: dict[str, object] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A paid call that waits for consent: which, with which model, at which highest cost (None: unknown)."""

    rung: Rung
    model: str
    highest_cost: Money | None


# After one of these has failed, nothing above it can be known; the others concern a key that works.
FOUNDATIONS = frozenset({Rung.SHAPE, Rung.REACH, Rung.SIGN_IN, Rung.RIGHTS, Rung.MODEL, Rung.CREDIT})


def trouble_in(findings: Iterable[Finding]) -> Diagnosis | None:
    """What is to be reported first: the lowest rung that fell, else that the user stopped the check run."""
    known = list(findings)
    for finding in known:
        if finding.state is State.FAILED:
            return finding.diagnosis
    return Diagnosis(CANCELLED) if was_stopped(known) else None


def was_stopped(findings: Iterable[Finding]) -> bool:
    """Whether the user stopped the check run, during a rung or between two."""
    return any(finding.facts.get("reason") == Skip.CANCELLED for finding in findings)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """USABLE only when a paid call went through: a list of models proves sign-in, not credit."""
    states = {finding.rung: finding.state for finding in findings}
    if states.get(Rung.CREDIT) is State.PASSED:
        return Verdict.USABLE
    fallen = any(states.get(rung) is State.FAILED for rung in FOUNDATIONS)
    if states.get(Rung.SIGN_IN) is State.PASSED and not fallen:
        return Verdict.RECOGNISED
    return Verdict.NOT_USABLE
