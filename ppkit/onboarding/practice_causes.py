"""Which of several causes it is, read from the practice platform's own state: nobody has to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ppkit.keys import ApiKey

State = Mapping[str, Any]  # of `Session.practice_state`


def cause_in_practice(code: str, state: State, key: ApiKey) -> str | None:
    """The narrower diagnosis for this answer; None when the state does not tell more."""
    match code:
        case "no_credit":
            return _why_no_credit(state)
        case "wrong_key":
            return _why_not_known(state.get("keys") or (), key)
        case "organization_not_verified":
            return "verification_spreading" if state.get("verified_at") else None
    return None


def _why_no_credit(state: State) -> str:
    purchases: Sequence[Mapping[str, Any]] = state.get("purchases") or ()
    statuses = [purchase["status"] for purchase in purchases]
    if "pending" in statuses:
        return "credit_on_its_way"
    bought = [status for status in statuses if status in ("credited", "expired")]
    if not bought:
        if "declined" in statuses:
            return "card_refused"
        return "hold_not_purchase" if state.get("payment_method") else "chatgpt_only"
    return "credit_used_up" if "credited" in bought else "credit_expired"


def _why_not_known(keys: Sequence[Mapping[str, Any]], key: ApiKey) -> str | None:
    known = next((one for one in keys if str(one["redacted"]).endswith(key.last4)), None)
    if known is None:
        return None
    if known.get("leaked"):
        return "key_leaked"
    if known.get("revoked"):
        return "key_revoked"
    return None if known.get("active") else "key_expired"
