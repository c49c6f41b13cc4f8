"""What the practice platform hands out: frozen rows, money as Money, moments as aware UTC datetimes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from ppkit.money import Money

Permissions = Literal["all", "restricted", "read_only"]
OrganizationRole = Literal["owner", "reader"]
ProjectRole = Literal["member", "owner"]
KeyKind = Literal["project", "service_account", "admin"]
Stage = Literal["account", "card", "credit", "key"]
"""How far an account has come, in the order of the lessons."""
STAGES: tuple[Stage, ...] = get_args(Stage)
ORGANIZATION = "organization"
"""The scope of an alert or a limit that covers every project."""


@dataclass(frozen=True, slots=True)
class Account:
    """The one learner and their organization."""

    organization_id: str
    organization_name: str
    user_id: str
    name: str
    email: str
    created_at: datetime
    verified_at: datetime | None
    company: str
    address: str
    vat_number: str


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str
    is_default: bool
    created_at: datetime
    archived_at: datetime | None

    @property
    def status(self) -> Literal["active", "archived"]:
        return "archived" if self.archived_at else "active"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the organization; `is_learner` is the user whose practice this is."""

    id: str
    name: str
    email: str
    role: OrganizationRole
    added_at: datetime
    is_learner: bool = False


@dataclass(frozen=True, slots=True)
class ProjectMember:
    """A member's place in one project."""

    member: Member
    project_id: str
    role: ProjectRole
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """An invitation by mail; `projects` are (id, role) of what accepting it opens."""

    id: str
    email: str
    role: OrganizationRole
    projects: tuple[tuple[str, ProjectRole], ...]
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None

    def status(self, now: datetime) -> Literal["accepted", "expired", "pending"]:
        if self.accepted_at:
            return "accepted"
        return "expired" if now >= self.expires_at else "pending"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A published test card; its number is never kept."""

    id: str
    brand: str
    last4: str
    expires: str
    holder: str
    status: Literal["ready", "needs_confirmation"]
    created_at: datetime
    hold_until: datetime | None = None  # until when the bank sets HOLD aside; None when it never did


@dataclass(frozen=True, slots=True)
class Purchase:
    """Prepaid credit. `available_at` is when it arrives, `expires_at` when what is left of it is lost."""

    id: str
    kind: Literal["purchase", "auto_recharge", "gift"]
    status: Literal["pending", "credited", "declined", "expired"]
    amount: Money
    remaining: Money
    card: str
    invoice: str
    created_at: datetime
    available_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invoice:
    """A paid purchase, and whom it was billed to: as it stood on that day, "" where nothing was filled in."""

    purchase: Purchase
    organization: str
    company: str
    address: str
    vat_number: str


@dataclass(frozen=True, slots=True)
class AutoRecharge:
    """Below `below`, credit is bought up to `to`, at most `month_cap` in a month (None: no cap)."""

    on: bool
    below: Money
    to: Money
    month_cap: Money | None


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """A key without its secret."""

    id: str
    kind: KeyKind
    name: str
    redacted: str
    project_id: str | None
    service_account_id: str | None
    permissions: Permissions
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_active(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    id: str
    project_id: str
    name: str
    role: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SpendLimit:
    """A monthly limit; it blocks only when `enforced`."""

    scope: str
    cents: int
    enforced: bool
    spent: Money

    @property
    def amount(self) -> Money:
        return Money(self.cents * 10**10)


@dataclass(frozen=True, slots=True)
class SpendAlert:
    """Mails the recipients once a month when spending passes it; never blocks."""

    id: str
    scope: str
    cents: int
    recipients: tuple[str, ...]
    subject_prefix: str | None
    created_at: datetime

    @property
    def amount(self) -> Money:
        return Money(self.cents * 10**10)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail the platform sent. The sentences come from the catalogue by `kind`, filled with `facts`.

    kind: welcome, receipt, spend_alert, limit_reached, auto_recharge_done, auto_recharge_failed,
    auto_recharge_capped, credit_expired, key_leaked, invitation, invitation_accepted. facts: amounts as whole
    pico-USD under names that end in `_pico_usd`, the rest as text.
    """

    id: int
    kind: str
    recipients: tuple[str, ...]
    facts: Mapping[str, str | int]
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class UsageRow:
    """Usage and cost of one group; `group` has the fields asked for (day, model, key, project …)."""

    group: Mapping[str, str]
    calls: int
    input_tokens: int
    output_tokens: int
    images: int
    cost: Money


@dataclass(frozen=True, slots=True)
class Bill:
    """One call as it is billed: counts in tokens, `lines` as (line item, quantity, Money)."""

    endpoint: Literal["completions", "images", "embeddings", "moderations"]
    model: str
    service_tier: str = "default"
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    image_input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    image_output_tokens: int = 0
    images: int = 0
    size: str | None = None
    source: str | None = None
    searches: int = 0
    lines: tuple[tuple[str, int, Money], ...] = field(default=())

    @property
    def total(self) -> Money:
        return Money(sum(money.pico_usd for _item, _quantity, money in self.lines))
