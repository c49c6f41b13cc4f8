"""Whatever can hold a key is looked into, or reported as unread: silence never means clear."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweeps import examples

from ppkit.keys.scan.opaque_formats import _BEGINNINGS

from .looked_into import KEY, looked_into

MARKS = [
    *((place, mark) for _kind, place, mark in _BEGINNINGS),
    *((0, mark) for mark in (b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh9", b"\xfd7zXZ\0", b"!<arch>\n")),
    *((0, mark) for mark in (b"SQLite format 3\0", b"\x89PNG\r\n\x1a\n")),
    (257, b"ustar\00000"),
]


@settings(deadline=None, max_examples=examples(50))
@given(mark=st.sampled_from(MARKS), content=st.binary(max_size=600))
def test_random_bytes_behind_any_mark_are_told_and_raise_nothing(
    tmp_path_factory: pytest.TempPathFactory, mark: tuple[int, bytes], content: bytes
) -> None:
    place, begin = mark
    file = tmp_path_factory.mktemp("random") / "file"
    file.write_bytes(b"\1" * place + begin + b"\0" + content)
    assert looked_into(file).unread


@settings(deadline=None, max_examples=examples(50))
@given(
    begin=st.sampled_from(
        [b"GIF89a", b"{\\rtf1", b"<?xml", b"<html>", b"From: a\nTo: b\n", b"\x78\x9c", b"", b'{"cells":']
    ),
    content=st.binary(max_size=600),
)
def test_random_bytes_of_any_document_raise_nothing(
    tmp_path_factory: pytest.TempPathFactory, begin: bytes, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("random") / "file"
    file.write_bytes(begin + content + b"\n" + KEY.encode() + b"\n")
    assert looked_into(file).real
