"""One check run of the ladder: what each rung asks the platform, and the evidence it brings back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ppkit.checkup.administration import USAGE_DAYS, Administration, lowest_controls
from ppkit.checkup.deadline import CheckStopped, Deadline, TookTooLong
from ppkit.checkup.diagnosis import Diagnosis, diagnose
from ppkit.checkup.findings import Proposal, Rung, Skip
from ppkit.checkup.noted_account import NotedAccount
from ppkit.checkup.preferred_models import LiveModel, pick_model
from ppkit.checkup.probe_answers import (
    NOT_THE_MODEL,
    NOT_THE_PLATFORMS,
    RIGHTS_PROVEN,
    UNPAID,
    is_the_platforms,
    models_in,
    rates_in,
    seconds_from,
)
from ppkit.clock import Clock
from ppkit.keys import ApiKey, parse_pasted_key
from ppkit.mode import Mode
from ppkit.money import Money
from ppkit.spending.calls_paid import CallsPaid

if TYPE_CHECKING:
    import openai  # only the caller's clients are used here: the SDK takes over half a second to import

Consent = bool | Callable[[Proposal], bool]
HighestCost = Callable[[str, Mapping[str, Any]], Money | None]
Answered = TypeVar("Answered")

SMALLEST_OUTPUT_TOKENS = 16  # the least that /responses accepts
TEXT_PROBE = "Say OK."
IMAGE_PROBE = "A plain grey square."
# Wrong twice over (nothing to answer, and fewer tokens than the least that is taken): the platform looks at
# the key's rights, then refuses, and nothing is billed.
UNANSWERABLE: Mapping[str, Any] = {"input": [], "max_output_tokens": 1}
WRONG_CLOCK = timedelta(minutes=5)
ENDS_SOON = timedelta(days=30)


class KeyClients(Protocol):
    """Makes clients that try a key once (ppkit.connection.Connection); the linked key is in use already."""

    @property
    def linked_key(self) -> ApiKey | None: ...

    def client_for(self, key: ApiKey) -> openai.OpenAI: ...

    def admin_client_for(self, key: ApiKey) -> openai.OpenAI: ...


class RungFailed(Exception):
    """A rung that did not hold."""

    def __init__(self, diagnosis: Diagnosis, **facts: object) -> None:
        self.diagnosis, self.facts = diagnosis, facts
        super().__init__(diagnosis.code)


class RungSkipped(Exception):
    """A rung that was not tried, and why."""

    def __init__(self, reason: Skip, **facts: object) -> None:
        self.facts: dict[str, object] = {"reason": reason, **facts}
        super().__init__(reason)


@dataclass
class CheckRun:
    """Each method is one rung: it returns its evidence, or raises RungFailed, RungSkipped, an SDK error.

    Before the app uses the key (`clients.linked_key`), calls by others than our checkups are strange.
    """

    key: ApiKey
    clients: KeyClients
    mode: Mode
    clock: Clock
    machine_clock: Clock
    highest_cost: HighestCost
    deadline: Deadline
    consent: Consent
    wants_image: bool
    written: NotedAccount
    admin_key: ApiKey | None
    calls_paid: CallsPaid | None
    remarks: dict[Rung, Diagnosis] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._today = self.clock.now().date()
        self._headers: Mapping[str, str] = {}
        self._listing: Any = None
        self._listing_trouble: Exception | None = None
        self._live: list[LiveModel] | None = None
        self._foreseen: Diagnosis | None = None  # what the rung of the rights already heard of a later one
        self._rates: dict[str, object] = {}
        self._admin: Administration | None = None
        self._opened: list[openai.OpenAI] = []

    def close(self) -> None:
        """Close the connections, unless somebody may still be answered on one."""
        if not self.deadline.gave_up:
            for client in self._opened:
                client.close()

    # --- nothing of this costs anything

    def shape(self) -> dict[str, object]:
        understood = parse_pasted_key(self.key.get_secret_value(), self.mode)
        if understood.refusal:
            known = ("admin_key", "practice_key_in_live", "real_key_in_practice")
            code = understood.refusal.value if understood.refusal in known else "unusable_key"
            raise RungFailed(Diagnosis(code))
        return {"kind": self.key.kind.value, "masked": self.key.masked}

    def reach(self) -> dict[str, object]:
        """One request serves two rungs: that anything came back is this one, what it says is the next."""
        self._client = self._open(self.clients.client_for(self.key))
        try:
            self._listing = self.deadline(self._client.models.with_raw_response.list)
            self._headers = self._listing.headers
        except Exception as error:
            diagnosis = diagnose(error)
            if "status" not in diagnosis.details or diagnosis.code in NOT_THE_PLATFORMS:
                raise RungFailed(diagnosis) from None
            self._listing_trouble = error
            self._headers = getattr(getattr(error, "response", None), "headers", {})
        if "html" in self._headers.get("content-type", ""):  # the sign-in page of a public network, as a 200
            raise RungFailed(Diagnosis("not_the_platform"))
        return {"host": self._client.base_url.host, **self._clock_difference()}

    def sign_in(self) -> dict[str, object]:
        """A refusal that only a genuine key can get (a missing right, no credit) proves the key, too."""
        organization = self._headers.get("openai-organization")
        facts: dict[str, object] = {"organization": organization} if organization else {}
        if self._listing_trouble:
            diagnosis = diagnose(self._listing_trouble)
            if not (diagnosis.proves_key and is_the_platforms(diagnosis)):
                raise RungFailed(diagnosis)
            self.remarks[Rung.SIGN_IN] = diagnosis
            return {"restricted": diagnosis.code == "missing_scope", **facts}
        self._live = models_in(self._listing.parse())
        return {"models": len(self._live), **facts}

    def rights(self) -> dict[str, object]:
        """The route that writes texts, asked for nothing: a key without the right is refused before that."""
        body = {**self._text_probe(), **UNANSWERABLE}
        try:
            self.deadline(lambda: self._client.responses.create(**body))
        except Exception as error:
            diagnosis = diagnose(error)
            if diagnosis.own:  # a limit of our own is in the way; the paid call will say so itself
                raise RungSkipped(Skip.NOT_TOLD) from None
            if diagnosis.code not in RIGHTS_PROVEN or not is_the_platforms(diagnosis):
                raise RungFailed(diagnosis) from None
            self._foreseen = diagnosis if diagnosis.code in UNPAID | NOT_THE_MODEL else None
        else:
            self.remarks[Rung.RIGHTS] = Diagnosis("unlike_the_platform")  # it may have cost a little
        return {"route": "/responses"}

    def account(self) -> dict[str, object]:
        """The account written down, sent along: the platform refuses a key that belongs to another one."""
        written = self.written
        if not written:
            raise RungSkipped(Skip.NOTHING_WRITTEN_DOWN)
        client = self._client.with_options(organization=written.organization, project=written.project)
        facts: dict[str, object] = {"organization": written.organization, "project": written.project}
        try:
            self.deadline(client.models.with_raw_response.list)
        except Exception as error:
            diagnosis = diagnose(error)
            if diagnosis.code == "missing_scope":
                raise RungSkipped(Skip.NOT_TOLD) from None
            raise RungFailed(diagnosis, **facts) from None
        return facts

    def model(self) -> dict[str, object]:
        if self._foreseen and self._foreseen.code in NOT_THE_MODEL:
            raise RungFailed(self._foreseen)
        model = self._pick()
        if self._live is None:
            raise RungSkipped(Skip.LIST_NOT_READABLE, model=model.name)
        if model.shutdown is None:
            return {"model": model.name}
        facts: dict[str, object] = {"model": model.name, "shutdown": model.shutdown}
        if model.shutdown - self._today <= ENDS_SOON:
            self.remarks[Rung.MODEL] = Diagnosis("model_ends_soon", facts)
        return facts

    # --- paid, with consent

    def credit(self) -> dict[str, object]:
        """The tiny paid call, on the path that the Assistant takes afterwards."""
        if self._foreseen:
            raise RungFailed(self._foreseen, foreseen=True)
        body = self._text_probe()
        proposal = self._agreed(Rung.CREDIT, "responses", body)
        raw = self.deadline(lambda: self._client.responses.with_raw_response.create(**body))
        self._rates = rates_in(raw.headers)
        usage = raw.parse().usage
        return {
            "model": proposal.model,
            "highest_cost": proposal.highest_cost,
            "input_tokens": usage.input_tokens if usage else None,
            "output_tokens": usage.output_tokens if usage else None,
            "request_id": raw.headers.get("x-request-id"),
        }

    def images(self) -> dict[str, object]:
        """Image models are listed for everybody: only an image proves that they may be used."""
        model = pick_model("image", self._live, self._today)
        body: dict[str, Any] = {
            "model": model.name if model else "",
            "prompt": IMAGE_PROBE,
            "size": "1024x1024",
            "quality": "low",
            "n": 1,
        }
        if not self.wants_image:
            highest = self.highest_cost("images", body) if model else None
            raise RungSkipped(Skip.NOT_ASKED, model=body["model"], highest_cost=highest)
        if model is None:
            raise RungFailed(Diagnosis("no_model"))
        proposal = self._agreed(Rung.IMAGES, "images", body)
        raw = self.deadline(lambda: self._client.images.with_raw_response.generate(**body))
        return {
            "model": proposal.model,
            "highest_cost": proposal.highest_cost,
            "request_id": raw.headers.get("x-request-id"),
        }

    # --- what is reported beside, and what an admin key may read

    def limits(self) -> dict[str, object]:
        """Requests and tokens a minute; with an admin key also which amounts block and which only inform."""
        facts = {**self._rates, **self._controls()}
        if not facts:
            raise RungSkipped(Skip.NOT_TOLD)
        return facts

    def use(self) -> dict[str, object]:
        """Whether others than our own checkups have made calls with this key: the app it is linked to."""
        admin, now = self._administration(), self.clock.now()
        project = self._headers.get("openai-project")
        known = self._as_administrator(lambda: admin.find_key(self.key.last4, project))
        if known is None:
            raise RungFailed(Diagnosis("key_not_in_organization"))
        calls = self._as_administrator(lambda: admin.calls_with(known.id, now))
        facts: dict[str, object] = {
            "name": known.name,
            "project": known.project,
            "last_used_at": known.last_used_at,
        }
        used = calls - (self.calls_paid.by_checkups(self.key, USAGE_DAYS) if self.calls_paid else 0)
        if used <= 0:
            raise RungSkipped(Skip.NOT_USED_YET, **facts)
        if self.key != self.clients.linked_key:
            self.remarks[Rung.USE] = Diagnosis("key_shared", {"calls": used})
        return {**facts, "calls": used}

    # --- helpers

    def _open(self, client: openai.OpenAI) -> openai.OpenAI:
        self._opened.append(client)
        return client

    def _text_probe(self) -> dict[str, Any]:
        return {
            "model": self._pick().name,
            "input": TEXT_PROBE,
            "max_output_tokens": SMALLEST_OUTPUT_TOKENS,
            "store": False,
        }

    def _pick(self) -> LiveModel:
        model = pick_model("text", self._live, self._today, self._cost_of_probe)
        if model is None:
            raise RungFailed(Diagnosis("no_model"))
        return model

    def _cost_of_probe(self, model: str) -> Money | None:
        body = {"model": model, "input": TEXT_PROBE, "max_output_tokens": SMALLEST_OUTPUT_TOKENS}
        return self.highest_cost("responses", body)

    def _agreed(self, rung: Rung, endpoint: str, body: Mapping[str, Any]) -> Proposal:
        """The proposal, once consented to. Raises RungSkipped when it is not; its facts are the proposal."""
        consent = self.consent
        proposal = Proposal(rung, str(body["model"]), self.highest_cost(endpoint, body))
        if not (consent(proposal) if callable(consent) else consent):
            raise RungSkipped(Skip.NO_CONSENT, model=proposal.model, highest_cost=proposal.highest_cost)
        return proposal

    def _clock_difference(self) -> dict[str, object]:
        seconds = seconds_from(self._headers.get("date"), self.machine_clock.now())
        if seconds is None:
            return {}
        facts: dict[str, object] = {"clock_difference_seconds": seconds}
        if abs(seconds) > WRONG_CLOCK.total_seconds():
            self.remarks[Rung.REACH] = Diagnosis("clock_wrong", {"minutes": round(abs(seconds) / 60)})
        return facts

    def _administration(self) -> Administration:
        """One for the whole check run. Raises RungSkipped without an admin key."""
        if self.admin_key is None:
            raise RungSkipped(Skip.NO_ADMIN_KEY)
        if self._admin is None:
            self._admin = Administration(self._open(self.clients.admin_client_for(self.admin_key)))
        return self._admin

    def _as_administrator(self, request: Callable[[], Answered]) -> Answered:
        """What is asked with the admin key; that it is refused says nothing about the key being checked."""
        try:
            return self.deadline(request)
        except (CheckStopped, TookTooLong):
            raise
        except Exception:
            raise RungSkipped(Skip.ADMIN_KEY_REFUSED) from None

    def _controls(self) -> dict[str, object]:
        """Nothing without an admin key; one that is refused is reported by the rung of the use."""
        if self.admin_key is None:
            return {}
        admin, project = self._administration(), self._headers.get("openai-project")
        try:
            levels = [self._as_administrator(admin.organization_controls)]
            if project:
                levels.append(self._as_administrator(lambda: admin.project_controls(project)))
        except RungSkipped:
            return {}
        facts = lowest_controls(levels)
        if "limit_open" in facts:
            told = {"limit": facts["limit_open"], "status": facts["status"]}
            self.remarks[Rung.LIMITS] = Diagnosis("limit_status_open", told)
        elif facts["alert"] is not None and facts["hard_limit"] is None:
            self.remarks[Rung.LIMITS] = Diagnosis("alert_without_limit", {"alert": facts["alert"]})
        return facts
