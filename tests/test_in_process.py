"""A unit test that leaves its process fails, and says how it did."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable

import pytest
from in_process import staying_in_process


def open_a_socket() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))


def start_a_process() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.parametrize(
    ("leave", "event"), [(open_a_socket, "socket.bind"), (start_a_process, "subprocess.Popen")]
)
def test_a_unit_test_that_leaves_its_process_fails(
    request: pytest.FixtureRequest, leave: Callable[[], None], event: str
) -> None:
    with pytest.raises(pytest.fail.Exception, match=event), staying_in_process(request.node):
        leave()


@pytest.mark.processes
@pytest.mark.parametrize("leave", [open_a_socket, start_a_process])
def test_a_test_that_is_marked_may_leave_it(
    request: pytest.FixtureRequest, leave: Callable[[], None]
) -> None:
    with staying_in_process(request.node):
        leave()
