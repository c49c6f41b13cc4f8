"""While a class is served, the ledger is told what it was not there for, also when nobody calls any more."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from ppkit.errors import PpkitError
from ppkit.metering import Meter

LOOK_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
"""A ledger that is away is asked ever later: each question may wait for it, and calls ask it as well."""

_log = logging.getLogger("ppkit.class")


async def keep_telling(meter: Meter, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
    """Run until it is cancelled."""
    pause_seconds = LOOK_SECONDS
    while True:
        await sleep(pause_seconds)
        if meter.owed or meter.abandoned:
            await _told(meter)
        pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS) if meter.owed else LOOK_SECONDS


async def _told(meter: Meter) -> None:
    try:
        await anyio.to_thread.run_sync(meter.flush)
    except Exception as error:  # whatever it is, the lesson goes on
        kind = error.code if isinstance(error, PpkitError) else type(error).__name__
        _log.warning("the ledger was not told how calls ended: %s", kind)
