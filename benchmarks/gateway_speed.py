"""What the class's gateway adds to the first byte of a streamed call, against the platform called straight.

`python -m benchmarks.gateway_speed [ledger url]` prints the row alone; without a URL the ledger is a file.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.calls import ASK, local_server

ROUNDS, CALLS = 20, 10
KEY = "T3Blbk".join(("sk-proj-" + "0" * 74, "FJ" + "0" * 74))  # nobody's: the platform asks for none
LESSON = """
name = "Speed"
opens = {opens}
closes = {closes}
learners = 1000
limit_per_learner = "1000"
limit_in_all = "100000"
models = ["gpt-6-luna"]
"""


@contextmanager
def a_gateway(folder: Path, platform_url: str, ledger_url: str | None) -> Iterator[tuple[str, str]]:
    """The gateway's base URL, and a learner's token for it."""
    now = datetime.now(UTC).replace(microsecond=0)
    lesson = folder / "lesson.toml"
    hour = timedelta(hours=1)
    text = LESSON.format(opens=(now - hour).isoformat(), closes=(now + hour).isoformat())
    lesson.write_text(text, encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "OPENAI_"))}
    own |= {
        "PPKIT_HOME": str(folder / "home"),
        "PPKIT_MODE": "live",
        "OPENAI_BASE_URL": platform_url,
        "OPENAI_API_KEY": KEY,
    }
    if ledger_url is not None:
        own["PPKIT_LEDGER_URL"] = ledger_url
    command = ["class", "serve", str(lesson), "--host", "127.0.0.1", "--port", "0", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "ppkit", *command], env=own, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            told = _told(process)
            yield f"{told['learners_url']}v1", _joined(told)
        finally:
            process.terminate()


def _told(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.rstrip() == "}":
            break
    found: dict[str, Any] = json.loads(text)
    if "error" in found:
        raise SystemExit(found["error"])
    return found


def _joined(told: Mapping[str, Any]) -> str:
    form = {"code": told["code"], "visit": "benchmark"}
    page = httpx2.post(f"{told['learners_url']}join", data=form, trust_env=False).text
    found = re.search(r"sk-class-[a-z0-9]+", page)
    assert found is not None
    return found[0]


def first_byte_ms(client: httpx2.Client, base_url: str, token: str, *, stream: bool) -> float:
    """Milliseconds until the first byte of a body; the rest is read afterwards."""
    headers = {"authorization": f"Bearer {token}"}
    started = time.perf_counter()
    with client.stream(
        "POST", f"{base_url}/responses", json=ASK | {"stream": stream}, headers=headers
    ) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        taken = time.perf_counter() - started
        for _ in pieces:
            pass
    return taken * 1000


def gateway_rows(folder: Path, ledger_url: str | None = None, rounds: int = ROUNDS) -> list[str]:
    """Two rows, in milliseconds: the first byte straight and through the gateway (medians), what the gateway
    adds at the median, and between the quickest tenths; for a whole answer, and a stream that comes at once.
    """
    with (
        local_server() as platform_url,
        a_gateway(folder, platform_url, ledger_url) as (gateway_url, token),
        httpx2.Client(trust_env=False, timeout=60) as client,
    ):
        places = (platform_url, KEY), (gateway_url, token)
        kind = "SQLite" if ledger_url is None else "PostgreSQL"
        return [
            _row(f"{kind}, {name}", client, places, rounds, stream=stream)
            for name, stream in (("one answer", False), ("200 events at once", True))
        ]


def _row(
    name: str, client: httpx2.Client, places: Sequence[tuple[str, str]], rounds: int, *, stream: bool
) -> str:
    straight: list[float] = []
    through: list[float] = []
    for number in range(rounds + 2):
        pairs = list(zip((straight, through), places, strict=True))
        for times, (url, secret) in pairs if number % 2 else reversed(pairs):
            taken = [first_byte_ms(client, url, secret, stream=stream) for _ in range(CALLS)]
            if number > 1:  # the first two rounds warm up
                times.extend(taken)
    added = statistics.median(b - a for a, b in zip(straight, through, strict=True))
    quiet = _tenth(through) - _tenth(straight)
    medians = f"{statistics.median(straight):.1f} | {statistics.median(through):.1f}"
    return f"| {name} | {medians} | **{added:.1f}** | {quiet:.1f} |"


def _tenth(times: list[float]) -> float:
    """What the quickest tenth stays below: where other work on the machine disturbs least."""
    return sorted(times)[len(times) // 10]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print(*gateway_rows(Path(temporary), sys.argv[1] if len(sys.argv) > 1 else None), sep="\n")
