"""The account's keys, read with an admin key."""

from __future__ import annotations

from unittest.mock import MagicMock

from ppkit.keys import ApiKey
from ppkit.onboarding import AdminProjectKeys, PlatformKey

ADMIN = ApiKey("sk-practice-admin-" + "Ab3" * 16)


def test_every_look_closes_the_client_it_was_made_for() -> None:
    clients: list[MagicMock] = []

    def admin_client_for(key: ApiKey) -> MagicMock:
        assert key == ADMIN
        clients.append(MagicMock())
        clients[-1].__exit__.return_value = False
        return clients[-1]

    keys = AdminProjectKeys(MagicMock(admin_client_for=admin_client_for), ADMIN)
    assert clients == []
    assert keys.list() == []
    keys.revoke(PlatformKey("key_1", "PostPickr-AI", "sk-…NARY", "proj_1"))
    assert [client.__exit__.call_count for client in clients] == [1, 1]
