"""`python -m benchmarks`: measure, print, and write the figures into docs/performance.md."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.calls import call_rows
from benchmarks.draft_search import draft_rows
from benchmarks.gateway_speed import gateway_rows
from benchmarks.imports import import_rows
from benchmarks.journey import journey_rows
from benchmarks.page import replace_part
from benchmarks.pairs import pair_rows
from benchmarks.platform_figures import bill_rows

ROUNDS = 40


def tables(rounds: int) -> str:
    """Every figure of one run, as Markdown."""
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        calls = call_rows(Path(folder), rounds)
        pairs = pair_rows(Path(folder))
        drafts = draft_rows(Path(folder) / "drafts")
        gateway = gateway_rows(Path(folder))
        bill = bill_rows(Path(folder) / "bill")
    return "\n".join(
        [
            f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()}, "
            f"openai {version('openai')}, {os.cpu_count()} cores, load {load_before:.1f} at the beginning, "
            f"{os.getloadavg()[0]:.1f} at the end.",
            "",
            "| | raw, µs | metered, µs | ratio | middle half of the rounds | processor time |",
            "|---|---|---|---|---|---|",
            *calls,
            "",
            "| callers at once | reserve and settle, pairs a second | longest wait, ms |",
            "|---|---|---|",
            *pairs,
            "",
            "| 1,000 drafts | ms, median | from, to | processor time, ms |",
            "|---|---|---|---|",
            *drafts,
            "",
            "| first byte through a class's gateway, ledger in | straight, ms | through, ms | added | "
            "added, quickest tenths |",
            "|---|---|---|---|---|",
            *gateway,
            "",
            "| the platform's figures | ms, median | from, to |",
            "|---|---|---|",
            *bill,
            "",
            "| import in a fresh Python | ms |",
            "|---|---|",
            *import_rows(),
            "",
            "| what a learner waits for, in Chromium | ms, median | from, to |",
            "|---|---|---|",
            *journey_rows(),
        ]
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    measured = tables(rounds)
    print(measured)
    replace_part("figures", measured)


if __name__ == "__main__":
    main()
