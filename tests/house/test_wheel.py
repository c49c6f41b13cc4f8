"""The wheel: everything that ppkit needs at run time travels in it, and it works on its own."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .tracked import ROOT, tracked_files

pytestmark = pytest.mark.processes

UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_every_file_of_the_package_is_in_the_wheel(names: list[str]) -> None:
    own = [path.relative_to(ROOT) for path in tracked_files()]
    wanted = [path.as_posix() for path in own if path.parts[0] == "ppkit"]
    assert len(wanted) > 100
    assert [name for name in wanted if name not in names] == []


def test_the_notebooks_are_in_the_wheel(names: list[str]) -> None:
    own = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    assert own
    assert [path for path in own if f"ppkit/{path.relative_to(ROOT).as_posix()}" not in names] == []


@pytest.mark.parametrize(
    "ending",
    ["it/cli.po", "en/cli.po", ".css", ".js", ".html", ".sql", ".json", ".ttf", "py.typed", "LICENSE"],
)
def test_what_is_not_python_travels_too(names: list[str], ending: str) -> None:
    assert [name for name in names if name.endswith(ending)]


def test_nothing_else_is_in_the_wheel(names: list[str]) -> None:
    assert [name for name in names if not name.startswith(("ppkit/", "ppkit-"))] == []
    assert [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name] == []


def test_a_clean_environment_runs_it(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    quiet = [str(UV), "--quiet"]
    subprocess.run([*quiet, "venv", "--python", sys.executable, str(environment)], check=True)
    constraints = ["--constraint", str(ROOT / "requirements/dev.txt")]
    install = [
        *quiet,
        "pip",
        "install",
        "--python",
        str(environment / "bin/python"),
        *constraints,
        str(wheel),
    ]
    subprocess.run(install, check=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "PYTHON"))}
    own |= {"PPKIT_HOME": str(tmp_path / "home"), "PPKIT_LANGUAGE": "it"}
    run = {"cwd": tmp_path, "env": own, "text": True}
    shown = subprocess.run([environment / "bin/ppkit", "limits"], capture_output=True, check=True, **run)  # type: ignore[call-overload]
    assert "Limite di spesa (blocca): nessuno" in shown.stdout
    code = "from ppkit.start.notebooks import *; print(guided_notebook(packaged_notebooks(), 'it'))"
    found = subprocess.run([environment / "bin/python", "-c", code], capture_output=True, check=True, **run)  # type: ignore[call-overload]
    assert found.stdout.startswith("it/")
    started = subprocess.run([environment / "bin/ppkit", "start"], capture_output=True, check=False, **run)  # type: ignore[call-overload]
    assert (started.returncode, "ppkit[lab]" in started.stderr) == (2, True)
