"""Request bodies: forms read for their price, JSON changed by as little as possible."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.metering import rewriting
from ppkit.metering.multipart import UnreadableBody, fields_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(
    st.sampled_from(["model", "input", "stream_options", "max_output_tokens", "è"]), JSON
)


@given(BODIES, st.integers(1, 10**6), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_a_bound_is_added_and_nothing_else(body: dict[str, Any], tokens: int, separators: Any) -> None:
    content = json.dumps(body, ensure_ascii=False, separators=separators).encode("utf-8", "surrogatepass")
    changed = rewriting.with_output_bound(content, body, "responses", tokens)
    assert json.loads(changed) == body | {"max_output_tokens": tokens}
    if "max_output_tokens" not in body and body:
        assert changed.endswith(content[1:])


@given(BODIES)
def test_asking_for_the_usage_keeps_the_other_options(body: dict[str, Any]) -> None:
    changed = json.loads(rewriting.with_usage_asked_for(json.dumps(body).encode(), body))
    options = body.get("stream_options")
    assert changed["stream_options"] == (options if isinstance(options, dict) else {}) | {
        "include_usage": True
    }
    assert rewriting.asks_for_usage(changed)


def form(**fields: Any) -> dict[str, object]:
    request = httpx2.Request("POST", "http://platform.test", **fields)
    return dict(fields_of(request.read(), request.headers["content-type"]))


def test_a_form_reads_like_its_json() -> None:
    fields = form(
        data={"model": "gpt-image-2", "n": "2", "stream": "true", "prompt": "true"},
        files=[
            ("image[]", ("a.png", b"A\r\n\r\n--x", "image/png")),
            ("image[]", ("b.png", b"", "image/png")),
            ("mask", ("m.png", b"M", "image/png")),
        ],
    )
    assert fields == {
        "model": "gpt-image-2",
        "n": 2,
        "stream": True,
        "prompt": "true",
        "image": [b"A\r\n\r\n--x", b""],
        "mask": b"M",
    }


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.binary(max_size=40), min_size=1))
def test_every_file_of_a_form_is_read_whole(files: dict[str, bytes]) -> None:
    assert form(files=[(name, ("f", content, "image/png")) for name, content in files.items()]) == files


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"--x\r\n\r\n--x--", "multipart/form-data"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="n"--x--', "multipart/form-data; boundary=x"),
        (b'--x\r\nX-Other: a; name="n"\r\n\r\n1\r\n--x--', "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_without_names_or_boundary_is_unreadable(body: bytes, content_type: str) -> None:
    with pytest.raises(UnreadableBody):
        fields_of(body, content_type)


ONE = b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--x--\r\n'
OTHER = ONE.replace(b"--x", b"--y").replace(b"1", b"9")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE + OTHER, "multipart/form-data; xboundary=x; boundary=y"),
        (ONE + OTHER, "multipart/form-data; boundary=x; boundary=y"),
        (ONE, 'multipart/form-data; a="boundary=y"; boundary=x'),
        (OTHER + ONE, "multipart/form-data; boundary=x"),
        (ONE + OTHER, "multipart/form-data; boundary=x"),
        (ONE.replace(b"1", b"1--x--"), "multipart/form-data; boundary=x; charset=utf-8"),
        (ONE.replace(b"1", b"1\r\n--xy\r\n"), "multipart/form-data; boundary=x"),
        (ONE.replace(b'"n"', b'"n"; name="prompt"'), "multipart/form-data; boundary=x"),
        (ONE.replace(b'"n"', b"\"n\"; name*=utf-8''prompt"), "multipart/form-data; boundary=x"),
        (
            ONE.replace(b'"n"', b'"n"\r\nContent-Disposition: form-data; name="m"'),
            "multipart/form-data; boundary=x",
        ),
        (ONE.replace(b'"n"', b'"n"\r\n ; name="prompt"'), "multipart/form-data; boundary=x"),
        (ONE.replace(b'"n"', b'"n"\nX: y'), "multipart/form-data; boundary=x"),
        (ONE.replace(b'"n"', b'"n"\r\nContent-Transfer-Encoding: base64'), "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_that_can_be_read_in_two_ways_is_unreadable(body: bytes, content_type: str) -> None:
    assert fields_of(ONE, "multipart/form-data; boundary=x") == {"n": 1}
    with pytest.raises(UnreadableBody):
        fields_of(body, content_type)


def test_a_delimiter_begins_a_line() -> None:
    fields = fields_of(ONE.replace(b"1", b"1--x"), "multipart/form-data; boundary=x")
    assert fields == {"n": "1--x"}


def test_a_browsers_boundary_is_read() -> None:
    content_type = "multipart/form-data; boundary=----WebKitFormBoundaryAbC"
    body = ONE.replace(b"--x", b"------WebKitFormBoundaryAbC")
    assert fields_of(body, content_type) == {"n": 1}
