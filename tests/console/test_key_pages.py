"""API keys: shown once, listed masked, revoked."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from ppkit.practice_platform.console.console_routes import PAGES
from ppkit.practice_platform.platform import Platform

from .person import SECRET, Person, words


def test_a_new_key_is_shown_once_and_nowhere_else(
    person: Person, platform: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = person.send("new-key", "create", name="PostPickr-AI", permissions="all")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    secrets = SECRET.findall(answer.text)
    assert len(secrets) == 1
    assert platform.keys.find(secrets[0]) is not None
    for page in PAGES:
        assert not SECRET.search(person.read(page).text)
    assert secrets[0] not in "".join(f"{name}: {value}" for name, value in answer.headers.items())
    assert secrets[0] not in caplog.text
    assert secrets[0].encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_list_shows_a_key_masked(person: Person, platform: Platform) -> None:
    key, secret = platform.create_key("PostPickr-AI")
    page = words(person.read("api-keys"))
    assert key.redacted in page
    assert "PostPickr-AI" in page
    assert secret[16:-4] not in page


@pytest.mark.parametrize(
    ("fields", "permissions", "scopes", "days"),
    [
        ({"permissions": "all"}, "all", (), None),
        ({"permissions": "read_only", "expires_in": "30"}, "read_only", (), 30),
        ({"permissions": "restricted", "scope:model.request": "on"}, "restricted", ("model.request",), None),
        ({"permissions": "all", "expires_in": "99999"}, "all", (), None),
    ],
)
def test_a_key_gets_the_rights_and_the_expiry_that_were_chosen(
    person: Person,
    platform: Platform,
    fields: dict[str, str],
    permissions: str,
    scopes: tuple[str, ...],
    days: int | None,
) -> None:
    person.send("new-key", "create", name="K", **fields)
    key = platform.list_keys()[0]
    assert (key.permissions, key.scopes) == (permissions, scopes)
    assert key.expires_at == (key.created_at + timedelta(days=days) if days else None)


def test_reloading_the_page_of_a_new_key_makes_no_second_one(person: Person, platform: Platform) -> None:
    fields = {"name": "PostPickr-AI", "permissions": "all", "attempt": "first"}
    assert person.send("new-key", "create", **fields).status_code == 200
    again = person.send("new-key", "create", **fields)
    assert (again.status_code, again.headers["location"]) == (303, "api-keys")
    assert len(platform.list_keys()) == 1
    assert person.send("new-key", "create", **{**fields, "attempt": "second"}).status_code == 200


def test_a_key_without_a_name_is_not_made(person: Person, platform: Platform) -> None:
    answer = person.send("new-key", "create", name=" ", permissions="all")
    assert answer.status_code == 422
    assert not SECRET.search(answer.text)
    assert platform.list_keys() == []


def test_revoking_asks_first_and_then_ends_the_key(person: Person, platform: Platform) -> None:
    key, secret = platform.create_key("PostPickr-AI")
    assert "Revoke this key?" in words(person.read(f"api-keys?revoke={key.id}"))
    assert len(platform.list_keys()) == 1
    person.send("api-keys", "revoke", key=key.id)
    assert platform.list_keys() == []
    found = platform.keys.find(secret)
    assert found is not None
    assert found.revoked_at is not None


def test_revoking_twice_is_explained(person: Person, platform: Platform) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    person.send("api-keys", "revoke", key=key.id)
    assert "This item is no longer there." in words(person.send("api-keys", "revoke", key=key.id))


def test_closing_the_window_says_what_is_lost_and_a_copy_says_what_to_do(
    person: Person, platform: Platform
) -> None:
    answer = person.send("new-key", "create", name="PostPickr-AI", permissions="all")
    key = platform.list_keys()[0]
    assert "You won’t be able to view it again." in answer.text
    assert answer.text.count(f'href="api-keys?closed={key.id}" data-leave') == 2  # the cross and "Done"
    lost = person.read(f"api-keys?closed={key.id}")
    assert "cannot be shown again. If you copied it" in words(lost)
    assert f'href="api-keys?revoke={key.id}"' in lost.text
    assert "is copied. Paste it now" in words(person.read(f"api-keys?closed={key.id}&copied=yes"))
    assert "cannot be shown again" not in words(person.read("api-keys?closed=key_none"))
