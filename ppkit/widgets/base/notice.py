"""A card in place of a window, when there is not even a session to open it with."""

from __future__ import annotations

from ppkit.look.texts import Texts
from ppkit.settings import language_of_locale
from ppkit.widgets.base.problems import card_of, problem_of
from ppkit.widgets.base.view import View
from ppkit.widgets.base.window_templates import page_of


class Notice(View):
    """Says what is wrong; the way on is to mend it and run the cell again."""

    def __init__(self, error: Exception) -> None:
        language = language_of_locale()
        card = card_of(problem_of(error), Texts(language))
        page = page_of(language, "notice", {"card": card})
        super().__init__(fallback=f"{card.what} {card.now}", language=language, html=page)
