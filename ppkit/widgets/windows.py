"""The windows by the names that notebooks type: `ppkit.setup()`, `ppkit.replace_key()` and so on."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ppkit.current_session import session
from ppkit.errors import PpkitError
from ppkit.extras import explained, require
from ppkit.look.texts import Texts
from ppkit.sessions import Session
from ppkit.settings import language_in

if TYPE_CHECKING:
    from ppkit.widgets.base.view import View
    from ppkit.widgets.base.window import Window

PACKAGES = ("IPython", "ipywidgets", "anywidget", "jinja2")
"""What a window needs in its kernel; what draws it may be JupyterLab or another program."""


def course(using: Session | None = None) -> View:
    """The map of the course: its lessons, what is done, and the one to go on with."""
    return _opened("course.course_window", "CourseWindow", using)


def lesson(name: str, using: Session | None = None) -> View:
    """The head of a lesson, by its name, such as "connect". Raises LookupError for another name."""
    return _opened("course.lesson_window", "LessonWindow", using, name)


def setup(using: Session | None = None) -> View:
    """The wizard of four steps, for the session in force or the one given."""
    return _opened("setup.setup_window", "SetupWindow", using)


def for_real(using: Session | None = None) -> View:
    """The four steps on OpenAI's own platform, in live mode; in practice mode, what that is for."""
    return _opened("setup.for_real_window", "ForRealWindow", using)


def assistant(using: Session | None = None) -> View:
    """The AI Assistant: a brief becomes a post and an image, each with its receipt."""
    return _opened("assistant.assistant_window", "AssistantWindow", using)


def posts(using: Session | None = None) -> View:
    """The drafts: found, planned, edited, exported for schedulers; written many at once; models compared."""
    return _opened("posts.posts_window", "PostsWindow", using)


def costs(using: Session | None = None) -> View:
    """What was spent, every limit, and reports to take away; it follows calls while they run."""
    window = _opened("costs.costs_window", "CostsWindow", using)
    window.follow()
    return window


def exercise(name: str, using: Session | None = None) -> View:
    """An exercise of a lesson, by its name, such as "cards". Raises LookupError for another name."""
    return _opened("course.exercise_window", "ExerciseWindow", using, name)


def drills(using: Session | None = None) -> View:
    """Failures to recognise and to mend, in an account of their own on the practice platform."""
    return _opened("course.drills_window", "DrillsWindow", using)


def replace_key(using: Session | None = None) -> View:
    """The drill: a new key first, swapped and proven, then the old one revoked and shown dead."""
    return _opened("setup.key_rotation_window", "KeyRotationWindow", using)


def console(using: Session | None = None) -> View:
    """The practice console inside the notebook, for places where it cannot be opened in a tab of its own."""
    return _opened("setup.console_window", "ConsoleWindow", using)


def handover(using: Session | None = None) -> View:
    """The hand-over sheet: key, limits, what was verified when; to be downloaded as a PDF or a web page."""
    return _opened("course.handover_window", "HandoverWindow", using)


def learners(using: Session | None = None) -> View:
    """For trainers: the codes of a class become a table of learners and lessons."""
    return _opened("course.learners_window", "LearnersWindow", using)


def _opened(module: str, name: str, using: Session | None, *more: str) -> View:
    """The window, or a card that says why there is none: settings can be wrong, a folder unwritable.

    Raises ExtraMissing where no widget can be drawn, not even the card.
    """
    with explained(Texts(language_in(Path.cwd()))):
        require("lab", *PACKAGES)
    from ppkit.widgets.base.notice import Notice
    from ppkit.widgets.base.soon_needed import load_soon_needed
    from ppkit.widgets.cells.cell_windows import note_window  # lazy, as the windows are: they need the extra
    from ppkit.widgets.cells.ipython_extension import load_here

    load_here()
    try:
        window: Callable[..., Window] = getattr(import_module(f"ppkit.widgets.{module}"), name)
        opened = window(using or session(), *more)
        note_window(opened)
        load_soon_needed(opened.template)
        return opened
    except PpkitError as error:
        return Notice(error)
