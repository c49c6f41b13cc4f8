"""Where one goes with a diagnosis, and whether time heals it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Situation:
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

SITUATIONS: Mapping[str, Situation] = MappingProxyType(
    {
        "wrong_key": Situation(("keys",)),
        "key_revoked": Situation(("keys",)),
        "key_expired": Situation(("keys",)),
        "key_leaked": Situation(("keys", "usage")),
        "key_not_in_organization": Situation(("keys", "admin_keys")),
        "key_shared": Situation(("keys", "projects")),
        "key_left_open": Situation(("keys",)),
        "cannot_paste": Situation(),
        "no_key": Situation(("keys",)),
        "missing_scope": Situation(("keys",)),
        "admin_key_needed": Situation(("admin_keys",)),
        "account_deactivated": Situation(("help",)),
        "project_archived": Situation(("projects", "keys")),
        "wrong_organization": Situation(("organization", "keys")),
        "wrong_project": Situation(("projects", "keys")),
        "not_a_member": Situation(("organization",)),
        "address_not_allowed": Situation(("ip_allowlist",)),
        "country_not_supported": Situation(("countries",)),
        "organization_not_verified": Situation(("organization",), VERIFICATION),
        "verification_spreading": Situation(("organization",), VERIFICATION),
        "model_not_allowed": Situation(("projects",)),
        "model_not_found": Situation(("deprecations",)),
        "model_ends_soon": Situation(("deprecations",)),
        "no_model": Situation(("projects", "deprecations")),
        "no_credit": Situation(("billing",), SOON),
        "chatgpt_only": Situation(("billing",)),
        "hold_not_purchase": Situation(("billing",)),
        "limit_not_balance": Situation(("billing",)),
        "credit_elsewhere": Situation(("projects", "billing")),
        "credit_on_its_way": Situation(("billing",), SOON),
        "credit_expired": Situation(("billing",)),
        "credit_used_up": Situation(("billing", "usage"), SOON),
        "card_refused": Situation(("billing",)),
        "billing_not_active": Situation(("billing",), SOON),
        "billing_limit": Situation(("limits", "billing"), SOON),
        "organization_spend_limit": Situation(("limits", "spend_limits"), SOON),
        "limit_status_open": Situation(("limits", "spend_limits")),
        "alert_without_limit": Situation(("limits", "spend_limits")),
        "project_spend_limit": Situation(("projects", "spend_limits"), SOON),
        "usage_limit": Situation(("limits",)),
        "rate_limited": Situation(("limits",), SOON),
        "slow_down": Situation(("limits",), SOON),
        "overloaded": Situation(("status",), SOON),
        "server_error": Situation(("status",), SOON),
        "content_refused": Situation(("errors",)),
        "service_tier_not_allowed": Situation(("errors",)),
        "bad_request": Situation(("errors",)),
        # What the network may get over by itself; everything after that is for the person to mend.
        "timed_out": Situation(("status",), SOON),
        "connect_timed_out": Situation(("status",), SOON),
        "no_connection": Situation(("status",), SOON),
        "no_network": Situation(),
        "name_not_found": Situation(),
        "refused_connection": Situation(("status",)),
        "not_the_platform": Situation(("status",)),
        "tls_failed": Situation(),
        "tls_not_spoken": Situation(),
        "certificate_not_trusted": Situation(),
        "certificate_not_in_bundle": Situation(),
        "certificate_expired": Situation(),
        "certificate_not_yet_valid": Situation(),
        "certificate_of_other_name": Situation(),
        "certificates_missing": Situation(),
        "certificates_unreadable": Situation(),
        "bundle_not_read": Situation(),
        "clock_wrong": Situation(),
        "proxy_failed": Situation(),
        "proxy_malformed": Situation(),
        "proxy_scheme_unknown": Situation(),
        "proxy_needs_socks": Situation(),
        "proxy_unreachable": Situation(),
        "proxy_not_found": Situation(),
        "proxy_wants_sign_in": Situation(),
        "proxy_without_tls": Situation(),
        "address_refused": Situation(),
        "address_not_found": Situation(),
        "address_without_tls": Situation(),
        "address_leads_nowhere": Situation(),
        "address_unusable": Situation(),
        "header_unsendable": Situation(),
        "disk_full": Situation(),
        "failed_here": Situation(),
        "unlike_the_platform": Situation(("errors",)),
        "unusable_key": Situation(("keys",)),
        "admin_key": Situation(("keys",)),
        "practice_key_in_live": Situation(("keys",)),
        "real_key_in_practice": Situation(),
        "cancelled": Situation(),
        "unexpected": Situation(("errors", "status")),
    }
)

# Errors of ppkit's own, by their code, where there is more to say than their sentences.
OWN_SITUATIONS: Mapping[str, Situation] = MappingProxyType({"ppkit_ledger_busy": Situation((), SOON)})


@cache
def known_links() -> Mapping[str, Link]:
    """Every link by name, from the dated data file."""
    document = json.loads(files(__package__).joinpath("links.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Link(**link) for name, link in document["links"].items()})
