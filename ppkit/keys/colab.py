"""A secret of Google Colab: kept in the user's Google account, handed to notebooks that may have it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from ppkit.clock import Clock
from ppkit.errors import PpkitError

ASKED_AGAIN_SECONDS = 30.0  # asking goes through the page and can take seconds; windows ask at every redraw


class ColabSecretNotGranted(PpkitError):
    """There is a secret, but this notebook has no access to it. Facts: name."""

    code = "colab_secret_not_granted"


class ColabSecretNotReached(PpkitError):
    """Colab's page did not answer, as happens outside its own user interface. Facts: name, reason."""

    code = "colab_secret_not_reached"


class ColabSecret:
    """One secret by name; what Colab answers is remembered for half a minute."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name, self._clock = name, clock
        self._asked_at = -ASKED_AGAIN_SECONDS
        self._answer: Callable[[], str] = str  # hides the value from a look at the attributes
        self._trouble: str | None = None

    def read(self) -> str | None:
        """The secret, or None when there is none. Raises ColabSecretNotGranted, ColabSecretNotReached."""
        if self._clock.monotonic() - self._asked_at >= ASKED_AGAIN_SECONDS:
            self._ask()
            self._asked_at = self._clock.monotonic()
        if self._trouble == "NotebookAccessError":
            raise ColabSecretNotGranted(name=self._name)
        if self._trouble:
            raise ColabSecretNotReached(name=self._name, reason=self._trouble)
        return self._answer() or None

    def _ask(self) -> None:
        """Colab raises SecretNotFoundError, NotebookAccessError or TimeoutException, which share no base."""
        self._answer, self._trouble = str, None
        try:
            # Lazy: the module exists in Colab only.
            value = import_module("google.colab.userdata").get(self._name) or ""
            self._answer = lambda: value
        except Exception as error:
            name = type(error).__name__
            self._trouble = None if name == "SecretNotFoundError" else name
