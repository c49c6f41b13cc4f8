"""What only an admin key may read: the limits and alerts set on the platform, and who has used a key.

Endpoints and shapes: `client.admin.organization` of the SDK 3.54. There is none for the prepaid balance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ppkit.checkup.platform_limits import LimitLevel, ReportedSpendLimit
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

USAGE_DAYS = 30  # a page of daily buckets has at most 31
MOST_PROJECTS = 100


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A project key as the platform lists it; never its secret."""

    id: str
    name: str
    project: str
    last_used_at: datetime | None


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
        return _controls(LimitLevel(self._organization))

    def project_controls(self, project: str) -> SpendControls:
        return _controls(LimitLevel(self._organization, project))

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


def _controls(level: LimitLevel) -> SpendControls:
    found = level.read()
    recipients = dict.fromkeys(mail for alert in found.alerts for mail in alert.recipients)
    return SpendControls(found.limit, tuple(alert.amount for alert in found.alerts), tuple(recipients))
