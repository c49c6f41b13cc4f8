"""The account's keys as the platform lists them, masked: read and revoked with an admin key, or looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from ppkit.checkup import KeyClients
from ppkit.keys import ApiKey

SHOWN_END = 4  # characters; the published example of a masked key ends in three, the console shows four


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """One key of a project, masked. Moments are in UTC; None where the platform does not say."""

    id: str
    name: str
    redacted: str
    project_id: str = ""
    project: str = ""
    created_at: datetime | None = None
    last_used_at: datetime | None = None
    owner: str | None = None

    @property
    def end(self) -> str:
        """The last characters that the masked form shows, four at most; empty when it shows none."""
        return re.split(r"[^A-Za-z0-9_-]", self.redacted)[-1][-SHOWN_END:]

    def may_be(self, key: ApiKey) -> bool:
        """Whether this can be that key, judged by its end: all that a masked list shows."""
        return bool(self.end) and key.last4.endswith(self.end)


class ProjectKeys(Protocol):
    """The keys of the account, for who may manage them. Both raise the SDK's errors."""

    def list(self) -> list[PlatformKey]: ...

    def revoke(self, key: PlatformKey) -> None: ...


class AdminProjectKeys:
    """The keys of every project, read with an admin key.

    Each look has a client of its own, which is closed after it: none keeps a connection open.
    """

    def __init__(self, clients: KeyClients, admin_key: ApiKey) -> None:
        self._clients = clients
        self._admin_key = admin_key

    def list(self) -> list[PlatformKey]:
        """Newest first within each project; archived projects have no working keys and are left out."""
        with self._organization() as organization:
            return [
                _on_the_wire(key, project)
                for project in organization.projects.list(limit=100)
                for key in _keys_of(organization, project.id)
            ]

    def revoke(self, key: PlatformKey) -> None:
        with self._organization() as organization:
            organization.projects.api_keys.delete(key.id, project_id=key.project_id)

    @contextmanager
    def _organization(self) -> Iterator[Any]:
        with self._clients.admin_client_for(self._admin_key) as client:
            yield client.admin.organization


def _keys_of(organization: Any, project_id: str) -> Iterator[Any]:
    # "any": without it the platform leaves out keys whose owner has lost access, which still may work.
    return iter(organization.projects.api_keys.list(project_id, limit=100, owner_project_access="any"))


def keys_in_practice(state: Mapping[str, Any]) -> list[PlatformKey]:
    """The keys in what the practice platform reports of itself, without those that no longer work."""
    return [
        PlatformKey(
            key["id"],
            key["name"],
            key["redacted"],
            project_id=key["project"],
            project=key.get("project_name", ""),
            created_at=_read_moment(key.get("created_at")),
            last_used_at=_read_moment(key["last_used_at"]),
        )
        for key in state["keys"]
        if key["active"]
    ]


def _read_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _on_the_wire(key: Any, project: Any) -> PlatformKey:
    owner = key.owner.user or key.owner.service_account
    return PlatformKey(
        key.id,
        key.name,
        key.redacted_value,
        project_id=project.id,
        project=project.name,
        created_at=_moment(key.created_at),
        last_used_at=_moment(key.last_used_at),
        owner=owner.name if owner else None,
    )


def _moment(seconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
