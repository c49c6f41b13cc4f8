"""How calls ended while the ledger was away: told later, each once and in their order."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

from ppkit.money import Money
from ppkit.spending.cost import Cost
from ppkit.spending.ledger import AlreadyEnded, AnswerTerms, Ledger, Mark, UnknownCall
from ppkit.spending.ledger.errors import LedgerError, LedgerTextRefused
from ppkit.spending.usage import Usage

log = logging.getLogger("ppkit.metering")


class OwedEndings:
    """What the ledger has yet to be told, by one thread at a time."""

    def __init__(self) -> None:
        self._endings: deque[Callable[[], None]] = deque()
        self._telling = threading.Lock()

    def __len__(self) -> int:
        return len(self._endings)

    def add(self, ending: Callable[[], None]) -> None:
        self._endings.append(ending)

    def tell(self) -> None:
        """Tell what is owed, until the ledger turns out to be away still.

        An ending leaves only when it is told, so an interrupt loses none. Where another thread is telling,
        this one need not wait for it.
        """
        if not self._telling.acquire(blocking=False):
            return
        try:
            while self._endings and _is_told(self._endings[0]):
                self._endings.popleft()
        finally:
            self._telling.release()


def may_be_told_later(error: Exception) -> bool:
    """Whether it is the ledger itself that failed, and not what it was told."""
    return isinstance(error, LedgerError) and not isinstance(error, LedgerTextRefused)


def settle_or_correct(
    ledger: Ledger,
    call_id: str,
    cost: Cost | Money,
    usage: Usage | None,
    *,
    mark: Mark | None,
    answer: AnswerTerms | None,
) -> None:
    """Settle a call; correct it where its time was over before the ledger could be told.

    Raises AlreadyEnded where it ended in another way, UnknownCall.
    """
    try:
        ledger.settle(call_id, cost, usage, mark=mark, answer=answer)
    except AlreadyEnded as ended:
        if ended.facts["kind"] != "expire":
            raise
        ledger.learn(call_id, cost, usage, mark=mark, why="settled late")


def _is_told(ending: Callable[[], None]) -> bool:
    """Whether nothing is left to tell; False where the ledger is away."""
    try:
        ending()
    except AlreadyEnded:  # it was told, and only the answer was lost
        pass
    except UnknownCall as unknown:
        log.error("the ledger has lost call %s", unknown.facts["call_id"])
    except Exception as error:
        if may_be_told_later(error):
            return False
        log.exception("an ending could not be told; its reservation stays")
    return True
