"""What the static page itself says (deploy/static-page), before any Python runs in it."""

from __future__ import annotations

from ppkit.look.texts import LANGUAGES, Texts


def page_words() -> dict[str, dict[str, str]]:
    """By language, then by the name that the page's script uses."""
    return {language: _words(Texts(language)) for language in LANGUAGES}


def _words(texts: Texts) -> dict[str, str]:
    return {
        "title": texts("course.changed.title"),
        "question": texts("course.changed.question"),
        "run": texts("course.changed.run"),
        "leave": texts("course.changed.leave"),
        "newerTitle": texts("course.newer.title"),
        "newerQuestion": texts("course.newer.question"),
        "newerOpen": texts("course.newer.open"),
        "newerKeep": texts("course.newer.keep"),
        "busyTitle": texts("course.busy.title"),
        "busyNow": texts("course.busy.now"),
        "beginning": texts("course.beginning"),
    }
