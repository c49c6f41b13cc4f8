"""Pasted text: what is repaired, what is refused, and what is never damaged or quoted."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ppkit.keys import Lint, Refusal, RepairKind, lint
from ppkit.keys.cleaning import Repair

INFIX = "T3Blbk" + "FJ"  # in two parts, so that no secret scanner takes a test for a leak
PRACTICE = "sk-practice-" + "CANARY" * 8
PRACTICE_ADMIN = "sk-practice-admin-" + "CANARY" * 8
PROJECT = "sk-proj-" + "Canary_-" * 9 + "aa" + INFIX + "Canary_-" * 9 + "aa"
SERVICE = PROJECT.replace("proj", "svcacct")
ADMIN = "sk-admin-" + "canAry" * 9 + "aaaa" + INFIX + "canAry" * 9 + "aaaa"
LEGACY = "sk-" + "canary" * 3 + "aa" + INFIX + "canary" * 3 + "aa"


def kinds(result: Lint) -> list[RepairKind]:
    return [repair.kind for repair in result.repairs]


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        (PRACTICE, "practice", "project"),
        (PRACTICE_ADMIN, "practice", "admin"),
        (PROJECT, "live", "project"),
        (SERVICE, "live", "project"),
        (LEGACY, "live", "project"),
        (ADMIN, "live", "admin"),
        ("sk-" + "newFormat_2027-" * 5, "live", "project"),
        ("sk-None-" + "newFormat" * 5, "live", "project"),
    ],
)
def test_a_whole_key_comes_back_as_it_is(value: str, mode: str, expected: str) -> None:
    result = lint(value, mode, expected)  # type: ignore[arg-type]
    assert result.key is not None
    assert result.key.get_secret_value() == value
    assert result.repairs == ()


@pytest.mark.parametrize(
    ("damage", "repair"),
    [
        ("  {key}", RepairKind.SPACES),
        ("{key} ", RepairKind.SPACES),
        ("{key}\n", RepairKind.LINE_BREAKS),
        ("\r\n{key}\r\n", RepairKind.LINE_BREAKS),
        ("\t{key}", RepairKind.LINE_BREAKS),
        ("\u00a0{key}\u202f", RepairKind.NO_BREAK_SPACE),
        ("\u200b{key}", RepairKind.INVISIBLE),
        ("\ufeff{key}", RepairKind.INVISIBLE),
        ("{key}\u200e\x00", RepairKind.INVISIBLE),
        ('"{key}"', RepairKind.QUOTES),
        ("“{key}”", RepairKind.QUOTES),
        ("«{key}»", RepairKind.QUOTES),
        ("`{key}`", RepairKind.QUOTES),
        ("Bearer {key}", RepairKind.BEARER),
        ("Authorization: bearer {key}", RepairKind.BEARER),
        ("OPENAI_API_KEY={key}", RepairKind.ASSIGNMENT),
        ("export OPENAI_API_KEY='{key}'", RepairKind.ASSIGNMENT),
        ('{{"api_key": "{key}"}}', RepairKind.ASSIGNMENT),
        ("$env:OPENAI_API_KEY = {key}", RepairKind.ASSIGNMENT),
        ("API key: {key}", RepairKind.ASSIGNMENT),
        ("{key}.", RepairKind.PUNCTUATION),
        ("{key};", RepairKind.PUNCTUATION),
        ("{key}\n{key}", RepairKind.REPEATED),
        ("{key}{key}", RepairKind.REPEATED),
        ("La mia chiave è {key} grazie", RepairKind.SURROUNDING_TEXT),
    ],
)
@pytest.mark.parametrize(("key", "mode"), [(PRACTICE, "practice"), (PROJECT, "live"), (LEGACY, "live")])
def test_safe_damage_is_repaired_and_named(damage: str, repair: RepairKind, key: str, mode: str) -> None:
    result = lint(damage.format(key=key), mode)
    assert result.refusal is None
    assert result.key is not None
    assert result.key.get_secret_value() == key
    assert repair in kinds(result)


def test_a_key_wrapped_over_two_lines_is_joined() -> None:
    result = lint(PROJECT[:80] + "\n  " + PROJECT[80:], "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT
    assert kinds(result) == [RepairKind.INNER_SPACES]


def test_typographic_hyphens_and_wide_letters_become_plain_ones() -> None:
    assert kinds(lint(PRACTICE.replace("-", "\u2011"), "practice")) == [RepairKind.DASHES]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in PRACTICE)
    assert lint(wide, "practice").key is not None


def test_a_capital_first_letter_from_a_phone_is_repaired() -> None:
    assert kinds(lint("S" + PRACTICE[1:], "practice")) == [RepairKind.CAPITAL]


def test_the_worst_paste_needs_several_repairs() -> None:
    result = lint(f'\ufeff  export OPENAI_API_KEY="Bearer {PROJECT}\u200b" ;\n', "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT
    assert {RepairKind.INVISIBLE, RepairKind.ASSIGNMENT, RepairKind.BEARER, RepairKind.QUOTES} <= set(
        kinds(result)
    )


@pytest.mark.parametrize(
    ("pasted", "mode", "refusal"),
    [
        ("", "live", Refusal.EMPTY),
        (" \n\u200b ", "live", Refusal.EMPTY),
        ("OPENAI_API_KEY=", "live", Refusal.EMPTY),
        ("x" * 6000, "live", Refusal.TOO_LONG),
        ("sk-…abcd", "live", Refusal.MASKED),
        ("sk-proj-...abcd", "live", Refusal.MASKED),
        ("sk-proj-********************abcd", "live", Refusal.MASKED),
        ("sk-••••••••••••••••••••abcd", "live", Refusal.MASKED),
        ("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "live", Refusal.MASKED),
        (PROJECT[:100], "live", Refusal.HALF),
        (PROJECT[:30], "live", Refusal.HALF),
        (PROJECT[9:], "live", Refusal.HALF),
        (LEGACY[:40], "live", Refusal.HALF),
        (PRACTICE[:-1], "practice", Refusal.HALF),
        ("sk-", "live", Refusal.HALF),
        (f"{PROJECT} {LEGACY}", "live", Refusal.TWO_KEYS),
        (PROJECT + SERVICE, "live", Refusal.TWO_KEYS),
        ("sk-" + "a" * 40 + " sk-" + "b" * 40, "live", Refusal.TWO_KEYS),
        ("sk-" + "a" * 40 + " PostPickr", "live", Refusal.INNER_SPACES),
        (PROJECT.replace("Canary", "Cаnary", 1), "live", Refusal.LOOK_ALIKE),
        ("ѕk-proj-" + "a" * 156, "live", Refusal.LOOK_ALIKE),
        ("sk–proj–" + "a" * 156, "live", Refusal.LOOK_ALIKE),
        ("sk-proj-" + "a" * 50 + "/" + "a" * 50, "live", Refusal.STRANGE_CHARACTER),
        (PROJECT.upper(), "live", Refusal.CAPITALS),
        ("<your-api-key>", "live", Refusal.PLACEHOLDER),
        ("YOUR_API_KEY", "live", Refusal.PLACEHOLDER),
        ("sk-your-api-key-goes-here", "live", Refusal.PLACEHOLDER),
        ("anna@example.org", "live", Refusal.EMAIL),
        ("https://platform.openai.com/api-keys", "live", Refusal.URL),
        ("platform.openai.com/api-keys", "live", Refusal.URL),
        ("platform.openai.com", "live", Refusal.URL),
        ("org-" + "a" * 24, "live", Refusal.OPENAI_ID),
        ("proj_" + "a" * 24, "live", Refusal.OPENAI_ID),
        ("key_" + "a" * 16, "live", Refusal.OPENAI_ID),
        ("sk-ant-" + "a" * 90, "live", Refusal.OTHER_VENDOR),
        ("AI" + "za" + "a" * 35, "live", Refusal.OTHER_VENDOR),
        ("hf" + "_" + "a" * 34, "live", Refusal.OTHER_VENDOR),
        ("correct horse battery staple", "live", Refusal.NOT_A_KEY),
        ("Passw0rd!", "live", Refusal.NOT_A_KEY),
        (ADMIN, "live", Refusal.ADMIN_KEY),
        (PRACTICE_ADMIN, "practice", Refusal.ADMIN_KEY),
        (PRACTICE, "live", Refusal.PRACTICE_KEY_IN_LIVE),
        (PROJECT, "practice", Refusal.REAL_KEY_IN_PRACTICE),
        ("sk-" + "a" * 48, "practice", Refusal.REAL_KEY_IN_PRACTICE),
    ],
)
def test_what_is_not_one_whole_key_is_refused_by_name(pasted: str, mode: str, refusal: Refusal) -> None:
    result = lint(pasted, mode)
    assert result.refusal is refusal
    assert result.key is None


def test_a_project_key_is_refused_where_an_admin_key_belongs() -> None:
    assert lint(PROJECT, "live", "admin").refusal is Refusal.NOT_AN_ADMIN_KEY


def test_a_look_alike_letter_is_told_by_name_and_place() -> None:
    result = lint("sk-proj-" + "a" * 60 + "\u0430" + "a" * 60, "live")
    assert result.facts == {"name": "CYRILLIC SMALL LETTER A", "place": 69}


BODY = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=48, max_size=48)
KEY_TEXT = st.text("abcXYZ019_-", min_size=74, max_size=74)
REAL = st.tuples(st.sampled_from(["sk-proj-", "sk-svcacct-"]), KEY_TEXT, KEY_TEXT).map(
    lambda parts: parts[0] + parts[1] + INFIX + parts[2]
)


@given(body=BODY)
def test_no_practice_key_is_ever_damaged(body: str) -> None:
    result = lint("sk-practice-" + body, "practice")
    assert result.key is not None
    assert result.key.get_secret_value() == "sk-practice-" + body


@given(key=REAL, before=st.sampled_from(["", " ", "\n", "\ufeff", "Bearer ", "OPENAI_API_KEY=", "“"]))
@example(key="sk-proj-" + "-" * 74 + INFIX + "_" * 74, before="")
@example(key="sk-proj-" + "X" * 74 + INFIX + "x" * 74, before="")
def test_no_real_key_is_ever_damaged(key: str, before: str) -> None:
    result = lint(before + key, "live")
    assert result.key is not None
    assert result.key.get_secret_value() == key


PIECES = st.sampled_from(
    [
        PRACTICE,
        PROJECT,
        LEGACY,
        ADMIN,
        PROJECT[:70],
        "sk-",
        "…",
        " ",
        "\n",
        '"',
        "Bearer ",
        "=",
        "\u200b",
        "а",
        "@",
        "/",
    ]
)


@given(pieces=st.lists(PIECES | st.text(max_size=6), max_size=8), mode=st.sampled_from(["practice", "live"]))
@settings(max_examples=300)
def test_nothing_pasted_crashes_the_lint_or_is_quoted_by_it(pieces: list[str], mode: str) -> None:
    pasted = "".join(pieces)
    result = lint(pasted, mode)
    assert (result.key is None) is (result.refusal is not None)
    assert "anary" not in repr(result).replace("sk-…", "").lower()


@given(pasted=st.text(max_size=200))
def test_any_text_gives_an_answer(pasted: str) -> None:
    assert isinstance(lint(pasted, "live"), Lint)


def test_a_repair_holds_a_count_at_most() -> None:
    result = lint(f" {PRACTICE}\u200b\u200b", "practice")
    assert result.repairs[0] == Repair(RepairKind.INVISIBLE, {"count": 2})
