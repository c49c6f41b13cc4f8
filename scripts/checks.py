"""Every check of the project, one after the other, with one summary at the end: `make test`, `unit`, `lint`.

A failing check does not hide the others; the exit code is 1 if any failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ppkit.clock import SystemClock
from ppkit.start.shared_platform import end_practice

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORKERS = ("-n", "2")
SHOWN = ("-q", "-rs", "--durations=15", "-p", "no:nbval")
"""What was skipped and what took longest is printed. nbval takes two seconds to import, in every process."""
DOCUMENT = "PPKIT_OPENAPI_DOCUMENT"
"""Names OpenAI's own document, which the practice platform's answers are then held against too."""
KEPT = frozenset({DOCUMENT, "PPKIT_TEST_POSTGRES_URL"})
"""What tests look for outside."""


@dataclass(frozen=True, slots=True)
class Check:
    """A command of the environment, and the seconds it took. `code` is None before it has run."""

    name: str
    command: tuple[str, ...]
    code: int | None = None
    seconds: float = 0.0


def quick() -> list[Check]:
    """What takes seconds and needs no browser."""
    return [
        Check("format", ("ruff", "format", "--check", ".")),
        Check("lint", ("ruff", "check", ".")),
        Check("types", ("mypy",)),
        Check("imports point down", ("lint-imports",)),
        Check("picture of the rooms", ("python", "scripts/architecture.py", "check")),
        Check("walk of a prompt", ("python", "scripts/walk.py", "check")),
        Check("both languages complete", ("pytest", "-q", "tests/look", "-k", "catalogue or language")),
        Check("notebooks stored clean", ("nbstripout", "--keep-id", "--verify", *notebooks())),
        Check("pins", ("python", "scripts/pins.py", "check")),
    ]


def unit() -> list[Check]:
    """What needs no browser, no server and no other process; the tests themselves see to that."""
    # Any worker takes any test: nothing is shared that takes long to make.
    return [Check("unit tests", ("pytest", *SHOWN, *WORKERS, "--dist", "worksteal", "-m", "unit", "tests"))]


def everything() -> list[Check]:
    chosen = "not unit and not browser and not frameworks and not javascript"
    # One file, one worker: servers are shared inside a file.
    with_processes = ("--dist", "loadscope", "-m", chosen)
    # One browser and one JupyterLab per worker serve all files.
    in_browser = ("--dist", "loadgroup", "-m", "browser")
    return [
        *quick(),
        Check("pins have wheels", ("python", "scripts/pins.py", "wheels")),
        *unit(),
        Check("tests with processes", ("pytest", *SHOWN, *WORKERS, *with_processes, "tests")),
        # By themselves: a page that waits for a core while ten writers storm the ledger proves nothing.
        Check("tests in the browser", ("pytest", *SHOWN, *WORKERS, *in_browser, "tests")),
        # Other people's packages, in environments of their own; skipped, and told, where no index answers.
        Check("frameworks", ("pytest", *SHOWN, "tests/frameworks")),
        Check("javascript", ("pytest", *SHOWN, "tests/javascript")),
        Check("tests under other Pythons", ("python", "scripts/pythons.py")),
        # nbval asks whether every cell runs; the notebooks hold no outputs to compare. One worker: kernels
        # that two processes start at the same moment can be given the same port.
        Check(
            "notebooks run",
            ("pytest", "-q", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=60", "notebooks"),
        ),
    ]


def notebooks() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "notebooks").rglob("*.ipynb"))


def run(check: Check, home: Path) -> Check:
    """The check with its outcome; what it prints goes straight through."""
    print(f"\n=== {check.name}", flush=True)
    program, *arguments = check.command
    started = time.monotonic()
    done = subprocess.run([str(BIN / program), *arguments], cwd=ROOT, env=environment(home), check=False)
    return Check(check.name, check.command, done.returncode, time.monotonic() - started)


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
    checks = {"all": everything, "unit": unit, "quick": quick}[sys.argv[1] if sys.argv[1:] else "quick"]()
    with tempfile.TemporaryDirectory(prefix="ppkit-checks-") as home:
        try:
            done = [run(check, Path(home)) for check in checks]
        finally:
            end_practice(Path(home) / "ppkit", SystemClock())  # the notebooks have started it
    print("\n=== summary")
    for check in done:
        print(f"{'ok    ' if check.code == 0 else 'FAILED'}  {check.name:28} {check.seconds:7.1f} s")
    failed = [check for check in done if check.code != 0]
    total = sum(check.seconds for check in done)
    print(f"{len(done) - len(failed)} of {len(done)} checks passed in {total:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
