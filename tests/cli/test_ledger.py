"""The ledger on PostgreSQL from the command line, in both modes, and `ppkit ledger move`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from house.test_extras import run_without
from postgres_server import connect, free_port, new_database

import ppkit as package
from ppkit.money import Money
from ppkit.spending.ledger import Call
from ppkit.spending.usage import Usage

from .conftest import Ppkit, Ran

PASSWORD = "pass" + "word-" + "CANARY" * 3
NOBODY_THERE = f"postgresql+psycopg://anna:{PASSWORD}@127.0.0.1:{{port}}/class"


def spend(call_id: str, usd: str) -> None:
    ledger = package.session().ledger
    ledger.reserve(Call(call_id, "gpt-6-luna", "…WXYZ", "responses", {"client": "rossi"}), Money.usd(usd))
    ledger.settle(call_id, Money.usd(usd), Usage(input_tokens=100, output_tokens=20))


def password_of(url: str) -> str:
    password = urlsplit(url).password
    assert password
    return password


def shown_without(password: str, ran: Ran, home: Path) -> str:
    """All that a command printed and left in the data folder's notes; the password is not in it."""
    notes = [path.read_text(encoding="utf-8") for path in home.rglob("*.txt")]
    told = "\n".join([ran.out, ran.err, *notes])
    assert password not in told
    assert "Traceback" not in told
    return told


def without_password(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address as it may be typed; the password is in the environment."""
    monkeypatch.setenv("PGPASSWORD", password_of(url))
    return url.replace(f":{password_of(url)}@", "@")


@pytest.fixture
def class_url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A PostgreSQL ledger that the settings name."""
    monkeypatch.setenv("PPKIT_LEDGER_URL", postgres_url)
    yield postgres_url
    package.session().ledger.close()


pytestmark = pytest.mark.processes


@pytest.mark.parametrize("mode", ["practice", "live"])
def test_limits_and_usage_are_kept_in_postgresql(
    ppkit: Ppkit, class_url: str, mode: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("PPKIT_MODE", mode)
    assert ppkit("limits", "--soft", "0.05", "--hard", "8").code == 0
    spend("one", "0.10")
    (row,) = ppkit("usage", "--by", "tag:client", "--by", "day", "--json").json
    assert (row["tag:client"], row["calls"], row["cost_pico_usd"]) == ("rossi", 1, 10**11)
    assert "$0.10" in ppkit("usage").out
    assert ppkit("limits", "--json").json["hard_pico_usd"] == 8 * 10**12
    assert not list(home.rglob("ledger.sqlite3"))
    with connect(class_url) as server:
        assert server.execute("SELECT mode FROM world").fetchall() == [(mode,)]


def test_a_class_ledger_of_the_other_mode_is_refused(
    ppkit: Ppkit, class_url: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert ppkit("limits", "--hard", "8").code == 0
    package.session().ledger.close()
    monkeypatch.setenv("PPKIT_MODE", "live")
    ran = ppkit("usage")
    assert ran.code == 2
    assert "belongs to the other mode" in shown_without(password_of(class_url), ran, home)
    monkeypatch.setenv("PPKIT_MODE", "practice")


def test_a_metered_call_is_booked_in_postgresql(ppkit: Ppkit, practice: None, class_url: str) -> None:
    key = ppkit("practice", "key", "--name", "class").out.strip()
    client = package.session().client(api_key=key)
    answer = client.responses.create(model="gpt-5-nano", input="Ciao", max_output_tokens=2000)
    assert answer.output_text
    client.close()
    (row,) = ppkit("usage", "--by", "model", "--json").json
    assert (row["calls"], row["reserved_pico_usd"]) == (1, 0)
    assert row["cost_pico_usd"] > 0


@pytest.mark.parametrize("language", ["it", "en"])
def test_an_unreachable_server_is_explained(
    ppkit: Ppkit, home: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    monkeypatch.setenv("PPKIT_LEDGER_URL", NOBODY_THERE.format(port=port))
    for command in ("usage", "limits"):
        ran = ppkit(command)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 3)
        assert f"127.0.0.1:{port}" in shown_without(PASSWORD, ran, home)
        assert "PPKIT_LEDGER_URL" in ran.err
    error = ppkit("usage", "--json").json["error"]
    assert all(error[part] for part in ("what", "why", "now"))


def test_a_wrong_password_and_a_missing_database_are_told_apart(
    ppkit: Ppkit, home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = urlsplit(postgres_url)
    place = f"{parts.hostname}:{parts.port}"
    faults = {
        "password": f"{parts.scheme}://{parts.username}:{PASSWORD}@{place}{parts.path}",
        "database": f"{parts.scheme}://{parts.username}:{parts.password}@{place}/no_such_database",
    }
    codes = set()
    for url in faults.values():
        monkeypatch.setenv("PPKIT_LEDGER_URL", url)
        ran = ppkit("usage")
        assert (ran.code, len(ran.err.splitlines())) == (2, 3), ran.err
        shown_without(PASSWORD, ran, home)
        shown_without(password_of(postgres_url), ran, home)
        codes.add(ppkit("usage", "--json").json["error"]["code"])
    assert len(codes) == 2
    assert "unforeseen" not in codes


@pytest.mark.parametrize("language", ["it", "en"])
def test_without_the_driver_the_extra_is_named(tmp_path: Path, language: str) -> None:
    url = NOBODY_THERE.format(port=free_port())
    typed = url.replace(f":{PASSWORD}@", "@")
    for arguments in (["usage"], ["ledger", "move", typed, "sqlite:///books.sqlite3"]):
        done = run_without(
            {"psycopg"},
            f"import sys; from ppkit.cli.main import run; sys.exit(run({arguments!r}))",
            tmp_path,
            PPKIT_LEDGER_URL=url,
            PPKIT_LANGUAGE=language,
        )
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 3)
        assert "pip install 'ppkit[postgres]'" in done.stderr
        assert PASSWORD not in done.stderr


@pytest.mark.parametrize(
    ("language", "said"), [("it", ["spesi 0,10 USD", "fino all’ultimo picodollaro"]), ("en", ["$0.10 spent"])]
)
def test_a_ledger_moves_to_postgresql_and_is_used_there(
    ppkit: Ppkit,
    home: Path,
    postgres_url: str,
    language: str,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spend("one", "0.10")
    package.session().ledger.close()
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    ran = ppkit("ledger", "move", "sqlite:///ledger.sqlite3", without_password(postgres_url, monkeypatch))
    told = shown_without(password_of(postgres_url), ran, home)
    assert ran.code == 0
    parts = urlsplit(postgres_url)
    place = f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}"
    where = [place, str(home / "practice" / "ledger.sqlite3"), "PPKIT_LEDGER_URL"]
    assert [words for words in (*said, *where) if words not in told] == []
    monkeypatch.setenv("PPKIT_LEDGER_URL", postgres_url)
    (row,) = ppkit("usage", "--json").json
    assert (row["calls"], row["cost_pico_usd"]) == (1, 10**11)
    package.session().ledger.close()


def test_a_ledger_moves_back_into_a_file(
    ppkit: Ppkit, home: Path, class_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend("one", "0.10")
    moved = ppkit("ledger", "move", "PPKIT_LEDGER_URL", "sqlite:///back.sqlite3", "--json")
    assert password_of(class_url) not in moved.out + moved.err
    assert moved.json | {"from": ""} == {
        "from": "",
        "to": str(home / "practice" / "back.sqlite3"),
        "calls": 1,
        "months": 1,
        "cost_pico_usd": 10**11,
        "uncertain_pico_usd": 0,
        "reserved_pico_usd": 0,
    }
    again = ppkit("ledger", "move", "PPKIT_LEDGER_URL", "sqlite:///back.sqlite3", "--json")
    assert (again.code, again.json["error"]["code"]) == (2, "ledger_not_empty")
    monkeypatch.setenv("PPKIT_LEDGER_URL", "sqlite:///back.sqlite3")
    assert ppkit("usage", "--json").json[0]["cost_pico_usd"] == 10**11
    package.session().ledger.close()
    monkeypatch.setenv("PPKIT_LEDGER_URL", class_url)


def test_a_ledger_of_the_other_mode_is_not_moved(
    ppkit: Ppkit, postgres_server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend("one", "0.10")
    package.session().ledger.close()
    path = "sqlite:///../practice/ledger.sqlite3"
    with new_database(postgres_server_url) as target:
        monkeypatch.setenv("PPKIT_MODE", "live")
        ran = ppkit("ledger", "move", path, without_password(target, monkeypatch), "--json")
        assert (ran.code, ran.json["error"]["code"]) == (2, "ledger_of_other_mode")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://anna:{secret}@host/db",
        "postgresql://host/db?user=anna&password={secret}",
        "postgresql://host/db?sslpassword={secret}",
    ],
)
def test_a_password_typed_as_an_argument_is_refused_and_repeated_nowhere(
    ppkit: Ppkit, home: Path, url: str
) -> None:
    typed = url.format(secret=PASSWORD)
    for addresses in (("sqlite:///ledger.sqlite3", typed), (typed, "sqlite:///new.sqlite3")):
        ran = ppkit("ledger", "move", *addresses)
        told = shown_without(PASSWORD, ran, home)
        assert (ran.code, "PGPASSWORD" in told, "~/.pgpass" in told) == (2, True, True)


@pytest.mark.parametrize(
    "url", ["mysql://anna:{secret}@host/db", "{secret}", "postgresql+psycopg://anna:{secret}@[host/db"]
)
def test_an_address_that_leads_nowhere_is_refused_without_its_password(
    ppkit: Ppkit, home: Path, url: str
) -> None:
    spend("one", "0.10")
    package.session().ledger.close()
    for addresses in (("sqlite:///ledger.sqlite3", url), (url, "sqlite:///new.sqlite3")):
        ran = ppkit("ledger", "move", *(address.format(secret=PASSWORD) for address in addresses))
        assert (ran.code, len(ran.err.splitlines())) == (2, 3)
        shown_without(PASSWORD, ran, home)
