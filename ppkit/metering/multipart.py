"""The fields of a multipart/form-data body, as far as a price depends on them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ppkit.errors import PpkitError

_BOUNDARY = re.compile(r'boundary="?([^";,]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name="([^"]*)"', re.IGNORECASE)
_FILE = re.compile(rb"[;\s]filename\*?=", re.IGNORECASE)
_WHOLE_NUMBERS = frozenset({"n", "partial_images", "output_compression"})


class UnreadableBody(PpkitError):
    """A request body is not what its content type says. Facts: reason."""

    code = "unreadable_body"


def fields_of(body: bytes, content_type: str) -> Mapping[str, object]:
    """Name -> text, whole number or bool, as a JSON body would say it; a file is its bytes.

    Names lose their brackets ("image[]" is "image"); what is sent several times is a list.
    Raises UnreadableBody when the body has no boundary or a part no name.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise UnreadableBody(reason="no_boundary")
    fields: dict[str, object] = {}
    for part in body.split(b"--" + found[1].encode())[1:-1]:
        header, separator, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(header)
        if not separator or name is None:
            raise UnreadableBody(reason="part_without_name")
        key = name[1].decode("utf-8", "replace").removesuffix("[]")
        content = content.removesuffix(b"\r\n")
        _add(fields, key, content if _FILE.search(header) else _value(key, content))
    return fields


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
