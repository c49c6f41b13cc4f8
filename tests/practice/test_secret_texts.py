"""Keys in texts, as the practice platform finds them: at once, whatever the text is like."""

from __future__ import annotations

import time

import pytest

from ppkit.practice_platform.secret_texts import holds_key, without_keys

MANY = 200_000
KEY = "sk-" + "proj-" + "a1B2c3D4" * 8


@pytest.mark.parametrize("unit", ["x", "-", "a1", "sk-", "x ", "sk-a.", "T3Blb" + "k"])
def test_many_hard_characters_are_read_once_and_the_key_behind_them_is_found(unit: str) -> None:
    text = unit * (MANY // len(unit))
    started = time.process_time()
    assert not holds_key(text + " plain words")
    assert holds_key(f"{text} {KEY}")
    assert KEY not in without_keys(f"{text} {KEY}")
    # Some 0.2 s of the processor; a look from each letter of a long word took minutes.
    assert time.process_time() - started < 10
