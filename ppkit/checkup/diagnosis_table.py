"""The table from an answer of the platform to a diagnosis. A new case is a new row.

The first row that fits wins; None fits anything. Sources: developers.openai.com guides "error-codes" and
"spend-limits", the SDK 3.54, and real answers quoted in public threads, read in November 2026.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """What came back: the HTTP status and the parts of the error envelope (None where absent)."""

    status: int | None
    code: str | None
    type: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One case. A pair of statuses is a range; `message` is searched without regard to case, and its named
    groups become facts."""

    diagnosis: str
    status: int | tuple[int, int] | None = None
    code: str | None = None
    type: str | None = None
    message: str | None = None

    def match(self, answer: ErrorAnswer) -> dict[str, str] | None:
        """The facts in the message, or None when this row is about another case."""
        if not (self._fits_status(answer.status) and self.code in (None, answer.code)):
            return None
        if self.type not in (None, answer.type):
            return None
        found = re.search(self.message or "", answer.message, re.IGNORECASE)
        return None if found is None else {name: value for name, value in found.groupdict().items() if value}

    def _fits_status(self, status: int | None) -> bool:
        if status is None:
            # An error in the middle of a stream has a code and no status of its own.
            return self.status is None or self.code is not None
        if isinstance(self.status, tuple):
            lowest, highest = self.status
            return lowest <= status <= highest
        return self.status in (None, status)


ADMIN_SCOPE = r"missing scopes?: (?P<scope>api\.(?:usage|management|costs|organization)(?:\.[a-z_]+)*)"
SCOPE = r"missing scopes?: (?P<scope>[a-z_]+(?:\.[a-z_]+)*)"
MODEL = r"model [`'\"](?P<model>[^`'\"]+)[`'\"]"
WAIT = r"try again in (?P<seconds>\d+(?:\.\d+)?)s"

ROWS: tuple[Row, ...] = (
    # Rights first: a missing scope comes as 401 on most routes, as 403 with a bare string on GET /models.
    Row("admin_key_needed", (401, 403), message=ADMIN_SCOPE),
    Row("missing_scope", (401, 403), message=SCOPE),
    Row("missing_scope", (401, 403), code="insufficient_scope"),
    Row("missing_scope", (401, 403), message="insufficient permissions"),
    # Whose key it is.
    Row("wrong_key", 401, code="invalid_api_key"),
    Row("no_key", 401, message="didn't provide an api key"),
    Row("account_deactivated", 401, code="account_deactivated"),
    Row("project_archived", 401, code="not_authorized_invalid_project"),
    Row("wrong_organization", 401, code="mismatched_organization"),
    Row("wrong_organization", 401, code="invalid_organization"),
    Row("wrong_project", 401, code="mismatched_project"),
    Row("not_a_member", 401, message="must be a member of an organization"),
    Row("address_not_allowed", (401, 403), message="ip (?:address )?(?:is )?not (?:authorized|allowed)"),
    Row("country_not_supported", 403, code="unsupported_country_region_territory"),
    # Models and verification.
    Row("organization_not_verified", (400, 404), message=f"must be verified.*?{MODEL}"),
    Row("organization_not_verified", (400, 404), message="must be verified"),
    Row("model_not_allowed", 403, code="model_not_found", message=MODEL),
    Row("model_not_allowed", 403, code="model_not_found"),
    Row("model_not_found", 404, code="model_not_found", message=MODEL),
    Row("model_not_found", 404, code="model_not_found"),
    # Money. The 429s below are not rate limits: waiting does not help.
    Row("no_credit", 429, code="credit_balance_exhausted"),
    Row("organization_spend_limit", 429, code="organization_spend_limit_exceeded"),
    Row("project_spend_limit", 429, code="project_spend_limit_exceeded"),
    Row("usage_limit", 429, code="organization_usage_limit_exceeded"),
    Row("no_credit", 429, code="insufficient_quota"),
    Row("billing_not_active", 429, code="billing_not_active"),
    Row("billing_limit", 400, code="billing_hard_limit_reached"),
    Row("no_credit", 429, type="insufficient_quota"),
    # Too fast, or the platform is in trouble.
    Row("slow_down", 429, code="slow_down"),
    Row("rate_limited", 429, message=WAIT),
    Row("rate_limited", 429),
    Row("overloaded", 503),
    Row("server_error", (500, 599)),
    # The request itself.
    Row("content_refused", 400, code="moderation_blocked"),
    Row("content_refused", 400, message="rejected by the safety system"),
    Row("service_tier_not_allowed", 400, message="invalid service_tier"),
    Row("bad_request", 400),
    Row("bad_request", 422),
)


def look_up(answer: ErrorAnswer) -> tuple[str, dict[str, str]]:
    """The diagnosis code for an answer, with the facts in its message; "unexpected" when no row fits."""
    for row in ROWS:
        facts = row.match(answer)
        if facts is not None:
            return row.diagnosis, facts
    return "unexpected", {}
