from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import left_running
import pytest
from left_running import ending_with, ending_with_the_session, of_several_tests

pytestmark = pytest.mark.processes

WAITS = [sys.executable, "-S", "-c", "input()"]
"""Until its input is closed; the writing end is ours."""
LEAVES_ONE = f"""
import subprocess
left = subprocess.Popen({WAITS!r}, stdout=subprocess.DEVNULL, start_new_session=True)
print(left.pid, flush=True)
left.returncode = 0
"""


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do these tests judge what this worker's tests do share, such as a PostgreSQL."""
    monkeypatch.setattr(left_running, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(left_running, "SHARED", "what these tests share")


def waiting(**environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(WAITS, stdin=subprocess.PIPE, env=environment or None)


def refused(check: AbstractContextManager[None], running: subprocess.Popen[bytes]) -> None:
    """The check has failed, named the process and ended it."""
    with pytest.raises(pytest.fail.Exception, match=f"{running.pid}: .* -S -c input"):
        check.__exit__(None, None, None)
    assert running.wait(30) == -signal.SIGKILL
    assert running.stdin is not None
    running.stdin.close()


def test_a_process_that_a_test_leaves_is_named_and_ended(request: pytest.FixtureRequest) -> None:
    check = ending_with(request.node.nodeid)
    check.__enter__()
    refused(check, waiting())


def test_one_with_an_environment_of_its_own_is_found_as_a_child(request: pytest.FixtureRequest) -> None:
    check = ending_with(request.node.nodeid)
    check.__enter__()
    refused(check, waiting(PATH=os.environ["PATH"]))


@pytest.fixture
def leave_one() -> Iterator[Callable[..., str]]:
    """Leaves a process whose parent has ended, with these variables; its id comes back."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb"), os.fdopen(reading, "rb") as held:

        def leave(**environment: str) -> str:
            own = os.environ | environment
            command = [sys.executable, "-c", LEAVES_ONE]
            done = subprocess.run(command, stdin=held, stdout=subprocess.PIPE, env=own, check=True)
            return done.stdout.decode().strip()

        yield leave


def test_one_whose_parent_has_ended_is_found_by_its_environment(
    request: pytest.FixtureRequest, leave_one: Callable[..., str]
) -> None:
    check = ending_with(request.node.nodeid)
    check.__enter__()
    left = leave_one()
    with pytest.raises(pytest.fail.Exception, match=left):
        check.__exit__(None, None, None)


def test_what_a_test_of_the_same_name_started_in_another_run_is_let_alone(
    request: pytest.FixtureRequest, leave_one: Callable[..., str]
) -> None:
    with ending_with(request.node.nodeid):
        left = leave_one(**{left_running.WORKER: "another run's"})
    assert left_running.look_at(int(left)) is not None


def test_what_tests_share_may_outlive_them_but_not_the_last(request: pytest.FixtureRequest) -> None:
    at_the_end = ending_with_the_session()
    at_the_end.__enter__()
    with ending_with(request.node.nodeid), of_several_tests():
        shared = waiting()
    refused(at_the_end, shared)


def test_what_has_ended_is_no_fault(request: pytest.FixtureRequest) -> None:
    with ending_with(request.node.nodeid):
        subprocess.run([sys.executable, "-S", "-c", ""], check=True)
