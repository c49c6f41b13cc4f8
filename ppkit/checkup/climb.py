"""One climb of the ladder: what each rung asks the platform, and the evidence it brings back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ppkit.checkup.diagnosis import Diagnosis, diagnose
from ppkit.checkup.findings import Proposal, Rung, Skip
from ppkit.checkup.preferred_models import LiveModel, day_or_none, pick_model
from ppkit.clock import Clock
from ppkit.keys import ApiKey, lint
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

Consent = bool | Callable[[Proposal], bool]
HighestCost = Callable[[str, Mapping[str, Any]], Money | None]

SMALLEST_OUTPUT_TOKENS = 16  # the least that /responses accepts
TEXT_PROBE = "Say OK."
IMAGE_PROBE = "A plain grey square."
RATE_HEADERS = {
    "x-ratelimit-limit-requests": "requests",
    "x-ratelimit-remaining-requests": "requests_left",
    "x-ratelimit-limit-tokens": "tokens",
    "x-ratelimit-remaining-tokens": "tokens_left",
}


class RungFailed(Exception):
    """A rung that did not hold."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        self.diagnosis = diagnosis
        super().__init__(diagnosis.code)


class RungSkipped(Exception):
    """A rung that was not tried, and why."""

    def __init__(self, reason: Skip, **facts: object) -> None:
        self.facts: dict[str, object] = {"reason": reason, **facts}
        super().__init__(reason)


class Climb:
    """Each method is one rung: it returns its evidence, or raises RungFailed, RungSkipped, an SDK error."""

    def __init__(
        self,
        *,
        make_client: Callable[[], openai.OpenAI],
        key: ApiKey,
        mode: str,
        clock: Clock,
        highest_cost: HighestCost,
        consent: Consent,
        wants_image: bool,
    ) -> None:
        self._make_client = make_client
        self._key = key
        self._mode = mode
        self._clock = clock
        self._highest_cost = highest_cost
        self._consent = consent
        self._wants_image = wants_image
        self._listing: Any = None
        self._listing_trouble: Exception | None = None
        self._live: list[LiveModel] | None = None
        self._model: LiveModel | None = None
        self._rates: dict[str, object] = {}
        self.remarks: dict[Rung, Diagnosis] = {}

    def shape(self) -> dict[str, object]:
        understood = lint(self._key.get_secret_value(), self._mode)
        if understood.refusal:
            known = ("admin_key", "practice_key_in_live", "real_key_in_practice")
            code = understood.refusal.value if understood.refusal in known else "unusable_key"
            raise RungFailed(Diagnosis(code))
        return {"kind": self._key.kind.value, "masked": self._key.masked}

    def reach(self) -> dict[str, object]:
        """One request serves two rungs: that anything came back is this one, what it says is the next."""
        self._client = self._make_client()
        try:
            self._listing = self._client.models.with_raw_response.list()
        except Exception as error:
            diagnosis = diagnose(error)
            if "status" not in diagnosis.details or diagnosis.code == "not_the_platform":
                raise RungFailed(diagnosis) from None
            self._listing_trouble = error
            return {"host": self._client.base_url.host}
        facts: dict[str, object] = {"host": self._client.base_url.host}
        behind = _clock_difference_seconds(self._listing.headers.get("date"), self._clock.now())
        return facts if behind is None else {**facts, "clock_difference_seconds": behind}

    def sign_in(self) -> dict[str, object]:
        """A refusal that only a genuine key can get (a missing right, no credit) proves the key, too."""
        if self._listing_trouble:
            diagnosis = diagnose(self._listing_trouble)
            if not diagnosis.proves_key:
                raise RungFailed(diagnosis)
            self.remarks[Rung.SIGN_IN] = diagnosis
            return {"restricted": diagnosis.code == "missing_scope"}
        page = self._listing.parse()
        self._live = [LiveModel(model.id, day_or_none(model.shutdown_date)) for model in page.data]
        facts: dict[str, object] = {"models": len(self._live)}
        organization = self._listing.headers.get("openai-organization")
        return {**facts, "organization": organization} if organization else facts

    def model(self) -> dict[str, object]:
        self._model = pick_model("text", self._live, self._clock.now().date())
        if self._live is None and self._model:
            raise RungSkipped(Skip.LIST_NOT_READABLE, model=self._model.name)
        if self._model is None:
            raise RungFailed(Diagnosis("no_model"))
        facts: dict[str, object] = {"model": self._model.name}
        return {**facts, "shutdown": self._model.shutdown} if self._model.shutdown else facts

    def credit(self) -> dict[str, object]:
        """The tiny paid call, on the path that the Assistant takes afterwards."""
        assert self._model is not None
        body: dict[str, Any] = {
            "model": self._model.name,
            "input": TEXT_PROBE,
            "max_output_tokens": SMALLEST_OUTPUT_TOKENS,
            "store": False,
        }
        proposal = self._agreed(Rung.CREDIT, "responses", body)
        raw = self._client.responses.with_raw_response.create(**body)
        self._rates = _rates_in(raw.headers)
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
        model = pick_model("image", self._live, self._clock.now().date())
        if model is None:
            raise RungFailed(Diagnosis("no_model"))
        body: dict[str, Any] = {
            "model": model.name,
            "prompt": IMAGE_PROBE,
            "size": "1024x1024",
            "quality": "low",
            "n": 1,
        }
        if not self._wants_image:
            highest = self._highest_cost("images", body)
            raise RungSkipped(Skip.NOT_ASKED, model=model.name, highest_cost=highest)
        proposal = self._agreed(Rung.IMAGES, "images", body)
        raw = self._client.images.with_raw_response.generate(**body)
        return {
            "model": proposal.model,
            "highest_cost": proposal.highest_cost,
            "request_id": raw.headers.get("x-request-id"),
        }

    def limits(self) -> dict[str, object]:
        if not self._rates:
            raise RungSkipped(Skip.NOT_TOLD)
        return self._rates

    def _agreed(self, rung: Rung, endpoint: str, body: Mapping[str, Any]) -> Proposal:
        """The proposal, once consented to. Raises RungSkipped when it is not; its facts are the proposal."""
        proposal = Proposal(rung, str(body["model"]), self._highest_cost(endpoint, body))
        agreed = self._consent(proposal) if callable(self._consent) else self._consent
        if not agreed:
            raise RungSkipped(Skip.NO_CONSENT, model=proposal.model, highest_cost=proposal.highest_cost)
        return proposal


def _rates_in(headers: Mapping[str, str]) -> dict[str, object]:
    return {
        name: int(headers[header])
        for header, name in RATE_HEADERS.items()
        if headers.get(header, "").isdigit()
    }


def _clock_difference_seconds(date_header: str | None, now: datetime) -> int | None:
    """How far this machine's clock is from the platform's, in whole seconds; None when it cannot be told."""
    try:
        told = parsedate_to_datetime(date_header or "")
    except ValueError:
        return None
    return round((now - told.replace(tzinfo=told.tzinfo or UTC)).total_seconds())
