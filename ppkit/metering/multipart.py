"""The fields of a multipart/form-data body, as far as a price depends on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesHeaderParser
from typing import NamedTuple

from ppkit.errors import PpkitError

MULTIPART = "multipart/form-data"
MOST_PARTS = 200

# One parameter and no other, so that no two readers find two (boundaries as in RFC 2046, 5.1.1).
_CONTENT_TYPE = re.compile(
    r"multipart/form-data[ \t]*;[ \t]*boundary="
    r"(?:([\w'+./-]{1,70})|\"([\w'()+,./:=? -]{0,69}[\w'()+,./:=?-])\")",
    re.ASCII | re.IGNORECASE,
)
_NO_HEADER = re.compile(rb"[\r\n\0]|^[ \t]|^$")
_WHOLE_NUMBERS = frozenset({"n", "partial_images", "output_compression"})


class UnreadableBody(PpkitError):
    """A request body is not what its content type says. Facts: reason."""

    code = "unreadable_body"


class FormPart(NamedTuple):
    """One part of a form. `file_name` is None for a plain field, `content_type` where none is said."""

    name: str
    file_name: str | None
    content_type: str | None
    content: bytes


def parts_of(body: bytes, content_type: str) -> list[FormPart]:
    """The parts of a form that can be read in one way only.

    Raises UnreadableBody for whatever two readers could take for different forms: two boundaries, something
    before the first part or after the last, a part without exactly one name, an encoding of its own.
    """
    boundary = _boundary_of(content_type)
    delimiter = b"\r\n--" + boundary
    pieces = (b"\r\n" + body).split(delimiter, MOST_PARTS + 1)
    first, *parts, last = pieces if len(pieces) > 1 else (b"?", b"?")
    if first:
        raise UnreadableBody(reason="preamble")
    if last not in {b"--", b"--\r\n"}:
        raise UnreadableBody(reason="epilogue")
    return [_part(part) for part in parts]


def fields_of(body: bytes, content_type: str) -> Mapping[str, object]:
    """Name -> text, whole number or bool, as a JSON body would say it; a file is its bytes.

    Names lose their brackets ("image[]" is "image"); what is sent several times is a list.
    Raises UnreadableBody as `parts_of` does.
    """
    fields: dict[str, object] = {}
    for part in parts_of(body, content_type):
        key = part.name.removesuffix("[]")
        _add(fields, key, _value(key, part.content) if part.file_name is None else part.content)
    return fields


def _boundary_of(content_type: str) -> bytes:
    """Raises UnreadableBody."""
    found = _CONTENT_TYPE.fullmatch(content_type.strip())
    if found is None:
        raise UnreadableBody(reason="no_boundary")
    return (found[1] or found[2]).encode()


def _part(part: bytes) -> FormPart:
    """Raises UnreadableBody."""
    head, separator, content = part.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if lines[0] or not separator or any(_NO_HEADER.search(line) for line in lines[1:]):
        raise UnreadableBody(reason="part_without_name")
    header = BytesHeaderParser().parsebytes(head[2:] + b"\r\n\r\n")
    dispositions = header.get_all("content-disposition", [])
    if header.defects or len(dispositions) != 1 or "content-transfer-encoding" in header:
        raise UnreadableBody(reason="part_without_name")
    name = _only(header, "name")
    if header.get_content_disposition() != "form-data" or name is None:
        raise UnreadableBody(reason="part_without_name")
    kinds = header.get_all("content-type", [])
    if len(kinds) > 1:
        raise UnreadableBody(reason="part_without_name")
    return FormPart(name, _only(header, "filename"), str(kinds[0]) if kinds else None, content)


def _only(header: Message, parameter: str) -> str | None:
    """The one value of a parameter of Content-Disposition. Raises UnreadableBody where it has several."""
    given = header.get_params([], "content-disposition", unquote=True)[1:]
    found = [name for name, _ in given if name.lower().partition("*")[0] == parameter]
    if len(found) > 1:
        raise UnreadableBody(reason="part_without_name")
    if not found:
        return None
    value = header.get_param(parameter, None, "content-disposition", unquote=True)
    if isinstance(value, tuple):  # RFC 2231: character set, language, text
        return value[2]
    return str(value).encode("ascii", "surrogateescape").decode("utf-8", "replace")


def _value(name: str, content: bytes) -> object:
    text = content.decode("utf-8", "replace")
    if name in _WHOLE_NUMBERS and text.isascii() and text.isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if name == "stream" else text


def _add(fields: dict[str, object], name: str, value: object) -> None:
    if name not in fields:
        fields[name] = value
        return
    earlier = fields[name]
    fields[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
