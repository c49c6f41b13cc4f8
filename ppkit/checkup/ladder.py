"""Checkup: a ladder of probes from the shape of a key to a paid call, each rung with its evidence and time.

`models` answered with 200 proves sign-in only; credit is proven by one tiny paid call, made with consent.
No rung is retried, each request has 20 seconds and can be stopped, and no exception leaves the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from ppkit.checkup.check_run import CheckRun, Consent, KeyClients, RungFailed, RungSkipped
from ppkit.checkup.deadline import Deadline
from ppkit.checkup.diagnosis import CANCELLED, diagnose
from ppkit.checkup.findings import FOUNDATIONS, Finding, Rung, Skip, State, was_stopped
from ppkit.checkup.noted_account import NO_ACCOUNT_NOTED, NotedAccount
from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.metering.tags import tags
from ppkit.mode import Mode
from ppkit.money import Money
from ppkit.spending.calls_paid import CHECKUP_TAG, CallsPaid

RUNG_SECONDS = 20.0
Ceiling = Callable[[str, Mapping[str, Any]], Money]  # endpoint, body -> the most that the call can cost


class Checkup:
    """The ladder for one mode ("practice" or "live"). Blocking: callers put `run` in a thread.

    `machine_clock` is held against the platform's date header where `clock` may run ahead (practice). Without
    `calls_paid` no call is taken for a checkup's own.
    """

    def __init__(
        self,
        clients: KeyClients,
        clock: Clock,
        mode: Mode,
        ceiling: Ceiling | None = None,
        calls_paid: CallsPaid | None = None,
        *,
        machine_clock: Clock | None = None,
    ) -> None:
        self._clients = clients
        self._clock = clock
        self._machine_clock = machine_clock or clock
        self._mode = mode
        self._ceiling = ceiling
        self._calls_paid = calls_paid

    def run(
        self,
        key: ApiKey,
        consent: Consent = False,
        on_finding: Callable[[Finding], None] = lambda _finding: None,
        *,
        images: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
        written: NotedAccount = NO_ACCOUNT_NOTED,
        admin_key: ApiKey | None = None,
    ) -> list[Finding]:
        """Run as far as it goes and return one Finding per rung; each is also reported as it changes.

        `consent` to the paid calls may be a question, asked with the Proposal. `images` opts in to the
        image probe. `cancelled` is looked at before every rung and while it waits. `written` is the account
        the user wrote down; an `admin_key` lets limits and use be read. Only what `on_finding` raises
        comes out.
        """
        check_run = CheckRun(
            key=key,
            clients=self._clients,
            mode=self._mode,
            clock=self._clock,
            machine_clock=self._machine_clock,
            highest_cost=self._highest_cost,
            deadline=Deadline(self._clock, RUNG_SECONDS, cancelled),
            consent=consent,
            wants_image=images,
            written=written,
            admin_key=admin_key,
            calls_paid=self._calls_paid,
        )
        findings: list[Finding] = []
        with tags(**CHECKUP_TAG), closing(check_run):
            for rung in Rung:
                skip = _skip_after(findings, cancelled())
                if skip is None:
                    on_finding(Finding(rung, State.RUNNING))
                    findings.append(self._try(check_run, rung))
                else:
                    findings.append(Finding(rung, State.SKIPPED, facts={"reason": skip}))
                on_finding(findings[-1])
        return findings

    def _try(self, check_run: CheckRun, rung: Rung) -> Finding:
        started = self._clock.monotonic()
        state, facts, diagnosis = State.PASSED, dict[str, object](), None
        try:
            facts = _rungs(check_run)[rung]()
            diagnosis = check_run.remarks.get(rung)
        except RungSkipped as skipped:
            state, facts = State.SKIPPED, skipped.facts
        except RungFailed as failed:
            state, diagnosis, facts = State.FAILED, failed.diagnosis, failed.facts
        except Exception as error:
            # Whatever it is, it becomes a diagnosis: a traceback could quote the key.
            state, diagnosis = State.FAILED, diagnose(error)
        if diagnosis and diagnosis.code == CANCELLED:  # a user who stopped the check was not refused
            state, diagnosis, facts = State.SKIPPED, None, {"reason": Skip.CANCELLED}
        seconds = self._clock.monotonic() - started
        return Finding(rung, state, diagnosis, seconds, facts, self._clock.now())

    def _highest_cost(self, endpoint: str, body: Mapping[str, Any]) -> Money | None:
        """What a probe can cost at most; None when no price is known (the paid call then says so itself)."""
        try:
            return self._ceiling(endpoint, body) if self._ceiling else None
        except Exception:
            return None


def _rungs(check_run: CheckRun) -> dict[Rung, Callable[[], dict[str, object]]]:
    return {
        Rung.SHAPE: check_run.shape,
        Rung.REACH: check_run.reach,
        Rung.SIGN_IN: check_run.sign_in,
        Rung.RIGHTS: check_run.rights,
        Rung.ACCOUNT: check_run.account,
        Rung.MODEL: check_run.model,
        Rung.CREDIT: check_run.credit,
        Rung.IMAGES: check_run.images,
        Rung.LIMITS: check_run.limits,
        Rung.USE: check_run.use,
    }


def _skip_after(findings: list[Finding], is_cancelled: bool) -> Skip | None:
    """Why the next rung need not be tried."""
    if is_cancelled or was_stopped(findings):
        return Skip.CANCELLED
    fallen = any(finding.rung in FOUNDATIONS and finding.state is State.FAILED for finding in findings)
    return Skip.EARLIER if fallen else None
