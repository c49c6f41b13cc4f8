"""Work beside the caller: in a thread, or, where there are none, in a later turn of the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable

from ppkit.footing import footing

_rounds: set[asyncio.Task[None]] = set()  # a loop holds its tasks weakly


def do_beside(work: Callable[[], None], name: str) -> None:
    """Begin this work, in the caller's context (such as tags); it never outlives the process.

    Without threads it is done in one go, once the loop has its next turn: what is done first is to answer.
    Without a loop either, it is done now.
    """
    context = contextvars.copy_context()
    if footing().has_threads:
        threading.Thread(target=lambda: context.run(work), name=name, daemon=True).start()
    elif loop := asyncio._get_running_loop():
        loop.call_soon(work, context=context)
    else:  # nobody would turn one afterwards
        context.run(work)


def repeat_beside(look: Callable[[], float | None], ended: threading.Event, name: str) -> None:
    """Call `look` now and again after as many seconds as it says, until it says None.

    Without threads and without a loop that runs, once.
    """
    if footing().has_threads:
        threading.Thread(target=lambda: _repeat(look, ended), name=name, daemon=True).start()
    elif (loop := asyncio._get_running_loop()) is None:
        look()
    else:
        rounds = loop.create_task(_repeat_in_loop(look), name=name)
        _rounds.add(rounds)
        rounds.add_done_callback(_rounds.discard)


def _repeat(look: Callable[[], float | None], ended: threading.Event) -> None:
    while (seconds := look()) is not None:
        ended.wait(seconds)


async def _repeat_in_loop(look: Callable[[], float | None]) -> None:
    while (seconds := look()) is not None:
        await asyncio.sleep(seconds)
