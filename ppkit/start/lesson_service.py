"""An extension of the Jupyter server that tells the page which notebooks are lessons of ppkit.

A lesson that is as it was shipped runs by itself when it is opened; one that was changed is run only after a
question (`lesson_states` judges). The windows of a lesson are not saved with it: another day they would be
errors, and the lesson runs again when it is opened. `ppkit start` and Binder switch the extension on, by the
folder `jupyter` beside this file.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from ppkit.look.texts import Texts
from ppkit.settings import language_in
from ppkit.start.lesson_states import digest_of_lesson, shipped_digests

ADDRESS = "ppkit/lesson"
WINDOW = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True, slots=True)
class ServedLesson:
    """What the page needs to know about one notebook; the texts belong to the question, if there is one."""

    state: Literal["unchanged", "changed", "unknown"]
    digest: str = ""
    title: str = ""
    question: str = ""
    run: str = ""
    leave: str = ""


def state_of(path: str, cells: list[dict[str, Any]]) -> ServedLesson:
    """Judge the notebook at this path of the server by its cells."""
    shipped, found = shipped_digests(), digest_of_lesson(cells)
    if found in shipped.values():
        return ServedLesson("unchanged", found)
    if "/".join(PurePosixPath(path).parts[-2:]) not in shipped:
        return ServedLesson("unknown")
    texts = Texts(language_in(PurePosixPath(path).parent))
    ways = {name: texts(f"course.changed.{name}") for name in ("title", "question", "run", "leave")}
    return ServedLesson("changed", found, **ways)


def leave_windows_out(model: dict[str, Any], path: str, **_rest: object) -> None:
    """Jupyter's hook before a save: `model` is what the browser sent, and is changed in place."""
    content = model.get("content")
    if model.get("type") != "notebook" or not isinstance(content, dict):
        return
    cells = content.get("cells", [])
    if state_of(path, cells).state == "unknown":
        return
    content.get("metadata", {}).pop("widgets", None)
    for cell in cells:
        if "outputs" in cell:
            cell["outputs"] = [output for output in cell["outputs"] if WINDOW not in output.get("data", {})]


class LessonHandler(APIHandler):
    """GET ppkit/lesson?path=it/01_collega.ipynb -> a ServedLesson as JSON."""

    @authenticated
    async def get(self) -> None:
        path = self.get_query_argument("path")
        manager: Any = self.contents_manager
        model = await ensure_async(manager.get(path, content=True, type="notebook"))
        try:
            state = state_of(path, model["content"]["cells"])
        except (KeyError, TypeError):
            raise HTTPError(400, "not a notebook") from None
        self.finish(asdict(state))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    address = url_path_join(server.web_app.settings["base_url"], ADDRESS)
    server.web_app.add_handlers(".*$", [(address, LessonHandler)])
    server.contents_manager.register_pre_save_hook(leave_windows_out)
