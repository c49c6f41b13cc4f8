"""`ppkit watch` on the command line."""

from __future__ import annotations

import sys

import pytest

import ppkit as package
from ppkit.cli import watch_command
from ppkit.extras import ExtraMissing
from ppkit.look.texts import Texts

from .conftest import Ppkit
from .test_spending import spend


def test_once_it_is_a_page_or_a_document(ppkit: Ppkit) -> None:
    ppkit("limits", "--hard", "10")
    spend("ppkit-0001", "0.10", client="rossi")
    page = ppkit("watch", "--once")
    assert (page.code, page.err) == (0, "")
    assert "This month: $0.10, 1 call" in page.out
    assert "$0.10 of $10.00, $9.90 left." in page.out
    told = ppkit("watch", "--once", "--json").json
    assert (told["month"]["cost_pico_usd"], told["mode"]) == (10**11, "practice")
    assert [call["tags"] for call in told["latest"]] == [{"client": "rossi"}]


def test_where_there_is_no_terminal_lines_are_written_until_it_is_interrupted(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(watch_command, "_waited", interrupted)
    ran = ppkit("watch")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(Texts("en")("watching.heading", mode="PRACTICE", day="", time="")[:18])


def test_a_terminal_needs_what_draws_on_it(ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(ExtraMissing) as missing:
        watch_command._on_a_screen(package.session(), Texts("en"))
    assert missing.value.facts == {"extra": "watch", "package": "rich"}
    assert ppkit("watch", "--once").code == 0
