"""What learners are called: stars, drawn at random, so that a name does not tell who came first."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence

STARS = (
    *("Vega", "Altair", "Sirio", "Rigel", "Deneb", "Spica", "Antares", "Mira", "Polaris", "Capella"),
    *("Castor", "Pollux", "Regulus", "Mizar", "Alcor", "Electra", "Maia", "Atlas", "Adhara", "Bellatrix"),
    *("Canopus", "Arcturus", "Procyon", "Alioth", "Merope", "Izar", "Gemma", "Sirrah", "Nunki", "Shaula"),
)
"""Pseudonyms that read the same in both languages."""

FORGOTTEN = "forgotten "
"""How the name of somebody begins who is forgotten."""

LATE_NUMBERS = range(10**5, 10**6)


def pseudonym_of(number: int) -> str:
    """The name of this number, from 0: "Vega", …, then "Vega 2"."""
    again, place = divmod(number, len(STARS))
    return f"{STARS[place]} {again + 1}" if again else STARS[place]


def drawn_pseudonym(used: Collection[str], places: int, choose: Callable[[Sequence[str]], str]) -> str:
    """One that nobody of the lesson has or has had: money, steps and logins of the database go by it.

    `used` are those of everybody who has joined, `places` is how many there are to be had.
    """
    if not any(name.startswith(FORGOTTEN) for name in used):
        return choose(_free(used, places))
    # Which stars were theirs is kept nowhere, so a star alone could be inherited: one with a number is not.
    while True:
        number = secrets.choice(LATE_NUMBERS)
        drawn = choose([f"{star} {number}" for star in STARS])
        if drawn not in used:
            return drawn


def _free(used: Collection[str], places: int) -> list[str]:
    """Of as many rounds of stars as the places need, or more, since places may have been taken back."""
    rounds = max(1, -(-places // len(STARS)))
    while True:
        names = (pseudonym_of(number) for number in range(rounds * len(STARS)))
        if free := [name for name in names if name not in used]:
            return free
        rounds += 1
