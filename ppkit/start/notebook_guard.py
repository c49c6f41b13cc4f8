"""An extension of the Jupyter server: no key is written into a notebook, and the user is informed.

It works for every save, also automatic ones, and so for the checkpoints, which are copies of what was saved.
It also loads our extension of IPython into Python kernels, which guards them, and redacts the server's own
log.

`ppkit start` and Binder switch it on, by the folder `jupyter` beside this file; how else: docs/leaks.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from ppkit.keys.key_search import FoundKey, without_keys
from ppkit.keys.process_guard import guard_process
from ppkit.keys.scan.leaks import LeakPlace
from ppkit.keys.scan.notebook_keys import SUFFIX, take_keys_out
from ppkit.look.texts import Texts
from ppkit.settings import language_in

KERNEL_EXTENSION = "--ext=ppkit"
EVENT = "https://ppkit/notebook-guard/key-kept-out"
SCHEMA = {
    "$id": EVENT,
    "version": "1",
    "title": "A key was kept out of a notebook",
    "type": "object",
    "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
    "required": ["path", "message"],
}
LONGEST_MESSAGE = 140  # characters; JupyterLab cuts what is longer


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    guard_process()
    server.event_logger.register_event_schema(SCHEMA)
    server.contents_manager.register_pre_save_hook(NotebookGuard(server.event_logger).before_save)
    guard_kernels(server.kernel_spec_manager)


class NotebookGuard:
    """Takes keys out of what is about to be written, and reports each once as long as it stays there."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._told: dict[str, set[str]] = {}

    def before_save(self, model: dict[str, Any], path: str, **_rest: object) -> None:
        """Jupyter's hook: `model` is what the browser sent, and is changed in place where a key is in it."""
        taken = _take_out(model, path)
        now = {key.fingerprint for _place, key in taken}
        if now - self._told.get(path, set()):
            texts = Texts(language_in(PurePosixPath(path).parent))
            self._events.emit(schema_id=EVENT, data={"path": path, "message": message_about(taken, texts)})
        self._told[path] = now


def _take_out(model: dict[str, Any], path: str) -> Sequence[tuple[LeakPlace | None, FoundKey]]:
    content = model.get("content")
    if model.get("type") == "notebook" and isinstance(content, dict):
        return take_keys_out(content)
    # A notebook that is saved from a text editor, or uploaded as a file.
    if path.endswith(SUFFIX) and model.get("format") == "text" and isinstance(content, str):
        model["content"], found = without_keys(content)
        return [(None, key) for key in found]
    return []


def message_about(taken: Sequence[tuple[LeakPlace | None, FoundKey]], texts: Texts) -> str:
    """What was kept out, where it stood, what to do now, in at most `LONGEST_MESSAGE` characters."""
    keys = {key.fingerprint: key for _place, key in taken}
    cells = {place.cell for place, _key in taken if place and place.cell}
    if len(keys) > 1 or len(cells) != 1:
        return texts.plural("keys.guard.kept_out", len(keys))
    (key,), (cell,) = keys.values(), cells
    return texts("keys.guard.kept_out_of_cell", key=key.masked, cell=cell)


def guard_kernels(specs: Any) -> None:
    """Start the kernels of this Python with their guard; those of other environments may not have ppkit."""
    find = specs.get_kernel_spec

    def get_kernel_spec(name: str) -> Any:
        spec = find(name)
        if spec.argv and spec.argv[0] in _OWN_PYTHON and "ipykernel_launcher" in spec.argv:
            spec.argv = [*spec.argv, KERNEL_EXTENSION]
        return spec

    specs.get_kernel_spec = get_kernel_spec


# Jupyter runs the server's own Python for these names.
_OWN_PYTHON = frozenset({"python", "python3", f"python3.{sys.version_info[1]}", sys.executable})
