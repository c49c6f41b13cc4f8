"""Invented examples are not taken for keys, and no key that a service made is taken for an example."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from sweeps import examples, sweep

from ppkit.keys.key_search import keys_and_examples_in, keys_in
from ppkit.keys.leak_rules import is_example
from ppkit.keys.scan import lines_about, scan
from ppkit.keys.vendors import VENDORS
from ppkit.look.texts import Texts

from .canaries import FORMS, INFIX, LETTERS, OTHERS, SIGNS, key_of

HEX = "0123456789abcdef"
MADE_UP = {
    "the field's case": "sk-proj-" + "abc123def456ghi789jkl012mno345pqr678stu901vwx234",
    "running letters": "sk-" + string.ascii_lowercase + "0123456789" * 2,
    "backwards": "sk-" + string.ascii_uppercase[::-1] + "Ab3Zk9Qw2Lm7Rt5Y",
    "letters and digits in turn": "sk-proj-" + "1a2b3c4d5e6f7g8h9i0j1k2l3m4n5o6p7q8r9s0t",
    "hexadecimal": "sk-" + "1234567890abcdef" * 3,
    "rows of a keyboard": "sk-proj-" + "qwertyuiopasdfghjklzxcvbnm1234567890",
    "one sign": "sk-proj-" + "x" * 48,
    "one sign in a key": "sk-proj-" + "aB3dE9kLmQ" + "X" * 40 + "zR7tY2uP",
    "zeros": "sk-ant-api03-" + "0" * 95,
    "a piece again and again": "sk-proj-" + "a1B2x9Qz" * 6,
    "dummy": "sk-proj-" + "dummy-key-for-unit-tests-only-1a9x8w7q6z5k4m3j2h1g",
    "fake": "sk-proj-" + "fake_9x8w7q6z5k4m3j2h1g0f9d8s7a6p5o4i3u2y1t",
    "test": "sk-proj-" + "test-9x8w7q6z5k4m3j2h1g0f9d8s7a6p5o4i3u2y1t",
    "example": "sk-proj-" + "thisIsAnExampleKey9x8w7q6z5k4m3j2h1g0f9d8s7a",
    "your key here": "sk-proj-" + "your-api-key-here-9x8w7q6z5k4m3j2h1g0f9d8s",
    "placeholder": "sk-svcacct-" + "PLACEHOLDER9x8w7q6z5k4m3j2h1g0f9d8s7a6p5o4i",
    "with OpenAI's mark": "sk-" + "abcdefghijklmnopqrst" + INFIX + "abcdefghijklmnopqrst",
    "with OpenAI's mark, of one sign": "sk-" + "X" * 20 + INFIX + "X" * 20,
    "another service's": "AI" + "za" + "SyDexample" + "_9x8w7q6z5k4m3j2h1g0f9d8s7"[:25],
    "Amazon's own": "AK" + "IAIOSFODNN7EXAMPLE",
    "GitHub's": "gh" + "p_" + "x" * 36,
    "Hugging Face's": "h" + "f_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "practice": "sk-practice-" + "abc123def456" * 4,
}


@sweep("text", MADE_UP.values())
def test_an_invented_example_is_told_as_one(text: str) -> None:
    (found,) = keys_and_examples_in(f'API_KEY = "{text}"\n')
    assert found.is_example
    assert list(keys_in(text)) == []


DRAWN: dict[str, tuple[str, str, int]] = {
    **OTHERS,
    **{
        f"{vendor.kind} {vendor.begin}": (vendor.begin.replace("\\", ""), LETTERS, 40)
        for vendor in VENDORS
        if not set("[(") & set(vendor.begin)
    },
    "AWS": ("AK" + "IA", string.ascii_uppercase + "234567", 16),
    "shortest of Stripe": ("sk" + "_live_", LETTERS, 16),
    "letters only": ("sk-", string.ascii_lowercase, 48),
    "thirty-two hexadecimal": ("sk-", HEX, 32),
    "forty-eight hexadecimal": ("sk" + "_", HEX, 48),
    "sixty-four hexadecimal": ("do" + "p_v1_", HEX, 64),
    "longest": ("sk-ant-api03-", SIGNS, 180),
    "Gemini": ("AQ.", SIGNS, 50),
    "Bedrock": ("ABSK", LETTERS + "+/", 130),
}


def test_of_thousands_of_keys_drawn_by_chance_none_is_taken_for_an_example() -> None:
    """10,000 of them; 2,400,000 with `--hypothesis-profile=thorough`."""
    chance = random.Random(2026)
    forms = [
        *((begin, signs, side, INFIX, side) for begin, signs, side in FORMS.values()),
        *((begin, signs, count, "", 0) for begin, signs, count in DRAWN.values()),
    ]
    taken = []
    for number in range(examples(10_000)):
        begin, signs, left, infix, right = forms[number % len(forms)]
        key = begin + "".join(chance.choices(signs, k=left)) + infix + "".join(chance.choices(signs, k=right))
        if is_example(key):
            taken.append(key)
    assert taken == []


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_report_tells_examples_as_notes_and_is_clear(tmp_path: Path, language: str) -> None:
    (tmp_path / "readme.md").write_text(MADE_UP["the field's case"] + "\n")
    report, texts = scan([tmp_path]), Texts(language)
    assert (report.real, len(report.examples), report.is_clear) == ([], 1, True)
    lines = list(lines_about(report, texts))
    assert texts("keys.scan.kind.example", kind=texts("keys.scan.kind.project")) in lines[0]
    assert lines[1:] == [texts.plural("keys.scan.examples", 1), texts("keys.scan.clean")]


def test_a_real_key_beside_an_example_is_a_key(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f'KEY = "{MADE_UP["one sign"]}"  # was {key_of("project")}\n')
    report = scan([tmp_path])
    assert (len(report.real), len(report.examples), report.is_clear) == (1, 1, False)
