"""The account at the platform, as an admin key shows it: its keys, limits and alerts, its bill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from ppkit.accounting import Accounting
from ppkit.bill import FigureFile, Imported, PlatformBill
from ppkit.bill.fetching import FiguresPage
from ppkit.checkup import KeyClients, LimitsAtPlatform
from ppkit.clock import Clock
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey
from ppkit.linking import Linking
from ppkit.onboarding import AdminProjectKeys, PlatformKey, ProjectKeys


class NoAdminKey(PpkitError):
    """The account is administered with an admin key, and there is none. Facts: mode."""

    code = "no_admin_key"


class PlatformAccount:
    """What belongs to the account and not to one key of it. Nothing is asked before something is."""

    def __init__(
        self, clients: KeyClients, linking: Linking, accounting: Accounting, home: Path, clock: Clock
    ) -> None:
        """`home` is the mode's own folder."""
        self._clients = clients
        self._linking = linking
        self._accounting = accounting
        self._home = home
        self._clock = clock

    def project_keys(self) -> ProjectKeys | None:
        """The account's keys, to be listed and revoked; None without an admin key."""
        key = self._linking.admin_key
        return AdminProjectKeys(self._clients, key) if key else None

    def keys(self) -> list[PlatformKey]:
        """The account's keys, masked, with their last use. Raises NoAdminKey and the SDK's errors."""
        return AdminProjectKeys(self._clients, self._require_admin_key()).list()

    def limits(self, project: str | None = None) -> LimitsAtPlatform:
        """The platform's own limit and alerts, of the organization or of one project. Raises NoAdminKey."""
        return LimitsAtPlatform(self._clients, self._require_admin_key(), project)

    @contextmanager
    def administration(self) -> Iterator[Any]:
        """The SDK's `client.admin.organization`, which sends each request once. Raises NoAdminKey."""
        with self._clients.admin_client_for(self._require_admin_key()) as client:
            yield client.admin.organization

    @cached_property
    def bill(self) -> PlatformBill:
        """The platform's figures as far as they were imported, beside the ledger. It needs no key."""
        file = FigureFile(self._home / "platform-figures.sqlite3")
        money = self._accounting
        return PlatformBill(file, lambda: money.ledger, self._clock, lambda: money.catalogue)

    def fetch_bill(
        self,
        since: date | None = None,
        until: date | None = None,
        on_page: Callable[[FiguresPage], None] = lambda _page: None,
    ) -> Imported:
        """Import usage and costs with the admin key (see `PlatformBill.fetch`). Raises NoAdminKey, too."""

        @contextmanager
        def usage() -> Iterator[Any]:
            with self.administration() as organization:
                yield organization.usage

        ends = {key.id: key.end for key in self.keys()}
        return self.bill.fetch(usage, ends, since, until, on_page)

    def _require_admin_key(self) -> ApiKey:
        key = self._linking.admin_key
        if key is None:
            raise NoAdminKey(mode=self._linking.mode)
        return key
