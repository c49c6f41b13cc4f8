"""Where the learner stands on the practice platform, as the control room tells it: JSON, without a secret."""

from __future__ import annotations

from typing import Any

from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import ORGANIZATION


def learner_state(platform: Platform) -> dict[str, Any]:
    """Account, money, keys, limits and hour, each as it is now."""
    platform.settle_time()
    account = platform.account()
    now = platform.clock.now()
    names = {project.id: project.name for project in platform.projects.projects(include_archived=True)}
    return {
        "account": account is not None,
        "signed_up": account.created_at.isoformat() if account else None,
        "organization": account.organization_id if account else None,
        "organization_name": account.organization_name if account else None,
        "payment_method": any(method.status == "ready" for method in platform.payment_methods()),
        "balance_pico_usd": platform.balance().pico_usd,
        "billed_pico_usd": platform.usage.billed().pico_usd,
        "calls": platform.usage.calls(),
        "month_spend_pico_usd": platform.limits.spent().pico_usd,
        "purchases": [
            {
                "id": purchase.id,
                "kind": purchase.kind,
                "status": purchase.status,
                "amount_pico_usd": purchase.amount.pico_usd,
                "created_at": purchase.created_at.isoformat(),
            }
            for purchase in platform.purchases()
        ],
        "auto_recharge": platform.billing.auto_recharge().on if account else None,
        "keys": [
            {
                "id": key.id,
                "name": key.name,
                "redacted": key.redacted,
                "project": key.project_id,
                "project_name": names.get(key.project_id or "", ""),
                "created_at": key.created_at.isoformat(),
                "permissions": key.permissions,
                "active": key.is_active(now),
                "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
            }
            for key in platform.list_keys()
        ],
        "former_keys": _former_keys(platform),
        "spend_controls": [_spend_controls(platform, scope, name) for scope, name in _scopes(names)],
        "verification": platform.verification.state().stage,
        "now": now.isoformat(),
        "offset_seconds": int(platform.clock.offset.total_seconds()),
        "faults": sorted(platform.faults.names_on()),
    }


def _scopes(names: dict[str, str]) -> list[tuple[str, str | None]]:
    """What a limit or an alert may be for: the organization, and every project by its name."""
    return [(ORGANIZATION, None), *names.items()]


def _spend_controls(platform: Platform, scope: str, project: str | None) -> dict[str, Any]:
    limit, alerts = platform.limits.limit(scope), platform.limits.alerts(scope)
    return {
        "project": project,
        "limit_pico_usd": limit.amount.pico_usd if limit else None,
        "enforced": bool(limit and limit.enforced),
        "alerts_pico_usd": [alert.amount.pico_usd for alert in alerts],
        "recipients": list(dict.fromkeys(mail for alert in alerts for mail in alert.recipients)),
    }


def _former_keys(platform: Platform) -> list[dict[str, Any]]:
    """Keys that were revoked, by their owner or because they were found in public."""
    leaked = {mail.facts["redacted"] for mail in platform.mails() if mail.kind == "key_leaked"}
    return [
        {"id": key.id, "redacted": key.redacted, "leaked": key.redacted in leaked}
        for key in platform.keys.keys(include_revoked=True)
        if key.revoked_at is not None
    ]
