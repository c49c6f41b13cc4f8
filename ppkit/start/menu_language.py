"""An extension of the Jupyter server: addresses that open a page of JupyterLab with its menus in a language.

`ppkit start` knows its user's language; Binder and a hub start JupyterLab before anybody comes, and there the
link knows. ppkit/in/it/doc/tree/… leads to doc/tree/…, in Italian.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_escape, url_path_join
from jupyterlab.commands import get_user_settings_dir  # type: ignore[import-untyped]
from tornado.web import authenticated

ADDRESS = r"ppkit/in/(it|en)/(.*)"
LOCALES = {"it": "it_IT", "en": "en"}
_WRITTEN = {language: json.dumps({"locale": locale}) for language, locale in LOCALES.items()}


def speak(language: str, settings: Path) -> None:
    """Set the language of the menus, unless the user has chosen one in JupyterLab's own settings."""
    path = settings / "@jupyterlab" / "translation-extension" / "plugin.jupyterlab-settings"
    if path.exists() and path.read_text(encoding="utf-8") not in _WRITTEN.values():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_WRITTEN[language], encoding="utf-8")


class MenuLanguageHandler(JupyterHandler):
    """GET ppkit/in/it/doc/tree/notebooks/it/00_il_corso.ipynb"""

    @authenticated
    async def get(self, language: str, page: str) -> None:
        speak(language, Path(get_user_settings_dir()))
        address = url_path_join(self.base_url, url_escape(page))
        self.redirect(f"{address}?{self.request.query}" if self.request.query else address)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    address = url_path_join(server.web_app.settings["base_url"], ADDRESS)
    server.web_app.add_handlers(".*$", [(address, MenuLanguageHandler)])
