"""The runs that are in force at a time, each with a tag of its own: one inside another, or overlapping.

A call counts in all of them, so that no run takes a call out of another one's limit.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakKeyDictionary

RUN = "run"
"""The tag by which the ledger knows the calls of a run; `ppkit usage --by tag:run` lists the runs. A run that
begins while another one is in force has "run.2", and so on.
"""


class MeterOfRuns(Protocol):
    """What runs change of a meter."""

    default_tags: Mapping[str, str]
    run_tag: Mapping[str, str]
    allow_unpriced: bool


@dataclass(frozen=True, slots=True, eq=False)
class RunInForce:
    """One run's part of what its meter does; `tag` is the name of the tag whose value is the run's `name`."""

    tag: str
    name: str
    tags: Mapping[str, str]
    allow_unpriced: bool


@dataclass(slots=True)
class _Runs:
    """Those of one meter, and what is put back when the last of them has ended."""

    default_tags: Mapping[str, str]
    allow_unpriced: bool
    in_force: list[RunInForce] = field(default_factory=list)
    at_last: ExitStack = field(default_factory=ExitStack)

    def tell(self, meter: MeterOfRuns) -> None:
        tags = dict(self.default_tags)
        for run in self.in_force:
            tags |= run.tags
        meter.default_tags = tags
        meter.run_tag = {run.tag: run.name for run in self.in_force}
        meter.allow_unpriced = self.allow_unpriced or any(run.allow_unpriced for run in self.in_force)


_of_meters: WeakKeyDictionary[MeterOfRuns, _Runs] = WeakKeyDictionary()
_lock = threading.Lock()


@contextmanager
def run_in_force(
    meter: MeterOfRuns,
    name: str,
    tags: Mapping[str, str],
    surroundings: AbstractContextManager[None],
    *,
    allow_unpriced: bool,
) -> Iterator[RunInForce]:
    """Inside, every call of the meter has the tags, in these surroundings.

    Runs that overlap need not end in the order in which they began: the surroundings, which all of them need,
    are left when the last one ends.
    """
    with _lock:
        runs = _of_meters.setdefault(meter, _Runs(meter.default_tags, meter.allow_unpriced))
        run = RunInForce(_free_tag(runs.in_force), name, tags, allow_unpriced)
        runs.at_last.enter_context(surroundings)
        runs.in_force.append(run)
        runs.tell(meter)
    try:
        yield run
    finally:
        with _lock:
            runs.in_force.remove(run)
            runs.tell(meter)
            if not runs.in_force:
                del _of_meters[meter]
                runs.at_last.close()


def _free_tag(in_force: list[RunInForce]) -> str:
    taken = {run.tag for run in in_force}
    names = itertools.chain([RUN], (f"{RUN}.{number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)
