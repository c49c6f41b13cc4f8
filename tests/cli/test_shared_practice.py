"""The practice platform that several `ppkit start` share: the last one ends it, and only what is theirs."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from ppkit.clock import SystemClock
from ppkit.practice_platform.address import find_running
from ppkit.practice_platform.process import ensure_running
from ppkit.start import shared_platform as platform_room
from ppkit.start.shared_platform import end_practice, shared_practice

pytestmark = [pytest.mark.usefixtures("practice"), pytest.mark.processes]
PROCESSES = multiprocessing.get_context("spawn")


def use(home: Path, pipe: Connection) -> None:
    """Another `ppkit start`, in a separate process, until it is asked to end."""
    pipe.send("here")
    pipe.recv()
    with shared_practice(home, SystemClock()):
        pipe.send(ensure_running(home).pid)
        pipe.recv()


class Another:
    def __init__(self, home: Path) -> None:
        self.pipe, theirs = PROCESSES.Pipe()
        self.process = PROCESSES.Process(target=use, args=(home, theirs))
        self.process.start()
        self.pipe.recv()

    def come(self) -> None:
        self.pipe.send("come")

    def pid(self) -> int:
        """The platform's process, once it has been given one."""
        pid: int = self.pipe.recv()
        return pid

    def leave(self) -> None:
        self.pipe.send("leave")
        self.process.join()


def test_the_last_start_ends_the_platform(home: Path) -> None:
    with shared_practice(home, SystemClock()):
        address = ensure_running(home)
        another = Another(home)
        another.come()
        assert another.pid() == address.pid
    assert find_running(home) == address
    another.leave()
    assert find_running(home) is None


def test_a_killed_start_does_not_keep_it_running(home: Path) -> None:
    another = Another(home)
    another.come()
    another.pid()
    another.process.kill()
    another.process.join()
    end_practice(home, SystemClock())
    with shared_practice(home, SystemClock()):
        ensure_running(home)
    assert find_running(home) is None
    assert list((home / "start").glob("user-*")) == []


def test_one_that_ran_before_is_left_running(home: Path) -> None:
    before = ensure_running(home)
    with shared_practice(home, SystemClock()):
        pass
    assert find_running(home) == before


def test_who_comes_while_the_last_one_leaves_gets_a_platform_that_lives_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = Another(home)

    def end_while_another_comes(home: Path, clock: SystemClock) -> None:
        another.come()
        assert not another.pipe.poll(0.3)  # nobody gets in while the platform is being ended
        end_practice(home, clock)

    monkeypatch.setattr(platform_room, "end_practice", end_while_another_comes)
    with shared_practice(home, SystemClock()):
        dying = ensure_running(home)
    pid = another.pid()
    assert pid != dying.pid
    os.kill(pid, 0)
    another.leave()
