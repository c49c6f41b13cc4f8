"""The tests under the other Pythons that the README promises: `scripts/pythons.py [--all | --prepare]`.

The environment of the checkout has one Python. Every other supported one that this machine has gets an
environment in `.pythons/` and walks through a server there. The newest, or with `--all` each, also runs the
unit tests, one case of each: what differs between Pythons does not differ between inputs, and what works in
the oldest and the newest rarely fails between them. What the machine lacks is said, and fails nothing.
`--prepare` makes the environments alone: that waits for network and disk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from marked_files import marked_files

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "requirements/dev.txt"
HOME = ROOT / ".pythons"

SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
"""The pins resolve with wheels for each of them; the classifiers name those that the tests have seen."""

EVERYTHING = "unit or smoke"
"""What needs no browser, no server and no other process, and one walk through a real server."""
WALK = "smoke"
ALL, PREPARE = "--all", "--prepare"

VERSION_MANAGERS = (
    "{home}/.pyenv/versions/{version}*/bin/python",
    "{home}/.local/share/uv/python/cpython-{version}*/bin/python",
    "{home}/.local/share/mise/installs/python/{version}*/bin/python",
    "{home}/.asdf/installs/python/{version}*/bin/python",
    "/opt/hostedtoolcache/Python/{version}*/*/bin/python",
    "/opt/homebrew/bin/python{version}",
)
"""Where a Python may lie that PATH does not lead to."""

_PROBE = "import ensurepip, sqlite3, ssl, sys, venv; print('.'.join(map(str, sys.version_info[:2])))"


def find(version: str) -> Path | None:
    """A usable interpreter of this release, or None; shims of version managers may only print an error."""
    return next((python for python in _candidates(version) if _release_of(python) == version), None)


def _candidates(version: str) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(f"python{version}", path=folder)
        if found:
            yield Path(found)
    for pattern in VERSION_MANAGERS:
        wanted = pattern.format(home=Path.home(), version=version)
        yield from sorted(Path("/").glob(wanted.lstrip("/")), reverse=True)


def _release_of(python: Path) -> str:
    try:
        asked = subprocess.run(
            [python, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=False
        )
    except OSError:
        return ""
    return asked.stdout.strip()


def environment(version: str, python: Path) -> Path:
    """The Python of an environment that holds today's pins; made when it is missing or out of date."""
    venv, stamp = HOME / version, HOME / f"{version}.pins"
    pins = hashlib.sha256(PINS.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != pins:
        HOME.mkdir(exist_ok=True)
        subprocess.run(
            ["sh", "scripts/environment.sh", str(venv), str(PINS.relative_to(ROOT)), str(python)],
            cwd=ROOT,
            # Tests import a small part of it, and what they import is compiled then.
            env=os.environ | {"UV_COMPILE_BYTECODE": "0"},
            check=True,
        )
        stamp.write_text(pins, encoding="utf-8")
    return venv / "bin/python"


def passes(version: str, python: Path, chosen: str, arguments: list[str]) -> bool:
    """Whether the chosen tests pass under this release, with few inputs of each. Prints what pytest says."""
    # Nothing is explained about a failed assert here: to rewrite all of them takes longer than to walk.
    options = ["-q", "--assert=plain", "--durations=5", "-p", "no:nbval"]
    few = ["--cases", "1", "--hypothesis-profile", "few"]
    where = marked_files(WALK) if chosen == WALK else ["-n", "2", "--dist", "worksteal", "tests"]
    done = subprocess.run(
        [environment(version, python), "-m", "pytest", *options, *few, "-m", chosen, *where, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(f"--- Python {version} ({python})\n{done.stdout}", end="", flush=True)
    return done.returncode == 0


def main() -> int:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = {version: find(version) for version in SUPPORTED if version != own}
    found = {version: python for version, python in others.items() if python is not None}
    if PREPARE in sys.argv:
        print("\n".join(str(environment(version, python)) for version, python in found.items()))
        return 0
    arguments = [argument for argument in sys.argv[1:] if argument != ALL]
    with_all = list(found) if ALL in sys.argv else list(found)[-1:]
    failed = [
        version
        for version, python in found.items()
        if not passes(version, python, EVERYTHING if version in with_all else WALK, arguments)
    ]
    missing = [version for version in others if version not in found]
    print(
        f"Besides {own} tested: {', '.join(found) or 'none'}; not found here: {', '.join(missing) or 'none'}"
    )
    if failed:
        print(f"FAILED under {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
