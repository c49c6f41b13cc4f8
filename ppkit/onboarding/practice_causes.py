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
            return _why_not_known(state, key)
        case "organization_not_verified":
            return "verification_spreading" if state.get("verification") == "opening" else None
    return None


def _why_no_credit(state: State) -> str:
    """The newest purchase tells, after one that is still on its way."""
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
