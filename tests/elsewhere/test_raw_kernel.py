"""What the tests' own kernel does where it does not start, and what is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from left_running import STARTED_BY, WORKER

from . import raw_kernel as kernel_room
from .raw_kernel import end, environment_in, raw_kernel


@pytest.mark.processes
def test_a_kernel_that_ends_instead_of_starting_is_told_at_once_with_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such module' >&2; exit 3\n", "utf-8")
    broken.chmod(0o755)
    began = time.monotonic()
    with (
        pytest.raises(RuntimeError, match=r"exit code 3\): no such module"),
        raw_kernel(tmp_path / "kernel", {}, str(broken)),
    ):
        pass
    assert time.monotonic() - began < kernel_room.START_SECONDS


@pytest.mark.processes
def test_a_kernel_that_does_not_end_when_it_is_told_to_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_room, "STOP_SECONDS", 0.05)
    deaf = "trap '' TERM; echo begun; read never"
    with subprocess.Popen(["sh", "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            end(process)
        assert process.returncode == -signal.SIGKILL


def test_what_a_kernel_starts_is_found_when_it_is_left_and_sees_no_keyring(tmp_path: Path) -> None:
    told = environment_in(tmp_path)
    for name in (STARTED_BY, WORKER, "PYTHON_KEYRING_BACKEND"):
        assert told[name] == os.environ[name]
