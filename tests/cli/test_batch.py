"""`ppkit batch`: an estimate, a yes, posts on the real practice process; the same line goes on."""

from __future__ import annotations

import io
import os
import signal
from pathlib import Path

import pytest

import ppkit as package
from ppkit.ai_assistant import Assistant, Brief, Post
from ppkit.cli.main import run

from .conftest import Ppkit

IN_PRACTICE = [pytest.mark.usefixtures("practice"), pytest.mark.processes]
FILE = "briefs.csv"


@pytest.fixture(autouse=True)
def briefs(home: Path) -> None:
    Path(FILE).write_text("argomento;social\nSaldi;x\nCaffè;instagram\nGelati;x\n", encoding="utf-8")


class Typed(io.StringIO):
    """What a user types at a terminal."""

    def isatty(self) -> bool:
        return True


def test_without_a_yes_nothing_is_sent(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = ppkit("batch", FILE)
    assert ran.code == 3
    assert "To be written: 3 posts." in ran.out
    assert "3 with plan credits: they take 3." in ran.out
    assert "--yes" in ran.err
    monkeypatch.setattr("sys.stdin", Typed("no\n"))
    assert run(["batch", FILE]) == 3
    document = ppkit("batch", FILE, "--json").json
    assert document["estimate"]["credits"] == 3
    assert document["outcome"] is None
    assert package.session().drafts.all() == []


def test_a_file_of_faults_alone_is_no_batch(ppkit: Ppkit) -> None:
    Path(FILE).write_text("topic,network\nSaldi,myspace\n", encoding="utf-8")
    ran = ppkit("batch", FILE, "--yes")
    assert (ran.code, ran.err) == (1, "Row 2 was left out. This network is not known.\n")
    assert ppkit("batch", FILE, "--json").json["batch"] is None


class TestInPractice:
    pytestmark = IN_PRACTICE

    def test_a_yes_writes_them_all_once(self, ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", Typed("sì\n"))
        assert run(["batch", FILE, "--client", "Bianchi"]) == 0
        drafts = package.session().drafts.all()
        assert {draft.topic for draft in drafts} == {"Saldi", "Caffè", "Gelati"}
        assert {draft.client for draft in drafts} == {"Bianchi"}
        again = ppkit("batch", FILE, "--client", "Bianchi", "--yes", "--json").json
        assert (again["batch"]["done"], again["outcome"]) == (3, None)
        assert len(package.session().drafts.all()) == 3

    def test_ctrl_c_lets_the_post_end_and_the_same_line_goes_on(
        self, ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = Assistant.write_post

        def interrupted(self: Assistant, brief: Brief) -> Post:
            if brief.topic == "Caffè":
                os.kill(os.getpid(), signal.SIGINT)
            return write(self, brief)

        with monkeypatch.context() as pressed:
            pressed.setattr(Assistant, "write_post", interrupted)
            ran = ppkit("batch", FILE, "--yes")
        assert ran.code == 1
        assert "Stopped by you." in ran.out
        assert "To be written: 1 post." in ran.out
        assert "2/3  Caffè" in ran.err
        done = ppkit("batch", FILE, "--yes")
        assert (done.code, "All written." in done.out) == (0, True)
        assert len(package.session().drafts.all()) == 3

    def test_the_limit_is_told_with_what_is_left(self, ppkit: Ppkit) -> None:
        key = ppkit("practice", "key", "--name", "test").out
        ppkit("key", "set", typed=key)
        ppkit("limits", "--hard", "0.000001")
        ran = ppkit("batch", FILE, "--yes", "--json")
        outcome = ran.json["outcome"]
        assert ran.code == 1
        assert (outcome["ending"], outcome["problem"]["code"]) == ("limit", "ppkit_hard_limit_reached")
        assert (outcome["left"]["posts"], outcome["cost_pico_usd"]) == (3, 0)
        assert outcome["left"]["highest_cost_pico_usd"] > 0
        what_if = ran.json["estimate"]["what_if"]
        assert (what_if["fits"], what_if["left_pico_usd"], what_if["blocked_by"]) == (False, 10**6, ["all"])
        told = ppkit("batch", FILE, "--yes")
        assert "Stopped at the limit" in told.out
        assert "3 with your OpenAI key: they cost at most $" in told.out
        before = told.out.partition("Stopped at the limit")[0]
        assert "leaves $0.000001" in before
        ppkit("limits", "--hard", "none", "--why", "enough seen")
        assert ppkit("batch", FILE, "--yes").code == 0
