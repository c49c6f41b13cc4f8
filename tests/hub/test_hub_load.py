"""The benchmark of a class on a hub: one learner who fails ends it, with a name."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest

from benchmarks.hub_load import Class, LearnerFailed

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
