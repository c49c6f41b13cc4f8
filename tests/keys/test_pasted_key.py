"""Pasted text: what is repaired, what is refused, and what is never damaged or quoted."""

import pytest
from sweeps import sweep

from ppkit.keys import PastedKey, PasteRefusal, RemarkKind, RepairKind, parse_pasted_key
from ppkit.keys.cleaning import Repair
from ppkit.mode import Mode

INFIX = "T3Blbk" + "FJ"  # in two parts, so that no secret scanner takes a test for a leak
PRACTICE = "sk-practice-" + "CANARY" * 8
PRACTICE_ADMIN = "sk-practice-admin-" + "CANARY" * 8
PROJECT = "sk-proj-" + "Canary_-" * 9 + "aa" + INFIX + "Canary_-" * 9 + "aa"
SERVICE = PROJECT.replace("proj", "svcacct")
ADMIN = "sk-admin-" + "canAry" * 9 + "aaaa" + INFIX + "canAry" * 9 + "aaaa"
LEGACY = "sk-" + "canary" * 3 + "aa" + INFIX + "canary" * 3 + "aa"


def kinds(result: PastedKey) -> list[RepairKind]:
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
def test_a_whole_key_comes_back_as_it_is(value: str, mode: Mode, expected: str) -> None:
    result = parse_pasted_key(value, mode, expected)  # type: ignore[arg-type]
    assert result.key is not None
    assert result.key.get_secret_value() == value
    assert result.repairs == ()


@sweep(
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
        ("{key} {key}\n{key}", RepairKind.REPEATED),
        ("{key}{key}{key}", RepairKind.REPEATED),
        ("La mia chiave è {key} grazie", RepairKind.SURROUNDING_TEXT),
        ("**{key}**", RepairKind.PUNCTUATION),
        ("_{key}_", RepairKind.PUNCTUATION),
        ("[{key}](https://platform.openai.com/api-keys)", RepairKind.SURROUNDING_TEXT),
        ("> {key}", RepairKind.PUNCTUATION),
        ("{key}\\n", RepairKind.ESCAPES),
        ("%20{key}%0A", RepairKind.ESCAPES),
        ("&quot;{key}&quot;", RepairKind.ESCAPES),
        ("\\u200b{key}", RepairKind.ESCAPES),
        ('os.environ["OPENAI_API_KEY"] = "{key}"', RepairKind.ASSIGNMENT),
        ('client = OpenAI(api_key="{key}", max_retries=0)', RepairKind.SURROUNDING_TEXT),
        (
            'curl https://api.openai.com/v1/models -H "Authorization: Bearer {key}"',
            RepairKind.SURROUNDING_TEXT,
        ),
        ("openai:\n  api_key: {key}\n  organization: org-abcdefgh\n", RepairKind.SURROUNDING_TEXT),
        ("# settings\nA=1\nOPENAI_API_KEY={key}\nOPENAI_ORG_ID=org-abcdefgh\n", RepairKind.SURROUNDING_TEXT),
        ("OPENAI_API_KEY={key}\nANTHROPIC_API_KEY=sk-ant-REST", RepairKind.SURROUNDING_TEXT),
        ("Nome: PostPickr-AI, chiave: {key}", RepairKind.SURROUNDING_TEXT),
        ("sk-…abcd PostPickr-AI {key}", RepairKind.SURROUNDING_TEXT),
    ],
)
@sweep(("key", "mode"), [(PRACTICE, "practice"), (PROJECT, "live"), (LEGACY, "live")])
def test_safe_damage_is_repaired_and_named(damage: str, repair: RepairKind, key: str, mode: Mode) -> None:
    result = parse_pasted_key(damage.format(key=key).replace("REST", "Ab3" * 30), mode)
    assert result.refusal is None
    assert result.key is not None
    assert result.key.get_secret_value() == key
    assert repair in kinds(result)


def test_a_key_wrapped_over_two_lines_is_joined() -> None:
    result = parse_pasted_key(PROJECT[:80] + "\n  " + PROJECT[80:], "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT
    assert kinds(result) == [RepairKind.INNER_SPACES]


def test_a_key_of_a_short_format_and_a_word_that_would_make_a_longer_one_is_not_guessed() -> None:
    short = "sk-proj-" + "Can4ry" * 9 + "aaaa" + INFIX + "Can4ry" * 9 + "aaaa"
    assert parse_pasted_key(short, "live").key is not None
    assert parse_pasted_key(short + "\n2026-11-23_12-30", "live").refusal is PasteRefusal.INNER_SPACES
    assert parse_pasted_key(short + "\n2026-11-23", "live").key is not None


def test_typographic_hyphens_and_wide_letters_become_plain_ones() -> None:
    assert kinds(parse_pasted_key(PRACTICE.replace("-", "\u2011"), "practice")) == [RepairKind.DASHES]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in PRACTICE)
    assert parse_pasted_key(wide, "practice").key is not None


def test_a_capital_first_letter_from_a_phone_is_repaired() -> None:
    assert kinds(parse_pasted_key("S" + PRACTICE[1:], "practice")) == [RepairKind.CAPITAL]


def test_the_worst_paste_needs_several_repairs() -> None:
    result = parse_pasted_key(f'\ufeff  export OPENAI_API_KEY="Bearer {PROJECT}\u200b" ;\n', "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT
    assert {RepairKind.INVISIBLE, RepairKind.ASSIGNMENT, RepairKind.BEARER, RepairKind.QUOTES} <= set(
        kinds(result)
    )


@sweep(
    ("pasted", "mode", "refusal"),
    [
        ("", "live", PasteRefusal.EMPTY),
        (" \n\u200b ", "live", PasteRefusal.EMPTY),
        ("OPENAI_API_KEY=", "live", PasteRefusal.EMPTY),
        ("x" * 6000, "live", PasteRefusal.TOO_LONG),
        ("sk-…abcd", "live", PasteRefusal.MASKED),
        ("sk-proj-...abcd", "live", PasteRefusal.MASKED),
        ("sk-proj-********************abcd", "live", PasteRefusal.MASKED),
        ("sk-••••••••••••••••••••abcd", "live", PasteRefusal.MASKED),
        ("sk-proj-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "live", PasteRefusal.MASKED),
        (PROJECT[:100], "live", PasteRefusal.HALF),
        (PROJECT[:30], "live", PasteRefusal.HALF),
        (PROJECT[9:], "live", PasteRefusal.HALF),
        (LEGACY[:40], "live", PasteRefusal.HALF),
        (PRACTICE[:-1], "practice", PasteRefusal.HALF),
        ("sk-", "live", PasteRefusal.HALF),
        ("sk-" + "aB3" * 200, "live", PasteRefusal.TOO_LONG),
        (f"{PROJECT} {LEGACY}", "live", PasteRefusal.TWO_KEYS),
        (PROJECT + SERVICE, "live", PasteRefusal.TWO_KEYS),
        ("sk-" + "a" * 40 + " sk-" + "b" * 40, "live", PasteRefusal.TWO_KEYS),
        ("sk-" + "a" * 40 + " PostPickr", "live", PasteRefusal.INNER_SPACES),
        (PROJECT.replace("Canary", "Can\u0456ry", 1) + "x", "live", PasteRefusal.LOOK_ALIKE),
        ("ѕk-proj-" + "a" * 156, "live", PasteRefusal.LOOK_ALIKE),
        ("sk–proj–" + "a" * 156, "live", PasteRefusal.LOOK_ALIKE),
        ("sk-proj-" + "a" * 50 + "/" + "a" * 50, "live", PasteRefusal.STRANGE_CHARACTER),
        (PROJECT.upper(), "live", PasteRefusal.CAPITALS),
        ("<your-api-key>", "live", PasteRefusal.PLACEHOLDER),
        ("YOUR_API_KEY", "live", PasteRefusal.PLACEHOLDER),
        ("sk-your-api-key-goes-here", "live", PasteRefusal.PLACEHOLDER),
        ("anna@example.org", "live", PasteRefusal.EMAIL),
        ("https://platform.openai.com/api-keys", "live", PasteRefusal.URL),
        ("platform.openai.com/api-keys", "live", PasteRefusal.URL),
        ("platform.openai.com", "live", PasteRefusal.URL),
        ("org-" + "a" * 24, "live", PasteRefusal.OPENAI_ID),
        ("proj_" + "a" * 24, "live", PasteRefusal.OPENAI_ID),
        ("key_" + "a" * 16, "live", PasteRefusal.OPENAI_ID),
        ("sk-ant-" + "a" * 90, "live", PasteRefusal.OTHER_VENDOR),
        ("AI" + "za" + "a" * 35, "live", PasteRefusal.OTHER_VENDOR),
        ("hf" + "_" + "a" * 34, "live", PasteRefusal.OTHER_VENDOR),
        ("correct horse battery staple", "live", PasteRefusal.NOT_A_KEY),
        ("Passw0rd!", "live", PasteRefusal.NOT_A_KEY),
        (ADMIN, "live", PasteRefusal.ADMIN_KEY),
        (PRACTICE_ADMIN, "practice", PasteRefusal.ADMIN_KEY),
        (PRACTICE, "live", PasteRefusal.PRACTICE_KEY_IN_LIVE),
        (PROJECT, "practice", PasteRefusal.REAL_KEY_IN_PRACTICE),
        ("sk-" + "a" * 48, "practice", PasteRefusal.REAL_KEY_IN_PRACTICE),
        ("•" * 51, "live", PasteRefusal.MASKED),
        ("***", "live", PasteRefusal.MASKED),
        ("sk-proj-abc…wxyz", "live", PasteRefusal.MASKED),
        ("sk-proj-[hidden]", "live", PasteRefusal.MASKED),
        ("sk-proj-REDACTED", "live", PasteRefusal.MASKED),
        (
            "Incorrect API key provided: sk-proj-****abcd. You can find your API key at https://x.y/z.",
            "live",
            PasteRefusal.MASKED,
        ),
        (PROJECT[20:], "live", PasteRefusal.HALF),
        (PROJECT.lower(), "live", PasteRefusal.CAPITALS),
        (PROJECT + "\n" + PROJECT[:60] + "b" * 8 + PROJECT[68:], "live", PasteRefusal.TWO_KEYS),
        (f"OPENAI_API_KEY={PROJECT}\nOPENAI_ADMIN_KEY={ADMIN}", "live", PasteRefusal.TWO_KEYS),
        (PROJECT + " sk-" + "newFormat" * 5, "live", PasteRefusal.TWO_KEYS),
        ("sk-" + "a" * 40 + "\n" + "b" * 20, "live", PasteRefusal.INNER_SPACES),
        ("OPENAI_API_KEY", "live", PasteRefusal.PLACEHOLDER),
        ("${OPENAI_API_KEY}", "live", PasteRefusal.PLACEHOLDER),
        ("%OPENAI_API_KEY%", "live", PasteRefusal.PLACEHOLDER),
        ('os.environ["OPENAI_API_KEY"]', "live", PasteRefusal.PLACEHOLDER),
        ("{{ secrets.KEY }}", "live", PasteRefusal.PLACEHOLDER),
        ("sk-inserisci-qui-la-tua-chiave", "live", PasteRefusal.PLACEHOLDER),
        ("PostPickr-AI", "live", PasteRefusal.KEY_NAME),
        ("PostPickr – Cliente Rossi", "live", PasteRefusal.KEY_NAME),
        ("My Test Key", "live", PasteRefusal.KEY_NAME),
        ("4242 4242 4242 4242", "live", PasteRefusal.CARD_NUMBER),
        ("4242-4242-4242-4242", "live", PasteRefusal.CARD_NUMBER),
        ("4242 4242 4242 4243", "live", PasteRefusal.NUMBER),
        ("+39 02 1234567", "live", PasteRefusal.NUMBER),
        ("user-" + "a" * 24, "live", PasteRefusal.OPENAI_ID),
        ("sess-" + "a" * 40, "live", PasteRefusal.SESSION_TOKEN),
        ("eyJ" + "hbGciOiJSUzI1NiIs.eyJpc3MiOiJodHRwcz.c2lnbmF0dXJl", "live", PasteRefusal.SESSION_TOKEN),
        ("correcthorsebatterystaple", "live", PasteRefusal.NOT_A_KEY),
        ("anna.rossi@example.org password1", "live", PasteRefusal.NOT_A_KEY),
    ],
)
def test_what_is_not_one_whole_key_is_refused_by_name(pasted: str, mode: Mode, refusal: PasteRefusal) -> None:
    result = parse_pasted_key(pasted, mode)
    assert result.refusal is refusal
    assert result.key is None


def test_a_project_key_is_refused_where_an_admin_key_belongs() -> None:
    assert parse_pasted_key(PROJECT, "live", "admin").refusal is PasteRefusal.NOT_AN_ADMIN_KEY


OTHERS = [
    ("sk-" + "ant-api03-" + "Ab3" * 30, "Anthropic"),
    ("sk-" + "or-v1-" + "0a" * 32, "OpenRouter"),
    ("AI" + "zaSy" + "Ab3" * 11, "Google"),
    ("gs" + "k_" + "Ab3" * 17, "Groq"),
    ("hf" + "_" + "Ab3" * 11, "Hugging Face"),
    ("xa" + "i-" + "Ab3" * 26, "xAI"),
    ("pp" + "lx-" + "Ab3" * 16, "Perplexity"),
    ("r8" + "_" + "Ab3" * 12, "Replicate"),
    ("gh" + "p_" + "Ab3" * 12, "GitHub"),
    ("github" + "_pat_" + "Ab3" * 20, "GitHub"),
    ("sk" + "_live_" + "Ab3" * 8, "Stripe"),
    ("AK" + "IA" + "ABCD1234" * 2, "AWS"),
    ("xo" + "xb-" + "123456789012-" + "Ab3" * 8, "Slack"),
    ("Ab3d" * 13 + "JQQJ9" + "9ALACYeBjFXJ3w3AAABACOGab3d", "Azure OpenAI"),
    ("0123456789abcdef" * 2, "Azure OpenAI"),
    ("Ab3dEf6h" * 4, "Mistral"),
    ("Ab3dEf6h" * 5, "Cohere"),
    ("wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLE" + "KEY", "AWS"),
]


@sweep(("pasted", "vendor"), OTHERS)
@sweep("wrapping", ["{}", '"{}"', "API_KEY={}\n"])
def test_a_key_of_another_service_is_refused_with_its_name(pasted: str, vendor: str, wrapping: str) -> None:
    result = parse_pasted_key(wrapping.format(pasted), "live")
    assert result.refusal in (PasteRefusal.OTHER_VENDOR, PasteRefusal.LIKE_OTHER_VENDOR)
    assert result.facts == {"vendor": vendor}


@sweep(
    ("value", "remark"),
    [
        ("sk-" + "0123456789abcdef" * 2, RemarkKind.LIKE_OTHER_VENDOR),
        ("sk-" + "newFormat_2027-" * 5, RemarkKind.UNKNOWN_FORMAT),
        ("sk-proj-" + "aB3" * 40, RemarkKind.UNKNOWN_FORMAT),
        ("sk-proj-" + "aB3" * 23 + INFIX + "aB3" * 24, RemarkKind.UNUSUAL_LENGTH),
    ],
)
@sweep("wrapping", ["{}", ' "{}" ', "OPENAI_API_KEY={}", 'OpenAI(api_key="{}")', "key:\n  {} # mine"])
def test_a_plausible_key_of_no_known_format_is_tried_with_a_remark(
    value: str, remark: RemarkKind, wrapping: str
) -> None:
    result = parse_pasted_key(wrapping.format(value), "live")
    assert result.key is not None
    assert result.key.get_secret_value() == value
    assert [one.kind for one in result.remarks] == [remark]


def test_a_whole_key_of_a_known_format_brings_no_remark() -> None:
    assert parse_pasted_key(PROJECT, "live").remarks == ()


@pytest.mark.parametrize("lost", ["s", "sk", "sk-"])
@pytest.mark.parametrize(("key", "mode"), [(PRACTICE, "practice"), (PROJECT, "live")])
def test_a_beginning_that_was_not_copied_is_put_back(lost: str, key: str, mode: Mode) -> None:
    result = parse_pasted_key(key.removeprefix(lost), mode)
    assert result.key is not None
    assert result.key.get_secret_value() == key
    assert kinds(result) == [RepairKind.BEGINNING]


# --- letters of other alphabets and styles

BOLD = str.maketrans({chr(ord("a") + place): chr(0x1D41A + place) for place in range(26)})


@pytest.mark.parametrize(
    "retyped",
    [
        PROJECT.replace("a", "\u0430"),  # Cyrillic
        PROJECT.replace("a", "\u03b1"),  # Greek
        PROJECT.replace("sk-", "\u0455k-"),
        PROJECT.replace("-", "\u2013"),  # every hyphen a dash
        "La chiave: «" + PROJECT.replace("a", "\u0430") + "»",
    ],
)
def test_look_alikes_with_one_reading_are_undone_in_a_whole_key_and_named(retyped: str) -> None:
    result = parse_pasted_key(retyped, "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT
    (repair,) = [repair for repair in result.repairs if repair.kind is RepairKind.LOOK_ALIKES]
    assert isinstance(repair.facts["place"], int)
    assert str(repair.facts["name"]).isupper()


def test_two_hyphens_that_a_word_processor_made_a_dash_become_two_again() -> None:
    key = PROJECT.replace("Canary_-", "Canary--")
    result = parse_pasted_key(key.replace("--", "\u2014"), "live")
    assert result.key is not None
    assert result.key.get_secret_value() == key


def test_a_cherokee_letter_is_undone_too() -> None:
    result = parse_pasted_key(PROJECT.replace("aa" + INFIX, "\u13aa" + "a" + INFIX), "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT.replace("aa" + INFIX, "Aa" + INFIX)


def test_the_same_letter_in_another_style_is_always_undone() -> None:
    result = parse_pasted_key(PROJECT.translate(BOLD), "live")
    assert result.key is not None
    assert result.key.get_secret_value() == PROJECT
    assert kinds(result) == [RepairKind.FULL_WIDTH]


@pytest.mark.parametrize(
    "alike", ["\u041e", "\u0406", "\u0399", "\u2d54"], ids=["O 0", "I l 1", "Iota", "Tifinagh"]
)
def test_a_look_alike_with_two_readings_is_named_and_not_guessed(alike: str) -> None:
    result = parse_pasted_key(PROJECT.replace("C", alike, 1), "live")
    assert result.refusal is PasteRefusal.LOOK_ALIKE
    assert result.facts["place"] == 9


def test_an_accented_letter_is_named() -> None:
    result = parse_pasted_key(PROJECT.replace("a", "\u00e0", 1), "live")
    expected = (PasteRefusal.LOOK_ALIKE, "LATIN SMALL LETTER A WITH GRAVE")
    assert (result.refusal, result.facts["name"]) == expected


def test_in_a_key_of_no_known_format_no_look_alike_is_guessed() -> None:
    assert parse_pasted_key("sk-" + "newFormat" * 5 + "\u0430", "live").refusal is PasteRefusal.LOOK_ALIKE


def test_a_look_alike_letter_is_told_by_name_and_place() -> None:
    result = parse_pasted_key("sk-proj-" + "a" * 60 + "\u0430" + "a" * 60, "live")
    assert result.facts == {"name": "CYRILLIC SMALL LETTER A", "place": 69}


def test_a_repair_holds_a_count_at_most() -> None:
    result = parse_pasted_key(f" {PRACTICE}\u200b\u200b", "practice")
    assert result.repairs[0] == Repair(RepairKind.INVISIBLE, {"count": 2})
