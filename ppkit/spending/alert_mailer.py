"""The alert mailer takes soft-limit alerts from the outbox to the mail server, beside the calls."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable

from ppkit.beside import repeat_beside
from ppkit.errors import PpkitError

log = logging.getLogger(__name__)

ROUND_SECONDS = 15.0


class AlertMailer:
    """Calls `deliver` now, every 15 seconds, and once more when the process ends.

    A round that fails is told to the log and tried again: the alert stays in the outbox, and only one of
    several processes sends it. `deliver` returns how many mails left.
    """

    def __init__(self, deliver: Callable[[], int], round_seconds: float = ROUND_SECONDS) -> None:
        self._deliver = deliver
        self._round_seconds = round_seconds
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin beside the calls."""
        repeat_beside(self._walk, self._stopped, "ppkit-alert-mailer")
        atexit.register(self.stop)

    def stop(self) -> None:
        """End, after a last round: a short script may have reached its limit a moment ago."""
        atexit.unregister(self.stop)
        self._stopped.set()
        self.make_round()

    def make_round(self) -> None:
        try:
            self._deliver()
        except PpkitError as error:
            # A ledger that cannot be read, or went with its folder, is told by the calls themselves.
            level = logging.WARNING if error.code == "alert_not_sent" else logging.DEBUG
            log.log(level, "A spending alert could not be sent and will be tried again: %s", error)
        except Exception as error:  # whatever it is, the next round is made; its words may hold a password
            log.warning(
                "A spending alert could not be sent and will be tried again: %s", type(error).__name__
            )

    def _walk(self) -> float | None:
        if self._stopped.is_set():
            return None
        self.make_round()
        return self._round_seconds
