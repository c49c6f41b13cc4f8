"""What an answer to a probe proves, and what its headers and its list of models tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ppkit.checkup.diagnosis import Diagnosis
from ppkit.checkup.preferred_models import LiveModel, day_or_none

RATE_HEADERS = {
    "x-ratelimit-limit-requests": "requests",
    "x-ratelimit-remaining-requests": "requests_left",
    "x-ratelimit-limit-tokens": "tokens",
    "x-ratelimit-remaining-tokens": "tokens_left",
}
# What the answer to a request without a valid input says about money, without having cost any.
UNPAID = frozenset({
    "no_credit", "billing_not_active", "billing_limit", "organization_spend_limit", "project_spend_limit",
    "usage_limit",
})  # fmt: skip
# Answers of something between us and the platform, or of no API at all.
NOT_THE_PLATFORMS = frozenset({"not_the_platform", "proxy_wants_sign_in", "address_leads_nowhere"})
NOT_THE_MODEL = frozenset({"model_not_found", "model_not_allowed"})
# The platform has looked at the key's rights before it says one of these.
RIGHTS_PROVEN = (
    UNPAID | NOT_THE_MODEL | {"bad_request", "rate_limited", "slow_down", "organization_not_verified"}
)


def is_the_platforms(diagnosis: Diagnosis) -> bool:
    """Whether the refusal came in the platform's own form: anything may answer 400 to everything.

    The missing-scope answer to a listing is the known exception: a bare string.
    """
    return diagnosis.code == "missing_scope" or "type" in diagnosis.details


def models_in(page: Any) -> list[LiveModel]:
    """Those that the platform lists, with the day on which each ends, where that is known."""
    return [LiveModel(model.id, day_or_none(model.shutdown_date)) for model in page.data]


def rates_in(headers: Mapping[str, str]) -> dict[str, object]:
    """Requests and tokens a minute, allowed and left; those that are told."""
    return {
        name: int(headers[header])
        for header, name in RATE_HEADERS.items()
        if headers.get(header, "").isdigit()
    }


def seconds_from(date_header: str | None, now: datetime) -> int | None:
    """How far this machine's clock is from the platform's, in whole seconds; None when that is unknown."""
    try:
        told = parsedate_to_datetime(date_header or "")
    except ValueError:
        return None
    return round((now - told.replace(tzinfo=told.tzinfo or UTC)).total_seconds())
