"""What the platform itself says for a hand-over: the account's keys, its limits and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppkit.checkup.administration import Administration, SpendControls
from ppkit.keys import ApiKey, presentable
from ppkit.money import Money
from ppkit.onboarding import PlatformKey, keys_in_practice

if TYPE_CHECKING:
    from ppkit.sessions import Session


@dataclass(frozen=True, slots=True)
class PlatformLimits:
    """Of the organization, or of the project that is named. `blocks` is whether the limit surely does."""

    project: str | None
    limit: Money | None
    blocks: bool
    alerts: tuple[Money, ...]
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlatformView:
    """`organization` by its name, where the platform tells it."""

    keys: tuple[PlatformKey, ...]
    limits: tuple[PlatformLimits, ...]
    organization: str | None = None

    def key_of(self, key: ApiKey) -> PlatformKey | None:
        """The listed key that this one is; None when it could be none or several, judged by its end."""
        return _only([one for one in self.keys if one.may_be(key)])


def look_at_platform(session: Session) -> PlatformView | None:
    """Ask the practice platform, or with an admin key the real one; None where nothing can be known.

    It takes a request or more. A paper is made all the same, and says that this part is unknown.
    """
    try:
        if session.mode == "practice":
            return _in_practice(session.practice_link.state())
        return _with_admin_key(session)
    except Exception:  # whatever stands in the way, here or there
        return None


def _in_practice(state: Mapping[str, Any]) -> PlatformView:
    limits = tuple(
        PlatformLimits(
            project=one["project"],
            limit=None if one["limit_pico_usd"] is None else Money(one["limit_pico_usd"]),
            blocks=one["enforced"],
            alerts=tuple(Money(alert) for alert in one["alerts_pico_usd"]),
            recipients=tuple(one["recipients"]),
        )
        for one in state["spend_controls"]
    )
    return PlatformView(tuple(keys_in_practice(state)), limits, state["organization_name"])


def _with_admin_key(session: Session) -> PlatformView | None:
    listed, admin_key = session.platform_account.project_keys(), session.linking.admin_key
    if listed is None or admin_key is None:
        return None
    keys = tuple(listed.list())
    view = PlatformView(keys, ())
    own = view.key_of(session.linked_key) if session.linked_key else None
    with session.connection.admin_client_for(admin_key) as client:
        administration = Administration(client)
        limits = [_limits(None, administration.organization_controls())]
        if own:
            limits.append(_limits(own.project, administration.project_controls(own.project_id)))
    return PlatformView(keys, tuple(limits))


def _limits(project: str | None, controls: SpendControls) -> PlatformLimits:
    limit = controls.limit
    return PlatformLimits(
        presentable(project) if project else None,
        limit.amount if limit else None,
        bool(limit and limit.blocks),
        controls.alerts,
        tuple(map(presentable, controls.recipients)),
    )


def _only(found: Sequence[PlatformKey]) -> PlatformKey | None:
    return found[0] if len(found) == 1 else None
