"""Whatever is shown, logged or raised has no key in it."""

from __future__ import annotations

import json
import random
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.keys import ApiKey, redact
from ppkit.keys.key_search import keys_in

from .canaries import INFIX, LETTERS, SIGNS, key_of, some_keys

PRACTICE = "sk-practice-" + "CANARY" * 8
REAL = "sk-proj-" + "Canary_-" * 9 + "aa" + INFIX + "Canary_-" * 9 + "aa"


@sweep("key", [PRACTICE, REAL, "sk-" + "canary" * 8, "sk-" + "ant-" + "canary" * 15])
@sweep(
    "text",
    [
        "{key}",
        "Illegal header value b'Bearer {key}\\n'",
        "Incorrect API key provided: {key}. You can find your API key at https://example.org.",
        '{{"api_key": "{key}"}}',
        "OPENAI_API_KEY={key}",
        "https://example.org/?key={key}&x=1",
        "'Authorization': 'Bearer {key}'",
        "({key})",
        "key{key}",
        "\x1b[38;5;28m{key}\x1b[39m",
    ],
)
def test_a_key_is_reduced_to_its_last_four(text: str, key: str) -> None:
    shown = redact(text.format(key=key))
    assert "anary" not in shown.replace("…", "").lower() or shown.lower().count("nary") == 1
    assert key[8:-4] not in shown
    assert "…" in shown


def test_half_a_real_key_is_hidden_too() -> None:
    assert "Canary" not in redact(f"the end of it: {REAL[40:]}")


def test_half_a_key_that_happens_to_hold_a_beginning_is_hidden_from_its_own_beginning() -> None:
    key = key_of("project")
    half = key[20:60] + "sk-" + key[63:]
    assert pieces_shown("sk-proj-" + half, redact(f"the end of it: {half}")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: hunter2.",
        "Incorrect API key provided: password.",
        "Bearer hunter2",
        "api_key = 'hunter'",
        'api-key: "hunter2"',
    ],
)
def test_a_short_wrong_key_is_hidden_whole(text: str) -> None:
    shown = redact(text)
    assert "hunter" not in shown
    assert "password" not in shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "task-based work",
        "ask-me-anything-about-it",
        "Crea una chiave segreta",
        "risk-taking-behaviours",
        "sk-…NARY",
        "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)",
        "client = OpenAI(api_key=api_key, timeout=20)",
        "def make(api_key: str | None = None) -> None:",
        "api_key = self.settings.read()",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


def test_the_line_end_that_did_the_damage_stays_to_be_seen() -> None:
    shown = redact(f"Illegal header value b'Bearer {key_of('project')}\\n'")
    assert shown.startswith("Illegal header value b'Bearer sk-…")
    assert shown.endswith("\\n'")


def test_a_known_key_is_hidden_whatever_it_looks_like() -> None:
    odd = ApiKey("completely/different+canary==")
    assert redact(f"x {odd.get_secret_value()} y", odd) == "x sk-…ry== y"


def pieces_shown(key: str, shown: str) -> list[str]:
    """Parts of the key's body, eight signs long, that can still be read."""
    body = key[key.index("-") + 1 if "-" in key else 4 :].partition("-")[2] or key[4:]
    return [body[at : at + 8] for at in range(len(body) - 7) if body[at : at + 8] in shown]


KNOWN_FORMS = ("legacy", "project", "project, shorter", "service account", "admin", "practice")


@given(key=some_keys(), before=st.text(max_size=30), after=st.text(max_size=30))
def test_no_text_around_a_key_keeps_it_visible(key: str, before: str, after: str) -> None:
    assert pieces_shown(key, redact(f"{before} {key} {after}")) == []


@given(key=some_keys(*KNOWN_FORMS), before=st.text(SIGNS, max_size=30), after=st.text(SIGNS, max_size=30))
def test_not_even_signs_of_a_key_before_and_after_it_do(key: str, before: str, after: str) -> None:
    assert pieces_shown(key, redact(before + key + after)) == []


@given(key=some_keys(*KNOWN_FORMS), at=st.integers(12, 40), damage=st.sampled_from("\n\r\t"))
def test_a_damaged_key_is_hidden_as_the_sdk_quotes_it(key: str, at: int, damage: str) -> None:
    for damaged in (key + damage, key[:at] + damage + key[at:], damage + key):
        for quoted in (
            f"Illegal header value {f'Bearer {damaged}'.encode()!r}",
            f"headers = {{'Authorization': {('Bearer ' + damaged)!r}}}",
            f"self._api_key = {damaged!r}",
            json.dumps({"key": damaged}),
            quote(damaged),
        ):
            assert pieces_shown(key, redact(quoted)) == []


@given(text=st.text(max_size=100))
def test_redacting_any_text_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


LEADS = (
    "Bearer ", "api_key=", "api_key='", "API key provided: ", "\\n", "%3D", "…", "sk-…", '"', "\x1b[33m",
    "\n",
)  # fmt: skip


@given(parts=st.lists(st.one_of(some_keys(), st.sampled_from(LEADS), st.text(max_size=8)), max_size=6))
def test_redacting_keys_twice_changes_nothing_more(parts: list[str]) -> None:
    once = redact("".join(parts))
    assert redact(once) == once


@given(text=st.text(st.characters(exclude_characters="-_"), max_size=200))
def test_a_text_that_can_hold_no_key_and_names_none_is_left_alone(text: str) -> None:
    if not any(word in text.lower() for word in ("bearer", "key", "t3blbk", "aiza")):
        assert redact(text) == text


HARD_TO_READ = {
    "one letter": "a" * 100_000,
    "beginnings": "sk-" * 33_300,
    "infixes": INFIX * 12_500,
    "almost keys": "sk-proj-abc " * 8_000,
    "bearers": "bearer " * 14_000,
    "bearers and blanks": ("bearer" + " " * 1000) * 100,
    "keys and blanks": ("api_key" + " " * 1000) * 100,
    "assignments": "api_key=" * 12_500,
    "escapes": "\\n" * 50_000,
    "a bearer of escapes": "Bearer " + "\\n" * 50_000,
    "percent signs": "%2D" * 33_300,
    "runs with dots between": "abcdefghijklmnopqr." * 5_000,
    "bots": "12345678:A" * 10_000,
}


@pytest.mark.parametrize("text", HARD_TO_READ.values(), ids=HARD_TO_READ)
def test_many_hard_characters_take_no_time(text: str) -> None:
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 10  # going through them once for each of them would take minutes


def drawn(count: int, signs: str = LETTERS) -> str:
    chance = random.Random(f"{count} {signs}")
    return "".join(chance.choice(signs) for _ in range(count))


HEX = "0123456789abcdef"
FOUND = {
    "Bedrock's": "ABSK" + drawn(128, LETTERS + "+/"),
    "Mistral's by its name": "MISTRAL_API_KEY=" + drawn(32),
    "AWS's by its name": "aws_secret_access_key = " + drawn(20) + "+/" + drawn(18),
    "Azure's by its mark": drawn(52) + "JQQJ9" + drawn(27),
    "Telegram's": drawn(10, HEX[:10]) + ":AA" + drawn(33),
    "Slack's door": "https://hooks.slack" + f".com/services/T0{drawn(8)}/B0{drawn(8)}/{drawn(24)}",
    "Airtable's": "pat" + drawn(14) + "." + drawn(64, HEX),
    "after an escape": "\\x41" + "gh" + "p_" + drawn(36),
    "OpenAI's": key_of("project"),
}


@sweep("text", FOUND.values())
@sweep("written", ["{}", "see '{}' there", '{{"a": "{}"}}'])
def test_no_sign_of_a_key_that_the_scan_finds_stays_but_the_last_four(text: str, written: str) -> None:
    (found,) = keys_in(written.format(text))
    shown = redact(written.format(text))
    assert [
        found.value[at : at + 8] for at in range(len(found.value) - 8) if found.value[at : at + 8] in shown
    ] == []


@given(
    parts=st.lists(
        st.one_of(
            some_keys(),
            st.sampled_from([*LEADS, *FOUND.values()]),
            st.text(max_size=8),
            st.text(SIGNS + ".:/+", max_size=40),
        ),
        max_size=8,
    )
)
def test_whatever_the_scan_finds_is_not_in_what_is_shown(parts: list[str]) -> None:
    text = "".join(parts)
    shown = redact(text)
    assert [found.masked for found in keys_in(text) if found.value in shown] == []


def test_a_text_full_of_keys_takes_time_in_proportion_to_its_length() -> None:
    text = "\n".join(FOUND["AWS's by its name"][:-5] + f"{number:05}" for number in range(10_000))
    started = time.process_time()
    assert list(keys_in(redact(text))) == []
    assert time.process_time() - started < 30
