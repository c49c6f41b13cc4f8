"""Keys that never existed, of every form; put together here, so that no scanner takes a test for a leak."""

from __future__ import annotations

import random
import string

from hypothesis import strategies as st

LETTERS = string.ascii_letters + string.digits
SIGNS = LETTERS + "_-"
INFIX = "T3Blbk" + "FJ"
FORMS: dict[str, tuple[str, str, int]] = {
    "legacy": ("sk-", LETTERS, 20),
    "project": ("sk-proj-", SIGNS, 74),
    "project, shorter": ("sk-proj-", SIGNS, 58),
    "project, early": ("sk-proj-", SIGNS, 20),
    "service account": ("sk-svcacct-", SIGNS, 74),
    "admin": ("sk-admin-", SIGNS, 58),
}
"""Form -> beginning, signs, signs on each side of the infix."""
OTHERS: dict[str, tuple[str, str, int]] = {
    "practice": ("sk-practice-", LETTERS, 48),
    "practice_admin": ("sk-practice-admin-", LETTERS, 48),
    "anthropic": ("sk-" + "ant-api03-", SIGNS, 95),
    "openrouter": ("sk-" + "or-v1-", "0123456789abcdef", 64),
    "google": ("AI" + "za", SIGNS, 35),
    "groq": ("gs" + "k_", LETTERS, 52),
    "hugging_face": ("h" + "f_", string.ascii_letters, 34),
    "xai": ("xa" + "i-", LETTERS, 80),
    "perplexity": ("pp" + "lx-", LETTERS, 48),
    "replicate": ("r" + "8_", LETTERS, 37),
    "github": ("gh" + "p_", LETTERS, 36),
    "stripe": ("sk" + "_live_", LETTERS, 24),
}
"""Kind -> beginning, signs, how many."""


def key_of(form: str, seed: object = 1) -> str:
    """The same key for the same form and seed."""
    chance = random.Random(f"{form} {seed}")

    def some(signs: str, count: int) -> str:
        return "".join(chance.choice(signs) for _ in range(count))

    if form in FORMS:
        begin, signs, side = FORMS[form]
        return begin + some(signs, side) + INFIX + some(signs, side)
    begin, signs, count = OTHERS[form]
    return begin + some(signs, count)


def some_keys(*forms: str) -> st.SearchStrategy[str]:
    """A key of one of these forms, of any if none is named."""
    chosen = forms or (*FORMS, *OTHERS)
    return st.builds(key_of, st.sampled_from(chosen), st.integers(0, 2**32))
