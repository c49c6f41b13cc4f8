"""The kernel, Pyodide and its ABI belong together; what names one of them names the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pins

ROOT = Path(__file__).resolve().parents[2]
OWN = ROOT / "deploy/static-page"
VERSIONS = json.loads((OWN / "versions.json").read_text("utf-8"))


def test_every_file_of_the_static_page_names_the_same_versions() -> None:
    build = (ROOT / "requirements/lite-build.txt").read_text("utf-8")
    package = json.loads((OWN / "package.json").read_text("utf-8"))
    lock = json.loads((OWN / "package-lock.json").read_text("utf-8"))
    assert re.findall(r"^jupyterlite-pyodide-kernel==(\S+)", build, re.MULTILINE) == [VERSIONS["kernel"]]
    assert package["dependencies"]["pyodide"] == VERSIONS["pyodide"]
    assert lock["packages"]["node_modules/pyodide"]["version"] == VERSIONS["pyodide"]
    assert VERSIONS["python"] == pins.LITE_PYTHON


def test_the_pages_two_storages_and_its_lock_have_the_name_that_python_uses() -> None:
    page = (OWN / "labextensions/ppkit-page/static/page.js").read_text("utf-8")
    script = (ROOT / "ppkit/browser_storage.js").read_text("utf-8")
    assert '`ppkit:/home/ppkit${site.replace(/\\/$/, "")}/data`' in page
    assert "`ppkit:${folder}`" in script
