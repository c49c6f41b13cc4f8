"""A learner's body on its way in: bounded in size and time, one at a time for each, read beside the loop."""

from __future__ import annotations

from functools import partial
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread
from starlette.requests import Request

from ppkit.class_service.call_check import FORM_ROUTES, checked_body
from ppkit.class_service.class_door import Admission
from ppkit.class_service.wire_errors import BodyTooLarge, BodyTooSlow
from ppkit.metering.multipart import MULTIPART

MIB = 2**20
MOST_JSON_MIB = 1
"""Small numbers take forty times their bytes in memory, and reading them holds everybody up."""

MOST_FORM_MIB = 16
BODY_SECONDS = 30.0
READ_AT_ONCE_BYTES = 16 * 1024  # what takes less time than handing it to a thread


class BodyReader:
    """Reads and checks bodies. Whoever sends many at once waits for themselves."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def checked(self, route: str, request: Request, admission: Admission) -> tuple[bytes, str]:
        """The body to send and its content type. Raises BodyTooLarge, BodyTooSlow, as `checked_body` else."""
        content_type = request.headers.get("content-type", "")
        is_form = route in FORM_ROUTES and content_type.strip().lower().startswith(MULTIPART)
        turn = self._turn_of(admission.learner.pseudonym)
        async with turn:
            content = await _content_of(request, MOST_FORM_MIB if is_form else MOST_JSON_MIB)
            check = partial(checked_body, route, content, content_type, admission.prepared.lesson)
            return check() if len(content) <= READ_AT_ONCE_BYTES else await anyio.to_thread.run_sync(check)

    def _turn_of(self, pseudonym: str) -> anyio.Lock:
        turn = self._turns.get(pseudonym)
        if turn is None:
            turn = self._turns[pseudonym] = anyio.Lock()
        return turn


async def _content_of(request: Request, most_mib: int) -> bytes:
    """Raises BodyTooLarge, BodyTooSlow."""
    parts, length = [], 0
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for part in request.stream():
                length += len(part)
                if length > most_mib * MIB:
                    raise BodyTooLarge(most_mib=most_mib)
                parts.append(part)
    except TimeoutError:
        raise BodyTooSlow(seconds=int(BODY_SECONDS)) from None
    return b"".join(parts)
