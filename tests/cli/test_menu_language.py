"""In which language JupyterLab's menus speak: the link's or the command's, unless the user has chosen one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ppkit.start.lab import LANGUAGE_SETTING, OWN_CONFIGURATION, SPEAKING, with_own_configuration
from ppkit.start.menu_language import speak

MENU_BAR = Path("@jupyterlab/mainmenu-extension/plugin.jupyterlab-settings")
CHOSEN = '{\n    // Language\n    "locale": "fr_FR"\n}'


def configured(settings: Path, **environment: str) -> list[str]:
    made = with_own_configuration({"JUPYTERLAB_SETTINGS_DIR": str(settings), **environment})
    return made["JUPYTER_CONFIG_PATH"].split(os.pathsep)


def choose(settings: Path) -> Path:
    """As JupyterLab writes it when the user picks a language."""
    path = settings / LANGUAGE_SETTING
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(CHOSEN)
    return path


@pytest.mark.parametrize("language", SPEAKING)
def test_jupyterlab_is_told_the_language_of_the_session(language: str, tmp_path: Path) -> None:
    found = configured(tmp_path, PPKIT_LANGUAGE=language, JUPYTER_CONFIG_PATH="/theirs")
    assert found == [str(OWN_CONFIGURATION), str(SPEAKING[language]), "/theirs"]


def test_without_a_language_or_with_one_that_the_user_has_chosen_nothing_is_told(tmp_path: Path) -> None:
    assert configured(tmp_path) == [str(OWN_CONFIGURATION)]
    choose(tmp_path)
    assert configured(tmp_path, PPKIT_LANGUAGE="it") == [str(OWN_CONFIGURATION)]


def test_a_link_sets_the_language_and_the_words_of_the_menu_bar(tmp_path: Path) -> None:
    speak("it", tmp_path)
    assert json.loads((tmp_path / LANGUAGE_SETTING).read_text()) == {"locale": "it_IT"}
    words = [menu["label"] for menu in json.loads((tmp_path / MENU_BAR).read_text())["menus"]]
    assert "Modifica" in words


def test_another_link_changes_what_a_link_has_set(tmp_path: Path) -> None:
    speak("it", tmp_path)
    speak("en", tmp_path)
    assert json.loads((tmp_path / LANGUAGE_SETTING).read_text()) == {"locale": "en"}
    assert not (tmp_path / MENU_BAR).exists()


def test_a_language_that_the_user_has_chosen_stays_and_so_does_a_menu_bar_of_ones_own(tmp_path: Path) -> None:
    speak("it", tmp_path)
    chosen = choose(tmp_path)
    speak("it", tmp_path)
    assert chosen.read_text() == CHOSEN
    assert not (tmp_path / MENU_BAR).exists()  # or it would go on in Italian
    (tmp_path / MENU_BAR).write_text('{"menus": []}')
    speak("it", tmp_path)
    assert (tmp_path / MENU_BAR).read_text() == '{"menus": []}'
