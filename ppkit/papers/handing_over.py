"""The hand-over: what whoever takes over this account has to know. Facts alone, no words, no secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from ppkit.keys import ApiKey, SourceName, presentable
from ppkit.mode import Mode
from ppkit.onboarding import CHECKS, Evidence, Facts, StepName
from ppkit.onboarding.lessons import LESSONS
from ppkit.onboarding.lessons.course import exercise_of
from ppkit.papers.platform_view import PlatformView
from ppkit.spending.ledger.values import Limits

if TYPE_CHECKING:
    from ppkit.sessions import Session

ROTATE_AFTER = timedelta(days=90)
OF_THE_ACCOUNT = tuple(f"{subject}." for subject in (*StepName, "create", "costs", "replacement", "real"))
"""What checks are about that matter to whoever takes over; other exercises are the learner's own."""


@dataclass(frozen=True, slots=True)
class KeyOnPaper:
    """The key in use, by its last four characters.

    `since` is when it was created, as the platform's list says, or else when it was first seen in use here;
    None where neither is known.
    """

    masked: str
    source: SourceName
    since: datetime | None
    since_is: Literal["created", "linked", "unknown"]
    last_used_at: datetime | None

    @property
    def next_rotation(self) -> datetime | None:
        """When to replace it."""
        return self.since + ROTATE_AFTER if self.since else None


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was shown: how, when, and whether it still holds."""

    check: str
    evidence: Evidence
    at: datetime
    is_valid: bool


@dataclass(frozen=True, slots=True)
class HandOver:
    """Everything on the sheet. `limits` are ppkit's own; `platform` is None where it is not known."""

    mode: Mode
    at: datetime
    key: KeyOnPaper | None
    organization: str | None
    project: str | None
    limits: Limits
    alert_to: str | None
    platform: PlatformView | None
    proofs: tuple[Proof, ...]

    def proof_of(self, check: str) -> Proof | None:
        return next((proof for proof in self.proofs if proof.check == check), None)


def hand_over(session: Session, platform: PlatformView | None) -> HandOver:
    """As things stand now. Raises what reading progress, ledger and note raises."""
    noted = session.account_note.read()
    facts, chosen = session.progress.load(), session.chosen_key()
    key, listed = chosen.key, platform.key_of(chosen.key) if platform and chosen.key else None
    now = session.clock.now()
    on_paper = None
    if key and chosen.active:
        since, since_is = _since(key, facts, listed.created_at if listed else None)
        last_used = listed.last_used_at if listed else None
        on_paper = KeyOnPaper(key.masked, chosen.active.source, since, since_is, last_used)
    return HandOver(
        mode=session.mode,
        at=now,
        key=on_paper,
        organization=noted.organization or _shown(platform.organization if platform else None),
        project=noted.project or _shown((listed.project or listed.project_id) if listed else None),
        limits=session.budget.get(),
        alert_to=session.settings.alert_to,
        platform=platform,
        proofs=_proofs(facts, now),
    )


def _since(
    key: ApiKey, facts: Facts, created_at: datetime | None
) -> tuple[datetime | None, Literal["created", "linked", "unknown"]]:
    if created_at:
        return created_at, "created"
    seen = min((fact.at for fact in facts.shown.values() if fact.key == key.fingerprint), default=None)
    return seen, "linked" if seen else "unknown"


def _proofs(facts: Facts, now: datetime) -> tuple[Proof, ...]:
    """What was shown of the account in this mode alone, in the order of the course."""
    asked = (check for lesson in LESSONS for check in lesson.checks if check.startswith(OF_THE_ACCOUNT))
    names = dict.fromkeys([*(check.name for check in CHECKS), *asked])
    shown = (exercise_of(facts, name, now) for name in names)
    return tuple(Proof(one.check, one.once, one.at, one.is_valid) for one in shown if one.at)


def _shown(name: str | None) -> str | None:
    """A name that somebody else chose, without a key that may stand in it."""
    return presentable(name) if name else None
