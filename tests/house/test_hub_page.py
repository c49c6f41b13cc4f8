"""docs/hub.md says what deploy/jupyterhub does: no setting is missing, none is invented."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "jupyterhub"
SETTING = re.compile(r"\bPPKIT_HUB_[A-Z_]+\b")


def settings_in(*paths: Path) -> set[str]:
    return {name for path in paths for name in SETTING.findall(path.read_text("utf-8"))}


def test_the_page_names_exactly_the_settings_that_there_are() -> None:
    used = settings_in(FOLDER / "jupyterhub_config.py", FOLDER / "up")
    assert used
    assert settings_in(ROOT / "docs" / "hub.md") == used
