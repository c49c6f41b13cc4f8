"""The Assistant's own door for a key: "Link an API key", at the window's top right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from ppkit.checkup import Finding, Rung, State
from ppkit.errors import PpkitError
from ppkit.keys import ApiKey, parse_pasted_key
from ppkit.look.texts import Texts
from ppkit.onboarding import StepName
from ppkit.widgets.base.problems import Problem
from ppkit.widgets.base.view import Fields, Secrets

if TYPE_CHECKING:
    from ppkit.sessions import Session

Result = TypeVar("Result")


class KeyHost(Protocol):
    """What the panel needs of the window that it is a part of."""

    session: Session
    problem: Problem | None
    news: str

    @property
    def texts(self) -> Texts: ...

    def work(self, function: Callable[[], Result], then: Callable[[Result], None]) -> None: ...


class KeyPanel:
    """Open or closed; a key that is pasted is checked free of charge, then linked."""

    def __init__(self, window: KeyHost) -> None:
        self._window = window
        self.is_open = False
        self.was_asked = False  # whether the last thing pressed was its own, and so the problem on show

    def page(self) -> Mapping[str, object]:
        linked = self._window.session.linked_key
        return {
            "linked": linked,
            "key_lost": linked is None and self._had_key,
            "key_panel": self.is_open,
            "key_asked": self.is_open and self.was_asked,
        }

    def actions(self) -> Mapping[str, Callable[[Fields, Secrets], None]]:
        return {
            "open_key": lambda *_: self._show(True),
            "close_key": lambda *_: self._show(False),
            "link": self._check_and_link,
        }

    @property
    def _had_key(self) -> bool:
        """Whether a key was linked that a restart has lost; progress that cannot be read shows none."""
        try:
            return self._window.session.wizard.has_linked
        except PpkitError:
            return False

    def _show(self, is_open: bool) -> None:
        self.is_open = is_open

    def _check_and_link(self, _fields: Fields, secrets: Secrets) -> None:
        window = self._window
        understood = parse_pasted_key(secrets["key"].get_secret_value(), window.session.mode)
        key = understood.key
        if key is None:
            window.problem = understood
            return
        checkup = window.session.checkup  # without consent: free of charge
        window.work(lambda: checkup.run(key), lambda findings: self._link(key, findings))

    def _link(self, key: ApiKey, findings: list[Finding]) -> None:
        window = self._window
        wizard = window.session.wizard
        fallen = next((finding for finding in findings if finding.state is State.FAILED), None)
        recognised = any(one.rung is Rung.SIGN_IN and one.state is State.PASSED for one in findings)
        wizard.observe_checkup(findings, key)
        if fallen:
            window.problem = fallen.diagnosis
        if recognised:
            window.session.link(key)
            wizard.record("link.linked", key=key)
            wizard.go(StepName.LINK)
            self.is_open = False
            window.news = window.texts("assistant.key.done", key=key.masked)
