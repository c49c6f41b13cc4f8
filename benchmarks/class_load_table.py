"""What a load of a class is, and its figures as Markdown."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.class_audit import Findings
from benchmarks.open_loop import CUT_OFF, Ask, Sent
from ppkit.money import Money

KILLED_AT, RESTARTED_AT = 0.3, 0.6
"""When a gateway is killed and the database restarted, as shares of the run."""

DISTURBED_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked, by how many, for how long."""

    learners: int
    seconds: float
    calls_a_second: float
    images: float

    @property
    def killed_at_seconds(self) -> float:
        return self.seconds * KILLED_AT

    @property
    def restarted_at_seconds(self) -> float:
        return self.seconds * RESTARTED_AT


@dataclass(slots=True)
class Run:
    """One load, and what was measured of it. `overhead`: tokens beside a prompt's words, by model."""

    plan: Plan
    asks: Sequence[Ask]
    per_learner: Money
    in_all: Money
    key_id: str
    key: str = field(repr=False)
    overhead: Mapping[str, int]
    tokens: Sequence[str] = field(default=(), repr=False)
    sent: Sequence[Sent] = ()
    killed_url: str = ""
    killed_pid: int = 0
    join_seconds: float = 0.0
    processor_seconds: Counter[str] = field(default_factory=Counter)
    gate_megabytes: float = 0.0
    ledger_bytes: int = 0
    load_averages: list[float] = field(default_factory=list)


def table(run: Run, found: Findings) -> Iterator[str]:
    """The figures of one run, line by line."""
    loads = " to ".join(f"{one:.1f}" for one in run.load_averages)
    late = max(one.late_ms for one in run.sent)
    yield f"{len(run.sent):,} calls of {run.plan.learners:,} learners in {run.plan.seconds:.0f} s; "
    yield f"{os.cpu_count()} cores, load {loads}; calls began {late:.0f} ms late at most; "
    yield f"all places were taken within {run.join_seconds:.0f} s."
    yield ""
    outcomes = Counter(one.code or "answered" for one in run.sent).most_common()
    yield ", ".join(f"{name}: {count:,}" for name, count in outcomes)
    yield ""
    yield "| first byte, ms from the intended start | calls | median | 95 % | 99 % | longest |"
    yield "|---|---|---|---|---|---|"
    yield from _times(run)
    yield ""
    yield f"| for each of {len(run.sent):,} calls | |"
    yield "|---|---|"
    for name in ("gateways", "database", "platform", "load"):
        milliseconds = run.processor_seconds[name] / len(run.sent) * 1000
        yield f"| processor time of {name}, ms | {milliseconds:.1f} |"
    yield f"| bytes of the database | {run.ledger_bytes / max(1, found.billed):,.0f} |"
    yield f"| MB of the gateway that was left | {run.gate_megabytes:.0f} |"
    yield ""
    yield from _audit(found)


def _times(run: Run) -> Iterator[str]:
    killed, restarted = run.plan.killed_at_seconds, run.plan.restarted_at_seconds
    for name, begins, ends in (
        ("two gateways", 0.0, killed),
        ("one is gone", killed, restarted),
        ("PostgreSQL restarts", restarted, restarted + DISTURBED_SECONDS),
        ("after that", restarted + DISTURBED_SECONDS, run.plan.seconds),
    ):
        for kind in ("text", "image", "refused"):
            times = sorted(
                one.first_byte_ms
                for one in run.sent
                if begins <= one.ask.at_seconds < ends and _kind_of(one) == kind
            )
            if times:
                shown = " | ".join(f"{_at(times, share):,.0f}" for share in (0.5, 0.95, 0.99, 1))
                yield f"| {name}: {kind} | {len(times):,} | {shown} |"


def _audit(found: Findings) -> Iterator[str]:
    yield f"Billed by the platform: {found.billed:,}, of these counted exactly: {len(found.agreed):,},"
    yield f"uncertain, at no less than their cost: {len(found.uncertain_and_billed)}."
    yield f"Uncertain and never billed: {len(found.uncertain_only)}. Given back: {found.released}."
    yield ""
    for call_id in [*found.uncertain_and_billed.values(), *found.uncertain_only]:
        yield f"- uncertain: {call_id}"
    for one in found.wrong:
        yield f"- WRONG: {one}"
    if not found.wrong:
        yield "Nothing is lost, counted twice or overshot."


def _kind_of(one: Sent) -> str:
    if one.status != 200:
        return "cut off" if one.status == CUT_OFF else "refused"
    return "image" if one.ask.kind == "image" else "text"


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
