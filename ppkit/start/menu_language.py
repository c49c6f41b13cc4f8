"""An extension of the Jupyter server: addresses that open a page of JupyterLab with its menus in a language.

`ppkit start` knows its user's language; Binder and a hub start JupyterLab before anybody comes, and there the
link knows. ppkit/in/it/doc/tree/… leads to doc/tree/…, in Italian.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_escape, url_path_join
from tornado.web import authenticated

from ppkit.start.lab import LANGUAGE_SETTING, SPEAKING, settings_folder

ADDRESS = r"ppkit/in/(it|en)/(.*)"


def speak(language: str, settings: Path) -> None:
    """Set the language of the menus, unless the user has chosen one in JupyterLab's own settings."""
    chosen = settings / LANGUAGE_SETTING
    is_free = not chosen.exists() or chosen.read_text(encoding="utf-8") in _written(LANGUAGE_SETTING)
    for path in {path for wanted in _SETTINGS.values() for path in wanted}:
        own = settings / path
        if own.exists() and own.read_text(encoding="utf-8") in _written(path):
            own.unlink()
        if is_free and path in _SETTINGS[language] and not own.exists():
            own.parent.mkdir(parents=True, exist_ok=True)
            own.write_text(_SETTINGS[language][path], encoding="utf-8")


def _settings_of(language: str) -> dict[Path, str]:
    """What JupyterLab's settings hold, file by file, once it speaks a language."""
    overrides = SPEAKING[language] / "labconfig" / "default_setting_overrides.json"
    wanted = json.loads(overrides.read_text(encoding="utf-8"))
    return {
        Path(plugin.replace(":", "/") + ".jupyterlab-settings"): json.dumps(values)
        for plugin, values in wanted.items()
    }


_SETTINGS = {language: _settings_of(language) for language in SPEAKING}


def _written(path: Path) -> set[str]:
    """What a link may have written there before."""
    return {wanted[path] for wanted in _SETTINGS.values() if path in wanted}


class MenuLanguageHandler(JupyterHandler):
    """GET ppkit/in/it/doc/tree/notebooks/it/00_il_corso.ipynb"""

    @authenticated
    async def get(self, language: str, page: str) -> None:
        speak(language, settings_folder(os.environ))
        address = url_path_join(self.base_url, url_escape(page))
        self.redirect(f"{address}?{self.request.query}" if self.request.query else address)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    address = url_path_join(server.web_app.settings["base_url"], ADDRESS)
    server.web_app.add_handlers(".*$", [(address, MenuLanguageHandler)])
