"""The exercises that stand alone in a lesson, by their names."""

from __future__ import annotations

from ppkit.keys import refuse_keys
from ppkit.onboarding.lessons.exercise import Exercise

_CARDS = {
    "chatgpt_plus": "pays_chatgpt",
    "credit": "pays_api",
    "alert": "only_warns",
    "limit": "stops",
    "card": "money_comes_from",
    "key": "opens",
}
# Not in the order of the cards: the first of each list would be right.
_WHAT_CARDS_DO = ("stops", "opens", "pays_chatgpt", "money_comes_from", "only_warns", "pays_api")

EXERCISES = {
    "cards": Exercise("exercise.cards", "exercise.cards", _CARDS, dict.fromkeys(_CARDS, _WHAT_CARDS_DO))
}


def exercise_named(name: str) -> Exercise:
    """Raises LookupError for one that does not exist, KeyInText for a secret, which that would quote."""
    refuse_keys("exercise", name)
    return EXERCISES[name]
