"""`ppkit reconcile` and `ppkit platform keys`, with the unmodified SDK in front of the practice platform."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from canary.canary import Canary
from starlette.testclient import TestClient

import ppkit as package
from ppkit.clock import ManualClock
from ppkit.keys.masking import masked_end
from ppkit.money import Money
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.platform import Platform
from ppkit.spending.ledger import Call

from .at_hand import PLACE, client_of, practice_at_hand
from .conftest import Ppkit

LATER = timedelta(days=3)


@pytest.fixture
def account(platform: Platform) -> Platform:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    platform.billing.give_credits(Money.usd(5))
    return platform


@pytest.fixture
def admin_key(account: Platform) -> str:
    return account.keys.create_admin("bill")[1]


@pytest.fixture
def secret(
    home: Path, account: Platform, admin_key: str, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A key to pay with; the commands meet the platform as long as the test lasts."""
    with practice_at_hand(account, admin_key, clock, monkeypatch):
        yield account.create_key("PostPickr-AI")[1]


def ask(client: Any, model: str = "gpt-6-luna") -> None:
    client.responses.create(model=model, input="Ciao, come stai?")


def ask_elsewhere(account: Platform, secret: str) -> None:
    """A call of another program: the platform bills it, and nobody here knows."""
    body = {"model": "gpt-6-luna", "input": "Ciao, come stai?"}
    with TestClient(create_app(account), base_url=PLACE) as other:
        answer = other.post("/v1/responses", json=body, headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200


def lose(account: Platform, secret: str) -> str:
    """A call that the platform answers and bills, and whose answer never arrives."""
    ledger = package.session().ledger
    ledger.reserve(Call("lost", "gpt-6-luna", masked_end(secret), "responses"), Money.usd("0.01"))
    ask_elsewhere(account, secret)
    ledger.give_up("lost")
    return "lost"


def test_what_was_called_and_what_was_billed_agree_to_the_pico_dollar(
    ppkit: Ppkit, secret: str, clock: ManualClock
) -> None:
    client = client_of(secret)
    for model in ("gpt-6-luna", "gpt-6-luna", "gpt-6-sol"):
        ask(client, model)
    client.embeddings.create(model="text-embedding-3-small", input="Ciao")
    client.images.generate(model="gpt-image-2", prompt="Il mare", size="256x256", quality="low")
    clock.advance(LATER)
    found = ppkit("reconcile", "--fetch", "--json")
    assert found.code == 0
    assert found.json["keys_known"]
    assert {row["model"] for row in found.json["rows"]} == {
        "gpt-6-luna", "gpt-6-sol", "text-embedding-3-small", "gpt-image-2"
    }  # fmt: skip
    assert all(row["difference_pico_usd"] == 0 == len(row["causes"]) for row in found.json["rows"])
    assert all(row["our_calls"] == row["their_calls"] for row in found.json["rows"])
    assert "agree" in ppkit("reconcile").out


def test_a_lost_call_is_settled_once_when_somebody_agrees(
    ppkit: Ppkit, account: Platform, secret: str, clock: ManualClock
) -> None:
    ask(client_of(secret))
    lost = lose(account, secret)
    assert ppkit("reconcile", "--fetch", "--json").json["to_settle"] == 0
    clock.advance(LATER)
    shown = ppkit("reconcile", "--fetch", "--settle")
    assert (shown.code, len(package.session().ledger.uncertain())) == (3, 1)
    assert "uncertain, now known" in shown.out
    settled = ppkit("reconcile", "--settle", "--yes", "--json").json
    assert (settled["settled"], settled["to_settle"]) == (1, 0)
    assert package.session().ledger.totals(month="2026-11").spent == account.usage.billed()
    assert package.session().ledger.entry(lost).mark is None
    assert ppkit("reconcile", "--fetch", "--settle", "--yes", "--json").json["settled"] == 0
    assert package.session().ledger.audit() == []


def test_calls_of_another_program_are_named_as_such(
    ppkit: Ppkit, account: Platform, secret: str, clock: ManualClock
) -> None:
    ask(client_of(secret))
    ask_elsewhere(account, account.create_key("another program")[1])
    clock.advance(LATER)
    found = ppkit("reconcile", "--fetch", "--json")
    (row,) = found.json["rows"]
    assert row["causes"] == [{"kind": "elsewhere", "pico_usd": row["difference_pico_usd"]}]
    assert found.code == 0


def test_exported_files_do_without_an_admin_key(
    ppkit: Ppkit, secret: str, home: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    monkeypatch.delenv("OPENAI_ADMIN_KEY")
    ledger = package.session().ledger
    ledger.reserve(Call("one", "gpt-5", "…WXYZ", "responses"), Money.usd("0.10"))
    ledger.settle("one", Money.usd("0.10"))
    period = "2026-11-23T00:00:00+00:00,2026-11-24T00:00:00+00:00"
    costs = home.parent / "cost_2026-11-23_2026-11-23.csv"
    costs.write_text(
        f"start_time_iso,end_time_iso,amount_value,amount_currency,line_item\n{period},0.0912,usd,gpt-5\n"
    )
    clock.advance(LATER)
    with costs.open("a") as file:
        file.write(f'{period},0.001,usd,"gpt-5, output"\n')
        # Only later use proves that the file was exported when the day was complete.
        file.write('2026-11-25T00:00:00,2026-11-26T00:00:00,0.001,usd,"gpt-5, output"\n')
    costs.write_text(costs.read_text().replace(",gpt-5\n", ',"gpt-5, input"\n'))
    found = ppkit("reconcile", "--csv", str(costs))
    assert found.code == 1
    assert "not explained" in found.out
    assert "Activity" in found.out
    again = ppkit("reconcile", "--csv", str(costs), "--json").json
    assert [(row["difference_pico_usd"], row["causes"][0]["kind"]) for row in again["rows"]] == [
        (-78 * 10**8, "unexplained"), (10**9, "delay")
    ]  # fmt: skip
    assert not again["keys_known"]


def test_a_faulty_file_is_a_sentence_with_its_line(ppkit: Ppkit, secret: str, home: Path) -> None:
    path = home.parent / "cost_x.csv"
    path.write_text("start_time,amount_value\n1764547200,1.0\n1764547200,many\n")
    ran = ppkit("reconcile", "--csv", str(path))
    assert ran.code == 2
    assert "Line 3" in ran.err
    assert "amount_value" in ran.err
    assert "Nothing has been imported" in ppkit("reconcile").out


def test_keys_are_listed_masked_with_their_last_use(ppkit: Ppkit, account: Platform, secret: str) -> None:
    ask(client_of(secret))
    account.create_key("never used")
    used, unused = sorted(
        ppkit("platform", "keys", "--json").json, key=lambda key: key["last_used_at"] or "~"
    )
    assert (used["name"], used["last_used_at"][:10]) == ("PostPickr-AI", "2026-11-23")
    assert (unused["name"], unused["last_used_at"]) == ("never used", None)
    out = ppkit("platform", "keys").out
    assert "never" in out
    assert secret not in out
    assert used["key"].endswith(secret[-4:])


def test_neither_key_is_told_or_kept_anywhere(
    ppkit: Ppkit, secret: str, admin_key: str, home: Path, clock: ManualClock, account: Platform
) -> None:
    ask(client_of(secret))
    clock.advance(LATER)
    told = [
        ppkit(*line)
        for line in (
            ("platform", "keys"), ("platform", "keys", "--json"), ("reconcile", "--fetch"),
            ("reconcile", "--fetch", "--json"), ("reconcile", "--csv", str(home / "none.csv")),
        )
    ]  # fmt: skip
    account.keys.revoke(account.keys.keys("admin")[0].id)
    told += [ppkit("reconcile", "--fetch"), ppkit("platform", "keys")]
    assert [ran.code for ran in told] == [0, 0, 0, 0, 2, 1, 1]
    for key in (secret, admin_key):
        canary = Canary("key", key, key[18:34])
        assert not any(canary.is_in(ran.out + ran.err) for ran in told)
        assert canary.places(home) == []
