"""The benchmark of a class on a hub: one learner who fails ends it, with a name."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest
from playwright.sync_api import TimeoutError as BrowserTimeout

from benchmarks.hub_load import Class, LearnerFailed
from benchmarks.hub_load_table import Round, _clicks

LONGEST_WAIT_SECONDS = 5.0


class SilentChannel:
    """Of a kernel that never answers."""

    def __init__(self) -> None:
        self._aborted = threading.Event()

    def recv(self) -> None:
        assert self._aborted.wait(LONGEST_WAIT_SECONDS), "nobody ended the wait"
        raise ConnectionError("aborted")

    def abort(self) -> None:
        self._aborted.set()


class OneFails(Class):
    """The third fails once the first waits for all at the barrier and the second for its kernel."""

    def __init__(self) -> None:
        super().__init__(cast(Any, None), ["waits-for-all", "waits-for-its-kernel", "fails"], 0, [0.0])
        self._is_waiting = threading.Event()

    def _learner(self, seat: str) -> None:
        match seat:
            case "waits-for-all":
                self._all_are_in.wait(LONGEST_WAIT_SECONDS)
            case "waits-for-its-kernel":
                channel = SilentChannel()
                self._channels.add(cast(Any, channel))
                self._is_waiting.set()
                channel.recv()
            case _:
                assert self._is_waiting.wait(LONGEST_WAIT_SECONDS)
                raise ValueError("no server")


def test_one_learner_who_fails_is_named_and_nobody_waits_for_it() -> None:
    begun = time.monotonic()
    with pytest.raises(LearnerFailed, match=r"^fails: ValueError: no server$"):
        OneFails().play()
    assert time.monotonic() - begun < LONGEST_WAIT_SECONDS


def test_browsers_wait_no_longer_than_the_class_goes_on() -> None:
    looks: list[float] = []

    class NeverSeen:
        def wait_for(self, timeout: float) -> None:
            looks.append(timeout)
            if len(looks) == 2:
                learners._tried("fails", lambda _name: cast(Any, None).start_server())
            assert len(looks) <= 2, "nobody is left to wait with"
            raise BrowserTimeout("not there")

    learners = OneFails()
    with pytest.raises(BrowserTimeout):
        learners.wait_until_seen(cast(Any, NeverSeen()))
    assert len(looks) == 2


def test_every_kind_of_click_is_listed_whose_longest_took_more_than_a_second() -> None:
    slow = [(f"window.click-{number}", 1.0 + number) for number in range(1, 13)]
    played = Round(5.0, played=[60.0], clicks=[*slow, ("window.quick", 0.4), ("window.click-1", 0.1)])
    rows = [line.split(" | ")[0] for line in _clicks(played)]
    assert rows[-13:] == ["| all", *(f"| window.click-{number}" for number in range(12, 0, -1))]
