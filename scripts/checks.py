"""Every check of the project, with one summary at the end: `make test`, `unit`, `lint`.

Checks that use one core run two at a time, those that use all cores one after the other. A failing check
does not hide the others; the exit code is 1 if any failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from threading import Lock

from marked_files import marked_files

from ppkit.clock import SystemClock
from ppkit.start.shared_platform import end_practice

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKERS = ("-n", "2")
SHOWN = ("-q", "-rs", "--durations=15", "-p", "no:nbval")
"""What was skipped and what took longest is printed. nbval takes two seconds to import, in every process."""
DOCUMENT = "PPKIT_OPENAPI_DOCUMENT"
"""Names OpenAI's own document, which the practice platform's answers are then held against too."""
CHARTS_SCHEMA = "PPKIT_Z2JH_SCHEMA"
"""Names the schema of Zero to JupyterHub's values, which deploy/kubernetes is then held against."""
KEPT = frozenset({DOCUMENT, CHARTS_SCHEMA, "PPKIT_TEST_POSTGRES_URL", "PPKIT_TEST_PICTURES"})
"""What tests look for outside."""


@dataclass(frozen=True, slots=True)
class Check:
    """A command of the environment, and the seconds it took. `code` is None before it has run.

    `fills_machine`: it has several workers, or would be disturbed by a neighbour. `starts_kernels`: never two
    of these at once, or Jupyter kernels that they start at the same moment can be given the same port.
    """

    name: str
    command: tuple[str, ...]
    fills_machine: bool = False
    starts_kernels: bool = False
    code: int | None = None
    seconds: float = 0.0


_KERNELS = Lock()


def quick() -> list[Check]:
    """What takes seconds and needs no browser."""
    languages = ("pytest", "-q", "tests/look", "-k", "catalogue or language")
    return [*static(), Check("both languages complete", languages)]


def static() -> list[Check]:
    """What only reads files, and is no test."""
    return [
        Check("format", ("ruff", "format", "--check", ".")),
        Check("lint", ("ruff", "check", ".")),
        Check("types", ("mypy",)),
        Check("imports point down", ("lint-imports",)),
        Check("picture of the rooms", ("python", "scripts/architecture.py", "check")),
        Check("walk of a prompt", ("python", "scripts/walk.py", "check")),
        Check("notebooks stored clean", ("nbstripout", "--keep-id", "--verify", *notebooks())),
        Check("pins", ("python", "scripts/pins.py", "check")),
    ]


def unit() -> list[Check]:
    """What needs no browser, no server and no other process; the tests themselves see to that."""
    # Any worker takes any test: nothing is shared that takes long to make.
    chosen = ("--dist", "worksteal", "-m", "unit", "tests")
    return [Check("unit tests", ("pytest", *SHOWN, *WORKERS, *chosen), fills_machine=True)]


def everything() -> list[Check]:
    chosen = "not unit and not browser and not frameworks and not javascript and not hub and not lite"
    processes, browser = marked_files("processes"), marked_files("browser")
    # One file, one worker: servers are shared inside a file. xdist's own order leaves a long one for the end.
    with_processes = ("--dist", "loadscope", "--no-loadscope-reorder", "-m", chosen)
    # One browser and one JupyterLab per worker serve all files.
    in_browser = ("--dist", "loadgroup", "-m", "browser")
    # A visit waits for one core, in the page's own Python.
    static_page = ("--dist", "worksteal")
    # Whether every cell runs; the notebooks hold no outputs to compare.
    nbval = ("pytest", "-q", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=60", "notebooks")
    return [
        # What takes longest comes first, so that no core is idle at the end.
        Check("notebooks run", nbval, starts_kernels=True),
        # Other people's packages, in separate environments; skipped, with a word, where no index answers.
        Check("frameworks", ("pytest", *SHOWN, "tests/frameworks")),
        Check("environments of other Pythons", ("python", "scripts/pythons.py", "--prepare")),
        Check("hub", ("pytest", *SHOWN, "tests/hub"), starts_kernels=True),
        *static(),
        Check("pins have wheels", ("python", "scripts/pins.py", "wheels")),
        Check("javascript", ("pytest", *SHOWN, "tests/javascript")),
        *unit(),
        Check(
            "tests with processes",
            ("pytest", *SHOWN, *WORKERS, *with_processes, *processes),
            fills_machine=True,
        ),
        # By themselves: a page that waits for a core while ten writers storm the ledger proves nothing.
        Check(
            "tests in the browser", ("pytest", *SHOWN, *WORKERS, *in_browser, *browser), fills_machine=True
        ),
        Check("static page", ("pytest", *SHOWN, *WORKERS, *static_page, "tests/lite"), fills_machine=True),
        Check("tests under other Pythons", ("python", "scripts/pythons.py"), fills_machine=True),
    ]


def notebooks() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "notebooks").rglob("*.ipynb"))


def run_all(checks: list[Check], home: Path) -> list[Check]:
    """The checks with their outcomes, in their order."""
    done: list[Check] = []
    for fills_machine, group in groupby(checks, key=lambda check: check.fills_machine):
        with ThreadPoolExecutor(1 if fills_machine else 2) as pool:
            done += pool.map(partial(run, home=home), group)
    return done


def run(check: Check, home: Path) -> Check:
    """The check with its outcome. Its output comes in one piece, unless it fills the machine."""
    program, *arguments = check.command
    if check.fills_machine:
        print(f"\n=== {check.name}", flush=True)
    with _KERNELS if check.starts_kernels else nullcontext():
        started = time.monotonic()
        done = subprocess.run(
            [str(BIN / program), *arguments],
            cwd=ROOT,
            env=environment(home),
            stdout=None if check.fills_machine else subprocess.PIPE,
            stderr=None if check.fills_machine else subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - started
    if not check.fills_machine:
        print(f"\n=== {check.name}\n{done.stdout}", end="", flush=True)
    return replace(check, code=done.returncode, seconds=seconds)


def environment(home: Path) -> dict[str, str]:
    """The environment's own programs first; the developer's settings, keys and data stay out of the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or not name.startswith(("PPKIT_", "OPENAI_", "JUPYTER"))
    }
    own = {"PPKIT_HOME": str(home / "ppkit"), "IPYTHONDIR": str(home / "ipython")}
    return {**kept, **own, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}


def main() -> int:
    started = time.monotonic()
    checks = {"all": everything, "unit": unit, "quick": quick}[sys.argv[1] if sys.argv[1:] else "quick"]()
    with tempfile.TemporaryDirectory(prefix="ppkit-checks-") as home:
        try:
            done = run_all(checks, Path(home))
        finally:
            end_practice(Path(home) / "ppkit", SystemClock())  # the notebooks have started it
    print("\n=== summary")
    for check in done:
        print(f"{'ok    ' if check.code == 0 else 'FAILED'}  {check.name:28} {check.seconds:7.1f} s")
    failed = [check for check in done if check.code != 0]
    seconds = time.monotonic() - started
    print(f"{len(done) - len(failed)} of {len(done)} checks passed in {seconds:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
