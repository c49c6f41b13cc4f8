"""The data folder of Python inside a web page: files that the browser keeps, held by one page at a time.

The page's script calls `hold` before anything else runs (deploy/static-page). What SQLite commits is in the
browser's storage some milliseconds later; a page closed in between finds what stood there before, whole.
"""

from __future__ import annotations

import os
from importlib import import_module, resources
from pathlib import PurePosixPath
from typing import Any

ROOT = PurePosixPath("/home/ppkit")
_held: list[PurePosixPath] = []


async def hold(site: str) -> bool:
    """Whether this kernel now has what the browser keeps for `site`, the path of its address ("/a/").

    Not if another tab or another kernel of this page has it: `PPKIT_HOME` is then a folder that nobody keeps.
    """
    if _held:
        return True
    folder = folder_of(site)
    script = resources.files("ppkit").joinpath("browser_storage.js").read_text("utf-8")
    # Modules that only Python inside a page has.
    run_js: Any = import_module("pyodide.code").run_js
    if not await run_js(script)(import_module("pyodide_js").FS, str(folder)):
        return False
    _held.append(folder)
    os.environ["PPKIT_HOME"] = str(folder)
    return True


def folder_of(site: str) -> PurePosixPath:
    """Two courses at one host are two: the browser's storage is one for the whole host."""
    return ROOT.joinpath(*(part for part in site.split("/") if part), "data")
