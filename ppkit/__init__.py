"""ppkit: connect your own OpenAI account, know what it spends, and never pass your limit.

Names are found on first use (PEP 562): `import ppkit` alone loads neither the SDK nor a notebook library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppkit.clients import AsyncOpenAI, OpenAI
    from ppkit.current_session import live, practice, session
    from ppkit.key_prompt import key
    from ppkit.metering import HardLimitReached, UnmeteredWarning, tags
    from ppkit.money import Money
    from ppkit.scan_here import scan
    from ppkit.sessions import Session
    from ppkit.widgets.windows import (
        assistant,
        console,
        costs,
        course,
        drills,
        exercise,
        for_real,
        handover,
        learners,
        lesson,
        posts,
        replace_key,
        setup,
    )

_HOMES = {
    "AsyncOpenAI": "ppkit.clients",
    "HardLimitReached": "ppkit.metering",
    "Money": "ppkit.money",
    "OpenAI": "ppkit.clients",
    "Session": "ppkit.sessions",
    "UnmeteredWarning": "ppkit.metering.unmetered",
    "assistant": "ppkit.widgets.windows",
    "console": "ppkit.widgets.windows",
    "costs": "ppkit.widgets.windows",
    "course": "ppkit.widgets.windows",
    "drills": "ppkit.widgets.windows",
    "exercise": "ppkit.widgets.windows",
    "for_real": "ppkit.widgets.windows",
    "handover": "ppkit.widgets.windows",
    "key": "ppkit.key_prompt",
    "learners": "ppkit.widgets.windows",
    "load_ipython_extension": "ppkit.widgets.cells.ipython_extension",  # what `%load_ext ppkit` looks for
    "lesson": "ppkit.widgets.windows",
    "live": "ppkit.current_session",
    "posts": "ppkit.widgets.windows",
    "practice": "ppkit.current_session",
    "replace_key": "ppkit.widgets.windows",
    "scan": "ppkit.scan_here",
    "session": "ppkit.current_session",
    "setup": "ppkit.widgets.windows",
    "tags": "ppkit.metering",
}

__all__ = [
    "AsyncOpenAI",
    "HardLimitReached",
    "Money",
    "OpenAI",
    "Session",
    "UnmeteredWarning",
    "__version__",
    "assistant",
    "console",
    "costs",
    "course",
    "drills",
    "exercise",
    "for_real",
    "handover",
    "key",
    "learners",
    "lesson",
    "live",
    "posts",
    "practice",
    "replace_key",
    "scan",
    "session",
    "setup",
    "tags",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # lazy: costs more than all the rest of this module

        return version("ppkit")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
