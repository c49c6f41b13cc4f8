"""The trainer's table: codes in, learners out, nothing kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ppkit.keys import ApiKey
from ppkit.onboarding.lessons import LESSONS, lesson_named
from ppkit.onboarding.progress import Facts
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.course.learners_window import LearnersWindow

from .fakes import PRACTICE_KEY, click


@pytest.fixture
def code(session: Any) -> str:
    """Of somebody who has finished the second lesson."""
    for check in lesson_named("create").checks:
        session.course.record(check)
    made: str = session.course.code
    session.progress.update(lambda _facts: Facts())
    return made


def test_every_line_becomes_a_row_with_every_lesson(session: Any, code: str) -> None:
    window = LearnersWindow(session, at_once)
    assert "Ancora nessuno" in window.html
    click(window, "show", lines=f"Anna {code}\n\nBruno;\t{code.lower()}")
    assert window.html.count('<th scope="row">') == 2
    assert window.html.count("✓") == 2
    assert "Account creato sulla piattaforma API (2)" in window.html


def test_a_lesson_that_the_agency_hides_has_no_column_and_is_asked_of_nobody(session: Any, code: str) -> None:
    session.settings.home.mkdir(parents=True, exist_ok=True)
    (session.settings.home / "agency.toml").write_text('name = "A"\n[course]\nhide = ["connect"]\n', "utf-8")
    window = LearnersWindow(session, at_once)
    click(window, "show", lines=f"Anna {code}")
    (row,) = window.html.split('<th scope="row">')[1:]
    assert row.split("</tr>")[0].count("<td") == len(LESSONS)  # one lesson less, and what is asked for next
    assert window.html.count('scope="col"') == len(LESSONS) + 1
    assert "Account creato sulla piattaforma API" not in window.html
    assert window.html.count("✓") == 1


def test_what_holds_no_code_is_told_by_its_line(session: Any, code: str) -> None:
    window = LearnersWindow(session, at_once)
    click(window, "show", lines=f"Anna {code}\nBruno\nCarla AAAA-AAAA-AAAA-AAAA")
    assert "Le righe 2, 3 non hanno un codice" in window.html
    assert window.html.count('<th scope="row">') == 1


def test_no_name_is_written_anywhere(session: Any, code: str, tmp_path: Path) -> None:
    window = LearnersWindow(session, at_once)
    click(window, "show", lines=f"Annamaria {code}")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"Annamaria" in path.read_bytes()]


def test_a_key_pasted_among_the_codes_is_masked(session: Any, code: str) -> None:
    session.link(ApiKey(PRACTICE_KEY))
    window = LearnersWindow(session, at_once)
    click(window, "show", lines=f"{PRACTICE_KEY} {code}\nBruno {PRACTICE_KEY}")
    assert "CANARY" not in window.html
