"""The sentences a user reads, by symbolic id, from the catalogues in `locale/<language>/<room>.po`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

LANGUAGES = ("it", "en")
LOCALE = Path(__file__).with_name("locale")


class Texts:
    """The catalogue of one language. Raises ValueError for a language we do not speak.

    `texts("setup.credit.title", amount="5,00 USD")` fills the placeholders; an id that no catalogue holds,
    or a placeholder without a value, raises LookupError: a missing sentence is a bug, not a blank.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no texts in {language!r}; there are: {', '.join(LANGUAGES)}")
        self.language = language
        self._forms = read_catalogue(language)

    def __call__(self, text_id: str, /, **values: object) -> str:
        return self._forms[text_id][0].format(**values)

    def plural(self, text_id: str, count: int, /, **values: object) -> str:
        """The singular for exactly one, else the plural. `{count}` is filled unless given in `values`."""
        forms = self._forms[text_id]
        form = forms[0] if count == 1 else forms[-1]
        return form.format(**{"count": count, **values})

    def __contains__(self, text_id: object) -> bool:
        return text_id in self._forms


@cache
def read_catalogue(language: str) -> dict[str, tuple[str, ...]]:
    """Every text of a language: id -> its form, or its singular and plural.

    Read once per process. Raises ValueError when two rooms define the same id, or a text is empty.
    """
    texts: dict[str, tuple[str, ...]] = {}
    for path in sorted((LOCALE / language).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
        for message in catalogue:
            if message.id:
                text_id, forms = _id_and_forms(message)
                if text_id in texts or not all(forms):
                    raise ValueError(f"{path.name}: {text_id} is defined twice or empty")
                texts[text_id] = forms
    return texts


def _id_and_forms(message: Message) -> tuple[str, tuple[str, ...]]:
    """Both languages have two forms, one and other, so Babel's list can be taken as it stands."""
    text_id = message.id if isinstance(message.id, str) else message.id[0]
    string = message.string
    return text_id, (string,) if isinstance(string, str) else tuple(string or ())
