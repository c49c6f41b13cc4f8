"""deploy/jupyterhub/up on a hub that was set up before, with everything it would fetch put in its place."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(os.name == "nt", reason="a shell script: JupyterHub runs on Linux and macOS"),
]
UP = Path(__file__).parents[2] / "deploy" / "jupyterhub" / "up"
CACHE = "__pycache__"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with a hub whose bytecode was written by the hub itself, for itself alone."""
    (tmp_path / "deploy" / "jupyterhub").mkdir(parents=True)
    shutil.copy(UP, tmp_path / "deploy" / "jupyterhub" / "up")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "hub.txt").touch()
    for folder in (tmp_path / "ppkit", tmp_path / ".hub" / "venv" / "lib"):
        folder.mkdir(parents=True)
        (folder / "module.py").write_text("answer = 42\n", "utf-8")
        subprocess.run([sys.executable, "-m", "compileall", "-qq", folder], check=True, umask=0o077)
    programs = {
        tmp_path / ".hub" / "venv" / "bin" / "python": f'exec {sys.executable} "$@"',
        tmp_path / ".hub" / "venv" / "bin" / "jupyterhub": "exit 0",
        tmp_path / ".hub" / "node_modules" / ".bin" / "configurable-http-proxy": "exit 0",
    }
    for place, line in programs.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        place.chmod(0o755)
    (tmp_path / ".hub" / "venv" / ".ready").touch()
    return tmp_path


def go_up(project: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PPKIT_HUB")}
    subprocess.run(
        ["sh", project / "deploy" / "jupyterhub" / "up"],
        env={**environment, "PPKIT_HUB_ACCOUNTS": "one"},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def closed_to_learners(project: Path) -> list[str]:
    compiled = [found for found in project.rglob("*") if CACHE in found.parts]
    assert len(compiled) == 4  # two folders with a file each
    return [str(found) for found in compiled if not found.stat().st_mode & stat.S_IROTH]


def test_every_learner_can_read_the_bytecode_of_a_hub_that_was_set_up_before(project: Path) -> None:
    assert len(closed_to_learners(project)) == 4
    go_up(project)
    assert closed_to_learners(project) == []


def test_what_the_hub_compiles_for_itself_between_two_starts_is_opened_and_the_rest_stays(
    project: Path,
) -> None:
    go_up(project)
    library = next((project / ".hub" / "venv" / "lib" / CACHE).iterdir())
    before = library.stat().st_mtime_ns
    next((project / "ppkit" / CACHE).iterdir()).chmod(0o600)
    go_up(project)
    assert closed_to_learners(project) == []
    assert library.stat().st_mtime_ns == before
