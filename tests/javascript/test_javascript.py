"""Clients from elsewhere: the SDK of JavaScript, and the AI SDK, call the practice platform.

Each test of a `.test.mjs` beside this file is one test here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from frameworks.environments import made_once, run
from PIL import Image

from ppkit.clock import SystemClock
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control
from ppkit.start.shared_platform import end_practice

pytestmark = pytest.mark.javascript

HERE = Path(__file__).parent
SCRIPTS = sorted(HERE.glob("*.test.mjs"))
NAMES = [
    (script.name, name)
    for script in SCRIPTS
    for name in re.findall(r'^test\("(.+?)", ', script.read_text("utf-8"), re.MULTILINE)
]


@pytest.fixture(scope="module")
def packages() -> Path:
    """The folder with the npm packages of package-lock.json, kept in the user's cache."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no node and npm on this machine: the SDK of JavaScript was NOT tried")
    files = [HERE / name for name in ("package.json", "package-lock.json", ".npmrc")]

    def install(folder: Path) -> None:
        folder.mkdir()
        for file in files:
            shutil.copy(file, folder)
        run(["npm", "ci", "--ignore-scripts"], cwd=folder)

    return made_once("javascript", "".join(file.read_text("utf-8") for file in files), install)


@pytest.fixture(scope="module")
def outcomes(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What each test of the scripts ended with, by its name: nothing, or how it failed."""
    folder = tmp_path_factory.mktemp("javascript")
    home = folder / "home"
    try:
        control = Control(ensure_running(home))
        made = control.post("key", name="javascript", credit="100", permissions="all")
        variables = {
            "OPENAI_BASE_URL": ensure_running(home).base_url,
            "OPENAI_API_KEY": str(made["key"]),
            "OPENAI_ADMIN_KEY": str(control.post("admin-key")["key"]),
        }
        yield run_scripts(folder / "scripts", packages, variables)
    finally:
        end_practice(home, SystemClock())


def run_scripts(folder: Path, packages: Path, variables: dict[str, str]) -> dict[str, str]:
    folder.mkdir()
    for script in SCRIPTS:
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(
        packages / "node_modules"
    )  # modules are looked for beside the script
    picture = folder / "pane.png"
    Image.new("RGB", (64, 64), "orange").save(picture)
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    report = folder / "report.xml"
    command = ["node", "--test", "--test-reporter=junit", f"--test-reporter-destination={report}"]
    done = subprocess.run(
        [*command, *(script.name for script in SCRIPTS)],
        cwd=folder,
        env={**kept, **variables, "PICTURE": str(picture)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert report.is_file(), done.stdout
    cases = ElementTree.parse(report).iter("testcase")
    return {case.attrib["name"]: failure_of(case) for case in cases}


def failure_of(case: ElementTree.Element) -> str:
    failed = case.find("failure")
    return "" if failed is None else (failed.text or failed.attrib.get("message") or "failed")


@pytest.mark.parametrize(("script", "name"), NAMES, ids=[name for _, name in NAMES])
def test_by_the_sdk_of_javascript(script: str, name: str, outcomes: dict[str, str]) -> None:
    assert outcomes.get(name, f"not run: {sorted(outcomes)}") == ""


def test_the_committed_files_name_no_registry_and_no_other_address() -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        assert "://" not in (HERE / name).read_text("utf-8")
