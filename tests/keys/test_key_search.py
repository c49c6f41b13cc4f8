"""A key is found in whatever it was written into, and nothing else is."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.keys.key_search import keys_in, without_keys

from .canaries import FORMS, INFIX, LETTERS, OTHERS, SIGNS, key_of, some_keys

KNOWN = (*FORMS, *(form for form in OTHERS if form.startswith("practice")))
WRITTEN: dict[str, Callable[[str], str]] = {
    "alone": lambda key: key,
    "in code": lambda key: f'client = OpenAI(api_key="{key}")',
    "after a line end in JSON": lambda key: json.dumps(f"key:\n{key}\n"),
    "in JSON, hyphens escaped": lambda key: json.dumps(key).replace("-", "\\u002d").replace("_", "\\u005f"),
    "in JSON in JSON": lambda key: json.dumps(json.dumps(key).replace("-", "\\u002d")),
    "in a URL": lambda key: f"https://example.org/?q=1&key={quote(key, safe='').replace('-', '%2D')}&x",
    "in HTML": lambda key: f"<code>{key.replace('-', '&#45;')}</code>",
    "in bytes as Python shows them": lambda key: repr(f"Bearer {key}\n".encode()),
    "quoted-printable": lambda key: f"{key[:30]}=\r\n{key[30:]} and words",
    "over two lines of a shell": lambda key: f"export K={key[:30]}\\\n{key[30:]}\nexport NEXT=1",
    "in two pieces": lambda key: f"('{key[:30]}'\n      '{key[30:]}')",
    "wrapped by an editor": lambda key: f"> {key[:30]}\n> {key[30:]}\n> more words follow here",
    "in a terminal's colours": lambda key: f"\x1b[33m{key[:12]}\x1b[39m\x1b[01;31m{key[12:]}\x1b[0m",
    "with signs without width": lambda key: f"{key[:12]}\u200b{key[12:25]}\u00ad{key[25:]}",
    "the same, read as bytes": lambda key: f"{key[:12]}\u200b{key[12:]}".encode().decode("latin-1"),
    "in base64": lambda key: base64.b64encode(key.encode()).decode(),
    "in base64 after a name": lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
    "in base64 after a word": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "in base64 with line ends": lambda key: base64.encodebytes(f"x {key}".encode()).decode(),
    "in UTF-16 inside of bytes": lambda key: "\x01\x02" + f"K={key}".encode("utf-16-le").decode("latin-1"),
    "glued to a word": lambda key: f"KEY{key}",
}


@sweep("written", WRITTEN.values())
@sweep("form", KNOWN)
def test_a_key_of_a_known_form_is_found_however_it_was_written(
    form: str, written: Callable[[str], str]
) -> None:
    for seed in range(20):
        key = key_of(form, seed)
        assert [found.value for found in keys_in(written(key))] == [key]


@sweep("kind", OTHERS)
def test_keys_of_others_are_found_and_named(kind: str) -> None:
    key = key_of(kind)
    assert [(found.value, found.kind) for found in keys_in(f"token: {key}\n")] == [(key, kind)]


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("legacy", "legacy"),
        ("project", "project"),
        ("service account", "service_account"),
        ("admin", "admin"),
    ],
)
def test_a_key_says_its_kind(form: str, kind: str) -> None:
    assert [found.kind for found in keys_in(key_of(form))] == [kind]


def test_a_key_of_tomorrow_is_found() -> None:
    chance = random.Random(5)
    for begin, count in (("sk-proj-", 90), ("sk-", 48), ("sk-admin-", 40)):
        key = begin + "".join(chance.choice(LETTERS) for _ in range(count))
        assert [found.value for found in keys_in(f"'{key}'")] == [key]


def test_half_a_key_is_found() -> None:
    key = key_of("project")
    for half in (key[20:], key[: key.index(INFIX) + len(INFIX)]):
        assert [found.value for found in keys_in(f"the rest: {half}.")] == [half]


def test_several_keys_are_found_each_once_and_in_order() -> None:
    keys = [key_of("legacy", seed) for seed in range(4)]
    assert [found.value for found in keys_in("\n".join(keys))] == keys


@sweep(
    "text",
    [
        "sk-…abcd",
        "sk-proj-" + "x" * 156,
        "sk-your-key-here",
        "sk-your-openai-api-key-goes-right-here-2026-11",
        "sk-" + "abcdefghijklmnopqrstuvwxyz1234567890abcdefghijkl",
        "sk-practice-" + "x" * 48,
        "task-force-of-the-year-for-everything-that-is-new-in-2026",
        "disk-0123456789abcdef0123456789abcdef",
        "sk-learn-is-not-a-key-but-a-library-with-25-years-of-99-people",
        INFIX,
        f'OPENAI_INFIX = "{INFIX}"',
        "https://example.org/sk-SK/2026/11/risk-management-for-everybody",
    ],
)
def test_examples_masked_keys_and_words_are_left_alone(text: str) -> None:
    assert list(keys_in(text)) == []


def test_random_base64_is_no_key() -> None:
    picture = base64.b64encode(random.Random(3).randbytes(500_000)).decode()
    assert list(keys_in(picture)) == []


@given(key=some_keys(), before=st.text(max_size=20), after=st.text(max_size=20))
def test_taking_a_key_out_leaves_everything_else(key: str, before: str, after: str) -> None:
    before, after = before + " ", " " + after
    cleaned, found = without_keys(before + key + after)
    assert cleaned == before + found[0].masked + after
    assert without_keys(cleaned) == (cleaned, [])


@given(text=st.text())
def test_a_text_without_a_key_stays_as_it_is(text: str) -> None:
    assert without_keys(text) == (text, [])


def test_a_key_in_base64_is_told_and_not_taken_out() -> None:
    text = base64.b64encode(key_of("project").encode()).decode()
    assert without_keys(text) == (text, [])
    assert [found.in_base64 for found in keys_in(text)] == [True]


def test_what_was_found_does_not_show_the_key() -> None:
    key = key_of("project")
    (found,) = keys_in(key)
    assert key[8:-4] not in repr(found)
    assert found.masked == f"sk-…{key[-4:]}"


def test_fingerprints_tell_keys_apart_and_say_nothing_of_them() -> None:
    keys = [key_of("project", seed) for seed in range(50)]
    fingerprints = {found.fingerprint for key in keys for found in keys_in(key)}
    assert len(fingerprints) == 50
    assert [mark for mark in fingerprints if any(mark in key or len(mark) != 16 for key in keys)] == []


HARD_TO_READ = {
    "one letter": "a" * 100_000,
    "beginnings": "sk-" * 33_300,
    "beginnings and line ends": "sk-\n" * 25_000,
    "short ones over lines": "sk-AAAAAAAA\n" * 8_300,
    "infixes": INFIX * 12_500,
    "base64 beginnings": "c2st" * 25_000,
    "wide beginnings": "s\0k\0-\0" * 16_000,
    "line ends": "sk-" + "\n" * 100_000,
    "blanks in a seam": ("sk-'" + " " * 39) * 2_300,
    "escapes": "\\u002d" * 16_000,
    "signs": SIGNS * 1_560,
}


@pytest.mark.parametrize("text", HARD_TO_READ.values(), ids=HARD_TO_READ)
def test_many_hard_characters_take_no_time(text: str) -> None:
    started = time.process_time()
    assert list(keys_in(text)) == []
    assert time.process_time() - started < 10  # a quadratic search would take minutes
