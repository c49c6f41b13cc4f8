"""What every diagnosis asks for (wait, pay, fix the key …), where that is done, and whether time heals it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType


class Remedy(StrEnum):
    """The kind of next action."""

    WAIT = "wait"
    PAY = "pay"
    RAISE_LIMIT = "raise_limit"
    FIX_KEY = "fix_key"
    FIX_ACCOUNT = "fix_account"
    FIX_NETWORK = "fix_network"
    CHANGE_REQUEST = "change_request"
    CONSENT = "consent"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Situation:
    """One diagnosis code's remedy, links (names in links.json) and re-check times."""

    remedy: Remedy
    links: tuple[str, ...] = ()
    recheck_minutes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A page with the label shown there; `path` is its twin on the practice console, None without one."""

    url: str
    label: str
    path: str | None


SOON = (1, 2, 5, 10)  # credits and limits spread within minutes; a countdown is better than "try again"
VERIFICATION = (15, 30)  # by the error's own text, and by guides of 2026

SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        "wrong_key": Situation(Remedy.FIX_KEY, ("keys",)),
        "key_revoked": Situation(Remedy.FIX_KEY, ("keys",)),
        "key_expired": Situation(Remedy.FIX_KEY, ("keys",)),
        "key_leaked": Situation(Remedy.FIX_KEY, ("keys", "usage")),
        "key_not_in_organization": Situation(Remedy.FIX_KEY, ("keys", "admin_keys")),
        "key_shared": Situation(Remedy.FIX_KEY, ("keys", "projects")),
        "key_left_open": Situation(Remedy.FIX_KEY, ("keys",)),
        "cannot_paste": Situation(Remedy.FIX_KEY),
        "no_key": Situation(Remedy.FIX_KEY, ("keys",)),
        "missing_scope": Situation(Remedy.FIX_KEY, ("keys",)),
        "admin_key_needed": Situation(Remedy.FIX_KEY, ("admin_keys",)),
        "account_deactivated": Situation(Remedy.FIX_ACCOUNT, ("help",)),
        "project_archived": Situation(Remedy.FIX_KEY, ("projects", "keys")),
        "wrong_organization": Situation(Remedy.FIX_ACCOUNT, ("organization", "keys")),
        "wrong_project": Situation(Remedy.FIX_ACCOUNT, ("projects", "keys")),
        "not_a_member": Situation(Remedy.FIX_ACCOUNT, ("organization",)),
        "address_not_allowed": Situation(Remedy.FIX_ACCOUNT, ("organization",)),
        "country_not_supported": Situation(Remedy.FIX_NETWORK, ("countries",)),
        "organization_not_verified": Situation(Remedy.FIX_ACCOUNT, ("organization",), VERIFICATION),
        "verification_spreading": Situation(Remedy.WAIT, ("organization",), VERIFICATION),
        "model_not_allowed": Situation(Remedy.FIX_ACCOUNT, ("projects",)),
        "model_not_found": Situation(Remedy.CHANGE_REQUEST, ("deprecations",)),
        "model_ends_soon": Situation(Remedy.CHANGE_REQUEST, ("deprecations",)),
        "no_model": Situation(Remedy.FIX_ACCOUNT, ("projects", "deprecations")),
        "no_credit": Situation(Remedy.PAY, ("billing",), SOON),
        "chatgpt_only": Situation(Remedy.PAY, ("billing",)),
        "hold_not_purchase": Situation(Remedy.PAY, ("billing",)),
        "limit_not_balance": Situation(Remedy.PAY, ("billing",)),
        "credit_elsewhere": Situation(Remedy.FIX_ACCOUNT, ("projects", "billing")),
        "credit_on_its_way": Situation(Remedy.WAIT, ("billing",), SOON),
        "credit_expired": Situation(Remedy.PAY, ("billing",)),
        "credit_used_up": Situation(Remedy.PAY, ("billing", "usage"), SOON),
        "card_refused": Situation(Remedy.PAY, ("billing",)),
        "billing_not_active": Situation(Remedy.PAY, ("billing",), SOON),
        "billing_limit": Situation(Remedy.RAISE_LIMIT, ("limits", "billing"), SOON),
        "organization_spend_limit": Situation(Remedy.RAISE_LIMIT, ("limits", "spend_limits"), SOON),
        "alert_without_limit": Situation(Remedy.RAISE_LIMIT, ("limits", "spend_limits")),
        "project_spend_limit": Situation(Remedy.RAISE_LIMIT, ("projects", "spend_limits"), SOON),
        "usage_limit": Situation(Remedy.RAISE_LIMIT, ("limits",)),
        "rate_limited": Situation(Remedy.WAIT, ("limits",), SOON),
        "slow_down": Situation(Remedy.WAIT, ("limits",), SOON),
        "overloaded": Situation(Remedy.WAIT, ("status",), SOON),
        "server_error": Situation(Remedy.WAIT, ("status",), SOON),
        "content_refused": Situation(Remedy.CHANGE_REQUEST, ("errors",)),
        "service_tier_not_allowed": Situation(Remedy.CHANGE_REQUEST, ("errors",)),
        "bad_request": Situation(Remedy.CHANGE_REQUEST, ("errors",)),
        "timed_out": Situation(Remedy.FIX_NETWORK, ("status",), SOON),
        "name_not_found": Situation(Remedy.FIX_NETWORK, (), SOON),
        "tls_failed": Situation(Remedy.FIX_NETWORK),
        "clock_wrong": Situation(Remedy.FIX_NETWORK),
        "proxy_failed": Situation(Remedy.FIX_NETWORK),
        "refused_connection": Situation(Remedy.FIX_NETWORK, ("status",), SOON),
        "no_connection": Situation(Remedy.FIX_NETWORK, ("status",), SOON),
        "not_the_platform": Situation(Remedy.FIX_NETWORK, ("status",), SOON),
        "unlike_the_platform": Situation(Remedy.FIX_NETWORK, ("errors",)),
        "unusable_key": Situation(Remedy.FIX_KEY, ("keys",)),
        "admin_key": Situation(Remedy.FIX_KEY, ("keys",)),
        "practice_key_in_live": Situation(Remedy.FIX_KEY, ("keys",)),
        "real_key_in_practice": Situation(Remedy.FIX_KEY),
        "cancelled": Situation(Remedy.ASK),
        "unexpected": Situation(Remedy.ASK, ("errors", "status")),
    }
)

ASK = Situation(Remedy.ASK)

# Errors of ppkit's own, by their code, where there is more to say than "ask".
OWN_SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        "ppkit_hard_limit_reached": Situation(Remedy.RAISE_LIMIT),
        "ppkit_ledger_busy": Situation(Remedy.WAIT, (), SOON),
        "ppkit_unknown_price": Situation(Remedy.CHANGE_REQUEST),
        "ppkit_hosted_tool_refused": Situation(Remedy.CHANGE_REQUEST),
        "ppkit_unmetered_route": Situation(Remedy.CHANGE_REQUEST),
    }
)


@cache
def known_links() -> Mapping[str, Link]:
    """Every link by name, from the dated data file."""
    document = json.loads(files(__package__).joinpath("links.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Link(**link) for name, link in document["links"].items()})
