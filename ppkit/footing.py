"""What the machine under ppkit can do, chosen here, once: whoever needs it asks what is there, never where.

A computer has threads, ports and other processes; Python inside a web page (Pyodide) has none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Footing:
    """What there is: threads, ports (sockets, and processes that listen at them), neighbours (other processes
    that open the same files, so that locks and a shared write-ahead log have a use).
    """

    has_threads: bool
    has_ports: bool
    has_neighbours: bool


COMPUTER = Footing(has_threads=True, has_ports=True, has_neighbours=True)
WEB_PAGE = Footing(has_threads=False, has_ports=False, has_neighbours=False)
_chosen = [WEB_PAGE if sys.platform == "emscripten" else COMPUTER]


def footing() -> Footing:
    """The one in force."""
    return _chosen[-1]


@contextmanager
def standing_on(other: Footing) -> Iterator[None]:
    """Another footing inside: how one machine tries what holds on the other."""
    _chosen.append(other)
    try:
        yield
    finally:
        _chosen.pop()
