"""A class under load, as the benchmark does it with a thousand learners: here forty, for a few seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from postgres_server import ServerMissing, binaries

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="kills a process without a word"),
]

ROOT = Path(__file__).parents[2]


def test_nothing_is_lost_or_counted_twice_when_a_gateway_is_killed_and_the_database_restarts() -> None:
    try:
        binaries()
    except ServerMissing as missing:
        pytest.skip(f"PostgreSQL not found here: {missing}")
    load = [
        sys.executable,
        "-m",
        "benchmarks.class_load",
        "--learners",
        "40",
        "--seconds",
        "4",
        "--every",
        "2",
    ]
    outcome = subprocess.run(load, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "Nothing is lost, counted twice or overshot." in outcome.stdout
    assert "answered" in outcome.stdout
