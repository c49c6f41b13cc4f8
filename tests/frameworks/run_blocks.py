"""Runs blocks of a page, one after the other, as a notebook does, and notes what each one did.

A separate program: it runs in the environment of the frameworks, where nothing else of the tests is.
Standard input: a JSON list of blocks. Standard output: a JSON list; for each block the calls and the cost in
the ledger, the cost on the platform's bill, the warnings, the addresses elsewhere, the error.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import socket
import sys
import warnings
from types import CodeType
from typing import Any

import ppkit
from ppkit.metering import unmetered
from ppkit.sessions import Session

TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
HERE = ("127.0.0.1", "localhost", "::1")


class Elsewhere(OSError):
    """Something wanted to leave this machine."""


def keep_here() -> list[str]:
    """Refuse every address but this machine's; returns the list in which those asked for are noted."""
    asked: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def checked(host: Any) -> None:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in HERE:
            asked.append(str(name))
            raise Elsewhere(f"{name} is not on this machine")

    def look_up_here(host: Any, *arguments: Any, **options: Any) -> Any:
        checked(host)
        return look_up(host, *arguments, **options)

    def connect_here(self: Any, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            checked(address[0])
        connect(self, address)

    socket.getaddrinfo = look_up_here
    socket.socket.connect = connect_here  # type: ignore[method-assign]
    return asked


def spent(session: Session) -> tuple[int, int, int]:
    """Calls and cost by the ledger, and cost by the platform's bill, in pico-dollars."""
    session.meter.flush()
    rows = session.ledger.report(by=()).rows
    booked = (int(rows[0]["calls"] or 0), int(rows[0]["cost_pico_usd"] or 0)) if rows else (0, 0)
    return (*booked, int(session.practice_link.state()["billed_pico_usd"]))


def warnings_shown() -> list[str]:
    """The list in which every UnmeteredWarning is noted from now on; others are passed over."""
    shown: list[str] = []

    def note(message: Warning | str, category: type[Warning], *_where: Any, **_more: Any) -> None:
        if category is ppkit.UnmeteredWarning:
            shown.append(str(message))

    warnings.showwarning = note
    return shown


async def run(blocks: list[str]) -> list[dict[str, Any]]:
    elsewhere, shown = keep_here(), warnings_shown()
    names: dict[str, Any] = {"__name__": "__main__"}
    # What a framework finds in the environment leads to the practice platform, as a real key to the real one.
    address = ppkit.practice().practice_link.address().base_url
    os.environ.update(OPENAI_BASE_URL=address, OPENAI_API_BASE=address)
    session = ppkit.practice()  # the settings are others now, and so is the session
    outcomes = []
    for number, block in enumerate(blocks):
        elsewhere.clear()
        shown.clear()
        unmetered._told.clear()
        before = spent(session)
        error = await executed(compile(block, f"block {number}", "exec", TOP_LEVEL_AWAIT), names)
        calls, cost, billed = (now - then for now, then in zip(spent(session), before, strict=True))
        outcome = {"calls": calls, "cost": cost, "billed": billed, "error": error}
        outcomes.append({**outcome, "warnings": list(shown), "elsewhere": list(elsewhere)})
    return outcomes


async def executed(code: CodeType, names: dict[str, Any]) -> str:
    """Run a cell; returns the error, empty when there was none."""
    try:
        result = eval(code, names)
        if inspect.iscoroutine(result):
            await result
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    answer = os.dup(1)
    os.dup2(2, 1)  # what the frameworks print is not the answer
    with os.fdopen(answer, "w", encoding="utf-8") as output:
        json.dump(asyncio.run(run(json.load(sys.stdin))), output)
