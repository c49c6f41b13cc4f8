"""Where one goes with a diagnosis, and whether time heals it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Remedy:
    """One diagnosis code's links (names in links.json) and re-check times."""

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

REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        "wrong_key": Remedy(("keys",)),
        "key_revoked": Remedy(("keys",)),
        "key_expired": Remedy(("keys",)),
        "key_leaked": Remedy(("keys", "usage")),
        "key_not_in_organization": Remedy(("keys", "admin_keys")),
        "key_shared": Remedy(("keys", "projects")),
        "key_left_open": Remedy(("keys",)),
        "cannot_paste": Remedy(),
        "no_key": Remedy(("keys",)),
        "missing_scope": Remedy(("keys",)),
        "admin_key_needed": Remedy(("admin_keys",)),
        "account_deactivated": Remedy(("help",)),
        "project_archived": Remedy(("projects", "keys")),
        "wrong_organization": Remedy(("organization", "keys")),
        "wrong_project": Remedy(("projects", "keys")),
        "not_a_member": Remedy(("organization",)),
        "address_not_allowed": Remedy(("ip_allowlist",)),
        "country_not_supported": Remedy(("countries",)),
        "organization_not_verified": Remedy(("organization",), VERIFICATION),
        "verification_spreading": Remedy(("organization",), VERIFICATION),
        "model_not_allowed": Remedy(("projects",)),
        "model_not_found": Remedy(("deprecations",)),
        "model_ends_soon": Remedy(("deprecations",)),
        "no_model": Remedy(("projects", "deprecations")),
        "no_credit": Remedy(("billing",), SOON),
        "chatgpt_only": Remedy(("billing",)),
        "hold_not_purchase": Remedy(("billing",)),
        "limit_not_balance": Remedy(("billing",)),
        "credit_elsewhere": Remedy(("projects", "billing")),
        "credit_on_its_way": Remedy(("billing",), SOON),
        "credit_expired": Remedy(("billing",)),
        "credit_used_up": Remedy(("billing", "usage"), SOON),
        "card_refused": Remedy(("billing",)),
        "billing_not_active": Remedy(("billing",), SOON),
        "billing_limit": Remedy(("limits", "billing"), SOON),
        "organization_spend_limit": Remedy(("limits", "spend_limits"), SOON),
        "limit_status_open": Remedy(("limits", "spend_limits")),
        "alert_without_limit": Remedy(("limits", "spend_limits")),
        "project_spend_limit": Remedy(("projects", "spend_limits"), SOON),
        "usage_limit": Remedy(("limits",)),
        "rate_limited": Remedy(("limits",), SOON),
        "slow_down": Remedy(("limits",), SOON),
        "overloaded": Remedy(("status",), SOON),
        "server_error": Remedy(("status",), SOON),
        "content_refused": Remedy(("errors",)),
        "service_tier_not_allowed": Remedy(("errors",)),
        "bad_request": Remedy(("errors",)),
        # What the network may get over by itself; everything after that is for the user to mend.
        "timed_out": Remedy(("status",), SOON),
        "connect_timed_out": Remedy(("status",), SOON),
        "no_connection": Remedy(("status",), SOON),
        "no_network": Remedy(),
        "name_not_found": Remedy(),
        "refused_connection": Remedy(("status",)),
        "not_the_platform": Remedy(("status",)),
        "tls_failed": Remedy(),
        "tls_not_spoken": Remedy(),
        "certificate_not_trusted": Remedy(),
        "certificate_not_in_bundle": Remedy(),
        "certificate_expired": Remedy(),
        "certificate_not_yet_valid": Remedy(),
        "certificate_of_other_name": Remedy(),
        "certificates_missing": Remedy(),
        "certificates_unreadable": Remedy(),
        "bundle_not_read": Remedy(),
        "clock_wrong": Remedy(),
        "proxy_failed": Remedy(),
        "proxy_malformed": Remedy(),
        "proxy_scheme_unknown": Remedy(),
        "proxy_needs_socks": Remedy(),
        "proxy_unreachable": Remedy(),
        "proxy_not_found": Remedy(),
        "proxy_wants_sign_in": Remedy(),
        "proxy_without_tls": Remedy(),
        "address_refused": Remedy(),
        "address_not_found": Remedy(),
        "address_without_tls": Remedy(),
        "address_leads_nowhere": Remedy(),
        "address_unusable": Remedy(),
        "header_unsendable": Remedy(),
        "disk_full": Remedy(),
        "failed_here": Remedy(),
        "unlike_the_platform": Remedy(("errors",)),
        "unusable_key": Remedy(("keys",)),
        "admin_key": Remedy(("keys",)),
        "practice_key_in_live": Remedy(("keys",)),
        "real_key_in_practice": Remedy(),
        "cancelled": Remedy(),
        "unexpected": Remedy(("errors", "status")),
    }
)

# Errors of ppkit's own, by their code, where there is more to say than their sentences.
OWN_REMEDIES: Mapping[str, Remedy] = MappingProxyType({"ppkit_ledger_busy": Remedy((), SOON)})


@cache
def known_links() -> Mapping[str, Link]:
    """Every link by name, from the dated data file."""
    document = json.loads(files(__package__).joinpath("links.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Link(**link) for name, link in document["links"].items()})
