"""The session in force: one per process for the same settings."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ppkit.extras import explained
from ppkit.look.texts import Texts
from ppkit.mode import Mode
from ppkit.sessions import Session
from ppkit.settings import Settings, load_settings
from ppkit.traces import keep_traces_here


@dataclass
class _ModeInForce:
    """The mode chosen on a page, which wins over the settings until the process ends."""

    mode: Mode | None = None


_open: dict[Settings, Session] = {}
_in_force = _ModeInForce()


def session() -> Session:
    """The session in force: of the mode chosen last (`enter`), else the one that the settings ask for.

    One object per process as long as the settings do not change.
    """
    return _session_in(load_settings(mode=_in_force.mode) if _in_force.mode else load_settings())


def enter(mode: Mode) -> Session:
    """From now on, and until this process ends, the session of this mode is the one in force.

    Raises what `practice` and `live` raise; then everything stays as it was.
    """
    entered = practice() if mode == "practice" else live()
    _in_force.mode = mode
    return entered


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
        # Practice heeds no real account: a variable that names one must not make it another session.
        settings = settings.model_copy(update=dict.fromkeys(("base_url", "organization", "project")))
    if settings not in _open:
        _open[settings] = Session(settings)
    return _open[settings]
