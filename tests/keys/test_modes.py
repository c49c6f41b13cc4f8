"""Practice and real keys never mix, wherever in a text they stand."""

from __future__ import annotations

import pytest

from ppkit.keys import PasteRefusal, foreign_key_in
from ppkit.keys.apikey import OPENAI_INFIX

PRACTICE = "sk-practice-" + "Ab3" * 16
PRACTICE_ADMIN = "sk-practice-admin-" + "Ab3" * 16
REAL = [
    "sk-proj-" + "Ab3" * 16,
    "sk-svcacct-" + "Ab-3_" * 16,
    "sk-" + "Ab3x" * 5 + OPENAI_INFIX + "Ab3x" * 5,
    "sk-admin-" + "Ab3" * 16,
    "sk-" + "ant-" + "Ab3" * 16,  # another platform's money is real, too
]


@pytest.mark.parametrize("around", ["{}", "Bearer {}", " '{}' ", "Basic x, {};"])
def test_a_key_of_the_other_mode_is_found_whatever_stands_around_it(around: str) -> None:
    for key in REAL:
        assert foreign_key_in(around.format(key), "practice") is PasteRefusal.REAL_KEY_IN_PRACTICE
        assert foreign_key_in(around.format(key), "live") is None
    for key in (PRACTICE, PRACTICE_ADMIN):
        assert foreign_key_in(around.format(key), "live") is PasteRefusal.PRACTICE_KEY_IN_LIVE
        assert foreign_key_in(around.format(key), "practice") is None


@pytest.mark.parametrize(
    "text", ["", "not-needed", "sk-1234", "task-" + "a1" * 20, "Ab3sk-proj-" + "Ab3" * 16]
)
def test_what_is_no_key_is_nobodys(text: str) -> None:
    assert foreign_key_in(text, "practice") is None
    assert foreign_key_in(text, "live") is None
