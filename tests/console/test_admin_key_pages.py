"""Admin keys in the console: shown once, listed masked with their last use, revoked."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from ppkit.practice_platform.console.console_routes import PAGES
from ppkit.practice_platform.platform import Platform

from .person import Person, words

ADMIN_SECRET = re.compile(r"sk-practice-admin-[A-Za-z0-9]{48}")


def test_a_new_admin_key_is_shown_once_and_nowhere_else(
    person: Person, platform: Platform, tmp_path: Path
) -> None:
    answer = person.send("new-admin-key", "create", name="ppkit-admin")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    (secret,) = ADMIN_SECRET.findall(answer.text)
    found = platform.keys.find(secret)
    assert found is not None
    assert found.kind == "admin"
    for page in PAGES:
        assert not ADMIN_SECRET.search(person.read(page).text)
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_list_shows_it_masked_with_its_last_use_and_no_other_keys(
    person: Person, platform: Platform
) -> None:
    key, secret = platform.keys.create_admin("ppkit-admin")
    platform.create_key("PostPickr-AI")
    page = words(person.read("admin-keys?language=en"))
    assert key.redacted in page
    assert secret[22:-4] not in page
    assert "never" in page
    assert "PostPickr-AI" not in page
    assert "ppkit-admin" not in words(person.read("api-keys"))
    platform.keys.touch(key.id)
    assert "never" not in words(person.read("admin-keys"))


@pytest.mark.parametrize(("chosen", "days"), [("", None), ("30", 30), ("99999", None)])
def test_it_expires_when_that_was_chosen(
    person: Person, platform: Platform, chosen: str, days: int | None
) -> None:
    person.send("new-admin-key", "create", name="K", expires_in=chosen)
    (key,) = platform.keys.keys("admin")
    assert key.expires_at == (key.created_at + timedelta(days=days) if days else None)


def test_reloading_the_page_of_a_new_admin_key_makes_no_second_one(
    person: Person, platform: Platform
) -> None:
    fields = {"name": "ppkit-admin", "attempt": "first"}
    assert person.send("new-admin-key", "create", **fields).status_code == 200
    again = person.send("new-admin-key", "create", **fields)
    assert (again.status_code, again.headers["location"]) == (303, "admin-keys")
    assert len(platform.keys.keys("admin")) == 1


def test_an_admin_key_without_a_name_is_not_made(person: Person, platform: Platform) -> None:
    answer = person.send("new-admin-key", "create", name=" ")
    assert answer.status_code == 422
    assert platform.keys.keys("admin") == []


def test_revoking_an_admin_key_asks_first_and_then_ends_it(person: Person, platform: Platform) -> None:
    key, secret = platform.keys.create_admin("ppkit-admin")
    asked = person.read(f"admin-keys?revoke={key.id}")
    assert "Revoke this key?" in words(asked)
    assert 'action="admin-keys"' in asked.text
    assert platform.keys.keys("admin") == [key]
    assert (
        person.send("admin-keys", "revoke", key=key.id).headers["location"] == "admin-keys?done=key_revoked"
    )
    found = platform.keys.find(secret)
    assert found is not None
    assert found.revoked_at is not None


def test_a_key_of_a_project_is_not_revoked_from_the_list_of_admin_keys(
    person: Person, platform: Platform
) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    assert person.send("admin-keys", "revoke", key=key.id).status_code == 422
    assert platform.list_keys() == [key]


def test_closing_the_window_of_an_admin_key_leads_back_to_its_own_list(
    person: Person, platform: Platform
) -> None:
    answer = person.send("new-admin-key", "create", name="ppkit-admin")
    (key,) = platform.keys.keys("admin")
    assert answer.text.count(f'href="admin-keys?closed={key.id}" data-leave') == 2
    assert "Default project" not in words(answer).partition("Save your key")[2].partition("Done")[0]
    lost = person.read(f"admin-keys?closed={key.id}")
    assert "cannot be shown again. If you copied it" in words(lost)
    assert f'href="admin-keys?revoke={key.id}"' in lost.text
