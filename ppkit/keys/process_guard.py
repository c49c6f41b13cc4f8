"""What this process writes about itself without being asked is redacted: logs, tracebacks, warnings."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ppkit.keys.redaction import redact

_Warned = Callable[..., str]


def guard_process() -> None:
    """Redact log records of every logger, uncaught exceptions of every thread, and warnings. Twice is once.

    What the user's own code prints is left as it is.
    """
    if isinstance(logging.getLogRecordFactory(), _RedactedRecords):
        return
    logging.setLogRecordFactory(_RedactedRecords(logging.getLogRecordFactory()))
    sys.excepthook = _show
    threading.excepthook = _show_of_thread
    sys.unraisablehook = _show_unraisable
    warnings.formatwarning = _redacted_warning(warnings.formatwarning)


class _RedactedRecords:
    """Makes log records without keys: message, arguments, traceback. Others stay as they were."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: Any, **named: Any) -> logging.LogRecord:
        record = self._make(*arguments, **named)
        _redact_message(record)
        if record.exc_info and record.exc_info[0]:
            told = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            if redact(told) != told:
                record.exc_text, record.exc_info = redact(told), None
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return record


def _redact_message(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except Exception:  # arguments that do not fit: logging says so itself, and quotes them
        record.msg, record.args = redact(f"{record.msg!r} % {record.args!r}"), ()
        return
    if redact(message) != message:
        record.msg, record.args = redact(message), ()


def _say(text: str) -> None:
    if sys.stderr:  # a program without a console has none
        sys.stderr.write(redact(text))


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _say("".join(traceback.format_exception(kind, error, trace)))


def _show_of_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_type is SystemExit or failed.exc_value is None:
        return
    name = failed.thread.name if failed.thread else ""
    _say(f"Exception in thread {name}:\n")
    _show(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _show_unraisable(failed: sys.UnraisableHookArgs) -> None:
    _say(f"{failed.err_msg or 'Exception ignored in'}: {type(failed.object).__name__}\n")
    if failed.exc_value is not None:
        _show(failed.exc_type, failed.exc_value, failed.exc_traceback)


def _redacted_warning(make: _Warned) -> _Warned:
    def made(*arguments: Any, **named: Any) -> str:
        return redact(make(*arguments, **named))

    return made
