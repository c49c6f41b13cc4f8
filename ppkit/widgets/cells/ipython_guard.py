"""An extension of IPython: no key in a traceback, a log line or the history of what was typed.

`%load_ext ppkit` loads it, with what else belongs there (`ipython_extension`).
Nothing that the user's own code prints is changed, and the debugger (`%debug`) shows what it shows.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr
from typing import Any

from ppkit.keys.key_search import without_keys
from ppkit.keys.process_guard import guard_process
from ppkit.keys.redaction import redact

_GUARDED = "_ppkit_guarded"
_SHOWN = ("traceback", "evalue")


def load_ipython_extension(shell: Any) -> None:
    """IPython's hook. Twice is once."""
    guard_process()
    if getattr(shell, _GUARDED, False):
        return
    setattr(shell, _GUARDED, True)
    _guard_tracebacks(shell)
    _guard_history(shell.history_manager)
    # A kernel inside a web page answers with what it has shown.
    session = getattr(getattr(shell, "kernel", None), "session", None)
    if session is not None:
        _guard_replies(session)


def _guard_tracebacks(shell: Any) -> None:
    """Every way in which IPython shows an exception (all modes, `%tb`, syntax errors) ends in one of two."""
    show, print_or_show = shell._showtraceback, shell.showtraceback

    def show_redacted(kind: Any, error: Any, lines: list[str]) -> None:
        shown = redact("\n".join(lines)).split("\n")
        show(kind, _TextOnlyError(redact(_text_of(error))), shown)

    # Groups of exceptions are printed, by Python's own means.
    def print_redacted(*arguments: Any, **named: Any) -> None:
        with redirect_stderr(io.StringIO()) as printed:
            print_or_show(*arguments, **named)
        sys.stderr.write(redact(printed.getvalue()))

    shell._showtraceback, shell.showtraceback = show_redacted, print_redacted


def _guard_replies(session: Any) -> None:
    """A kernel also answers the request itself with the exception's own words."""
    send = session.send

    def send_redacted(stream: Any, message: Any, content: Any = None, *rest: Any, **named: Any) -> Any:
        if isinstance(content, dict) and content.get("status") == "error":
            content = {name: _redacted(value) if name in _SHOWN else value for name, value in content.items()}
        return send(stream, message, content, *rest, **named)

    session.send = send_redacted


def _guard_history(history: Any) -> None:
    """What was typed goes into a database of IPython's; a key in it is reduced to its last four signs."""
    if history is None:
        return
    store = history.store_inputs

    def store_without_keys(line: int, source: str, source_raw: str | None = None) -> None:
        typed = source if source_raw is None else source_raw
        store(line, without_keys(source)[0], without_keys(typed)[0])

    history.store_inputs = store_without_keys


class _TextOnlyError(Exception):
    """Stands for an exception where only its words are wanted."""


def _text_of(error: object) -> str:
    try:
        return str(error)
    except Exception as broken:  # an exception that cannot even say what it is
        return type(broken).__name__


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    return (
        [redact(line) if isinstance(line, str) else line for line in value]
        if isinstance(value, list)
        else value
    )
