"""OpenAI's error answers: one envelope, and the bodies that were really seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ppkit.practice_platform.secret_texts import without_keys

API_KEYS_PAGE = "https://platform.openai.com/account/api-keys"
BILLING_PAGE = "https://platform.openai.com/settings/organization/billing/"
LIMITS_PAGE = "https://platform.openai.com/settings/organization/limits"


class ApiError(Exception):
    """An answer other than success. `body` replaces the envelope where OpenAI breaks its own form."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        retry_after_seconds: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(status, code)
        self.status = status
        self.headers = _retry_headers(retry_after_seconds) | dict(headers or {})
        # What was asked for is quoted, and it may be a key that stands in the wrong place.
        told = {"message": without_keys(message), "type": kind, "param": param and without_keys(param)}
        self.body = body or {"error": {**told, "code": code}}


def _retry_headers(seconds: int | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": str(seconds), "retry-after-ms": str(seconds * 1000)}


def no_key() -> ApiError:
    return ApiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using "
        "Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) "
        "if you're accessing the API from your browser and are prompted for a username and password. You can "
        f"obtain an API key from {API_KEYS_PAGE}.",
    )


def wrong_key(shown: str) -> ApiError:
    """`shown` is masked already: a real key typed here by mistake must not come back whole."""
    return ApiError(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at {API_KEYS_PAGE}.",
        code="invalid_api_key",
    )


def masked(secret: str) -> str:
    """Head and last four of a key, as OpenAI masks it; short strings lose everything but their ends."""
    if len(secret) < 12:
        return f"{secret[:1]}{'*' * max(len(secret) - 2, 3)}{secret[-1:]}"
    head = secret[: secret.rfind("-", 0, 20) + 1] or secret[:3]
    return f"{head}{'*' * 8}{secret[-4:]}"


def missing_scope(
    scope: str, *, as_plain_string: bool = False, status: int = 401, code: str | None = None
) -> ApiError:
    message = (
        f"You have insufficient permissions for this operation. Missing scopes: {scope}. Check that you have "
        "the correct role in your organization (Reader, Writer, Owner) and project (Viewer, Member, Owner), "
        "and if you're using a restricted API key, that it has the necessary scopes."
    )
    return ApiError(status, message, code=code, body={"error": message} if as_plain_string else None)


def archived_project(status: int = 401) -> ApiError:
    return ApiError(
        status,
        "The project you are requesting has been archived and is no longer accessible",
        code="not_authorized_invalid_project",
    )


def mismatched(header: str, what: str) -> ApiError:
    return ApiError(401, f"{header} header should match {what} for API key", code=f"mismatched_{what}")


def unknown_organization(name: str) -> ApiError:
    return ApiError(401, f"No such organization: {name[:100]}.", code="invalid_organization")


def unknown_model(model: str) -> ApiError:
    return ApiError(
        404,
        f"The model `{model[:200]}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def model_not_allowed(project_id: str, model: str) -> ApiError:
    return ApiError(
        403, f"Project `{project_id}` does not have access to model `{model}`", code="model_not_found"
    )


def no_credit() -> ApiError:
    return ApiError(
        429,
        f"You have no credits remaining. Add credits to continue using the API at {BILLING_PAGE}.",
        kind="insufficient_quota",
        code="credit_balance_exhausted",
    )


def no_credit_old() -> ApiError:
    return ApiError(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information "
        "on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        kind="insufficient_quota",
        code="insufficient_quota",
    )


def limit_reached(code: str, whose: str) -> ApiError:
    """The wording is ours: the codes are documented, the sentences were not found."""
    return ApiError(
        429,
        f"{whose} has reached its monthly limit. Raise or remove the limit at {LIMITS_PAGE}, or wait for the "
        "next month.",
        kind="insufficient_quota",
        code=code,
    )


def rate_limited(organization: str, model: str, limit: tuple[int, int, str], seconds: int) -> ApiError:
    """`limit` is (most, used, what is counted)."""
    most, used, called = limit
    return ApiError(
        429,
        f"Rate limit reached for {model} in organization {organization} on {called}: Limit {most}, Used"
        f" {used}, Requested 1. Please try again in {seconds}s. Visit"
        " https://platform.openai.com/account/rate-limits to learn more.",
        kind="rate_limit_error",
        code="rate_limit_exceeded",
        retry_after_seconds=seconds,
    )


def nothing_to_stream() -> ApiError:
    """The wording is ours."""
    return ApiError(400, "A cancelled response cannot be streamed.", param="stream")


def unknown_route(method: str, path: str) -> ApiError:
    return ApiError(404, f"Invalid URL ({method} {path[:200]})")


def wrong_method(method: str, path: str, allowed: Iterable[str]) -> ApiError:
    return ApiError(
        405,
        f"Not allowed to {method} on {path[:200]}. (HINT: Perhaps you meant to use a different HTTP method?)",
        code="method_not_supported",
        headers={"allow": ", ".join(sorted(allowed))},
    )


def not_imitated(path: str) -> ApiError:
    return ApiError(
        501,
        f"{path[:200]} is not part of the practice platform. It is part of OpenAI's own API.",
        kind="practice_platform_error",
        code="not_in_practice",
        headers={"x-should-retry": "false"},  # or the SDK would ask three times for what is not there
    )


def unsupported_content_type(given: str, taken: str) -> ApiError:
    return ApiError(
        400,
        f"Unsupported content type: '{given[:100]}'. This API method only accepts '{taken}' requests, but you"
        f" specified the header 'Content-Type: {given[:100]}'. Please try again with a supported content"
        " type.",
        code="unsupported_content_type",
    )


def too_large() -> ApiError:
    return ApiError(413, "The request body is too large for the practice platform.", code="request_too_large")


def too_busy() -> ApiError:
    """As an overloaded platform: the next moment has room again."""
    return ApiError(
        503,
        "Our servers are currently overloaded. Please try again later.",
        kind="service_unavailable_error",
        code="server_is_overloaded",
        retry_after_seconds=1,
    )


def too_slow() -> ApiError:
    return ApiError(408, "The request body did not arrive in time.", code="request_timeout")


def broken_json() -> ApiError:
    return ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
        "HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid "
        "JSON.)",
    )


def not_found(what: str, item_id: str) -> ApiError:
    return ApiError(404, f"{what} with id '{item_id[:100]}' not found.", code="not_found")
