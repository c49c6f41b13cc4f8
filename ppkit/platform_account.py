"""The account at the platform, as an admin key shows it: its keys, limits and alerts."""

from __future__ import annotations

from ppkit.checkup import KeyClients, LimitsAtPlatform
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.linking import Linking
from ppkit.onboarding import AdminProjectKeys, ProjectKeys


class NoAdminKey(PpkitError):
    """The account is administered with an admin key, and there is none. Facts: mode."""

    code = "no_admin_key"


class PlatformAccount:
    """What belongs to the account and not to one key of it. Nothing is asked before something is."""

    def __init__(self, clients: KeyClients, linking: Linking) -> None:
        self._clients = clients
        self._linking = linking

    def project_keys(self) -> ProjectKeys | None:
        """The account's keys, to be listed and revoked; None without an admin key."""
        key = self._linking.admin_key
        return AdminProjectKeys(self._clients, key) if key else None

    def limits(self, project: str | None = None) -> LimitsAtPlatform:
        """The platform's own limit and alerts, of the organization or of one project. Raises NoAdminKey."""
        return LimitsAtPlatform(self._clients, self._require_admin_key(), project)

    def _require_admin_key(self) -> ApiKey:
        key = self._linking.admin_key
        if key is None:
            raise NoAdminKey(mode=self._linking.mode)
        return key
