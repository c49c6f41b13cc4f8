"""What the practice platform's own state says about a refusal: its cause, and whether it is rehearsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ppkit.checkup import CAUSES, Diagnosis, with_root_cause
from ppkit.keys import ApiKey

State = Mapping[str, Any]  # of `PracticeLink.state`

NOT_VERIFIED = frozenset(
    {"not_verified", "not_verified_for_text", "not_verified_for_stream", "not_verified_for_reasoning_summary"}
)
IMAGES_LIMITED = frozenset(
    {"image_billing_limit", "image_billing_limit_as_image_error", "image_billing_limit_as_request_error"}
)

REHEARSED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "account_deactivated": frozenset({"account_deactivated"}),
        "not_a_member": frozenset({"no_organization"}),
        "address_not_allowed": frozenset({"ip_not_authorized"}),
        "missing_scope": frozenset({"insufficient_scope"}),
        "country_not_supported": frozenset({"unsupported_country"}),
        "organization_not_verified": NOT_VERIFIED,
        "verification_spreading": NOT_VERIFIED,
        "card_refused": frozenset({"card_declined"}),
        "credit_on_its_way": frozenset({"slow_credit"}),
        "billing_not_active": frozenset({"billing_not_active"}),
        "billing_limit": IMAGES_LIMITED,
        "usage_limit": frozenset({"usage_limit"}),
        "rate_limited": frozenset({"rate_limit", "rate_limit_old_type", "rate_limit_storm"}),
        "slow_down": frozenset({"slow_down"}),
        "content_refused": frozenset({"image_moderation"}),
        "overloaded": frozenset({"overloaded"}),
        "server_error": frozenset({"server_error"}),
        "not_the_platform": frozenset({"captive_portal", "web_page_error"}),
        "timed_out": frozenset({"no_answer"}),
        "no_connection": frozenset({"connection_reset"}),
    }
)
"""A diagnosis, and the failures of the practice platform that bring it about while they are switched on."""


def is_rehearsed(code: str, state: State) -> bool:
    """Whether a failure that is switched on there is behind this diagnosis."""
    return not REHEARSED.get(code, frozenset()).isdisjoint(state.get("faults") or ())


def with_practice_cause(diagnosis: Diagnosis, state: Callable[[], State], key: ApiKey) -> Diagnosis:
    """The same answer by its cause, where the platform's state shows it; only wide answers ask for it."""
    if diagnosis.own or diagnosis.code not in CAUSES:
        return diagnosis
    cause = cause_in_practice(diagnosis.code, state(), key)
    return with_root_cause(diagnosis, cause) if cause else diagnosis


def cause_in_practice(code: str, state: State, key: ApiKey) -> str | None:
    """The narrower diagnosis for this answer; None when the state does not show more."""
    match code:
        case "no_credit":
            return _why_no_credit(state)
        case "wrong_key":
            return _why_not_known(state, key)
        case "organization_not_verified":
            return "verification_spreading" if state.get("verification") == "opening" else None
    return None


def _why_no_credit(state: State) -> str:
    """The newest purchase decides, after one that is still pending."""
    purchases: Sequence[Mapping[str, Any]] = state.get("purchases") or ()
    newest_first = sorted(purchases, key=lambda purchase: str(purchase["created_at"]), reverse=True)
    statuses = [str(purchase["status"]) for purchase in newest_first]
    if "pending" in statuses:
        return "credit_on_its_way"
    if not statuses:
        return "hold_not_purchase" if state.get("payment_method") else "chatgpt_only"
    return {"declined": "card_refused", "expired": "credit_expired"}.get(statuses[0], "credit_used_up")


def _why_not_known(state: State, key: ApiKey) -> str | None:
    former = _with_end(state.get("former_keys") or (), key)
    if former:
        return "key_leaked" if former["leaked"] else "key_revoked"
    known = _with_end(state.get("keys") or (), key)
    return "key_expired" if known and not known["active"] else None


def _with_end(keys: Sequence[Mapping[str, Any]], key: ApiKey) -> Mapping[str, Any] | None:
    return next((one for one in keys if str(one["redacted"]).endswith(key.last4)), None)
