"""The catalogues: complete in both languages, alike in their placeholders, with all that is asked for."""

from __future__ import annotations

import re
import string
from collections import Counter
from pathlib import Path

import pytest

import ppkit
from ppkit.look.texts import LANGUAGES, Texts, read_catalogue

SOURCES = [
    path
    for folder in (Path(ppkit.__file__).parent,)
    for pattern in ("*.py", "*.html", "*.jinja", "*.j2", "*.md", "*.txt")
    for path in folder.rglob(pattern)
]
LITERAL = re.compile(r"""\b(?:t|texts)(?:\.plural)?\(\s*(["'])([a-z0-9_-]+\.[a-z0-9_.-]+)\1\s*[,)]""")
PREFIX = re.compile(r"""\b(?:t|texts)(?:\.plural)?\(\s*f?(["'])([a-z0-9_-]+\.[a-z0-9_.-]*)(?:\1\s*~|\{)""")


def placeholders(form: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(form) if name is not None}


def ids_in_sources(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    return {
        (found[2], path.name)
        for path in SOURCES
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
    }


def test_both_languages_say_the_same_things() -> None:
    italian, english = read_catalogue("it"), read_catalogue("en")
    assert italian.keys() == english.keys()
    different = [
        text_id
        for text_id in italian
        if len(italian[text_id]) != len(english[text_id])
        or any(
            placeholders(mine) != placeholders(other)
            for mine, other in zip(italian[text_id], english[text_id], strict=True)
        )
    ]
    assert different == []


def test_no_text_stands_twice_in_a_catalogue() -> None:
    ids = re.compile(r'^msgid "(.+)"$', re.MULTILINE)
    for path in (Path(ppkit.__file__).parent / "look/locale").rglob("*.po"):
        counts = Counter(ids.findall(path.read_text("utf-8")))
        assert [text_id for text_id, count in counts.items() if count > 1] == [], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_code_and_templates_name_exists(language: str) -> None:
    known = read_catalogue(language)
    asked = ids_in_sources(LITERAL)
    assert len(asked) > 100
    assert sorted((text_id, where) for text_id, where in asked if text_id not in known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_family_of_texts_that_code_and_templates_build_on_exists(language: str) -> None:
    known = read_catalogue(language)
    families = ids_in_sources(PREFIX)
    assert families
    assert (
        sorted(
            (family, where)
            for family, where in families
            if not any(text_id.startswith(family) for text_id in known)
        )
        == []
    )


def test_labels_of_the_imitated_console_are_the_same_in_both_languages() -> None:
    own = {"console.label.inbox", "console.label.clock", "console.label.faults"}  # not on the real console
    italian, english = read_catalogue("it"), read_catalogue("en")
    labels = {text_id for text_id in english if text_id.startswith("console.label.")} - own
    assert labels
    assert [label for label in sorted(labels) if italian[label] != english[label]] == []


def test_no_text_holds_markup() -> None:
    assert [
        text_id
        for language in LANGUAGES
        for text_id, forms in read_catalogue(language).items()
        if any(re.search(r"</?[a-z]|&[a-z]+;", form) for form in forms)
    ] == []


# Names that begin with a small letter, and the text that goes on after "Before you start:".
SMALL_NAMES = ("ppkit", "git", "env")
GOES_ON = {"console.check.before_text"}


def test_a_sentence_begins_with_a_capital_letter() -> None:
    small = re.compile(rf"(?:^|[.!?] )(?!(?:{'|'.join(SMALL_NAMES)})\b)[a-zà-ÿ]")
    assert [
        (language, text_id)
        for language in LANGUAGES
        for text_id, forms in read_catalogue(language).items()
        if text_id not in GOES_ON
        and any(form.endswith((".", "!", "?")) and small.search(form) for form in forms)
    ] == []


def test_a_text_is_filled_with_its_values() -> None:
    assert Texts("it")("common.mode.live_note", spent="5,00 USD") == "Spesi finora questo mese: 5,00 USD"


def test_values_that_look_like_placeholders_stay_as_they_are() -> None:
    assert "{spent}" in Texts("en")("common.mode.live_note", spent="{spent}")


@pytest.mark.parametrize(("count", "text"), [(0, "0 chiavi"), (1, "1 chiave"), (2, "2 chiavi")])
def test_the_plural_follows_the_count(count: int, text: str) -> None:
    assert Texts("it").plural("console.projects.keys", count) == text


def test_a_missing_id_is_an_error_not_a_blank() -> None:
    with pytest.raises(LookupError):
        Texts("en")("no.such.text")


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(LookupError):
        Texts("en")("common.mode.live_note")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no texts in 'de'"):
        Texts("de")
