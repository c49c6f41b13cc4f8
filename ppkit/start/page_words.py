"""What the static page itself says (deploy/static-page), before any Python runs in it."""

from __future__ import annotations

from ppkit.look.texts import LANGUAGES, Texts


def page_words() -> dict[str, dict[str, str]]:
    """By language, then by the name that the page's script uses."""
    return {language: _words(Texts(language)) for language in LANGUAGES}


def loading_words(language: str) -> dict[str, str]:
    """What is said until the first window is drawn, by the names in deploy/static-page/loading.html."""
    texts = Texts(language)
    return {
        "title": texts("course.loading.title"),
        "page": texts("course.loading.page"),
        "packages": texts("course.loading.packages"),
        "python": texts("course.loading.python"),
        "work": texts("course.loading.work"),
        "lesson": texts("course.loading.lesson"),
        "kept": texts("course.loading.kept"),
        "browser": texts("course.loading.browser"),
        "insecure": texts("course.loading.insecure"),
        "storage": texts("course.loading.storage"),
        "file": texts("course.loading.file"),
        "start": texts("course.loading.start"),
        "slow": texts("course.loading.slow"),
        "again": texts("course.loading.again"),
    }


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
        "beginning": texts("course.loading.beginning"),
    }
