"""The account's keys, read with an admin key."""

from __future__ import annotations

from unittest.mock import MagicMock

from ppkit.onboarding import AdminProjectKeys, PlatformKey


def test_every_look_closes_the_client_it_was_made_for() -> None:
    clients: list[MagicMock] = []

    def make_client() -> MagicMock:
        clients.append(MagicMock())
        clients[-1].__exit__.return_value = False
        return clients[-1]

    keys = AdminProjectKeys(make_client)
    assert clients == []
    assert keys.list() == []
    keys.revoke(PlatformKey("key_1", "PostPickr-AI", "sk-…NARY", "proj_1"))
    assert [client.__exit__.call_count for client in clients] == [1, 1]
