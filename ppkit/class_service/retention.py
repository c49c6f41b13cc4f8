"""While a class is served, lessons whose days are over lose their learners: at once, then every hour."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio
import anyio.to_thread

from ppkit.class_service.person_records import Tidied
from ppkit.errors import PpkitError

EVERY_SECONDS = 3600.0

_log = logging.getLogger("ppkit.class")


async def keep_forgetting(
    forget_due: Callable[[], Tidied], sleep: Callable[[float], Awaitable[None]] = anyio.sleep
) -> None:
    """Run until it is cancelled. What is in the way now is tried again with the next hour."""
    while True:
        try:
            left = (await anyio.to_thread.run_sync(forget_due)).left
        except Exception as error:  # whatever it is, the lesson goes on
            left = (error.code if isinstance(error, PpkitError) else type(error).__name__,)
        if left:
            _log.warning("learners whose time is over were not forgotten yet: %s", ", ".join(sorted({*left})))
        await sleep(EVERY_SECONDS)
