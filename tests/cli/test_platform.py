"""`ppkit platform limits`: what is set at the platform beside what is set here, and changed with consent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canary.canary import Canary

from ppkit.clock import ManualClock
from ppkit.practice_platform.platform import Platform

from .at_hand import practice_at_hand
from .conftest import Ppkit

TO = ("--to", "anna@example.com")


@pytest.fixture
def account(platform: Platform) -> Platform:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    return platform


@pytest.fixture
def secret(account: Platform) -> str:
    return account.keys.create_admin("limits")[1]


@pytest.fixture
def at_hand(
    home: Path, account: Platform, secret: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The practice platform in process, and an admin key in the environment."""
    with practice_at_hand(account, secret, clock, monkeypatch):
        yield


def amounts(document: Any) -> tuple[int | None, list[int]]:
    limit = document["limit"]
    return limit and limit["amount_pico_usd"], [alert["amount_pico_usd"] for alert in document["alerts"]]


@pytest.mark.usefixtures("at_hand")
def test_what_is_here_is_shown_beside_what_is_there(ppkit: Ppkit, account: Platform) -> None:
    ppkit("limits", "--soft", "5", "--hard", "10")
    account.limits.set_limit(800)
    out = ppkit("platform", "limits").out
    assert "only here" in out
    assert "lower on the platform" in out
    assert "Enforce a hard limit" in out
    states = {one["kind"]: one["state"] for one in ppkit("platform", "limits", "--json").json["drift"]}
    assert states == {"soft": "only_here", "hard": "lower_there"}


@pytest.mark.usefixtures("at_hand")
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nothing_changes_without_consent(ppkit: Ppkit, account: Platform, form: tuple[str, ...]) -> None:
    ran = ppkit("platform", "limits", "--hard", "7", *form)
    assert ran.code == 3
    assert account.limits.limit() is None
    if form:
        assert ran.json["steps"] == [
            {"action": "set_limit", "amount_pico_usd": 7 * 10**12, "before_pico_usd": None, "alert_id": None}
        ]
        assert ran.json["done"] is False
    else:
        assert "$7.00" in ran.err


@pytest.mark.usefixtures("at_hand")
def test_with_consent_limit_and_alerts_are_set_changed_and_removed(ppkit: Ppkit, account: Platform) -> None:
    def run(*options: str) -> Any:
        ran = ppkit("platform", "limits", *options, "--yes", "--json")
        assert ran.code == 0
        return ran.json

    assert amounts(run("--hard", "7", "--alert", "3", *TO)) == (7 * 10**12, [3 * 10**12])
    (alert,) = account.limits.alerts()
    assert amounts(run("--id", alert.id, "--alert", "0")) == (7 * 10**12, [0])
    assert run("--id", alert.id, "--to", "b@example.com")["alerts"][0]["recipients"] == ["b@example.com"]
    assert amounts(run("--hard", "none", "--id", alert.id, "--alert", "none")) == (None, [])


@pytest.mark.usefixtures("at_hand")
def test_where_a_later_change_is_refused_what_was_done_is_told(ppkit: Ppkit, account: Platform) -> None:
    change = ("platform", "limits", "--hard", "7", "--alert", "3", "--to", "nobody", "--yes")
    ran = ppkit(*change)
    assert (ran.code, account.limits.alerts()) == (1, [])
    done, _, failed = ran.err.partition("Not done")
    assert "limit on the platform: $7.00" in done
    assert "alert on the platform: $3.00" in failed
    error = ppkit(*change, "--json").json["error"]
    assert (error["code"], error["facts"]["steps_done"]) == ("bad_request", "set_limit")


@pytest.mark.usefixtures("at_hand")
def test_ours_is_mirrored_for_one_project(ppkit: Ppkit, account: Platform) -> None:
    ppkit("limits", "--soft", "5", "--hard", "10")
    project = account.projects.default().id
    mirrored = ppkit("platform", "limits", "--project", project, "--mirror", *TO, "--yes", "--json").json
    assert [one["state"] for one in mirrored["drift"]] == ["agree", "agree"]
    assert account.limits.limit() is None
    again = ppkit("platform", "limits", "--project", project, "--mirror", *TO)
    assert again.code == 0
    assert "Nothing to change" in again.out


@pytest.mark.usefixtures("at_hand")
def test_what_cannot_be_done_is_a_sentence(
    ppkit: Ppkit, account: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ppkit("platform", "limits", "--alert", "3", "--yes").code == 2  # nobody to write to
    assert ppkit("platform", "limits", "--id", "alert_x", "--alert", "3", "--yes").code == 2
    assert ppkit("platform", "limits", "--hard", "-1", "--yes").code == 2
    assert ppkit("platform", "limits", "--alert", "none").code == 2
    assert ppkit("platform", "limits", "--mirror", "--hard", "3").code == 2
    assert account.limits.limit() is None
    wrong = ppkit("platform", "limits", "--alert", "3", "--to", "nobody", "--yes", "--json")
    assert (wrong.code, wrong.json["error"]["code"]) == (1, "bad_request")
    account.keys.revoke(account.keys.keys("admin")[0].id)
    refused = ppkit("platform", "limits", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "wrong_key")
    monkeypatch.delenv("OPENAI_ADMIN_KEY")
    assert ppkit("platform", "limits", "--json").json["error"]["code"] == "no_admin_key"


@pytest.mark.usefixtures("at_hand")
def test_the_admin_key_is_told_and_kept_nowhere(
    ppkit: Ppkit, account: Platform, secret: str, home: Path
) -> None:
    canary = Canary("admin", secret, secret[18:34])
    told = [
        ppkit("platform", "limits", *options)
        for options in ((), ("--json",), ("--hard", "7", "--yes"), ("--hard", "1e30", "--yes"))
    ]
    account.keys.revoke(account.keys.keys("admin")[0].id)
    told.append(ppkit("platform", "limits"))
    assert not any(canary.is_in(ran.out + ran.err) for ran in told)
    assert canary.places(home) == []
