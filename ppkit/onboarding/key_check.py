"""One key climbing the ladder, as a user experiences it: paste, check, consent, hints, look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from math import ceil

from ppkit.checkup import (
    NO_ACCOUNT_NOTED,
    Checkup,
    Diagnosis,
    Finding,
    NotedAccount,
    Proposal,
    Rung,
    Skip,
    State,
    Verdict,
    trouble_in,
    verdict_of,
    was_stopped,
    with_root_cause,
)
from ppkit.checkup.findings import FOUNDATIONS
from ppkit.clock import Clock
from ppkit.keys import ApiKey, PastedKey, parse_pasted_key
from ppkit.mode import Mode
from ppkit.money import Money

_wait_numbers = count(1)


class KeyCheck:
    """What is known about the key on the table. Needs no browser; a view draws it.

    The key lives in a plain attribute of this object and nowhere else until it is linked.
    """

    def __init__(self, mode: Mode, clock: Clock) -> None:
        self._mode = mode
        self._clock = clock
        self.runs = 0  # how often the ladder was run, so that a view can tell a new verdict from the last one
        self.forget()

    def forget(self) -> None:
        """Back to an empty table."""
        self.key: ApiKey | None = None
        self.understood: PastedKey | None = None
        self.findings: dict[Rung, Finding] = {}
        self._start_over()

    def _start_over(self) -> None:
        self.found: Diagnosis | None = None  # as the platform said it
        self.diagnosis: Diagnosis | None = None  # by its cause, where that is known
        self._fell_at: Rung | None = None
        self.hints_shown = 0
        self._waits = 0
        self.stop_waiting()

    # --- what the user does

    def read(self, pasted: str) -> bool:
        """Understand a pasted text; True when there is a key in it to be checked."""
        self.forget()
        self.understood = parse_pasted_key(pasted, self._mode)
        self.key = self.understood.key
        return self.key is not None

    def take(self, key: ApiKey) -> None:
        """Put a key on the table that is linked already."""
        self.forget()
        self.key = key

    def run_check(
        self,
        checkup: Checkup,
        on_change: Callable[[], None],
        cancelled: Callable[[], bool] = lambda: False,
        *,
        agreed_to: Rung | None = None,
        written: NotedAccount = NO_ACCOUNT_NOTED,
        admin_key: ApiKey | None = None,
    ) -> list[Finding]:
        """Run the ladder, blocking; `on_change` is called whenever a rung changes.

        Once `cancelled`, it ends; what it asked last may still be answered, and is then booked.
        `agreed_to` is the paid rung whose model and highest cost the user has seen and agreed to.
        """
        assert self.key is not None
        self.runs += 1
        consent, before = self._consent_to(agreed_to), self.findings
        self.findings = {rung: Finding(rung, State.TODO) for rung in Rung}

        def keep(finding: Finding) -> None:
            self.findings[finding.rung] = _still_proven(before, finding)
            on_change()

        checkup.run(
            self.key,
            consent=consent,
            on_finding=keep,
            images=agreed_to is Rung.IMAGES,
            cancelled=cancelled,
            written=written,
            admin_key=admin_key,
        )
        self._conclude()
        return list(self.findings.values())

    def _consent_to(self, rung: Rung | None) -> Callable[[Proposal], bool]:
        """To one rung, for the model that was shown and no more than was shown."""
        offer = self.findings[rung].facts if rung and rung in self.findings else None

        def agree(proposal: Proposal) -> bool:
            if offer is None or proposal.rung is not rung or proposal.model != offer.get("model"):
                return False
            shown, asked = offer.get("highest_cost"), proposal.highest_cost
            return asked is None or (isinstance(shown, Money) and asked <= shown)

        return agree

    def narrow(self, cause: str) -> None:
        """The user, or the practice platform, says which of several causes it is. Raises LookupError."""
        if self.diagnosis is None:
            raise LookupError(cause)
        self.diagnosis = with_root_cause(self.diagnosis, cause)
        self.hints_shown = 0

    def call_it(self, diagnosis: Diagnosis) -> None:
        """The cause, as the practice platform's state reports it now; another one than before begins anew."""
        known = self.diagnosis.code if self.diagnosis else None
        if diagnosis.code != known:
            self.hints_shown = self._waits = 0
        self.diagnosis = diagnosis

    def show_hint(self) -> None:
        self.hints_shown += 1

    def wait(self) -> None:
        """Begin to wait for the next look; a view counts down what is left."""
        minutes = self.next_wait_minutes
        if minutes is not None and not self.is_waiting:
            self.wait_name = str(next(_wait_numbers))
            self._wait_ends = self._clock.monotonic() + 60 * minutes

    def stop_waiting(self) -> None:
        self.wait_name = ""
        self._wait_ends = 0.0

    def waited(self, name: str) -> bool:
        """The time is over, and the next wait will be longer; False if that is known already.

        Several views may count the same wait down, and one that slept reports late.
        """
        if not self.is_waiting or name != self.wait_name:
            return False
        self.stop_waiting()
        self._waits += 1
        return True

    # --- what can be seen

    @property
    def is_waiting(self) -> bool:
        """Whether there is a wait; its name differs from all others in this process."""
        return self.wait_name != ""

    @property
    def seconds_left(self) -> int:
        """How much of the wait is left. The hour may be put forward in practice; durations are not."""
        return max(0, ceil(self._wait_ends - self._clock.monotonic()))

    @property
    def next_wait_minutes(self) -> int | None:
        """How long to wait before the next look (1, 2, 5, 10 minutes); None when waiting does not help."""
        minutes = self.diagnosis.recheck_minutes if self.diagnosis else ()
        return minutes[self._waits] if self._waits < len(minutes) else None

    @property
    def verdict(self) -> Verdict | None:
        """None before the ladder was run."""
        return verdict_of(self.findings.values()) if self.findings else None

    @property
    def is_proven(self) -> bool:
        return self.verdict is Verdict.USABLE

    @property
    def is_recognised(self) -> bool:
        """Whether the platform knows the key: what can be linked."""
        finding = self.findings.get(Rung.SIGN_IN)
        return finding is not None and finding.state is State.PASSED

    @property
    def is_blocked(self) -> bool:
        """Whether a rung fell without which nothing more can be known."""
        return any(
            finding.rung in FOUNDATIONS and finding.state is State.FAILED
            for finding in self.findings.values()
        )

    @property
    def waits_for_consent(self) -> Finding | None:
        """The tiny paid call that was left out until the user agrees."""
        return self._left_out(Rung.CREDIT, Skip.NO_CONSENT)

    @property
    def image_offer(self) -> Finding | None:
        return self._left_out(Rung.IMAGES, Skip.NOT_ASKED)

    @property
    def remarks(self) -> list[Diagnosis]:
        """What passed, but deserves a word."""
        passed = (finding for finding in self.findings.values() if finding.state is State.PASSED)
        return [finding.diagnosis for finding in passed if finding.diagnosis]

    def _left_out(self, rung: Rung, reason: Skip) -> Finding | None:
        finding = self.findings.get(rung)
        return finding if finding and finding.facts.get("reason") == reason else None

    def _conclude(self) -> None:
        """The lowest rung that fell is what to mend first; the same trouble as before keeps its place.

        A paid rung that fell and was not tried again, for want of consent, has not been mended.
        """
        findings = self.findings.values()
        fallen = next((one for one in findings if one.state is State.FAILED), None)
        untried = self._fell_at and self.findings[self._fell_at].state is State.SKIPPED
        if fallen is None and untried and not was_stopped(findings):
            return
        found = trouble_in(findings)
        if found is None or self.found is None or self.found.code != found.code:
            self._start_over()
            self.diagnosis = found
        self.found = found
        self._fell_at = fallen.rung if fallen and not fallen.facts.get("foreseen") else None


def _still_proven(before: Mapping[Rung, Finding], finding: Finding) -> Finding:
    """A paid call that went through a moment ago is not made again, and not forgotten."""
    known = before.get(finding.rung)
    skipped = finding.state is State.SKIPPED and finding.facts.get("reason") is Skip.NO_CONSENT
    return known if known and known.state is State.PASSED and skipped else finding
