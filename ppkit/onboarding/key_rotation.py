"""The drill "in doubt, replace the key": new first, swap, prove, revoke the old, prove it dead.

The order keeps the application working: up to the revocation the old key is the way back. Both keys live in
this object's memory alone. What was shown is kept as facts, so a new kernel knows how far the drill came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ppkit.checkup import Diagnosis, Finding, Rung, State, Verdict, verdict_of, was_stopped
from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.mode import Mode
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.key_answers import is_alive, is_no_such_key
from ppkit.onboarding.key_rotation_errors import (
    KeyInUse,
    NewKeyGone,
    NotProvenYet,
    OldKeyAlive,
    OldKeyGoneEarly,
    OldKeyNotWorking,
    SameKeyAgain,
    WrongEnd,
)
from ppkit.onboarding.listed_keys import ListedKeys
from ppkit.onboarding.progress import Progress
from ppkit.onboarding.project_keys import PlatformKey

Listing = Sequence[PlatformKey] | None
"""What the platform lists; None when it cannot be seen."""


class Stage(StrEnum):
    """The stages in their order; the texts are "key_rotation.<stage>.…", the facts "replacement.<stage>"."""

    CREATED = "created"
    SWAPPED = "swapped"
    PROVED = "proved"
    REVOKED = "revoked"
    DEAD = "dead"

    @property
    def check(self) -> str:
        return f"replacement.{self.value}"


DECLARABLE = frozenset({Stage.CREATED, Stage.REVOKED})
ABOUT_THE_NEW_KEY = frozenset({Stage.SWAPPED, Stage.PROVED})


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage as it stands. `is_stale`: it was shown with a key that is no longer in memory."""

    stage: Stage
    number: int
    evidence: Evidence
    at: datetime | None
    is_stale: bool


class PaidCalls(Protocol):
    """What the drill asks of the ledger (ppkit.spending.calls_paid.CallsPaid)."""

    def output_tokens(self, key: ApiKey) -> int: ...


class KeyRotation:
    """One drill. In practice mode proof counts as *practised*, in live mode as *verified*.

    A paid call that went through `paid` proves a key too. Raises what Progress and the ledger raise.
    """

    def __init__(self, progress: Progress, clock: Clock, mode: Mode, paid: PaidCalls | None = None) -> None:
        self._progress = progress
        self._clock = clock
        self._proven = Evidence.VERIFIED if mode == "live" else Evidence.PRACTISED
        self._paid = paid
        self._forget_keys()

    def _forget_keys(self) -> None:
        self.has_begun = False
        self.old: ApiKey | None = None
        self.new: ApiKey | None = None
        self.listed = ListedKeys()
        self._is_proved = False  # the new key in memory was, whatever the facts say about a former one
        self._output_at_swap = 0

    # --- how things stand

    @property
    def stages(self) -> tuple[StageView, ...]:
        return tuple(self._view(stage, number) for number, stage in enumerate(Stage, start=1))

    @property
    def current(self) -> Stage | None:
        """The stage to be done now; None when all are."""
        return next((stage for stage in Stage if not self._stands(stage)), None)

    @property
    def is_interrupted(self) -> bool:
        """Whether a former kernel swapped the keys and took them with it, the old one not yet revoked."""
        return not self.has_begun and self._is_known(Stage.SWAPPED) and not self._is_known(Stage.REVOKED)

    @property
    def strays(self) -> tuple[PlatformKey, ...]:
        """Keys made meanwhile that are not the new one, such as one whose dialog was closed too early."""
        new = self.new
        return tuple(key for key in self.listed.made_since if not key.may_be(new)) if new else ()

    # --- beginning

    def begin(self, old: ApiKey | None, answer: Diagnosis | None, listed: Listing) -> None:
        """Start anew; without an old key the drill can do everything but the last proof.

        `answer` is what the platform said to the old key (see `knock`): only a key that was seen alive can
        be shown dead later. A new key that waited for the swap goes on waiting. Raises OldKeyNotWorking.
        """
        _check_alive(old, answer)
        if self._is_known(Stage.SWAPPED):
            self._drop()
        self._take_up(old, listed)

    def resume(
        self, old: ApiKey | None, answer: Diagnosis | None, listed: Listing, in_use: ApiKey | None
    ) -> None:
        """Go on after a new kernel; the key in use is taken for the new one, and must be proven again.

        Raises OldKeyNotWorking; SameKeyAgain when the key given as the old one is the key in use.
        """
        if old is not None and old == in_use:
            raise SameKeyAgain(key=old.masked)
        _check_alive(old, answer)
        self._take_up(old, listed)
        if in_use is not None:
            self._take_new(in_use)

    def restart(self) -> None:
        """Leave this drill and its keys behind, and begin at the first stage again."""
        self._forget_keys()
        self._drop()

    # --- what happens, in order

    def declare(self, stage: Stage) -> None:
        """The user says so. Raises ValueError (words prove nothing here), NotProvenYet."""
        if stage not in DECLARABLE or not self.has_begun:
            raise ValueError(f"{stage} is shown, not declared")
        if stage is Stage.REVOKED:
            self.need_proof()
        self._keep(stage, Evidence.DECLARED)

    def observe(self, listed: Listing) -> None:
        """Take over what the platform lists.

        Raises OldKeyGoneEarly or NewKeyGone when the order was broken there: the facts then say so already.
        """
        if listed is None or not self.has_begun or self.current is None:
            return
        self.listed.see(listed)
        self._recognise()
        if self.new is not None and self.listed.is_gone(self.new):
            self._lose(self.new)
        if self.listed.made_since:
            self._keep(Stage.CREATED, self._proven)
        is_proved = self._stands(Stage.PROVED)
        if self.old is not None and self.listed.is_gone(self.old) and not is_proved:
            raise OldKeyGoneEarly(key=self.old.masked)
        if is_proved and self._is_old_gone():
            self._keep(Stage.REVOKED, self._proven)

    def check_new(self, key: ApiKey) -> None:
        """Raises SameKeyAgain."""
        if key == self.old:
            raise SameKeyAgain(key=key.masked)

    def swap(self, key: ApiKey, findings: Iterable[Finding], link: Callable[[ApiKey], object]) -> bool:
        """The new key, with what a checkup found: when it was recognised it is linked, and the swap stands.

        Who stopped the checkup did not want the swap. Raises SameKeyAgain, and what `link`
        raises; then all stays as it was.
        """
        self.check_new(key)
        known = list(findings)
        if not self.has_begun or was_stopped(known) or not _passed(known, Rung.SIGN_IN):
            return False
        link(key)
        self._keep(Stage.CREATED, self._proven)  # that it exists needs no other proof
        self._take_new(key)
        self._keep(Stage.SWAPPED, self._proven, again=True)
        return True

    def prove(self, key: ApiKey, findings: Iterable[Finding]) -> bool:
        """What a checkup of the new key found. True when a paid call went through."""
        if key != self.new or verdict_of(findings) is not Verdict.USABLE:
            return False
        self._take_proof()
        return True

    def notice_use(self) -> None:
        """A post written with the new key since the swap proves it as well."""
        if (
            self.new is not None
            and not self._is_proved
            and self._output_tokens(self.new) > self._output_at_swap
        ):
            self._take_proof()

    def need_proof(self) -> None:
        """Raises NotProvenYet. What a former new key has shown says nothing of the one that is in use now."""
        if not (self._stands(Stage.PROVED) and self._is_proved):
            raise NotProvenYet

    def check_revocation(self, chosen: PlatformKey, typed_end: str, in_use: ApiKey | None) -> None:
        """Whether this key may be revoked now. Raises NotProvenYet, KeyInUse, WrongEnd."""
        self.need_proof()
        for key in (self.new, in_use):
            if key is not None and chosen.may_be(key):
                raise KeyInUse(key=key.masked)
        if not chosen.end or typed_end.strip() != chosen.end:
            raise WrongEnd(name=chosen.name)

    def revoked(self, chosen: PlatformKey, listed: Sequence[PlatformKey]) -> None:
        """The chosen key was revoked, and this is what is listed now. Raises what `observe` raises.

        Where the old key is at hand but could not be told apart in the list, the choice is the user's word.
        """
        self.need_proof()
        if self.listed.id_of(self.old) is None and chosen.id not in {key.id for key in listed}:
            self._keep(Stage.REVOKED, self._proven if self.old is None else Evidence.DECLARED)
        self.observe(listed)

    def old_answered(self, key: ApiKey, answer: Diagnosis | None) -> bool:
        """What the platform said to the old key after its revocation: only "no such key" proves its end.

        False for an answer that proves nothing either way. Raises OldKeyAlive; ValueError out of order.
        """
        if key != self.old or self.current is not Stage.DEAD:
            raise ValueError("this key was not revoked")
        if is_alive(answer):
            raise OldKeyAlive(key=key.masked)
        if not is_no_such_key(answer):
            return False
        self._keep(Stage.REVOKED, self._proven)
        self._keep(Stage.DEAD, self._proven)
        return True

    # --- inside

    def _take_up(self, old: ApiKey | None, listed: Listing) -> None:
        self._forget_keys()
        self.has_begun = True
        self.old = old
        self.listed = ListedKeys(listed)
        self._recognise()

    def _take_new(self, key: ApiKey) -> None:
        self.new = key
        self._is_proved = False
        self._output_at_swap = self._output_tokens(key)
        self._recognise()

    def _output_tokens(self, key: ApiKey) -> int:
        return self._paid.output_tokens(key) if self._paid else 0

    def _take_proof(self) -> None:
        self._is_proved = True
        self._keep(Stage.PROVED, self._proven, again=True)

    def _recognise(self) -> None:
        for key in (self.old, self.new):
            if key is not None:
                self.listed.recognise(key)

    def _is_old_gone(self) -> bool:
        """Where the old key is not at hand, any one that was there before and is gone will be it."""
        return self.listed.is_gone(self.old) if self.old else self.listed.any_gone

    def _lose(self, new: ApiKey) -> None:
        """Back to the beginning, with the old key still at hand. Raises NewKeyGone."""
        self.new, self._is_proved = None, False
        self._drop()
        raise NewKeyGone(key=new.masked)

    def _drop(self) -> None:
        """A former drill stays done once; what was shown in it is valid no more."""
        names = [stage.check for stage in Stage]
        self._progress.update(lambda known: known.lapsed(names))

    def _keep(self, stage: Stage, evidence: Evidence, *, again: bool = False) -> None:
        """Save what is new; `again` renews the time of an equal proof."""
        if evidence > self._evidence(stage) or again:
            fact = Fact(stage.check, evidence, self._clock.now())
            self._progress.update(lambda known: known.showing([fact]))

    def _evidence(self, stage: Stage) -> Evidence:
        fact = self._progress.facts.of(stage.check)
        return fact.evidence if fact else Evidence.TODO

    def _is_known(self, stage: Stage) -> bool:
        return self._evidence(stage) is not Evidence.TODO

    def _stands(self, stage: Stage) -> bool:
        return self._is_known(stage) and not self._is_stale(stage)

    def _is_stale(self, stage: Stage) -> bool:
        """What was shown of a new key counts while it is at hand; after the revocation it is history."""
        if stage not in ABOUT_THE_NEW_KEY or self._is_known(Stage.REVOKED):
            return False
        return not (self._is_proved if stage is Stage.PROVED else self.new is not None)

    def _view(self, stage: Stage, number: int) -> StageView:
        fact = self._progress.facts.of(stage.check)
        is_known = self._is_known(stage)
        at = fact.at if fact and is_known else None
        return StageView(stage, number, self._evidence(stage), at, is_known and self._is_stale(stage))


def _check_alive(old: ApiKey | None, answer: Diagnosis | None) -> None:
    """Raises OldKeyNotWorking."""
    if old is not None and not is_alive(answer):
        raise OldKeyNotWorking(key=old.masked)


def _passed(findings: Iterable[Finding], rung: Rung) -> bool:
    return any(finding.rung is rung and finding.state is State.PASSED for finding in findings)
