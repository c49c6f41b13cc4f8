"""The windows by the names that notebooks type: `ppkit.setup()`, `ppkit.replace_key()` and so on."""

from __future__ import annotations

from collections.abc import Callable

from ppkit.errors import PpkitError
from ppkit.session import Session, session
from ppkit.widgets.assistant import Assistant
from ppkit.widgets.costs import Costs
from ppkit.widgets.guard import guard_this_kernel
from ppkit.widgets.notice import Notice
from ppkit.widgets.replacement import ReplaceKey
from ppkit.widgets.setup import Setup
from ppkit.widgets.view import View


def setup(using: Session | None = None) -> View:
    """The wizard of four steps, for the session in force or the one given."""
    return _opened(Setup, using)


def assistant(using: Session | None = None) -> View:
    """The AI Assistant: a brief becomes a post and an image, each with its receipt."""
    return _opened(Assistant, using)


def costs(using: Session | None = None) -> View:
    """What was spent this month, and the two limits."""
    return _opened(Costs, using)


def replace_key(using: Session | None = None) -> View:
    """The drill: a new key first, swapped and proven, then the old one revoked and shown dead."""
    return _opened(ReplaceKey, using)


def _opened(window: Callable[[Session], View], using: Session | None) -> View:
    """The window, or a card that says why there is none: settings can be wrong, a folder unwritable."""
    guard_this_kernel()
    try:
        return window(using or session())
    except PpkitError as error:
        return Notice(error)
