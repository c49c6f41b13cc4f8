"""Every mistake of the drills, made in the first lesson itself.

The window says what is wrong, and once it is mended the learner gets to the end on the same page. Window,
session, official SDK and practice platform are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ppkit.clock import SystemClock
from ppkit.onboarding.lessons import DRILLS
from ppkit.practice_platform import drill_account
from ppkit.practice_platform.app import create_app
from ppkit.practice_platform.drill_account import AppAccess, DrillNames
from ppkit.practice_platform.platform import Platform
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.setup.setup_window import SetupWindow

from .fakes import click
from .practice_in_process import PLACE, TOKEN, InProcess, StaysOpen

NAMES = DrillNames("Studio Bianchi", "Trattoria Rossi")
MISTAKES = [drill.name for drill in DRILLS]


@pytest.fixture
def platform() -> Iterator[Platform]:
    found = Platform.open(":memory:", SystemClock())
    yield found
    found.close()


@pytest.fixture
def session(tmp_path: Path, platform: Platform) -> Iterator[InProcess]:
    with StaysOpen(create_app(platform, control_token=TOKEN), base_url=PLACE) as web:
        yield InProcess(tmp_path / "home", web, {})


def pasted(mistake: str, access: AppAccess) -> str:
    """As it gets into the field: one of the mistakes is made on the way there."""
    return access.secret[:20] + "…" + access.secret[21:] if mistake == "damaged_paste" else access.secret


def check(window: SetupWindow, secret: str, project: str = "") -> None:
    """With everything that the window asks for: consent, an image, the project that the app names."""
    if project:
        click(window, "write_down", project=project)
    click(window, "check", {"key": secret})
    if window.problem is None:
        click(window, "consent")
    if window.problem is None:
        click(window, "try_image")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_made_in_the_first_lesson_is_told_and_mended_without_another_page(
    platform: Platform, session: InProcess, mistake: str
) -> None:
    access = drill_account.begin(platform, mistake, NAMES)
    window = SetupWindow(session, run=at_once)
    click(window, "look_again")
    check(window, pasted(mistake, access), access.project_id)
    assert window.card
    assert "pp-problem" in window.html
    assert not session.wizard.has_linked
    mended = drill_account.DRILLS[mistake].mend(platform, access)
    check(window, mended.secret, mended.project_id)
    assert "pp-problem" not in window.html
    click(window, "go", step="link")
    click(window, "link")
    assert session.linked_key is not None
    assert session.linked_key.get_secret_value() == mended.secret
    assert session.wizard.has_linked
