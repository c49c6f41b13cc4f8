"""A replica of what Binder runs, without Docker: repo2docker's frozen base, our pins, postBuild, start.

Not covered: the image build, Debian packages, libraries that only conda has, user id 1000, memory limits.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import binder_base

ROOT = Path(__file__).resolve().parents[2]
PYTHON = (ROOT / "binder/runtime.txt").read_text().strip().removeprefix("python-")
UV = Path(sys.executable).with_name("uv")


@cache
def uv_cache() -> str:
    """The developer's, or with another home everything would be downloaded again."""
    asked = subprocess.run([UV, "cache", "dir"], stdout=subprocess.PIPE, text=True, check=True)
    return asked.stdout.strip()


@dataclass(frozen=True, slots=True)
class Replica:
    """A copy of the repository, and the environment that Binder would have made for it."""

    repository: Path
    environment: Path

    def run(self, *command: str) -> str:
        """What the command printed, run in the repository. Raises AssertionError when it fails."""
        done = subprocess.run(
            command,
            cwd=self.repository,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    @property
    def home(self) -> Path:
        """The data folder of ppkit in the replica."""
        return self.repository.parent / "jovyan" / "ppkit"

    def variables(self) -> dict[str, str]:
        """The environment's programs first, and its own home."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PPKIT_", "OPENAI_", "JUPYTER", "VIRTUAL_ENV"))
        }
        return {
            **kept,
            "PATH": f"{self.environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.repository.parent / "jovyan"),
            "UV_CACHE_DIR": uv_cache(),
            "UV_COMPILE_BYTECODE": "0",  # postBuild does that
            "PPKIT_HOME": str(self.home),
        }


def find_python() -> str | None:
    """An interpreter of Binder's minor version: in the PATH, of pyenv, or one that uv knows."""
    named = [
        f"python{PYTHON}",
        *map(str, sorted((Path.home() / ".pyenv/versions").glob(f"{PYTHON}.*/bin/python"))),
    ]
    for candidate in named:
        # A shim of a version manager is in the PATH even when the version is not.
        if shutil.which(candidate) and _answers(candidate, "-c", "import ensurepip, venv"):
            return candidate
    return PYTHON if _answers(str(UV), "python", "find", "--no-python-downloads", PYTHON) else None


def _answers(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def copy_repository(folder: Path) -> Path:
    """What a clone would hold: every file that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def build(folder: Path, python: str) -> Replica:
    """repo2docker's base environment, then our requirements in it."""
    replica = Replica(copy_repository(folder / "repository"), folder / "environment")
    (folder / "jovyan").mkdir()
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(binder_base.constraints(PYTHON)))
    replica.run(str(UV), "venv", "--quiet", "--seed", "--python", python, str(replica.environment))
    install = (str(UV), "pip", "install", "--quiet", "--python", str(replica.environment))
    replica.run(*install, "--constraints", str(constraints), *binder_base.ROOTS)
    replica.run(*install, "--requirement", "binder/requirements.txt")
    return replica
