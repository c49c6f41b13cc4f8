"""A class's gateways under load: `python -m benchmarks.class_load` (or `make load`), some two minutes.

An open-loop load of 1,000 learners' calls (streams, whole answers, images) goes through two gateways to one
practice platform, with the ledger on PostgreSQL. In the middle of it one gateway is killed, and PostgreSQL
restarts. Afterwards the platform's own book is compared with the ledger's entries: exit code 1 when a call is
lost or counted twice, a limit was passed by one pico-dollar, something is still held, or a key was written.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from benchmarks import class_audit
from benchmarks.class_audit import Findings
from benchmarks.class_gates import LESSON_ID, Gate, a_gate, places_taken, write_lesson
from benchmarks.class_load_table import Plan, Run, table
from benchmarks.open_loop import IMAGE_MODEL, TEXT_MODEL, Ask, Places, arrivals, send_all
from benchmarks.practice_speed import platform
from ppkit.class_service.learner_tokens import digest_of
from ppkit.clock import SystemClock
from ppkit.money import Money
from ppkit.practice_platform.address import Address
from ppkit.practice_platform.remote import Control
from ppkit.spending.ledger import open_ledger

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the server that the tests start and stop
from fast_folder import fast_folder
from postgres_server import PostgresServer, connect, new_database

KEEPER = ThreadPoolExecutor(1)
"""A thread that starts the database and outlives it: by its end the server would end, too."""

TEXTS_EACH = 15
"""How many texts a learner has room for beside the dearest call: the busiest ask for more."""

ROOM = 0.75
"""What the class may spend, as a share of what all its calls would cost."""

PACE_MILLISECONDS = 30
"""Between the pieces of a stream: an answer takes a second or two, as a real one."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a load takes place: a folder, the practice platform in it, a database on a server of its own."""

    folder: Path
    platform: Address
    server: PostgresServer
    ledger_url: str


def cost_of(ask: Ask) -> int:
    """About what it costs, in pico-USD, to know what the class would spend."""
    if ask.kind == "image":
        return 5_900_000_000
    return ask.signature[1] * 100_000 + ask.output_tokens * 500_000


async def measured(plan: Plan, place: Place) -> Run:
    """Both gateways have ended when it returns, one of them by SIGKILL."""
    asks = arrivals(plan.learners, plan.seconds, plan.calls_a_second, plan.images)
    control = Control(place.platform)
    key = control.post("key", name="class", credit="1000")
    overhead = await _overhead(place, control.post("key", name="probe", credit="0")["key"])
    control.post("pace", milliseconds=PACE_MILLISECONDS)
    costs = sorted(map(cost_of, asks))
    in_all = Money(int(sum(costs) * ROOM))
    per_learner = Money(int(costs[-1] * 1.2 + costs[len(costs) // 2] * TEXTS_EACH))
    run = Run(plan, asks, per_learner, in_all, str(key["id"]), str(key["key"]), overhead)
    lesson = write_lesson(place.folder / "lesson.toml", plan.learners, per_learner, in_all)
    async with AsyncExitStack() as stack:
        gates = [a_gate(lesson, place.folder / "platform", place.ledger_url, run.key) for _ in (1, 2)]
        doomed, other = await asyncio.gather(*map(stack.enter_async_context, gates))
        run.killed_url, run.killed_pid = doomed.url, doomed.process.pid
        started = time.perf_counter()
        run.tokens = await places_taken([doomed, other], plan.learners)
        run.join_seconds = time.perf_counter() - started
        await _loaded(run, place, doomed, other)
    return run


async def _loaded(run: Run, place: Place, doomed: Gate, other: Gate) -> None:
    async def kill() -> None:
        run.processor_seconds.update(_of_gates([doomed]))
        await doomed.kill()

    async def restart() -> None:
        run.processor_seconds.update(_of_database(place))
        await asyncio.get_running_loop().run_in_executor(KEEPER, place.server.restart)

    incidents = [(run.plan.killed_at_seconds, kill), (run.plan.restarted_at_seconds, restart)]
    before, bytes_before = _processor_seconds(place, [doomed, other]), _database_bytes(place.ledger_url)
    run.load_averages.append(os.getloadavg()[0])
    run.sent = await send_all(run.asks, Places([doomed.url, other.url]), run.tokens, incidents)
    run.load_averages.append(os.getloadavg()[0])
    run.processor_seconds.update(_processor_seconds(place, [other]))
    run.processor_seconds.subtract(before)
    run.gate_megabytes = other.megabytes()
    run.ledger_bytes = _database_bytes(place.ledger_url) - bytes_before


async def _overhead(place: Place, key: str) -> dict[str, int]:
    """How many tokens of input the platform counts beside the words of a prompt, by model."""
    asks = [Ask(0, 0, "response", (TEXT_MODEL, 3)), Ask(0, 0, "image", (IMAGE_MODEL, 3))]
    found = {}
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
        for ask in asks:
            headers = {"authorization": f"Bearer {key}"}
            url = f"{place.platform.base_url}/{ask.path}"
            answer = (await client.post(url, json=ask.body, headers=headers)).raise_for_status().json()
            found[ask.signature[0]] = answer["usage"]["input_tokens"] - ask.signature[1]
    return found


def _processor_seconds(place: Place, gates: Sequence[Gate]) -> Counter[str]:
    platform_seconds = sum(psutil.Process(place.platform.pid).cpu_times()[:2])
    own = Counter({"platform": platform_seconds, "load": sum(psutil.Process().cpu_times()[:2])})
    return own + _of_gates(gates) + _of_database(place)


def _of_gates(gates: Sequence[Gate]) -> Counter[str]:
    return Counter({"gateways": sum(gate.processor_seconds() for gate in gates)})


def _of_database(place: Place) -> Counter[str]:
    """Of the server's processes, those that have ended among them."""
    first = psutil.Process(place.server.pid)
    seconds = sum(first.cpu_times()[:4])
    for each in first.children():
        with suppress(psutil.NoSuchProcess):
            seconds += sum(each.cpu_times()[:2])
    return Counter({"database": seconds})


def _database_bytes(url: str) -> int:
    with connect(url) as database:
        row = database.execute("SELECT pg_database_size(current_database())").fetchone()
        assert row is not None
        return int(row[0])


def audited(run: Run, folder: Path, url: str) -> Findings:
    """After everything has ended: what the killed gateway held is uncertain from now on."""
    with connect(url) as database:
        stranded = list(class_audit.stranded(database.execute(class_audit.HELD), run.killed_pid, run.sent))
    ledger = open_ledger(url, SystemClock(), mode="practice")
    try:
        ledger.expire()
        disagreements = [str(one) for one in ledger.audit()]
    finally:
        ledger.close()
    secrets = [run.key, "sk-class-"]
    with connect(url) as database:
        pairs = database.execute("SELECT secret_hash, pseudonym FROM class_learner").fetchall()
        entries = class_audit.ledgers_entries(database, run.overhead)
        disagreements += [f"corrected: {one}" for one in database.execute(class_audit.CORRECTED)]
        disagreements += [f"still held: {one}" for one in database.execute(class_audit.HELD)]
        disagreements += class_audit.written_in_database(database, secrets)
    pseudonyms: dict[str, str] = dict(pairs)
    names = [f"{LESSON_ID}/{pseudonyms[digest_of(token)]}" for token in run.tokens]
    book = folder / "platform" / "practice" / "practice.sqlite3"
    lines = class_audit.platforms_book(book, run.key_id, run.overhead)
    found = class_audit.compared(lines, entries, run.asks, names)
    found.wrong += class_audit.unexplained(found, run.sent, run.killed_url, run.plan.killed_at_seconds)
    found.wrong += class_audit.overshoots(entries, run.per_learner.pico_usd, run.in_all.pico_usd)
    found.wrong += stranded + disagreements + _written_down(folder, secrets)
    return found


def _written_down(folder: Path, secrets: Iterable[str]) -> list[str]:
    """Files that hold a secret, which none may."""
    wanted = [secret.encode() for secret in secrets]
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = [path for path in files if any(secret in path.read_bytes() for secret in wanted)]
    return [f"a secret was written to {path.relative_to(folder)}" for path in found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60, help="how long calls begin")
    parser.add_argument("--every", type=float, default=40, help="seconds between two calls of one learner")
    parser.add_argument("--images", type=float, default=0.03, help="the share of calls for an image")
    options = parser.parse_args()
    plan = Plan(options.learners, options.seconds, options.learners / options.every, options.images)
    server = PostgresServer()
    try:
        with tempfile.TemporaryDirectory(dir=fast_folder()) as name, new_database(server.url) as url:
            folder = Path(name)
            with platform(folder / "platform") as address:
                run = asyncio.run(measured(plan, Place(folder, address, server, url)))
            found = audited(run, folder, url)
            print("\n".join(table(run, found)))
            print((folder / "gates.log").read_text("utf-8")[-3000:], file=sys.stderr)
    finally:
        server.close()
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
