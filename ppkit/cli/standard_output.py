"""The standard streams, beyond what click does for a reader that has left: full disks and closed streams."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

from ppkit.errors import PpkitError


class AnswerNotWritten(PpkitError):
    """A standard stream takes nothing more: its disk is full, its device is gone. Facts: reason."""

    code = "answer_not_written"


class NobodyReads(PpkitError):
    """Standard output is closed, and the answer can be shown only once."""

    code = "nobody_reads"


class CheckedStream:
    """A standard stream. Raises AnswerNotWritten, and BrokenPipeError where its reader has gone."""

    def __init__(self, stream: IO[Any], on_write: Callable[[], None] = lambda: None) -> None:
        self._stream = stream
        self._on_write = on_write
        self.written = False  # whether anything was

    @property
    def buffer(self) -> CheckedStream:
        """Where click writes to when the encoding is no good."""
        return CheckedStream(cast(Any, self._stream).buffer, self._remember)

    def write(self, text: Any) -> int:
        self._remember()
        with _failures():
            return self._stream.write(text)

    def _remember(self) -> None:
        self.written = True
        self._on_write()

    def flush(self) -> None:
        with _failures():
            self._stream.flush()

    def leave(self) -> None:
        """What could not be written must not raise once more when the process ends."""
        try:
            self._stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AnswerNotWritten(reason=error.strerror or type(error).__name__) from None


@contextlib.contextmanager
def watched_streams() -> Iterator[None]:
    """Standard output and standard error, watched as long as a command runs; a closed one leads nowhere."""
    with contextlib.ExitStack() as stack:
        for stream, redirect in (
            (sys.stdout, contextlib.redirect_stdout),
            (sys.stderr, contextlib.redirect_stderr),
        ):
            there = stream or stack.enter_context(open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123
            watched = CheckedStream(there)
            stack.callback(watched.leave)
            stack.enter_context(redirect(cast(IO[str], watched)))
        yield


def occupy_closed_descriptors() -> None:
    """Nothing that is opened later (a database!) may get the number of a closed standard stream.

    A child that writes to "its standard output" would write into that file.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def require_a_reader() -> None:
    """Raises NobodyReads where standard output was closed from the start."""
    if sys.__stdout__ is None:
        raise NobodyReads
