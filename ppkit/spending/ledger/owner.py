"""Who holds a reservation: a process, named so that others on the same machine can see it is gone."""

from __future__ import annotations

import os
import platform
import secrets
from functools import cache
from pathlib import Path

from ppkit.footing import footing

NOBODY = "//"
"""The owner of a reservation that waits for the platform: no process's end ends it."""

ALONE = "alone"
"""The machine of a process that has no neighbours: whoever else held something there is gone."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_PID_NAMESPACE = Path("/proc/self/ns/pid")
_PROCESSES = Path("/proc")


@cache
def this_process() -> str:
    """The running process as "machine/pid/start": start distinguishes it from a later one of that number.

    Found out once; a forked child has a name of its own.
    """
    pid = os.getpid()
    if not footing().has_neighbours:  # each load of a page has the same number and no start
        return f"{ALONE}/{pid}/{secrets.token_hex(8)}"
    return f"{_machine()}/{pid}/{_started(pid)}"


def is_dead(owner: str) -> bool:
    """True only when the owner certainly no longer runs.

    A process of another machine or container, or on a system without /proc, cannot be judged from here:
    its reservations end when their time is over.
    """
    machine, pid, started = owner.rsplit("/", 2)
    if not footing().has_neighbours:
        return machine == ALONE and owner != this_process()
    if not machine or machine != _machine():
        return False
    try:
        os.kill(int(pid), 0)  # signal 0 only asks; /proc may hide other users' processes, this does not
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _started(int(pid)) != started


def _machine() -> str:
    """This boot of this machine, its name, and this process namespace; empty where the system does not tell.

    Machines woken from one snapshot share the boot's number, and a ledger may be shared across machines.
    """
    try:
        return f"{_BOOT_ID.read_text().strip()} {platform.node()} {_PID_NAMESPACE.readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """The process's start in clock ticks since boot (field 22 of proc_pid_stat(5)); empty when there is none.

    A zombie counts as gone: it can end nothing any more.
    """
    try:
        stat = (_PROCESSES / str(pid) / "stat").read_text()
    except OSError:
        return ""
    # The command name may hold spaces and brackets, so fields are counted from its last bracket.
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=this_process.cache_clear)
