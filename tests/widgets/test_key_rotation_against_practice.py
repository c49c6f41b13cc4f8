"""The drill with nothing pretended on our side: window, session, official SDK, practice platform behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ppkit.clock import SystemClock
from ppkit.keys import ApiKey
from ppkit.money import Money
from ppkit.onboarding import KeyInUse
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.key_rotation_window import KeyRotationWindow

from .fakes import click
from .practice_in_process import PLACE, TOKEN, InProcess, StaysOpen


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    found = Platform.open(tmp_path / "practice.sqlite3", SystemClock())
    found.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    found.billing.give_credits(Money.usd(5))
    yield found
    found.close()


@pytest.fixture
def web(platform: Platform) -> Iterator[TestClient]:
    with StaysOpen(create_app(platform, control_token=TOKEN), base_url=PLACE) as client:
        yield client


def session_of(tmp_path: Path, web: TestClient, **environment: str) -> InProcess:
    return InProcess(tmp_path / "home", web, environment)


def opened(session: InProcess) -> KeyRotationWindow:
    return KeyRotationWindow(session, run=at_once)


def stage(window: KeyRotationWindow) -> str:
    (found,) = re.findall(r'data-focus="(\w+)"', window.html)
    return str(found)


def at_revocation(window: KeyRotationWindow, session: InProcess, platform: Platform) -> tuple[str, str]:
    """Both secrets, old and new, once the new one is proven."""
    old = platform.create_key("PostPickr-AI")[1]
    session.link(ApiKey(old))
    click(window, "begin")
    new = platform.create_key("PostPickr-AI-2")[1]
    click(window, "look")
    assert stage(window) == "swapped"
    click(window, "swap", {"key": new})
    assert stage(window) == "proved"
    click(window, "consent")
    assert stage(window) == "revoked"
    return old, new


def test_the_drill_by_hand_with_each_proof_from_the_wire(
    tmp_path: Path, web: TestClient, platform: Platform, outbound: list[object]
) -> None:
    session = session_of(tmp_path, web)
    window = opened(session)
    old, new = at_revocation(window, session, platform)
    assert platform.usage.calls() == 1  # the proof was a paid call
    key = platform.keys.find(old)
    assert key is not None
    platform.revoke_key(key.id)
    click(window, "look")
    assert stage(window) == "dead"
    session.asked.clear()
    click(window, "ask_old")
    assert session.asked == ["GET /v1/models"]
    assert stage(window) == "done"
    assert session.client().responses.create(model="gpt-6-luna", input="Ciao").output_text
    places = [window.get_state(), outbound, vars(window), vars(session), vars(session.key_rotation), window]
    for secret in (old, new):
        assert not any(secret in repr(place) for place in places)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files
        assert [path for path in files if secret.encode() in path.read_bytes()] == []
    session.ledger.close()


def test_a_post_with_the_new_key_is_the_proof_by_the_ledger(
    tmp_path: Path, web: TestClient, platform: Platform
) -> None:
    session = session_of(tmp_path, web)
    session.link(ApiKey(platform.create_key("PostPickr-AI")[1]))
    window = opened(session)
    click(window, "begin")
    click(window, "swap", {"key": platform.create_key("PostPickr-AI-2")[1]})
    assert stage(window) == "proved"
    session.client().responses.create(model="gpt-6-luna", input="Ciao")
    session.meter.flush()
    window.redraw()
    assert stage(window) == "revoked"
    session.ledger.close()


def test_an_old_key_that_stands_in_the_environment_is_told_to_be_replaced_there_too(
    tmp_path: Path, web: TestClient, platform: Platform
) -> None:
    old = platform.create_key("PostPickr-AI")[1]
    session = session_of(tmp_path, web, OPENAI_API_KEY=old)
    window = opened(session)
    click(window, "begin")
    click(window, "swap", {"key": platform.create_key("PostPickr-AI-2")[1]})
    assert "The old key is also saved here" in window.html
    assert "OPENAI_API_KEY" in window.html
    session.ledger.close()


def test_with_an_admin_key_the_official_sdk_lists_and_revokes(
    tmp_path: Path, web: TestClient, platform: Platform
) -> None:
    admin = platform.keys.create_admin("drill")[1]
    session = session_of(tmp_path, web, OPENAI_ADMIN_KEY=admin)
    shop = platform.projects.create("Negozio")
    platform.create_key("unrelated", shop.id)
    window = opened(session)
    old, new = at_revocation(window, session, platform)
    managed = session.platform_account.project_keys()
    assert managed is not None
    shown = {key.name: key for key in managed.list()}
    assert set(shown) == {"unrelated", "PostPickr-AI", "PostPickr-AI-2"}
    assert shown["unrelated"].project == "Negozio"
    assert shown["PostPickr-AI"].owner == "Anna Bianchi"
    assert shown["PostPickr-AI"].may_be(ApiKey(old))
    assert shown["PostPickr-AI-2"].last_used_at is not None
    assert "Negozio" in window.html
    with pytest.raises(KeyInUse):
        session.key_rotation.check_revocation(shown["PostPickr-AI-2"], new[-4:], session.linked_key)
    session.asked.clear()
    click(window, "revoke", key=shown["PostPickr-AI"].id, end=old[-4:])
    path = f"/v1/organization/projects/{shown['PostPickr-AI'].project_id}/api_keys/{shown['PostPickr-AI'].id}"
    assert session.asked[0] == f"DELETE {path}"
    assert stage(window) == "dead"
    assert [key.name for key in platform.list_keys()] == ["PostPickr-AI-2", "unrelated"]
    click(window, "ask_old")
    assert stage(window) == "done"
    assert not any(admin in repr(place) for place in (window.get_state(), vars(window), vars(session)))
    session.ledger.close()


def test_a_project_key_in_the_admin_keys_place_is_no_admin_key(
    tmp_path: Path, web: TestClient, platform: Platform
) -> None:
    session = session_of(tmp_path, web, OPENAI_ADMIN_KEY=platform.create_key("not admin")[1])
    assert session.linking.admin_key is None
    assert session.platform_account.project_keys() is None


def test_a_real_admin_key_never_reaches_the_practice_platform(
    tmp_path: Path, web: TestClient, platform: Platform
) -> None:
    session = session_of(tmp_path, web, OPENAI_ADMIN_KEY="sk-admin-" + "a" * 60)
    assert session.platform_account.project_keys() is None


def test_the_traps_on_the_way(tmp_path: Path, web: TestClient, platform: Platform) -> None:
    session = session_of(tmp_path, web)
    window = opened(session)
    old, new = at_revocation(window, session, platform)
    lost = platform.create_key("closed too early")[0]
    click(window, "look")
    assert "closed too early" in window.html.split("You also created another key")[1]
    mistaken = platform.keys.find(new)
    assert mistaken is not None
    platform.revoke_key(mistaken.id)  # the new one instead of the old one
    click(window, "look")
    assert "no longer exists" in window.html
    click(window, "go_back")
    assert session.linked_key == ApiKey(old)
    assert session.client().responses.create(model="gpt-6-luna", input="Ciao").output_text
    platform.revoke_key(lost.id)
    session.ledger.close()
