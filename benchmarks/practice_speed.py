"""The practice platform's own speed: `python -m benchmarks.practice_speed [--calls 100000] [--seconds 600]`.

Four parts, each of at most `--seconds` (30): start to ready, first byte of a stream, small responses a second
from 16 callers, memory after so many calls. The callers speak HTTP over plain sockets in a process of their
own, so that the platform is measured and not a client.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from ppkit.lock import FileLock
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.process import ensure_running
from ppkit.practice_platform.remote import Control

CALLERS = 16
STARTS = 5
STREAMS = 200
RATE_CALLS = 5_000
BODY = {"model": "gpt-6-luna", "input": "Scrivi un post sul mare d'inverno", "max_output_tokens": 60}
PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Load:
    """What a crowd of callers did."""

    calls: int
    seconds: float

    @property
    def calls_a_second(self) -> float:
        return self.calls / self.seconds


@contextmanager
def platform(home: Path) -> Iterator[Address]:
    """A practice process; ended, and its data folder free again, afterwards."""
    address = ensure_running(home)
    try:
        yield address
    finally:
        os.kill(address.pid, signal.SIGTERM)
        with FileLock(home / "practice" / "server.lock") as ended:
            ended.wait(10)


def start_seconds(folder: Path, limit_seconds: float) -> list[float]:
    """From asking for a platform to its first answer; the first time with a new data folder."""
    found: list[float] = []
    deadline = time.monotonic() + limit_seconds
    while len(found) < STARTS and time.monotonic() < deadline:
        begun = time.perf_counter()
        with platform(folder):
            found.append(time.perf_counter() - begun)
    return found


def first_byte_seconds(address: Address, key: str, limit_seconds: float) -> list[float]:
    """From sending a request for a stream to the first byte of its first event."""
    connection = _connection(address)
    body = json.dumps({**BODY, "stream": True})
    found: list[float] = []
    deadline = time.monotonic() + limit_seconds
    while len(found) < STREAMS and time.monotonic() < deadline:
        begun = time.perf_counter()
        connection.request("POST", "/v1/responses", body, _headers(key))
        response = connection.getresponse()
        response.read(1)
        found.append(time.perf_counter() - begun)
        response.read()
    connection.close()
    return found


def load(address: Address, key: str, calls: int, limit_seconds: float) -> Load:
    """So many small responses from 16 callers in a process of their own, as far as the time allows."""
    receiver, sender = PROCESSES.Pipe(duplex=False)
    crowd = PROCESSES.Process(target=_crowd, args=(address.base_url, key, calls, limit_seconds, sender))
    crowd.start()
    made: Load = receiver.recv()
    crowd.join()
    return made


def _crowd(base_url: str, key: str, calls: int, limit_seconds: float, sender: object) -> None:
    address = Address(base_url, "", "", 0)
    left, lock = iter(range(calls)), threading.Lock()
    made = [0] * CALLERS
    deadline = time.monotonic() + limit_seconds

    def work(number: int) -> None:
        connection = _connection(address)
        body, headers = json.dumps(BODY), _headers(key)
        while time.monotonic() < deadline:
            with lock:
                if next(left, None) is None:
                    break
            connection.request("POST", "/v1/responses", body, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise RuntimeError(answer[:300])
            made[number] += 1
        connection.close()

    callers = [threading.Thread(target=work, args=(number,)) for number in range(CALLERS)]
    begun = time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    sender.send(Load(sum(made), time.perf_counter() - begun))  # type: ignore[attr-defined]


def _connection(address: Address) -> http.client.HTTPConnection:
    place = urlsplit(address.base_url)
    return http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)


def _headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", "content-type": "application/json"}


def rows(calls: int, limit_seconds: float) -> Iterator[str]:
    """The table as Markdown, line by line as it is measured."""
    yield "| | measured | wanted |"
    yield "|---|---|---|"
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        starts = start_seconds(home, limit_seconds)
        yield f"| start to ready, median of {len(starts)} | {statistics.median(starts):.2f} s | under 1 s |"
        with platform(home) as address:
            key = Control(address).post("key", credit="1000")["key"]
            firsts = first_byte_seconds(address, key, limit_seconds)
            middle = statistics.median(firsts) * 1000
            yield f"| first byte of a stream, median of {len(firsts)} | {middle:.1f} ms | under 10 ms |"
            process = psutil.Process(address.pid)
            before_seconds = sum(process.cpu_times()[:2])
            quick = load(address, key, RATE_CALLS, limit_seconds)
            busy_milliseconds = (sum(process.cpu_times()[:2]) - before_seconds) / quick.calls * 1000
            yield (
                f"| small responses from {CALLERS} callers, {quick.calls:,} of them |"
                f" {quick.calls_a_second:.0f} a second | at least 300 |"
            )
            yield f"| the platform's own processor time for each of them | {busy_milliseconds:.1f} ms | |"
            rest = load(address, key, max(0, calls - quick.calls), limit_seconds)
            megabytes = process.memory_info().rss / 1e6
            yield f"| memory after {quick.calls + rest.calls:,} calls | {megabytes:.0f} MB | under 120 MB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="calls before memory is measured")
    parser.add_argument("--seconds", type=float, default=30, help="the longest that a part may take")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning\n")
    for line in rows(options.calls, options.seconds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
