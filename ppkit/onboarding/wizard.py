"""The wizard: four steps whose states follow from the facts alone. It needs no browser; a view draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ppkit.checkup import Finding, Rung, State
from ppkit.clock import Clock
from ppkit.keys import ApiKey, refuse_keys
from ppkit.mode import Mode
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.progress import Progress, is_too_old
from ppkit.onboarding.steps import BY_NAME, CHECKS, Check, StepName, checks_of

_OF_A_KEY = tuple(check.name for check in CHECKS if check.step is StepName.KEY and check.of_key)


class StepState(StrEnum):
    """How a step is drawn: the texts are "common.evidence.<state>"."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class CheckView:
    """One check of a step, with how and since when it is known.

    `is_old` asks to look again: a key that worked live a day ago may be revoked, or its credit used up.
    """

    name: str
    evidence: Evidence
    at: datetime | None
    optional: bool
    declarable: bool
    is_old: bool = False

    @property
    def is_done(self) -> bool:
        return self.evidence is not Evidence.TODO


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as it stands: its evidence is the weakest among the checks that it needs."""

    name: StepName
    number: int
    state: StepState
    evidence: Evidence
    at: datetime | None
    checks: tuple[CheckView, ...]

    @property
    def is_done(self) -> bool:
        return self.evidence is not Evidence.TODO


class Wizard:
    """The learner's way through the four steps, computed from facts and kept in `progress`.

    In practice mode proof counts as *practised*, in live mode as *verified*. Every change is saved at once.
    Its properties raise ProgressDamaged and ProgressTooNew, its methods ProgressNotWritten too.
    """

    def __init__(self, progress: Progress, clock: Clock, mode: Mode) -> None:
        self._progress = progress
        self._clock = clock
        self._mode = mode
        self._proven = Evidence.VERIFIED if mode == "live" else Evidence.PRACTISED
        self._chosen: StepName | None = None

    @property
    def steps(self) -> tuple[StepView, ...]:
        current = self.current
        return tuple(self._view(step, number, current) for number, step in enumerate(StepName, start=1))

    @property
    def current(self) -> StepName:
        """The step on the screen: the one gone to, else the first that is not done, else the last."""
        if self._chosen:
            return self._chosen
        return next((step for step in StepName if not self._is_done(step)), StepName.LINK)

    @property
    def is_complete(self) -> bool:
        return all(self._is_done(step) for step in StepName)

    @property
    def has_linked(self) -> bool:
        """Whether a key was linked and not given up since; a new kernel may have lost it all the same."""
        return self._evidence_of("link.linked") is not Evidence.TODO

    def declare(self, check: str, *, key: ApiKey | None = None) -> None:
        """The learner says so, of this key where it holds for one key alone.

        Raises LookupError (unknown check) or ValueError (words prove nothing).
        """
        if not self._known(check).declarable:
            raise ValueError(f"{check} is shown, not declared")
        self._keep([(check, Evidence.DECLARED)], key=key)

    def record(self, check: str, level: Evidence | None = None, *, key: ApiKey | None = None) -> None:
        """A check was shown; without a level, as strongly as this mode can. Raises LookupError if unknown.

        `key` is the one it was shown with, where it holds for one key alone.
        """
        self._keep([(self._known(check).name, level or self._proven)], key=key)

    def record_use(self, key: ApiKey) -> None:
        """The app has made a call with this key."""
        self.record("link.used", key=key)

    def observe(self, practice_state: Mapping[str, object]) -> None:
        """Take over what the practice platform reports of itself; a name that is missing shows nothing.

        Names: signed_up, payment_method, balance_pico_usd, purchases, auto_recharge, keys. Automatic recharge
        is on until it is switched off, so only that shows a choice; a user who keeps it has to say so.
        """
        bought = practice_state.get("balance_pico_usd") or _was_served(practice_state)
        shown = {
            "account.signed_up": practice_state.get("signed_up"),
            "credit.payment_method": practice_state.get("payment_method"),
            "credit.bought": bought,
            "credit.auto_recharge_chosen": bought and practice_state.get("auto_recharge") is False,
            "key.created": practice_state.get("keys"),
        }
        self._keep([(check, Evidence.PRACTISED) for check, there in shown.items() if there], again=False)

    def observe_controls(self, controls: Mapping[str, object]) -> None:
        """Take over which alert and limit an admin key has read on the platform."""
        self._keep([(check, self._proven) for check in _controls_set(controls)])

    def observe_checkup(self, findings: Sequence[Finding], key: ApiKey) -> None:
        """Take over what a checkup proved: the key is genuine, and it can pay.

        What another key has shown is taken back once this one is recognised; before, it stands. Live, a
        paid call also stands for the payment method, which nothing else can show; the practice platform
        reports it by itself.
        """
        passed = {finding.rung for finding in findings if finding.state is State.PASSED}
        proofs: dict[Rung, tuple[str, ...]] = {
            Rung.SIGN_IN: ("account.signed_up", "key.created", "key.pasted", "key.recognised"),
            Rung.CREDIT: ("credit.bought", "key.pays"),
        }
        if self._mode == "live":
            proofs[Rung.CREDIT] += ("credit.payment_method",)
            proofs[Rung.LIMITS] = tuple(_controls_read(findings))
        shown = [(check, self._proven) for rung in passed for check in proofs.get(rung, ())]
        if Rung.SHAPE in passed and Rung.SIGN_IN not in passed:
            shown.append(("key.pasted", Evidence.DECLARED))  # the shape of a key proves no key
        if Rung.SIGN_IN not in passed and self._is_known_of_another(key):
            shown = [(check, evidence) for check, evidence in shown if not BY_NAME[check].of_key]
        self._keep(shown, key=key, instead_of=_OF_A_KEY if Rung.SIGN_IN in passed else ())

    def _is_known_of_another(self, key: ApiKey) -> bool:
        facts = [fact for check in _OF_A_KEY if (fact := self._progress.facts.of(check))]
        return any(fact.key not in ("", key.fingerprint) for fact in facts)

    def go(self, step: StepName | str) -> None:
        """Show this step. Any step may be looked at, in any order. Raises ValueError for an unknown one."""
        self._chosen = self._named(step)

    def go_on(self) -> None:
        """Show the first step that is not done."""
        self._chosen = None

    def restart(self, step: StepName | str) -> None:
        """Show this step, and let what was shown of it lapse. Raises ValueError for an unknown one."""
        self._chosen = self._named(step)
        names = [check.name for check in CHECKS if check.step is self._chosen]
        self._progress.update(lambda known: known.lapsed(names))

    def _known(self, check: str) -> Check:
        """Raises LookupError for an unknown check, KeyInText for a secret, which that would quote."""
        refuse_keys("check", check)
        return BY_NAME[check]

    def _named(self, step: StepName | str) -> StepName:
        """Raises ValueError for an unknown step, KeyInText for a secret, which that would quote."""
        refuse_keys("step", step)
        return StepName(step)

    def _keep(
        self,
        shown: Sequence[tuple[str, Evidence]],
        *,
        again: bool = True,
        key: ApiKey | None = None,
        instead_of: Sequence[str] = (),
    ) -> None:
        """Save what is new. `again` says whether an equal proof renews the time; merely looking does not.

        `instead_of` are the checks that are known no more where another key than this one showed them.
        """
        now = self._clock.now()
        mark = key.fingerprint if key else ""
        news = [
            Fact(check, evidence, now, mark if BY_NAME[check].of_key else "") for check, evidence in shown
        ]
        if not again:
            news = [fact for fact in news if fact.evidence > self._evidence_of(fact.check)]
        if news:
            replaced = (*instead_of, *(fact.check for fact in news if fact.key))
            self._progress.update(lambda known: known.lapsed_with_other_keys(replaced, mark).showing(news))

    def _evidence_of(self, check: str) -> Evidence:
        fact = self._progress.facts.of(check)
        return fact.evidence if fact else Evidence.TODO

    def _is_done(self, step: StepName) -> bool:
        return self._weakest(self._needed(step)) is not Evidence.TODO

    def _needed(self, step: StepName) -> list[CheckView]:
        return [self._check(check) for check in checks_of(step, self._mode) if not check.optional]

    def _weakest(self, checks: Iterable[CheckView]) -> Evidence:
        return min(check.evidence for check in checks)

    def _view(self, step: StepName, number: int, current: StepName) -> StepView:
        needed = self._needed(step)
        evidence = self._weakest(needed)
        times = [check.at for check in needed if check.at]
        state = StepState.DONE if evidence else StepState.TODO
        return StepView(
            name=step,
            number=number,
            state=StepState.CURRENT if step is current else state,
            evidence=evidence,
            at=max(times) if times and evidence else None,
            checks=tuple(self._check(check) for check in checks_of(step, self._mode)),
        )

    def _check(self, check: Check) -> CheckView:
        fact = self._progress.facts.of(check.name)
        if fact is None or fact.evidence is Evidence.TODO:
            return CheckView(check.name, Evidence.TODO, None, check.optional, check.declarable)
        return CheckView(
            check.name,
            fact.evidence,
            fact.at,
            check.optional,
            check.declarable,
            is_old=is_too_old(fact, self._clock.now()),
        )


def _controls_set(controls: Mapping[str, object]) -> Iterator[str]:
    """The checks that an alert and a limit read on the platform show; that it blocks is not claimed."""
    if controls.get("alert") is not None:
        yield "credit.platform_alert"
    if controls.get("hard_limit") is not None or controls.get("limit_open") is not None:
        yield "credit.platform_limit"


def _controls_read(findings: Iterable[Finding]) -> Iterator[str]:
    facts = next((finding.facts for finding in findings if finding.rung is Rung.LIMITS), {})
    return _controls_set(facts)


def _was_served(practice_state: Mapping[str, object]) -> bool:
    """Whether anything was ever bought there, even if it has been used up; a declined card bought nothing."""
    purchases = practice_state.get("purchases")
    return isinstance(purchases, list) and any(bought.get("status") != "declined" for bought in purchases)
