"""In which language the command line speaks, found without failing: an error needs a language too."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ppkit.errors import PpkitError
from ppkit.look.texts import Texts
from ppkit.settings import language_of_locale, load_settings


def texts_for(arguments: Sequence[str]) -> Texts:
    """The language after `--language`, else the settings', else the locale's."""
    return Texts(_asked(arguments) or _set() or language_of_locale())


def _asked(arguments: Sequence[str]) -> str | None:
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--language":
            value = value or "".join(arguments[place + 1 : place + 2])
            return value if value in ("it", "en") else None
    return None


def _set() -> str | None:
    try:
        return load_settings().language
    except PpkitError:
        # Damaged settings: the command itself will say so, in the language that can still be known.
        chosen = os.environ.get("PPKIT_LANGUAGE")
        return chosen if chosen in ("it", "en") else None
