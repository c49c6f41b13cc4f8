"""What a process writes about itself has no key in it: logs, tracebacks of every thread, warnings."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from ppkit.keys.process_guard import guard_process

from .canaries import key_of

KEY = key_of("project")


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process, guarded for the length of a test."""
    for module, name in (
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (threading, "excepthook"),
        (warnings, "formatwarning"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # to be put back
    records = logging.getLogRecordFactory()
    guard_process()
    yield
    logging.setLogRecordFactory(records)


def logged(message: str, *arguments: object, failing: bool = False) -> str:
    """What a logger with its own handler writes."""
    written = io.StringIO()
    logger = logging.Logger("canary")
    logger.addHandler(logging.StreamHandler(written))
    if not failing:
        logger.warning(message, *arguments)
        return written.getvalue()
    try:
        raise ValueError(f"Illegal header value b'Bearer {KEY}\\n'")
    except ValueError:
        logger.warning(message, *arguments, exc_info=True, stack_info=True)
    return written.getvalue()


@pytest.mark.usefixtures("guarded")
def test_a_logged_message_and_its_arguments_are_redacted() -> None:
    assert logged("key %s of %d", KEY, 1) == f"key sk-…{KEY[-4:]} of 1\n"


@pytest.mark.usefixtures("guarded")
def test_a_logged_traceback_is_redacted() -> None:
    written = logged("failed", failing=True)
    assert "Traceback" in written
    assert "Illegal header value" in written
    assert KEY[12:40] not in written


@pytest.mark.usefixtures("guarded")
def test_arguments_that_do_not_fit_their_message_are_redacted() -> None:
    assert KEY[12:40] not in logged("no place for it", KEY)


@pytest.mark.usefixtures("guarded")
def test_a_record_without_a_key_keeps_its_parts() -> None:
    record = logging.Logger("plain").makeRecord("plain", 20, "f", 1, "%s of %d", ("one", 2), None)
    assert (record.msg, record.args) == ("%s of %d", ("one", 2))


SCRIPT = """
import logging, sys, threading, warnings
from ppkit.keys.process_guard import guard_process
guard_process()
guard_process()
key = sys.stdin.read()
warnings.warn("this key is odd: " + key)
logging.getLogger("any.library").error("cannot use %r", key)

def fail():
    raise RuntimeError("in a thread: " + key)

thread = threading.Thread(target=fail)
thread.start()
thread.join()

class Broken:
    def __del__(self):
        raise RuntimeError("at its end: " + key)

broken = Broken()
del broken
raise RuntimeError("at last: " + key)
"""


@pytest.mark.processes
def test_nothing_that_a_whole_program_says_on_its_own_holds_the_key() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input=KEY, capture_output=True, text=True, check=False
    )
    for words in ("is odd", "cannot use", "in a thread", "at its end", "at last"):
        assert done.stderr.count(words) >= 1
    assert KEY[12:40] not in done.stderr
    assert f"sk-…{KEY[-4:]}" in done.stderr
    assert done.stdout == ""
