"""In which language JupyterLab's menus speak: the link's or the command's, unless the user has chosen one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ppkit.start.lab import OWN_CONFIGURATION, SPEAKING, with_own_configuration
from ppkit.start.menu_language import LOCALES, speak

CHOSEN = "@jupyterlab/translation-extension/plugin.jupyterlab-settings"


def test_jupyterlab_is_told_the_language_of_the_session_and_none_where_there_is_none() -> None:
    for language, folder in SPEAKING.items():
        made = with_own_configuration({"PPKIT_LANGUAGE": language, "JUPYTER_CONFIG_PATH": "/theirs"})
        assert made["JUPYTER_CONFIG_PATH"].split(":") == [str(OWN_CONFIGURATION), str(folder), "/theirs"]
    assert with_own_configuration({})["JUPYTER_CONFIG_PATH"] == str(OWN_CONFIGURATION)


@pytest.mark.parametrize("language", ["it", "en"])
def test_both_ways_of_telling_it_name_the_same_locale(language: str, tmp_path: Path) -> None:
    defaults = json.loads((SPEAKING[language] / "labconfig/default_setting_overrides.json").read_text())
    speak(language, tmp_path)
    assert defaults["@jupyterlab/translation-extension:plugin"] == json.loads((tmp_path / CHOSEN).read_text())
    assert defaults["@jupyterlab/translation-extension:plugin"]["locale"] == LOCALES[language]


def test_another_link_changes_the_language_that_a_link_has_set(tmp_path: Path) -> None:
    speak("en", tmp_path)
    speak("it", tmp_path)
    assert json.loads((tmp_path / CHOSEN).read_text())["locale"] == LOCALES["it"]


def test_a_language_that_the_user_has_chosen_stays(tmp_path: Path) -> None:
    path = tmp_path / CHOSEN
    path.parent.mkdir(parents=True)
    path.write_text('{\n    // Language\n    "locale": "fr_FR"\n}')
    speak("it", tmp_path)
    assert "fr_FR" in path.read_text()
