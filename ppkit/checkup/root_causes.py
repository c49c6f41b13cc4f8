"""One answer of the platform, several causes: what the user sees there distinguishes them.

"No credit" alone has eight causes, each with advice of its own; public threads of 2026 report all of them.
In practice the platform's own state says which it is; live, the user is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from ppkit.checkup.diagnosis import Diagnosis

CAUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "no_credit": (
            "chatgpt_only",
            "hold_not_purchase",
            "limit_not_balance",
            "credit_on_its_way",
            "credit_elsewhere",
            "card_refused",
            "credit_expired",
            "credit_used_up",
        ),
        "wrong_key": ("key_revoked", "key_expired", "key_leaked"),
        "organization_not_verified": ("verification_spreading",),
    }
)
"""The causes to choose from; the user's words for each are the texts "checkup.cause.<code>"."""


def causes_of_diagnosis(diagnosis: Diagnosis) -> tuple[str, ...]:
    return () if diagnosis.own else CAUSES.get(diagnosis.code, ())


def with_root_cause(diagnosis: Diagnosis, cause: str) -> Diagnosis:
    """The same answer with the cause that was recognised. Raises LookupError for one that cannot be it."""
    if cause not in causes_of_diagnosis(diagnosis):
        raise LookupError(cause)
    return replace(diagnosis, code=cause)
