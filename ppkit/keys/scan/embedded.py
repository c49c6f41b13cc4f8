"""What a document holds, as its reader hands it out: texts with their places, and files in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ppkit.keys.scan.leaks import LeakPlace


@dataclass(frozen=True, slots=True)
class EmbeddedText:
    """A text at a place."""

    place: LeakPlace
    text: str


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A file in the file: an attachment, a value of a database."""

    name: str
    content: bytes


Inside = EmbeddedText | EmbeddedFile
Understand = Callable[[bytes], Iterator[Inside]]
"""The bytes of a document -> what it holds. Raises CannotLookInside, or what `archives.BROKEN` names."""
