"""`ppkit practice` and `ppkit check`, against the real practice process."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ppkit.checkup import Rung
from ppkit.cli.main import run
from ppkit.clock import month_of
from ppkit.keys import ApiKey
from ppkit.metering import HardLimitReached
from ppkit.money import ZERO
from ppkit.onboarding import Progress
from ppkit.practice_platform.address import find_running
from ppkit.practice_platform.remote import Control
from ppkit.sessions import Session
from ppkit.settings import load_settings

from .conftest import Ppkit

pytestmark = [pytest.mark.usefixtures("practice"), pytest.mark.processes]


def test_one_command_makes_account_credit_and_key(ppkit: Ppkit) -> None:
    made = ppkit("practice", "key", "--name", "test", "--credit", "7.50")
    assert made.code == 0
    assert made.out.startswith("sk-practice-")
    assert made.out.count("\n") == 1


def test_an_admin_key_is_another_kind_of_key(ppkit: Ppkit) -> None:
    assert ppkit("practice", "admin-key").out.startswith("sk-practice-admin-")


def test_check_proves_use_only_with_consent(ppkit: Ppkit) -> None:
    key = ppkit("practice", "key", "--name", "test").out
    unproven = ppkit("check", "--json", typed=key)
    assert (unproven.code, unproven.json["verdict"]) == (3, "recognised")
    proven = ppkit("check", "--yes", "--json", typed=key)
    assert (proven.code, proven.json["verdict"]) == (0, "usable")
    assert key.strip() not in unproven.out + proven.out
    told = ppkit("check", "--yes", typed=key)
    assert told.code == 0
    assert "✓" in told.out


def test_check_takes_the_key_of_the_environment_first(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    key = ppkit("practice", "key", "--name", "test").out.strip()
    monkeypatch.setenv("OPENAI_API_KEY", key)
    assert ppkit("check", "--yes").code == 0


REAL_KEY = "sk-proj-" + "CANARY" * 8


def test_check_passes_over_a_variable_of_the_other_mode(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ppkit("practice", "key", "--name", "test").out
    monkeypatch.setenv("OPENAI_API_KEY", REAL_KEY)
    piped = ppkit("check", "--yes", typed=key)
    assert piped.code == 0
    assert "OPENAI_API_KEY holds a key of the other mode" in piped.err
    assert "CANARY" not in piped.out + piped.err
    ppkit("key", "set", typed=key)
    assert ppkit("check", "--yes").code == 0
    monkeypatch.setenv("PPKIT_MODE", "live")
    monkeypatch.setenv("OPENAI_API_KEY", key.strip())
    refused = ppkit("check", typed="no key")
    assert refused.code == 1
    assert "OPENAI_API_KEY" in refused.err


def test_check_reads_no_further_than_a_key_can_reach(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    endless = io.StringIO("x" * 100_000)
    monkeypatch.setattr("sys.stdin", endless)
    assert run(["check"]) == 1
    assert endless.tell() < 10_000


def test_check_does_without_standard_input(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    ppkit("key", "set", typed=ppkit("practice", "key", "--name", "test").out)
    monkeypatch.setattr("sys.stdin", None)
    assert run(["check", "--yes"]) == 0


def test_check_refuses_what_is_no_text(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"sk-\xff\xfe"), encoding="utf-8"))
    assert run(["check"]) == 1


def test_check_takes_the_saved_key_when_there_is_no_other(ppkit: Ppkit) -> None:
    key = ppkit("practice", "key", "--name", "test").out
    ppkit("key", "set", typed=key)
    assert ppkit("check", "--yes").code == 0


def test_an_unknown_key_is_not_usable_and_is_told_why(ppkit: Ppkit) -> None:
    ran = ppkit("check", "--yes", typed="sk-practice-" + "Zz9Yy8Xx7Ww6" * 4)
    assert ran.code == 1
    assert "✗" in ran.out


def test_a_key_without_credit_is_not_usable(ppkit: Ppkit) -> None:
    key = ppkit("practice", "key", "--name", "test", "--credit", "0").out
    assert ppkit("check", "--yes", "--json", typed=key).code == 1


def test_no_key_anywhere_is_a_sentence(ppkit: Ppkit) -> None:
    ran = ppkit("check")
    assert ran.code == 2
    assert "ppkit key set" in ran.err


def test_time_passes_when_told_to(ppkit: Ppkit) -> None:
    before = ppkit("practice", "clock", "show", "--json").json
    after = ppkit("practice", "clock", "advance", "--days", "30", "--json").json
    assert after["offset_seconds"] - before["offset_seconds"] == 30 * 86_400
    assert "UTC" in ppkit("practice", "clock", "show").out


def test_faults_are_listed_and_switched_by_name(ppkit: Ppkit) -> None:
    listed = ppkit("practice", "fault", "--json").json
    assert len(listed) > 10
    assert not any(one["on"] for one in listed)
    assert ppkit("practice", "fault", "server_error", "on").code == 0
    on = [one["name"] for one in ppkit("practice", "fault", "--json").json if one["on"]]
    assert on == ["server_error"]
    unknown = ppkit("practice", "fault", "earthquake", "on")
    assert (unknown.code, "Traceback" in unknown.err) == (2, False)


def test_reset_starts_over(ppkit: Ppkit) -> None:
    key = ppkit("practice", "key", "--name", "test").out
    assert ppkit("practice", "reset").code == 0
    assert ppkit("check", typed=key).code == 1


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize(
    ("mode", "command"),
    [
        ("practice", "“ppkit limits --hard none”"),
        ("live", "“PPKIT_MODE=practice ppkit limits --hard none”"),  # never the limit on real money
    ],
)
def test_reset_says_what_stays_and_how_the_limit_of_practice_is_lifted(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch, mode: str, command: str, language: str
) -> None:
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    ppkit("limits", "--hard", "0.01")
    monkeypatch.setenv("PPKIT_MODE", mode)
    told = ppkit("practice", "reset")
    assert (told.code, command in told.out) == (0, True)
    assert ppkit("practice", "reset", "--json").json == {
        "reset": True,
        "kept": ["ledger", "limits", "progress"],
    }
    monkeypatch.setenv("PPKIT_MODE", "practice")
    assert ppkit("limits", "--json").json["hard_pico_usd"] == 10**10


@pytest.mark.parametrize(
    ("until", "card", "balance"),
    [("account", None, 0), ("card", "Visa 4242", 0), ("credit", "Visa 4242", 7 * 10**12)],
)
def test_a_room_is_prepared_as_far_as_asked_and_nothing_is_bought_twice(
    ppkit: Ppkit, until: str, card: str | None, balance: int
) -> None:
    for _time in range(2):
        told = ppkit("practice", "prepare", "--until", until, "--credit", "7", "--json").json
        assert (told["card"], told["balance_pico_usd"], told["key"]) == (card, balance, None)


def test_a_prepared_key_is_linked_and_never_shown(ppkit: Ppkit, home: Path) -> None:
    told = ppkit("practice", "prepare", "--until", "key", "--project", "PostPickr – Rossi")
    assert "PostPickr – Rossi" in told.out
    here = Session(load_settings(mode="practice"))
    assert here.linked_key
    assert here.linked_key.get_secret_value() not in told.out + told.err
    assert here.linked_key.masked in told.out
    assert ppkit("check", "--yes").code == 0
    again = ppkit("practice", "prepare", "--until", "key", "--json").json
    assert again["key"]["source"] in ("file", "keyring")
    assert "sk-practice-" not in json.dumps(again)


def test_where_no_key_may_be_saved_none_is_made(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BINDER_REQUEST", "1")
    ran = ppkit("practice", "prepare", "--until", "key", "--json")
    assert (ran.code, ran.json["error"]["code"]) == (2, "storing_refused")
    monkeypatch.delenv("BINDER_REQUEST")
    control = Control(Session(load_settings(mode="practice")).practice_link.address())
    assert control.get("state")["keys"] == []


def test_what_cannot_be_prepared_changes_nothing(ppkit: Ppkit) -> None:
    ran = ppkit("practice", "prepare", "--credit", "1000000")
    assert (ran.code, ran.out) == (2, "")
    control = Control(Session(load_settings(mode="practice")).practice_link.address())
    assert control.get("state")["account"] is False


def practised(home: Path) -> frozenset[str]:
    return Progress(home / "practice" / "progress.json").load().checks


def test_progress_is_cleared_only_when_that_is_confirmed(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Session(load_settings(mode="practice")).course.record("costs.stopped")
    refused = ppkit("practice", "reset", "--progress", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "not_confirmed")
    monkeypatch.setattr("ppkit.cli.practice_command.is_typed", lambda: True)
    assert ppkit("practice", "reset", "--progress", typed="no\n").code == 1
    assert practised(home) == {"costs.stopped"}
    assert ppkit("practice", "reset", "--progress", typed="reset\n").code == 0
    assert practised(home) == frozenset()


def test_live_progress_stays_and_what_is_kept_is_told(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPKIT_MODE", "live")
    Session(load_settings()).course.record("costs.stopped")
    Session(load_settings(mode="practice")).course.record("costs.stopped")
    told = ppkit("practice", "reset", "--progress", "--yes", "--json").json
    assert told == {"reset": True, "kept": ["ledger", "limits"]}
    assert practised(home) == frozenset()
    assert Progress(home / "live" / "progress.json").load().checks == {"costs.stopped"}


def test_progress_that_cannot_be_read_is_set_aside(ppkit: Ppkit, home: Path) -> None:
    path = home / "practice" / "progress.json"
    path.parent.mkdir(parents=True)
    path.write_text("damaged")
    assert ppkit("practice", "reset", "--progress", "--yes").code == 0
    assert practised(home) == frozenset()
    assert path.with_name("progress.damaged-1.json").read_text() == "damaged"


def test_an_impossible_credit_is_a_sentence(ppkit: Ppkit) -> None:
    ran = ppkit("practice", "key", "--name", "test", "--credit", "much")
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_a_dead_practice_process_is_started_again_and_nothing_is_lost(ppkit: Ppkit, home: Path) -> None:
    key = ppkit("practice", "key", "--name", "test").out
    address = find_running(home)
    assert address is not None
    os.kill(address.pid, signal.SIGKILL)
    assert ppkit("check", "--yes", typed=key).code == 0


def serve(home: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ppkit", "practice", "serve", *arguments]
    environment = {**os.environ, "PPKIT_HOME": str(home)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_serve_prints_one_line_of_json_and_ends_on_ctrl_c(home: Path) -> None:
    served = serve(home)
    assert served.stdout is not None
    line = json.loads(served.stdout.readline())
    assert set(line) == {"base_url", "console_url", "pid"}
    assert line["base_url"].endswith("/v1")
    served.send_signal(signal.SIGINT)
    rest, errors = served.communicate(timeout=60)
    assert (rest, "Traceback" in errors) == ("", False)
    assert find_running(home) is None


def test_a_taken_port_is_a_sentence(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        served = serve(home, "--port", str(taken.getsockname()[1]))
        _, errors = served.communicate(timeout=60)
    assert served.returncode == 2
    assert "Traceback" not in errors
    assert len(errors.splitlines()) >= 3


def test_next_month_on_the_platform_is_next_month_for_the_limits_here(home: Path) -> None:
    here = Session(load_settings(mode="practice"))
    key = ApiKey(Control(here.practice_link.address()).post("key", name="k")["key"])
    here.link(key)
    here.budget.set(hard="0.0001")
    ask: Any = {"model": "gpt-6-luna", "input": "Ciao", "max_output_tokens": 150}
    here.client().responses.create(**ask)
    with pytest.raises(HardLimitReached):
        here.client().responses.create(**ask)
    month = month_of(here.clock.now())
    Control(here.practice_link.address()).post("clock", to="next_month")
    assert month_of(here.clock.now()) > month
    here.client().responses.create(**ask)
    here.meter.flush()
    # A process that starts later finds the hour by itself; the checkup does not take it for a wrong clock.
    later = Session(here.settings)
    assert later.ledger.totals().spent > ZERO
    assert month_of(later.clock.now()) > month
    reach = next(finding for finding in later.checkup.run(key) if finding.rung is Rung.REACH)
    assert reach.diagnosis is None


def test_a_client_made_before_the_clock_was_moved_books_on_the_day_of_the_bill(
    ppkit: Ppkit, home: Path
) -> None:
    here = Session(load_settings(mode="practice"))
    key = ApiKey(Control(here.practice_link.address()).post("key", name="k")["key"])
    here.link(key)
    client = here.client()
    ask: Any = {"model": "gpt-6-luna", "input": "Ciao", "max_output_tokens": 150}
    client.responses.create(**ask)
    for _jump in range(2):
        # Another process moves the clock, and this one is not informed.
        moved = ppkit("practice", "clock", "advance", "--days", "40", "--json").json
        client.responses.create(**ask)
        here.meter.flush()
        day = moved["now"][:10]
        (row,) = here.ledger.report(by=["day"], since=date.fromisoformat(day))
        assert str(row["day"]) == day
        # The bill of a month with this one call is what the ledger has for its day.
        state = Control(here.practice_link.address()).get("state")
        assert row["cost_pico_usd"]
        assert state["month_spend_pico_usd"] == row["cost_pico_usd"]
    assert [row["calls"] for row in here.ledger.report(by=["day"])] == [1, 1, 1]
    Control(here.practice_link.address()).post("reset")
    assert abs(here.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_inbox_lists_the_mails_that_came(ppkit: Ppkit) -> None:
    ppkit("practice", "key", "--name", "test")
    mails = ppkit("practice", "inbox", "--json").json
    assert [mail["kind"] for mail in mails][-1] == "welcome"
    told = ppkit("practice", "inbox")
    assert told.code == 0
    assert told.out.count("\n") == len(mails)


def test_a_key_comes_with_the_address_that_takes_it(ppkit: Ppkit) -> None:
    made = ppkit("practice", "key", "--name", "test", "--json").json
    assert made["base_url"].startswith("http://127.0.0.1:")
    assert made["base_url"].endswith("/v1")


def test_a_small_hard_limit_does_not_make_a_good_key_look_bad(ppkit: Ppkit) -> None:
    key = ppkit("practice", "key", "--name", "test").out.strip()
    ppkit("limits", "--hard", "0.01")
    checked = ppkit("check", "--yes", typed=key)
    assert checked.code == 0
    assert ppkit("usage", "--by", "model", "--json").json[0]["reserved_pico_usd"] == 0
