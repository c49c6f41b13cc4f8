"""The static page as a file host serves it: under a path of its own, to a browser that finds nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from frameworks.environments import ROOT, made_once, python_with, run

INPUTS = (
    "ppkit",
    "notebooks",
    "deploy/static-page",
    "requirements/lite*.txt",
    "scripts/lite*.py",
    "scripts/static_page.py",
)
SUB_PATH = "/agency/course/"
HEADERS = json.loads((ROOT / "deploy/static-page/headers.json").read_text("utf-8"))


def built_site() -> Path:
    """The folder, made once for what it is made from. Skips the test where node or an index is missing."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no node and npm on this machine: the static page was NOT tried")
    builder = python_with("requirements/lite-build.txt")

    def build(folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        run([str(builder), "scripts/static_page.py", "build", str(folder)], environment=environment)

    return made_once("static-page", _fingerprint(), build)


def _fingerprint() -> str:
    """Of every file that the page is made from."""
    found = [path for pattern in INPUTS for path in ROOT.glob(pattern)]
    files = [path for each in found for path in ([each] if each.is_file() else each.rglob("*"))]
    held = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        if path.is_file() and "__pycache__" not in path.parts:
            held.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return held.hexdigest()


@contextmanager
def served(site: Path, folder: Path) -> Iterator[str]:
    """The address of the page, below a path as at an agency's own site."""
    home = folder / SUB_PATH.strip("/")
    home.parent.mkdir(parents=True)
    home.symlink_to(site)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Host, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{SUB_PATH}"
        finally:
            server.shutdown()
            thread.join()


class _Host(SimpleHTTPRequestHandler):
    """A file host that sends what deploy/static-page/headers.json advises, nothing else, and logs nothing."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012  (as its base class declares it)
        "": "application/octet-stream",
        **HEADERS["types"],
    }

    def end_headers(self) -> None:
        for name, value in HEADERS["every_answer"].items():
            self.send_header(name, value)
        is_named_by_content = re.search(HEADERS["never_changes"], self.path.partition("?")[0])
        kept = "never_changes" if is_named_by_content else "any_other"
        self.send_header("Cache-Control", HEADERS["cache"][kept])
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
