"""Colab's page draws other people's widgets with the manager that is named beside them.

Colab names it in what is displayed, once that is switched on. Switching it on is for anywidget.
"""

from __future__ import annotations

from typing import Any

from IPython.core.getipython import get_ipython

WIDGET = "application/vnd.jupyter.widget-view+json"
_installed_url = "the manager's address"


def enable_custom_widget_manager(version: str = "5.0.0a") -> None:
    assert version == "5.0.0a"
    shell: Any = get_ipython()
    shell.display_pub.register_hook(_named)


def _named(message: dict[str, Any]) -> dict[str, Any]:
    content = message.get("content") or {}
    if WIDGET in content.get("data", {}):
        told = content.setdefault("metadata", {}).setdefault(WIDGET, {})
        told["colab"] = {"custom_widget_manager": {"url": _installed_url}}
    return message
