"""The spend limit and the spend alerts set on the platform, for the organization or for one project.

Endpoints and shapes: `client.admin.organization` of the SDK (`spend_limit`, `spend_alerts`, and the same of
`projects`). Amounts there are whole cents a calendar month. Whoever changes something here has the user's
consent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, refuse_keys
from ppkit.money import Money
from ppkit.spending.ledger.errors import LimitNegative, LimitTooLarge

if TYPE_CHECKING:
    from ppkit.checkup.check_run import KeyClients

PICO_USD_PER_CENT = 10**10
SMALLEST_LIMIT_CENTS, SMALLEST_ALERT_CENTS = 1, 0  # by the platform's document
LARGEST_CENTS = 2**53 - 1  # what every JSON reader keeps whole
TERMS: Final = {"currency": "USD", "interval": "month"}
OUR_PREFIX = "ppkit"
"""The beginning of the subject of mails of alerts that ppkit has set: it changes and deletes no others."""

NOT_FOUND = 404


class PlatformLimitError(PpkitError):
    """Base of what is wrong with a limit or alert of the platform."""


class UnknownLimitTerms(PlatformLimitError):
    """The amount is not in US dollars a month, so it is not read. Facts: currency, interval."""

    code = "unknown_limit_terms"


class NoSuchPlatformAlert(PlatformLimitError):
    """The platform has no alert with this id (any more), at this level. Facts: id."""

    code = "no_such_platform_alert"


class NoAlertRecipient(PlatformLimitError):
    """An alert of the platform has to be mailed to somebody. No facts."""

    code = "no_alert_recipient"


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
class ReportedSpendAlert:
    """A threshold a month at which the platform writes to the recipients; it blocks nothing."""

    id: str
    amount: Money
    recipients: tuple[str, ...]
    subject_prefix: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether ppkit has set it, as far as its mails tell."""
        return self.subject_prefix == OUR_PREFIX


@dataclass(frozen=True, slots=True)
class PlatformControls:
    """The limit (None: not set) and the alerts of one level, lowest first."""

    limit: ReportedSpendLimit | None
    alerts: tuple[ReportedSpendAlert, ...]

    def alert(self, alert_id: str) -> ReportedSpendAlert:
        """Raises NoSuchPlatformAlert."""
        for found in self.alerts:
            if found.id == alert_id:
                return found
        raise NoSuchPlatformAlert(id=alert_id)


class LimitsAtPlatform:
    """The limit and alerts of the organization, or of one project, read and changed with an admin key.

    Each method has a client of its own, which is closed after it, and raises the SDK's errors (see
    `diagnose`), UnknownLimitTerms, and what it names. Amounts are rounded up to whole cents, so that the
    platform never stops or warns before the limit here does. Nothing is asked: the caller has the user's
    consent.
    """

    def __init__(self, clients: KeyClients, admin_key: ApiKey, project: str | None = None) -> None:
        self._clients = clients
        self._admin_key = admin_key
        self._project = project

    def read(self) -> PlatformControls:
        with self._level() as level:
            return level.read()

    def set_limit(self, amount: Money) -> ReportedSpendLimit:
        """Set or change the limit that blocks; at least a cent. Raises LimitNegative, LimitTooLarge."""
        cents = max(cents_of(amount), SMALLEST_LIMIT_CENTS)
        with self._level() as level:
            return _limit(level.limit.update(*level.place, threshold_amount=cents, **TERMS))

    def remove_limit(self) -> bool:
        """From now on nothing blocks at this level; False when no limit was set."""
        with self._level() as level:
            if level.read_limit() is None:
                return False
            level.limit.delete(*level.place)
            return True

    def create_alert(
        self, amount: Money, recipients: Sequence[str], subject_prefix: str | None = OUR_PREFIX
    ) -> ReportedSpendAlert:
        """Raises LimitNegative, LimitTooLarge, NoAlertRecipient, KeyInText."""
        channel = _channel(recipients, subject_prefix)
        cents = cents_of(amount)
        with self._level() as level:
            created = level.alerts.create(
                *level.place, threshold_amount=cents, notification_channel=channel, **TERMS
            )
            return _alert(created)

    def change_alert(
        self, alert_id: str, amount: Money | None = None, recipients: Sequence[str] | None = None
    ) -> ReportedSpendAlert:
        """What is not given stays. Raises what `create_alert` raises, and NoSuchPlatformAlert."""
        refuse_keys("alert", alert_id)
        with self._level() as level, _known(alert_id):
            before = _alert(level.alerts.retrieve(alert_id, **level.named))
            channel = _channel(before.recipients if recipients is None else recipients, before.subject_prefix)
            cents = cents_of(before.amount if amount is None else amount)
            changed = level.alerts.update(
                alert_id, **level.named, threshold_amount=cents, notification_channel=channel, **TERMS
            )
            return _alert(changed)

    def delete_alert(self, alert_id: str) -> None:
        """Raises NoSuchPlatformAlert."""
        refuse_keys("alert", alert_id)
        with self._level() as level, _known(alert_id):
            level.alerts.delete(alert_id, **level.named)

    @contextmanager
    def _level(self) -> Iterator[LimitLevel]:
        with self._clients.admin_client_for(self._admin_key) as client:
            yield LimitLevel(client.admin.organization, self._project)


class LimitLevel:
    """Where a limit is set: the organization, or one of its projects; the SDK's resources for it."""

    def __init__(self, organization: Any, project: str | None = None) -> None:
        resources = organization.projects if project else organization
        self.limit, self.alerts = resources.spend_limit, resources.spend_alerts
        self.place = (project,) if project else ()
        self.named: Mapping[str, str] = {"project_id": project} if project else {}

    def read(self) -> PlatformControls:
        """Raises the SDK's errors, UnknownLimitTerms."""
        found = map(_alert, self.alerts.list(*self.place, limit=100))
        alerts = tuple(sorted(found, key=lambda alert: (alert.amount, alert.id)))
        return PlatformControls(self.read_limit(), alerts)

    def read_limit(self) -> ReportedSpendLimit | None:
        """None when none is set."""
        try:
            return _limit(self.limit.retrieve(*self.place))
        except Exception as error:
            if getattr(error, "status_code", None) == NOT_FOUND:
                return None
            raise


def cents_of(amount: Money) -> int:
    """Whole cents, rounded up. Raises LimitNegative, LimitTooLarge."""
    if amount.pico_usd < 0:
        raise LimitNegative(limit=amount)
    cents = -(-amount.pico_usd // PICO_USD_PER_CENT)
    if cents > LARGEST_CENTS:
        raise LimitTooLarge(limit=amount, largest=Money(LARGEST_CENTS * PICO_USD_PER_CENT))
    return cents


def _limit(found: Any) -> ReportedSpendLimit:
    return ReportedSpendLimit(_amount(found), found.enforcement.status)


def _alert(found: Any) -> ReportedSpendAlert:
    channel = found.notification_channel
    return ReportedSpendAlert(found.id, _amount(found), tuple(channel.recipients), channel.subject_prefix)


def _amount(found: Any) -> Money:
    """Raises UnknownLimitTerms: another currency's cents, or another period's, are no dollars a month."""
    if (found.currency, found.interval) != (TERMS["currency"], TERMS["interval"]):
        raise UnknownLimitTerms(currency=found.currency, interval=found.interval)
    return Money(found.threshold_amount * PICO_USD_PER_CENT)


def _channel(recipients: Sequence[str], subject_prefix: str | None) -> dict[str, object]:
    """Raises NoAlertRecipient, KeyInText."""
    given = [recipient.strip() for recipient in recipients if recipient.strip()]
    if not given:
        raise NoAlertRecipient
    refuse_keys("alert", given, subject_prefix)
    channel: dict[str, object] = {"type": "email", "recipients": given}
    return channel if subject_prefix is None else channel | {"subject_prefix": subject_prefix}


@contextmanager
def _known(alert_id: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if getattr(error, "status_code", None) == NOT_FOUND:
            raise NoSuchPlatformAlert(id=alert_id) from error
        raise
