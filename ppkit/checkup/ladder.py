"""Checkup: a ladder of probes from the shape of a key to a paid call, each rung with its evidence and time.

`models` answered with 200 proves sign-in only; credit is proven by one tiny paid call, made with consent.
No rung is retried, each request has 20 seconds and can be stopped, and no exception leaves the ladder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from typing import TYPE_CHECKING, Any

from ppkit.checkup.check_run import CheckRun, Consent, RungFailed, RungSkipped
from ppkit.checkup.deadline import Deadline
from ppkit.checkup.diagnosis import CANCELLED, diagnose
from ppkit.checkup.findings import FOUNDATIONS, Finding, Rung, Skip, State, was_stopped
from ppkit.checkup.noted_account import NO_ACCOUNT_NOTED, NotedAccount
from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.mode import Mode
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

RUNG_SECONDS = 20.0

ClientFor = Callable[[ApiKey], "openai.OpenAI"]
AdminClientFor = Callable[[ApiKey], "openai.OpenAI"]
Ceiling = Callable[[str, Mapping[str, Any]], Money]  # endpoint, body -> the most that the call can cost


class Checkup:
    """The ladder for one mode ("practice" or "live"). Blocking: callers put `run` in a thread.

    `machine_clock` is held against the platform's date header where `clock` may run ahead (practice);
    `marked` encloses a check run, so that the ledger can tell its calls from others; `own_calls` says how
    many such calls a key has made, `is_linked` whether the app uses it already. Without `admin_client_for`,
    admin keys are of no use here.
    """

    def __init__(
        self,
        client_for: ClientFor,
        clock: Clock,
        mode: Mode,
        ceiling: Ceiling | None = None,
        *,
        machine_clock: Clock | None = None,
        admin_client_for: AdminClientFor | None = None,
        own_calls: Callable[[ApiKey], int] = lambda _key: 0,
        is_linked: Callable[[ApiKey], bool] = lambda _key: True,
        marked: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._client_for = client_for
        self._clock = clock
        self._machine_clock = machine_clock or clock
        self._mode = mode
        self._ceiling = ceiling
        self._admin_client_for = admin_client_for
        self._own_calls = own_calls
        self._is_linked = is_linked
        self._marked = marked

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
            make_client=lambda: _once_only(self._client_for(key)),
            mode=self._mode,
            clock=self._clock,
            machine_clock=self._machine_clock,
            highest_cost=self._highest_cost,
            deadline=Deadline(self._clock, RUNG_SECONDS, cancelled),
            consent=consent,
            wants_image=images,
            written=written,
            make_admin_client=self._admin_client(admin_key),
            own_calls=self._own_calls,
            is_linked=self._is_linked(key),
        )
        findings: list[Finding] = []
        with self._marked(), closing(check_run):
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
        if diagnosis and diagnosis.code == CANCELLED:  # whoever stopped the check has not been refused
            state, diagnosis, facts = State.SKIPPED, None, {"reason": Skip.CANCELLED}
        seconds = self._clock.monotonic() - started
        return Finding(rung, state, diagnosis, seconds, facts, self._clock.now())

    def _admin_client(self, admin_key: ApiKey | None) -> Callable[[], openai.OpenAI] | None:
        client_for = self._admin_client_for
        if admin_key is None or client_for is None:
            return None
        return lambda: _once_only(client_for(admin_key))

    def _highest_cost(self, endpoint: str, body: Mapping[str, Any]) -> Money | None:
        """What a probe can cost at most; None when no price is known (the paid call then says so itself)."""
        try:
            return self._ceiling(endpoint, body) if self._ceiling else None
        except Exception:
            return None


def _once_only(client: openai.OpenAI) -> openai.OpenAI:
    """The SDK tries three times by default, also where waiting does not help."""
    return client.with_options(timeout=RUNG_SECONDS, max_retries=0)


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
