"""What a class on a hub was measured by, and the tables of `benchmarks.hub_load`."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psutil

PARTS = {
    "practice_platform.class_host": "practice platforms of all",
    "configurable-http-proxy": "proxy",
    "idle_culler": "idle culler",
    "ppkit class serve": "class service",
    "jupyterhub": "hub",
}
"""The hub's own processes, by what stands in their command."""
SHOWN_FROM_SECONDS = 1.0
"""A kind of click is listed whose longest took more."""


@dataclass(slots=True)
class Round:
    """The path played once by all, with so many seconds between two clicks on average."""

    pause_seconds: float
    played: list[float] = field(default_factory=list)
    clicks: list[tuple[str, float]] = field(default_factory=list)
    """Window and action of each click, and its seconds."""


@dataclass(slots=True)
class Measured:
    """Seconds of each learner since the common beginning; megabytes of each learner, and of the hub."""

    rounds: list[Round]
    logged_in: list[float] = field(default_factory=list)
    server_ready: list[float] = field(default_factory=list)
    map_shown: list[float] = field(default_factory=list)
    in_browsers: list[tuple[str, float]] = field(default_factory=list)
    at_map: dict[str, float] = field(default_factory=dict)
    at_end: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    of_hub: dict[str, float] = field(default_factory=dict)


def learners_megabytes(seats: Sequence[str]) -> dict[str, float]:
    """Proportional set size of each learner's processes together."""
    return _of_learners(seats, lambda process: process.memory_full_info().pss / 1e6)


def processor_seconds(seats: Sequence[str]) -> dict[str, float]:
    """Of each learner's server, its kernels and what else it has started."""
    return _of_learners(seats, lambda process: sum(process.cpu_times()[:2]) + _of_the_ended(process))


def hub_megabytes(hub: int, seats: Sequence[str]) -> dict[str, float]:
    """Proportional set size of the hub's own processes, by their names."""
    sizes: dict[str, float] = defaultdict(float)
    own = psutil.Process(hub)
    for process in [own, *own.children(recursive=True)]:
        try:
            if process.environ().get("JUPYTERHUB_USER") not in seats:
                sizes[_part(process)] += process.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
    return sizes


def _of_learners(seats: Sequence[str], figure: Callable[[psutil.Process], float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for process in psutil.process_iter():
        try:
            seat = process.environ().get("JUPYTERHUB_USER", "")
            if seat in seats:
                found[seat] += figure(process)
        except psutil.Error:
            continue
    return found


def _of_the_ended(process: psutil.Process) -> float:
    """Its children that have ended: a kernel, or a program that was asked something."""
    return float(sum(process.cpu_times()[2:4]))


def _part(process: psutil.Process) -> str:
    command = " ".join(process.cmdline())
    return next((name for sign, name in PARTS.items() if sign in command), "others")


def table(measured: Measured) -> Iterator[str]:
    yield "| seconds from the common beginning | median | last |"
    yield "|---|---|---|"
    for name, times in (
        ("logged in", measured.logged_in),
        ("own server answers", measured.server_ready),
        ("map of the course drawn by a kernel", measured.map_shown),
    ):
        yield f"| {name} | {statistics.median(times):.1f} | {max(times):.1f} |"
    yield "\n| in real browsers | seconds |\n|---|---|"
    for name, seconds in measured.in_browsers:
        yield f"| {name} | {seconds:.1f} |"
    for each in measured.rounds:
        yield from _clicks(each)
    yield "\n| one learner | median | most |\n|---|---|---|"
    for name, figures in (
        ("server and kernel with the map, MB (proportional set size)", measured.at_map),
        ("server and kernel at the end of the path, MB", measured.at_end),
        ("processor seconds in all", measured.seconds),
    ):
        yield f"| {name} | {_middle(figures)} | {max(figures.values()):.0f} |"
    yield "\n| the hub's own processes | MB |\n|---|---|"
    for name, size in sorted(measured.of_hub.items(), key=lambda part: -part[1]):
        yield f"| {name} | {size:.0f} |"
    whole = sum(measured.at_end.values()) + sum(measured.of_hub.values())
    yield f"\nAll together, without browsers: {whole / 1000:.1f} GB."


def _clicks(played: Round) -> Iterator[str]:
    pause = f"a pause of {played.pause_seconds:g} s on average" if played.pause_seconds else "no pause"
    yield f"\n{len(played.clicks)} clicks with {pause} before each; played in {max(played.played):.0f} s.\n"
    yield "| click | how many | median, s | 95 % | longest |"
    yield "|---|---|---|---|---|"
    by_name = defaultdict(list)
    for name, seconds in played.clicks:
        by_name[name].append(seconds)
        by_name["all"].append(seconds)
    slow = [name for name, seconds in by_name.items() if name == "all" or max(seconds) > SHOWN_FROM_SECONDS]
    for name in sorted(slow, key=lambda name: (name != "all", -max(by_name[name]))):
        times = sorted(by_name[name])
        most = times[min(len(times) - 1, int(len(times) * 0.95))]
        yield f"| {name} | {len(times)} | {statistics.median(times):.2f} | {most:.2f} | {times[-1]:.2f} |"


def _middle(figures: Mapping[str, float]) -> str:
    return f"{statistics.median(figures.values()):.0f}"
