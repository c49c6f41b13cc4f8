"""How much of each room the tests run through: `make coverage`.

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
CHOSEN = "not browser and not frameworks and not javascript"
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
    chosen = arguments or ["-m", CHOSEN, "tests"]
    code = coverage("run", f"--rcfile={settings}", *tests, *chosen)
    coverage("combine", "-q", f"--rcfile={settings}")
    coverage("json", "-q", f"--rcfile={settings}", "-o", str(folder / "summary.json"))
    files = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["files"]
    return code, {name: file["summary"] for name, file in files.items()}


def coverage(*arguments: str) -> int:
    command = [sys.executable, "-m", "coverage", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode


def lines_about(files: dict[str, dict[str, int]]) -> list[str]:
    """A line per room and one for all: the share of lines and branches that were run through."""
    rooms: dict[str, list[dict[str, int]]] = defaultdict(list)
    for name, summary in files.items():
        parts = Path(name).parts
        rooms[parts[1] if len(parts) > 2 else "(ground floor)"].append(summary)
    return [*(line(room, found) for room, found in sorted(rooms.items())), line("all", [*files.values()])]


def line(room: str, found: list[dict[str, int]]) -> str:
    met = sum(one["covered_lines"] + one.get("covered_branches", 0) for one in found)
    there = sum(one["num_statements"] + one.get("num_branches", 0) for one in found)
    return f"{room:20} {met / max(1, there):7.1%}  of {there:6}"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="ppkit-coverage-") as folder:
        code, files = measured(Path(folder), sys.argv[1:])
    print("\n".join(lines_about(files)))
    return code


if __name__ == "__main__":
    sys.exit(main())
