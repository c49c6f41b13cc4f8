"""The quick JSON parser and the standard one agree on everything that either can read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.metering.jsontext import parsed

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=values, ascii_only=st.booleans())
def test_every_value_is_read_as_it_was_written(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert parsed(text) == json.loads(text)
    assert repr(parsed(text)) == repr(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 2}',
        b'"\\ud800"',
        b"[" * 400 + b"]" * 400,
        '{"a": 1}'.encode("utf-16"),
        b'\xef\xbb\xbf{"a": 1}',
        b"123456789012345678901234567890",
        b"1e400",
        b" [1 , 2]\r\n",
    ],
)
def test_what_is_odd_is_read_as_the_standard_parser_reads_it(text: bytes) -> None:
    assert parsed(text) == json.loads(text)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"{'a': 1}", b"[1,]", b'"\n"'])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(text)
