"""How much of each room the tests run through: `make coverage`, kept in docs/coverage.md.

All tests without a browser, lines and branches, in this process and in those that it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHOSEN = "not browser and not frameworks and not javascript and not hub"
UNMEASURABLE = ("--deselect", "tests/cli/test_bad_input.py::test_a_full_disk")
"""On a full disk coverage cannot write its own data either, and says so where ppkit should speak alone."""
THIN = 12
"""So many files are named in which most was not run through."""
SETTINGS = """[run]
branch = true
parallel = true
patch = subprocess
source_pkgs = ppkit
data_file = {folder}/data
"""


def measured(folder: Path, arguments: list[str]) -> tuple[int, dict[str, dict[str, int]]]:
    """pytest's exit code, and coverage's summary of each file."""
    settings = folder / "settings"
    settings.write_text(SETTINGS.format(folder=folder), encoding="utf-8")
    tests = ["-m", "pytest", "-q", "-p", "no:nbval", "-n", "2", "--dist", "loadscope"]
    chosen = arguments or ["-m", CHOSEN, *UNMEASURABLE, "tests"]
    code = coverage("run", f"--rcfile={settings}", *tests, *chosen)
    coverage("combine", "-q", f"--rcfile={settings}")
    coverage("json", "-q", f"--rcfile={settings}", "-o", str(folder / "summary.json"))
    files = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["files"]
    return code, {name: file["summary"] for name, file in files.items()}


def coverage(*arguments: str) -> int:
    command = [sys.executable, "-m", "coverage", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode


def tables(files: dict[str, dict[str, int]]) -> list[str]:
    """Two Markdown tables: the rooms, and the files in which most was not run through."""
    rooms: dict[str, list[dict[str, int]]] = defaultdict(list)
    for name, summary in files.items():
        parts = Path(name).parts
        rooms[parts[1] if len(parts) > 2 else "the ground floor"].append(summary)
    thin = sorted(files, key=lambda name: missed(files[name]), reverse=True)[:THIN]
    return [
        *("| room | covered | lines and branches |", "|---|---|---|"),
        *(row(room, found) for room, found in sorted(rooms.items())),
        row("**all**", [*files.values()]),
        *("", "| file | covered | lines and branches |", "|---|---|---|"),
        *(row(f"`{name}`", [files[name]]) for name in thin),
    ]


def row(name: str, found: list[dict[str, int]]) -> str:
    there = sum(size(one) for one in found)
    met = there - sum(missed(one) for one in found)
    return f"| {name} | {met / max(1, there):.1%} | {there:,} |"


def size(summary: dict[str, int]) -> int:
    return summary["num_statements"] + summary.get("num_branches", 0)


def missed(summary: dict[str, int]) -> int:
    return size(summary) - summary["covered_lines"] - summary.get("covered_branches", 0)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ppkit-coverage-") as folder:
        code, files = measured(Path(folder), sys.argv[1:])
    print("\n".join(tables(files)))
    return code


if __name__ == "__main__":
    sys.exit(main())
