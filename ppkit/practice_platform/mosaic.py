"""A picture of coarse squares and letters of squares, for where no library draws: made in plain Python."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ppkit.practice_platform.mosaic_letters import HEIGHT, WIDTH, columns_of

Colour = tuple[int, int, int, int]
"""Red, green, blue, and how solid it is: 0 to 255 each."""
SQUARE = 8
"""Pixels of a side. A JPEG is made of such squares, too: one of a single colour takes one number."""


@dataclass(slots=True)
class Mosaic:
    """Squares, row by row."""

    columns: int
    rows: int
    squares: list[Colour]

    @classmethod
    def painted(cls, size: tuple[int, int], paint: Callable[[int, int], Colour]) -> Mosaic:
        """For a picture of (width, height) pixels; `paint` is asked for each column and row."""
        columns, rows = (-(-side // SQUARE) for side in size)
        return cls(columns, rows, [paint(x, y) for y in range(rows) for x in range(columns)])

    def fill(self, left: int, top: int, width: int, height: int, colour: Colour) -> None:
        """A rectangle; what lies outside is left out."""
        for y in range(max(0, top), min(self.rows, top + height)):
            start, end = max(0, left), min(self.columns, left + width)
            self.squares[y * self.columns + start : y * self.columns + end] = [colour] * max(0, end - start)

    def write(self, text: str, left: int, top: int, colour: Colour, scale: int = 1) -> None:
        """One line of capitals, each letter `scale` times as large as can be."""
        for number, sign in enumerate(text):
            for x, bits in enumerate(columns_of(sign)):
                for y in range(HEIGHT):
                    if bits >> y & 1:
                        at = left + (number * (WIDTH + 1) + x) * scale
                        self.fill(at, top + y * scale, scale, scale, colour)

    def coarser(self, block: int) -> Mosaic:
        """The same as if seen from afar: each block of squares has the colour of its first one."""
        squares = [
            self.squares[(y - y % block) * self.columns + x - x % block]
            for y in range(self.rows)
            for x in range(self.columns)
        ]
        return Mosaic(self.columns, self.rows, squares)


def capitals(text: str) -> str:
    """What can be written of a text: accents and all other signs are left out."""
    plain = unicodedata.normalize("NFKD", text).upper()
    return " ".join("".join(sign for sign in plain if sign == " " or any(columns_of(sign))).split())


def lines_of(text: str, measure: int, scale: int, most: int) -> Sequence[str]:
    """The words in at most so many lines of `measure` squares; a word that is too long is cut."""
    longest = max(1, (measure // scale + 1) // (WIDTH + 1))
    return [line[:longest] for line in list(_wrapped(text.split(), longest))[:most]]


def _wrapped(words: Sequence[str], longest: int) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(line) + 1 + len(word) > longest:
            yield line
            line = word
        else:
            line = f"{line} {word}".strip()
    if line:
        yield line
