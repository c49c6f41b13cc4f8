"""Every failure that can be met over the wire: how to bring it about, and what the official SDK must see.

The rows are those of the published error tables and of what people get wrong, in that order. What cannot be
played: TLS and DNS failures (the wire is plain HTTP on loopback), and keys damaged while they are pasted (the
SDK refuses them before anything is sent).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import openai

from ppkit.money import Money
from ppkit.practice_platform.errors import CardDeclined
from ppkit.practice_platform.platform import Platform

CHEAP = "gpt-6-luna"
IMAGES = "gpt-image-2"
INVALID, QUOTA = "invalid_request_error", "insufficient_quota"


def text(sdk: openai.OpenAI, **more: Any) -> object:
    return sdk.responses.create(**{"model": CHEAP, "input": "Ciao"} | more)


def chat(sdk: openai.OpenAI, **more: Any) -> object:
    messages: Any = [{"role": "user", "content": "Ciao"}]
    return sdk.chat.completions.create(**{"model": CHEAP, "messages": messages} | more)


def vector(sdk: openai.OpenAI) -> object:
    return sdk.embeddings.create(model="text-embedding-3-small", input="Ciao")


def image(sdk: openai.OpenAI) -> object:
    return sdk.images.generate(model=IMAGES, prompt="Ciao", size="256x256", quality="low")


def listing(sdk: openai.OpenAI) -> object:
    return sdk.models.list()


def without_key(sdk: openai.OpenAI) -> object:
    return sdk.models.list(extra_headers={"Authorization": openai.Omit()})


def costs(sdk: openai.OpenAI) -> object:
    return sdk.get("/organization/costs?start_time=1", cast_to=object)


def summary(sdk: openai.OpenAI) -> object:
    return text(sdk, model="gpt-5", reasoning={"summary": "auto"})


Arrange = Callable[[Platform], Mapping[str, str] | None]
"""Prepares a signed-up platform with 5 USD of credit; what it returns goes to the client's constructor."""


@dataclass(frozen=True)
class Failure:
    """`words` are a part of the message; `kind` is the error's type."""

    name: str
    status: int
    code: str | None
    words: str
    arrange: Arrange = field(default=lambda _platform: None)
    ask: Callable[[openai.OpenAI], object] = text
    kind: str | None = INVALID
    param: str | None = None
    faults: tuple[str, ...] = ()


# --- how states come about


def revoked(platform: Platform) -> Mapping[str, str]:
    row, secret = platform.create_key("k")
    platform.revoke_key(row.id)
    return {"api_key": secret}


def expired(platform: Platform) -> Mapping[str, str]:
    secret = platform.create_key("k", expires_in=timedelta(hours=1))[1]
    platform.advance(timedelta(hours=1))
    return {"api_key": secret}


def leaked(platform: Platform) -> Mapping[str, str]:
    row, secret = platform.create_key("k")
    platform.keys.report_leak(row.id)
    assert platform.mails()[0].kind == "key_leaked"
    return {"api_key": secret}


def archived(platform: Platform) -> Mapping[str, str]:
    project = platform.projects.create("Old customer")
    secret = platform.create_key("k", project.id)[1]
    platform.projects.archive(project.id)
    return {"api_key": secret}


def restricted(*scopes: str) -> Arrange:
    return lambda platform: {"api_key": platform.create_key("k", permissions="restricted", scopes=scopes)[1]}


def admin_key(platform: Platform) -> Mapping[str, str]:
    return {"api_key": platform.keys.create_admin("reports")[1]}


def spent(platform: Platform) -> None:
    platform.billing.take(platform.balance())


def credit_expired(platform: Platform) -> None:
    platform.advance(timedelta(days=366))
    assert platform.mails()[0].kind == "credit_expired"


def credit_on_its_way(platform: Platform) -> None:
    spent(platform)
    platform.faults.switch("slow_credit", on=True)
    platform.add_payment_method("4242 4242 4242 4242", "12/30", "123", "Anna Bianchi")
    platform.buy_credits(Money.usd(5))


def only_a_declined_card(platform: Platform) -> None:
    spent(platform)
    platform.faults.switch("card_declined", on=True)
    platform.add_payment_method("4242 4242 4242 4242", "12/30", "123", "Anna Bianchi")
    with suppress(CardDeclined):
        platform.buy_credits(Money.usd(5))


def limit_of(scope: Callable[[Platform], str]) -> Arrange:
    def arrange(platform: Platform) -> None:
        platform.limits.set_limit(1, scope(platform))
        key, _secret = platform.create_key("k")
        platform.database.run(
            "INSERT INTO month_spend VALUES (?, ?, ?)",
            f"{platform.clock.now():%Y-%m}",
            key.project_id,
            10**10,
        )

    return arrange


def model_denied(platform: Platform) -> None:
    platform.database.run(
        "INSERT INTO model_permission VALUES (?, 'deny_list', ?)",
        platform.projects.default().id,
        f'["{CHEAP}"]',
    )


def rate_of(changes: str) -> Arrange:
    def arrange(platform: Platform) -> None:
        platform.database.run(
            "INSERT INTO rate_limit VALUES (?, ?, ?)", platform.projects.default().id, CHEAP, changes
        )

    return arrange


def in_eighteen_days(platform: Platform) -> None:
    platform.advance(timedelta(days=18))


def verified_lately(platform: Platform) -> None:
    platform.accounts.verify_organization()
    platform.advance(timedelta(minutes=14))


LACKS = "You have insufficient permissions for this operation. Missing scopes: "
VERIFY = "Your organization must be verified to "
NO_CREDITS = (
    "You have no credits remaining. Add credits to continue using the API at https://platform.openai.com"
)
WRONG = "You can find your API key at https://platform.openai.com/account/api-keys."
HARD_LIMIT = "Billing hard limit has been reached"

FAILURES = (
    # The key.
    Failure("no_key", 401, None, "You didn't provide an API key.", ask=without_key),
    Failure("wrong_key", 401, "invalid_api_key", WRONG, lambda _p: {"api_key": "sk-practice-" + "no" * 20}),
    Failure("revoked_key", 401, "invalid_api_key", WRONG, revoked),
    Failure("expired_key", 401, "invalid_api_key", WRONG, expired),
    Failure("leaked_key", 401, "invalid_api_key", WRONG, leaked),
    # Whose it is.
    Failure(
        "account_deactivated",
        401,
        "account_deactivated",
        "has been deactivated",
        faults=("account_deactivated",),
    ),
    Failure("project_archived", 401, "not_authorized_invalid_project", "has been archived", archived),
    Failure(
        "mismatched_organization",
        401,
        "mismatched_organization",
        "OpenAI-Organization header should match organization for API key",
        lambda _p: {"organization": "org-" + "x" * 24},
    ),
    Failure(
        "invalid_organization",
        401,
        "invalid_organization",
        "No such organization: Personal.",
        lambda _p: {"organization": "Personal"},
    ),
    Failure(
        "mismatched_project",
        401,
        "mismatched_project",
        "OpenAI-Project header should match project for API key",
        lambda _p: {"project": "proj_" + "x" * 24},
    ),
    Failure(
        "no_organization",
        401,
        "no_organization",
        "You must be a member of an organization to use the API",
        faults=("no_organization",),
    ),
    Failure(
        "ip_not_authorized", 401, "ip_not_authorized", "IP not authorized", faults=("ip_not_authorized",)
    ),
    # Its rights. The list of models breaks the envelope: its error is a plain string.
    Failure("restricted_models", 403, None, f"{LACKS}api.model.read", restricted(), listing, kind=None),
    Failure("restricted_responses", 401, None, f"{LACKS}api.responses.write", restricted("model.request")),
    Failure("restricted_chat", 401, None, f"{LACKS}model.request", restricted("api.model.read"), chat),
    Failure("restricted_embeddings", 401, None, f"{LACKS}model.request", restricted(), vector),
    Failure(
        "restricted_images", 401, None, f"{LACKS}api.model.images.request", restricted("model.request"), image
    ),
    Failure("insufficient_scope", 401, "insufficient_scope", LACKS, faults=("insufficient_scope",)),
    Failure("ordinary_key_for_costs", 401, None, f"{LACKS}api.usage.read", ask=costs),
    Failure("admin_key_for_texts", 401, None, f"{LACKS}api.responses.write", admin_key),
    # Where the caller is.
    Failure(
        "country",
        403,
        "unsupported_country_region_territory",
        "Country, region, or territory not supported",
        kind="request_forbidden",
        faults=("unsupported_country",),
    ),
    # Money.
    Failure("no_credit", 429, "credit_balance_exhausted", NO_CREDITS, spent, kind=QUOTA),
    Failure("credit_expired", 429, "credit_balance_exhausted", NO_CREDITS, credit_expired, kind=QUOTA),
    Failure(
        "credit_on_its_way",
        429,
        "credit_balance_exhausted",
        NO_CREDITS,
        credit_on_its_way,
        kind=QUOTA,
        faults=("slow_credit",),
    ),
    Failure(
        "card_declined",
        429,
        "credit_balance_exhausted",
        NO_CREDITS,
        only_a_declined_card,
        kind=QUOTA,
        faults=("card_declined",),
    ),
    Failure(
        "no_credit_old_code",
        429,
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
        spent,
        kind=QUOTA,
        faults=("no_credit_old_code",),
    ),
    Failure(
        "organization_limit",
        429,
        "organization_spend_limit_exceeded",
        "limit",
        limit_of(lambda _platform: "organization"),
        kind=QUOTA,
    ),
    Failure(
        "project_limit",
        429,
        "project_spend_limit_exceeded",
        "limit",
        limit_of(lambda platform: platform.projects.default().id),
        kind=QUOTA,
    ),
    Failure(
        "usage_limit", 429, "organization_usage_limit_exceeded", "limit", kind=QUOTA, faults=("usage_limit",)
    ),
    Failure(
        "billing_not_active",
        429,
        "billing_not_active",
        "Your account is not active",
        kind="billing_not_active",
        faults=("billing_not_active",),
    ),
    *(
        Failure(fault, 400, "billing_hard_limit_reached", HARD_LIMIT, ask=image, kind=kind, faults=(fault,))
        for fault, kind in (
            ("image_billing_limit", "billing_limit_user_error"),
            ("image_billing_limit_as_request_error", INVALID),
            ("image_billing_limit_as_image_error", "image_generation_user_error"),
        )
    ),
    # The model.
    Failure(
        "unknown_model",
        404,
        "model_not_found",
        "The model `gpt-99` does not exist or you do not have access to it.",
        ask=lambda sdk: text(sdk, model="gpt-99"),
    ),
    Failure(
        "retired_model",
        404,
        "model_not_found",
        "The model `gpt-5` does not exist",
        in_eighteen_days,
        lambda sdk: text(sdk, model="gpt-5"),
    ),
    Failure("model_denied", 403, "model_not_found", f"does not have access to model `{CHEAP}`", model_denied),
    # How fast.
    Failure(
        "requests_a_minute",
        429,
        "rate_limit_exceeded",
        "on requests per min (RPM): Limit 0",
        rate_of('{"max_requests_per_1_minute": 0}'),
        kind="rate_limit_error",
    ),
    Failure(
        "tokens_a_minute",
        429,
        "rate_limit_exceeded",
        "on tokens per min (TPM): Limit 0",
        rate_of('{"max_tokens_per_1_minute": 0}'),
        kind="rate_limit_error",
    ),
    *(
        Failure(fault, 429, code, words, kind=kind, faults=(fault,))
        for fault, code, words, kind in (
            (
                "rate_limit",
                "rate_limit_exceeded",
                f"Rate limit reached for {CHEAP} in organization org-",
                "rate_limit_error",
            ),
            ("rate_limit_storm", "rate_limit_exceeded", "Please try again in 1s", "rate_limit_error"),
            ("rate_limit_old_type", "rate_limit_exceeded", "on tokens per min (TPM): Limit 10000", "tokens"),
            ("slow_down", "slow_down", "Reduce your request rate", "rate_limit_error"),
        )
    ),
    # Verification.
    Failure(
        "not_verified", 403, None, f"{VERIFY}use the model `{IMAGES}`.", ask=image, faults=("not_verified",)
    ),
    Failure(
        "verified_lately",
        403,
        None,
        "it can take up to 15 minutes for access to propagate",
        verified_lately,
        image,
        faults=("not_verified",),
    ),
    Failure(
        "not_verified_for_text",
        404,
        "model_not_found",
        f"{VERIFY}use the model `{CHEAP}`.",
        faults=("not_verified_for_text",),
    ),
    *(
        Failure(
            f"not_verified_for_stream_of_{name}",
            400,
            "unsupported_value",
            f"{VERIFY}stream this model.",
            ask=ask,
            param="stream",
            faults=("not_verified_for_stream",),
        )
        for name, ask in (
            ("responses", lambda sdk: text(sdk, stream=True)),
            ("chat", lambda sdk: chat(sdk, stream=True)),
        )
    ),
    Failure(
        "not_verified_for_reasoning_summary",
        400,
        "unsupported_value",
        f"{VERIFY}generate reasoning summaries.",
        ask=summary,
        param="reasoning.summary",
        faults=("not_verified_for_reasoning_summary",),
    ),
    # The request, and the platform's own troubles.
    Failure(
        "image_moderation",
        400,
        "moderation_blocked",
        "Your request was rejected by the safety system.",
        ask=image,
        kind="image_generation_user_error",
        faults=("image_moderation",),
    ),
    Failure(
        "service_tier",
        400,
        None,
        "Invalid service_tier argument",
        ask=lambda sdk: text(sdk, model="gpt-4.1", service_tier="flex"),
        param="service_tier",
    ),
    Failure(
        "overloaded",
        503,
        "server_is_overloaded",
        "Our servers are currently overloaded.",
        kind="service_unavailable_error",
        faults=("overloaded",),
    ),
    Failure(
        "server_error",
        500,
        "server_error",
        "The server had an error while processing your request",
        kind="server_error",
        faults=("server_error",),
    ),
    Failure("web_page_error", 502, None, "502 Bad Gateway", kind=None, faults=("web_page_error",)),
)
"""By name; `faults` are switched on after `arrange` has been called."""
