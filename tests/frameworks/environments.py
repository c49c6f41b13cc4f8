"""Separate environments for what is installed beside ppkit: made once, kept in the user's cache.

A folder is named by what is in it, so that changed pins make a new one, and worktrees share one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import platformdirs
import pytest

from ppkit.lock import FileLock

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
INSTALL_SECONDS = 600.0
_NO_NETWORK = (
    "dns error",
    "failed to fetch",
    "connection refused",
    "could not connect",
    "network",
    "eai_again",
)


def python_with(pins: str) -> Path:
    """The interpreter of an environment that holds these pins. Skips the test where no index answers."""
    text = (ROOT / pins).read_text(encoding="utf-8")

    def install(folder: Path) -> None:
        run([str(UV), "venv", "--quiet", "--python", sys.executable, str(folder)])
        # The pins are complete, so nothing is left to resolve; one of them is against its neighbour's word.
        where = ["--python", str(folder / "bin/python"), "--no-deps", "--requirement", str(ROOT / pins)]
        run([str(UV), "pip", "install", "--quiet", "--compile-bytecode", *where])

    folder = made_once(Path(pins).stem, text + sys.version, install)
    return folder / "bin/python"


def made_once(name: str, contents: str, make: Callable[[Path], None]) -> Path:
    """The folder for these contents, made if it is not there; safe when two ask at once."""
    cache = Path(platformdirs.user_cache_dir("ppkit-tests"))
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{name}-{hashlib.sha256(contents.encode()).hexdigest()[:12]}"
    complete = folder / ".complete"
    with FileLock(cache / f"{name}.lock") as lock:
        assert lock.wait(INSTALL_SECONDS), f"somebody else has been making {folder} for too long"
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            complete.touch()
    return folder


def run(command: list[str], cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """What the command printed. Skips the test when it did not reach a package index, fails it otherwise."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=dict(environment or os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 and any(sign in done.stdout.lower() for sign in _NO_NETWORK):
        pytest.skip(f"no package index was reached, so NOTHING was tried: {done.stdout.strip()[-300:]}")
    assert done.returncode == 0, done.stdout
    return done.stdout
