"""Eight processes of eight callers on one file and one limit; the long version is the benchmark itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


def test_a_storm_of_processes_never_passes_the_limit_and_a_killed_one_loses_nothing() -> None:
    storm = [sys.executable, "-m", "benchmarks.ledger_storm", "--runs", "1"]
    outcome = subprocess.run(storm, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert outcome.stdout.count("1/1") == 8, outcome.stdout
