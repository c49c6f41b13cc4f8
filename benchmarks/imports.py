"""How long a fresh Python takes to import, and what it brings along."""

from __future__ import annotations

import statistics
import subprocess
import sys

ROUNDS = 7
IMPORTS = ("ppkit", "openai", "ppkit.metering.client")
PROGRAM = """
import time
started = time.perf_counter()
import {name}
print((time.perf_counter() - started) * 1000)
"""


def import_ms(name: str) -> float:
    program = PROGRAM.format(name=name)
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(shown.stdout)


def import_rows(rounds: int = ROUNDS) -> list[str]:
    """Rounds in turns, so that a busy moment strikes all alike."""
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name in IMPORTS:
            times[name].append(import_ms(name))
    return [f"| `{name}` | {statistics.median(values):,.0f} |" for name, values in times.items()]
