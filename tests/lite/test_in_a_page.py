"""ppkit in the Python of a web page: the real one (Pyodide), under node, so that it needs no browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import lite_wheels
import pytest
from frameworks.environments import made_once, run
from pins import LITE

pytestmark = pytest.mark.lite

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TOOLS = (
    "genai-prices",
    "hypothesis",
    "iniconfig",
    "packaging",
    "pluggy",
    "pygments",
    "pytest",
    "sortedcontainers",
)
"""What the tests themselves need there, as requirements/dev.txt pins it."""


@pytest.fixture(scope="module")
def pyodide() -> Path:
    """The npm package, kept in the user's cache."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no node and npm on this machine: nothing was tried in a web page's Python")
    package = f"pyodide@{lite_wheels.PYODIDE}"

    def install(folder: Path) -> None:
        folder.mkdir()
        run(["npm", "install", "--ignore-scripts", "--no-save", "--no-package-lock", package], cwd=folder)

    return made_once("pyodide", package, install) / "node_modules/pyodide"


@pytest.fixture(scope="module")
def mounts(pyodide: Path) -> list[str]:
    """The packages unpacked, what is compiled of them, and this checkout; as page.mjs takes them."""
    pins = [line for line in (ROOT / "requirements/dev.txt").read_text("utf-8").splitlines() if "==" in line]
    tools = [line.partition(" ")[0] for line in pins if line.partition("==")[0] in TOOLS]
    contents = (ROOT / LITE).read_text("utf-8") + "\n".join(tools) + lite_wheels.PLATFORM

    def install(folder: Path) -> None:
        try:
            lite_wheels.gather(folder / "site-wheels")
            lite_wheels.fetch(folder / "tools-wheels", tools)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no package index was reached, so NOTHING was tried in a web page's Python: {error}")
        for name in ("site", "tools"):
            for wheel in (folder / f"{name}-wheels").glob("*.whl"):
                zipfile.ZipFile(wheel).extractall(folder / name)
        (folder / "compiled").mkdir()

    made = made_once("page", contents, install)
    return [*(f"{name}={made / name}" for name in ("site", "tools", "compiled")), f"repo={ROOT}"]


def in_page(script: str, pyodide: Path, mounts: list[str]) -> str:
    """What the script printed; fails the test with it where the script fails."""
    command = ["node", str(HERE / "page.mjs"), str(pyodide), str(HERE / script), *mounts]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_ledger_keeps_its_contract_and_the_money_cases_come_out_the_same(
    pyodide: Path, mounts: list[str]
) -> None:
    printed = in_page("exam.py", pyodide, mounts)
    assert " passed" in printed
    assert "skipped" not in printed


def test_the_course_is_played_to_its_certificate(pyodide: Path, mounts: list[str]) -> None:
    assert "certificate" in in_page("practice_path.py", pyodide, mounts)
