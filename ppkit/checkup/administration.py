"""What only an admin key may read: the limits and alerts set on the platform, and who has used a key.

Endpoints and shapes: `client.admin.organization` of the SDK 3.54. There is none for the prepaid balance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

USAGE_DAYS = 30  # a page of daily buckets has at most 31
MOST_PROJECTS = 100
PICO_USD_PER_CENT = 10**10


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A project key as the platform lists it; never its secret."""

    id: str
    name: str
    project: str
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReportedSpendLimit:
    """A monthly limit and the platform's word about it, "enforcing" or "inactive".

    The second can mean that the limit is only written down, or that it is switched to block and not reached
    yet: public readings say both, so neither is claimed.
    """

    amount: Money
    status: str

    @property
    def blocks(self) -> bool:
        """Whether it surely does."""
        return self.status == "enforcing"


@dataclass(frozen=True, slots=True)
class SpendControls:
    """The monthly limit (None: not set), the thresholds that only inform, and who is written to."""

    limit: ReportedSpendLimit | None
    alerts: tuple[Money, ...]
    recipients: tuple[str, ...] = ()


class Administration:
    """Reads with an admin key. Every method raises the SDK's errors."""

    def __init__(self, client: openai.OpenAI) -> None:
        self._organization = client.admin.organization

    def find_key(self, last4: str, project: str | None = None) -> KnownKey | None:
        """The project key that ends in these four characters; in any project unless one is named."""
        projects = [project] if project else (one.id for one in self._projects())
        for project_id in projects:
            for key in self._organization.projects.api_keys.list(project_id):
                if key.redacted_value.endswith(last4):
                    used = datetime.fromtimestamp(key.last_used_at, UTC) if key.last_used_at else None
                    return KnownKey(key.id, key.name or "", project_id, used)
        return None

    def calls_with(self, key_id: str, now: datetime) -> int:
        """How many texts and images were asked for with this key in the last 30 days."""
        usage = self._organization.usage
        return sum(self._calls(read, key_id, now) for read in (usage.completions, usage.images))

    def organization_controls(self) -> SpendControls:
        return _controls(self._organization.spend_limit.retrieve, self._organization.spend_alerts.list)

    def project_controls(self, project: str) -> SpendControls:
        level = self._organization.projects
        return _controls(
            lambda: level.spend_limit.retrieve(project), lambda: level.spend_alerts.list(project)
        )

    def _projects(self) -> Iterable[Any]:
        for number, project in enumerate(self._organization.projects.list()):
            if number >= MOST_PROJECTS:
                return
            yield project

    def _calls(self, read: Any, key_id: str, now: datetime) -> int:
        page = read(
            start_time=int((now - timedelta(days=USAGE_DAYS)).timestamp()),
            bucket_width="1d",
            limit=USAGE_DAYS + 1,
            group_by=["api_key_id"],
            api_key_ids=[key_id],
        )
        return sum(result.num_model_requests for bucket in page.data for result in bucket.results)


def lowest_controls(levels: Sequence[SpendControls]) -> dict[str, object]:
    """The lowest limit that surely blocks, the lowest of which that is open, and the lowest alert.

    Each level counts for a key.
    """
    limits = [level.limit for level in levels if level.limit is not None]
    alerts = [alert for level in levels for alert in level.alerts]
    facts: dict[str, object] = {
        "hard_limit": min((limit.amount for limit in limits if limit.blocks), default=None),
        "alert": min(alerts, default=None),
    }
    undecided = [limit for limit in limits if not limit.blocks]
    if undecided:
        lowest = min(undecided, key=lambda limit: limit.amount)
        facts |= {"limit_open": lowest.amount, "status": lowest.status}
    return facts


def _controls(limit: Callable[[], Any], alerts: Callable[[], Iterable[Any]]) -> SpendControls:
    listed = list(alerts())
    thresholds = tuple(_cents(alert.threshold_amount) for alert in listed)
    recipients = tuple(
        dict.fromkeys(mail for alert in listed for mail in alert.notification_channel.recipients)
    )
    try:
        found = limit()
    except Exception as error:
        if getattr(error, "status_code", None) == 404:  # none is set
            return SpendControls(None, thresholds, recipients)
        raise
    return SpendControls(
        ReportedSpendLimit(_cents(found.threshold_amount), found.enforcement.status), thresholds, recipients
    )


def _cents(amount: int) -> Money:
    return Money(amount * PICO_USD_PER_CENT)
