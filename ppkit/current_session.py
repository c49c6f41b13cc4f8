"""The session in force: one per process for the same settings."""

from __future__ import annotations

import os

from ppkit.extras import explained
from ppkit.look.texts import Texts
from ppkit.sessions import Session
from ppkit.settings import Settings, load_settings
from ppkit.traces import keep_traces_here

_open: dict[Settings, Session] = {}


def session() -> Session:
    """The session that the settings ask for; one object per process as long as they do not change."""
    return _session_in(load_settings())


def practice() -> Session:
    """The practice session, whatever the settings say. Raises PracticeMissing where it is not installed."""
    from ppkit.practice_platform.process import require_packages  # lazy: only practice mode needs it

    settings = load_settings(mode="practice")
    with explained(Texts(settings.language)):
        require_packages()
    return _session_in(settings)


def live() -> Session:
    """The live session, whatever the settings say: real account, real money."""
    return _session_in(load_settings(mode="live"))


def _session_in(settings: Settings) -> Session:
    if settings.mode == "practice":
        keep_traces_here(os.environ)
    if settings not in _open:
        _open[settings] = Session(settings)
    return _open[settings]
