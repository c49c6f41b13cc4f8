"""Rehearsed failures, switched on and off by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ppkit.practice_platform.database import Database
from ppkit.practice_platform.errors import UnknownPracticeThing
from ppkit.practice_platform.practice_clock import PracticeClock

Stage = Literal[
    "arrival",  # before the key is looked at, on every route
    "signed_in",  # once the key is known, on every route
    "rights",  # where the key's scopes are checked
    "model",  # a text model has been named
    "rate",  # requests and tokens a minute, on routes that generate
    "money",  # credit and limits, on routes that generate
    "text_stream",  # a text is to be streamed; parameters have been checked
    "reasoning_summary",  # a summary of the reasoning is asked for
    "image",  # an image is asked for; parameters have been checked
    "elsewhere",  # no refusal: connections, the pace of answers, purchases, how limits act
]
INVALID = "invalid_request_error"
VERIFY = (
    " Please go to: https://platform.openai.com/settings/organization/general and click on Verify"
    " Organization. If you just verified, it can take up to 15 minutes for access to propagate."
)
CREDIT_AND_LIMITS = "https://platform.openai.com/settings/organization/limits"


@dataclass(frozen=True, slots=True)
class CountedRate:
    """A rate limit as the headers of a refusal report it: requests or tokens a minute."""

    unit: Literal["requests", "tokens"]
    limit: int
    used: int
    resets_in: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What one failure does: the stage of a call where it strikes, and the answer that then goes out.

    `status` is None where no refusal reports it. `until_verified`: it ends when the organization is verified.
    In `message` stand {organization}, {model} and {request} for their ids. `counted` is what a rate limit
    says it has counted.
    """

    stage: Stage
    status: int | None = None
    kind: str = INVALID
    code: str | None = None
    param: str | None = None
    message: str = ""
    retry_after_seconds: int | None = None
    until_verified: bool = False
    counted: CountedRate | None = None


NOTHING_REFUSED = Fault("elsewhere")
BILLING_HARD_LIMIT = ("billing_hard_limit_reached", "Billing hard limit has been reached")
RATE_LIMITED = (
    "Rate limit reached for {model} in organization {organization} on requests per min (RPM): Limit 3, Used"
    " 3, Requested 1. Please try again in 1s. Visit https://platform.openai.com/account/rate-limits to learn"
    " more."
)
TOKENS_LIMITED = (
    "Rate limit reached for {model} in organization {organization} on tokens per min (TPM): Limit 10000, Used"
    " 9348, Requested 5086. Please try again in 26.604s. Visit"
    " https://platform.openai.com/account/rate-limits to learn more."
)

THREE_REQUESTS = CountedRate("requests", 3, 3, "1s")


def _image_limit(kind: str) -> Fault:
    code, message = BILLING_HARD_LIMIT
    return Fault("image", 400, kind, code, message=message)


FAULTS: dict[str, Fault] = {
    "account_deactivated": Fault(
        "signed_in",
        401,
        code="account_deactivated",
        message="The OpenAI account associated with this API key has been deactivated. If you are the"
        " developer for this OpenAI app, please check your email for more information.",
    ),
    "billing_not_active": Fault(
        "money",
        429,
        "billing_not_active",
        "billing_not_active",
        message="Your account is not active, please check your billing details on our website.",
    ),
    "captive_portal": NOTHING_REFUSED,  # a sign-in page of the network with status 200 instead of the answer
    "card_declined": NOTHING_REFUSED,  # every purchase and auto-recharge fails
    "clock_skew": NOTHING_REFUSED,  # the Date header is five hours ahead of the real hour
    "connection_reset": NOTHING_REFUSED,  # the connection is dropped before the answer
    "cut_stream": NOTHING_REFUSED,  # a stream ends in the middle
    "error_in_stream": NOTHING_REFUSED,  # a stream turns into an error event in the middle
    "image_billing_limit": _image_limit("billing_limit_user_error"),
    "image_billing_limit_as_image_error": _image_limit("image_generation_user_error"),
    "image_billing_limit_as_request_error": _image_limit(INVALID),
    "image_moderation": Fault(
        "image",
        400,
        "image_generation_user_error",
        "moderation_blocked",
        message="Your request was rejected by the safety system. If you believe this is an error, contact us"
        " at help.openai.com and include the request ID {request}. safety_violations=[practice].",
    ),
    "insufficient_scope": Fault("rights", 401, code="insufficient_scope"),  # every key lacks every right
    "ip_not_authorized": Fault("signed_in", 401, code="ip_not_authorized", message="IP not authorized"),
    "late_limits": NOTHING_REFUSED,  # spend limits are enforced only once passed by a tenth
    "limit_status_as_switch": NOTHING_REFUSED,  # a limit says "enforcing" as soon as it is switched to block
    "no_answer": NOTHING_REFUSED,  # the request is taken and never answered
    "no_credit_old_code": NOTHING_REFUSED,  # out of credit answers with the code used before August 2026
    "no_organization": Fault(
        "signed_in",
        401,
        code="no_organization",
        message="You must be a member of an organization to use the API. Please contact us through our help"
        " center at help.openai.com.",
    ),
    "not_verified": Fault(
        "image",
        403,
        message="Your organization must be verified to use the model `{model}`." + VERIFY,
        until_verified=True,
    ),
    "not_verified_for_reasoning_summary": Fault(
        "reasoning_summary",
        400,
        code="unsupported_value",
        param="reasoning.summary",
        message="Your organization must be verified to generate reasoning summaries." + VERIFY,
        until_verified=True,
    ),
    "not_verified_for_stream": Fault(
        "text_stream",
        400,
        code="unsupported_value",
        param="stream",
        message="Your organization must be verified to stream this model." + VERIFY,
        until_verified=True,
    ),
    "not_verified_for_text": Fault(
        "model",
        404,
        code="model_not_found",
        message="Your organization must be verified to use the model `{model}`." + VERIFY,
        until_verified=True,
    ),
    "overloaded": Fault(
        "arrival",
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        message="Our servers are currently overloaded. Please try again later.",
    ),
    "rate_limit": Fault(
        "rate",
        429,
        "rate_limit_error",
        "rate_limit_exceeded",
        message=RATE_LIMITED,
        retry_after_seconds=1,
        counted=THREE_REQUESTS,
    ),
    "rate_limit_old_type": Fault(
        "rate",
        429,
        "tokens",
        "rate_limit_exceeded",
        message=TOKENS_LIMITED,
        retry_after_seconds=27,
        counted=CountedRate("tokens", 10_000, 9_348, "56.088s"),
    ),
    "rate_limit_storm": Fault(  # two calls of three
        "rate",
        429,
        "rate_limit_error",
        "rate_limit_exceeded",
        message=RATE_LIMITED,
        retry_after_seconds=1,
        counted=THREE_REQUESTS,
    ),
    "server_error": Fault(
        "arrival",
        500,
        "server_error",
        "server_error",
        message="The server had an error while processing your request",
    ),
    "slow_answers": NOTHING_REFUSED,  # three seconds before the first byte
    "slow_background": NOTHING_REFUSED,  # a response in the background takes ten minutes
    "slow_credit": NOTHING_REFUSED,  # purchased credit arrives ten minutes later
    "slow_down": Fault(
        "rate",
        429,
        "rate_limit_error",
        "slow_down",
        message="Your request rate has risen too steeply. Reduce your request rate and raise it again"
        " gradually.",
    ),
    "slow_stream": NOTHING_REFUSED,  # a quarter of a second between the pieces of a stream
    "unsupported_country": Fault(
        "arrival",
        403,
        "request_forbidden",
        "unsupported_country_region_territory",
        message="Country, region, or territory not supported",
    ),
    "usage_limit": Fault(
        "money",
        429,
        "insufficient_quota",
        "organization_usage_limit_exceeded",
        message="Your organization has reached the monthly usage limit that OpenAI assigns to it. It rises"
        f" with your usage tier; see {CREDIT_AND_LIMITS}, or wait for the next month.",
    ),
    "web_page_error": NOTHING_REFUSED,  # 502 with an HTML page instead of JSON
}
"""Every failure that can be rehearsed, by the name it is switched by. What people read is in the catalogues.

Wording and codes are those that were really seen or are documented, except for `usage_limit`, `slow_down` and
the code of `ip_not_authorized`, which are ours.
"""


class Faults:
    def __init__(self, database: Database, clock: PracticeClock) -> None:
        self._database = database
        self._clock = clock
        # A name that an older version knew is no longer a failure.
        self._on = {str(row[0]) for row in database.rows("SELECT name FROM fault")} & set(FAULTS)

    def names_on(self) -> frozenset[str]:
        return frozenset(self._on)

    def is_on(self, name: str) -> bool:
        return name in self._on

    def on_at(self, stage: Stage) -> list[str]:
        """Names of the failures that strike at this stage, in the order of FAULTS."""
        return (
            [name for name in FAULTS if name in self._on and FAULTS[name].stage == stage] if self._on else []
        )

    def switch(self, name: str, *, on: bool) -> None:
        """Raises UnknownPracticeThing."""
        if name not in FAULTS:
            raise UnknownPracticeThing(what="fault", id=name[:40])
        if on:
            self._database.run("INSERT OR IGNORE INTO fault VALUES (?, ?)", name, self._clock.timestamp())
            self._on.add(name)
        else:
            self._database.run("DELETE FROM fault WHERE name = ?", name)
            self._on.discard(name)

    def forget(self) -> None:
        """All off, after the data has been cleared."""
        self._on.clear()
