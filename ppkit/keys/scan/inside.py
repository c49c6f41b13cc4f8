"""What a document holds, as its reader hands it out: texts with their places, and files in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ppkit.keys.scan.leaks import Place


@dataclass(frozen=True, slots=True)
class Text:
    """A text at a place."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class File:
    """A file in the file: an attachment, a value of a database."""

    name: str
    content: bytes


Inside = Text | File
Understand = Callable[[bytes], Iterator[Inside]]
"""The bytes of a document -> what it holds. Raises CannotLookInside, or what `archives.BROKEN` names."""
