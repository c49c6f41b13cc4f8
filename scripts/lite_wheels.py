"""The wheels that Python inside a web page (Pyodide) installs beside ppkit, by requirements/lite.txt.

`gather FOLDER` fetches them with pip. One is built here from its source, without its compiled part.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from pins import LITE, LITE_PYTHON, ROOT

VERSIONS: dict[str, str] = json.loads((ROOT / "deploy/static-page/versions.json").read_text("utf-8"))
"""The kernel, Pyodide, its ABI and Python, which move together."""
PYODIDE = VERSIONS["pyodide"]
PLATFORM = f"pyemscripten_{VERSIONS['abi']}_wasm32"
"""What the compiled wheels are made for."""
WITHOUT_ITS_COMPILED_PART = "markupsafe"
IN_THE_KERNEL = ("widgetsnbextension",)
"""What JupyterLite's kernel brings itself, as a stub."""


def pinned() -> list[str]:
    """What is fetched as it is."""
    lines = (ROOT / LITE).read_text(encoding="utf-8").splitlines()
    own = (*IN_THE_KERNEL, WITHOUT_ITS_COMPILED_PART)
    return [line for line in lines if line and not line.startswith("#") and line.split("==")[0] not in own]


def gather(folder: Path) -> None:
    """Put all wheels into the folder. Raises CalledProcessError, such as where no index is reached."""
    fetch(folder, pinned())
    (line,) = (
        line
        for line in (ROOT / LITE).read_text(encoding="utf-8").splitlines()
        if line.startswith(f"{WITHOUT_ITS_COMPILED_PART}==")
    )
    from_source = ["--no-deps", "--no-binary", WITHOUT_ITS_COMPILED_PART, "--no-cache-dir"]
    _pip("wheel", *from_source, "--wheel-dir", str(folder), line, CC="false")  # as without a compiler


def fetch(folder: Path, pins: Iterable[str]) -> None:
    """Put the wheels of these pins into the folder, as a page's Python takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    target = ["--python-version", LITE_PYTHON, "--implementation", "cp", "--abi", "cp314", "--abi", "none"]
    for platform in (PLATFORM, "any"):
        target += ["--platform", platform]
    _pip("download", "--no-deps", "--only-binary=:all:", *target, "--dest", str(folder), *pins)


def _pip(*arguments: str, **environment: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    subprocess.run(command, check=True, env={**os.environ, **environment})


if __name__ == "__main__":
    gather(Path(sys.argv[1]))
