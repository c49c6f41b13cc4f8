"""Pictures that come with a request are looked at before they are billed. None is ever fetched."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from ppkit.practice_platform.answers import SeenPicture
from ppkit.practice_platform.api import error_answers
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, invalid_value, missing
from ppkit.practice_platform.drawing_tools import format_in, format_of, seen_in

SEEN = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP"}
"""What a text model takes, and what Pillow calls it."""
EDITED = {name: SEEN[name] for name in ("image/jpeg", "image/png", "image/webp")}
DETAILS = ("low", "high", "auto", "original")
NOWHERE = ("localhost", "invalid", "test", "local", "internal", "example")
"""Ends of host names that lead nowhere in public (RFC 2606, 6761, 6762)."""
LONGEST_ADDRESS = 20 * 2**20


def check_part(part: dict[str, Any], name: str) -> bool:
    """Whether the picture of this part of a message lies outside the body. Raises ApiError.

    `part` is a chat's {"image_url": {"url", "detail"}} or a response's {"image_url", "detail", "file_id"}.
    """
    address, detail = part.get("image_url"), part.get("detail")
    at = f"{name}.image_url"
    if isinstance(address, dict):
        detail, address, at = address.get("detail"), address.get("url"), f"{at}.url"
    if part.get("file_id") is not None:
        raise error_answers.not_imitated("A picture by its 'file_id'")
    if address is None:
        raise missing(at)
    if not isinstance(address, str):
        raise invalid_type(at, "a string", address)
    if detail is not None and detail not in DETAILS:
        raise invalid_value(f"{name}.detail", detail, DETAILS)
    return check_address(address, at)


def check_address(address: str, at: str) -> bool:
    """Whether this address of a picture is one of the web; a data URL is looked into. Raises ApiError 400.

    An address of the web is taken as if a picture of 1024 x 1024 had been found there, unless it is plain
    that nothing on the web could be.
    """
    if address[:5].lower() == "data:":
        if format_in(_data_in(address, at), SEEN.values()) is None:
            raise not_an_image(at)
        return False
    if not _is_public(address):
        shown = address if len(address) <= 200 else f"{address[:200]}…"
        raise ApiError(400, f"Error while downloading {shown}.", param=at, code="invalid_image_url")
    return True


def look_at(part: dict[str, Any]) -> list[SeenPicture]:
    """What there is to see on the picture of a part that `check_part` has passed; of the web's, nothing."""
    address = part.get("image_url")
    address = address.get("url") if isinstance(address, dict) else address
    if not isinstance(address, str) or address[:5].lower() != "data:":
        return []
    return seen_in(_data_in(address, ""))


def check_source(file: BinaryIO, content_type: str, at: str, number: int) -> None:
    """A file that is to be edited. Raises ApiError 400 for what is no JPEG, PNG or WebP."""
    if content_type.partition(";")[0].strip().lower() not in EDITED:
        raise ApiError(
            400,
            f"Invalid file '{at}': unsupported mimetype ('{content_type[:100]}'). Supported file formats are"
            " 'image/jpeg', 'image/png', and 'image/webp'.",
            param=at,
            code="unsupported_file_mimetype",
        )
    if format_of(file, EDITED.values()) is None:
        raise ApiError(
            400,
            f"Invalid image file or mode for image {number}, please check your image file.",
            kind="image_generation_user_error",
            param=at,
            code="invalid_image_file",
        )


def check_reference(given: Any, at: str) -> None:
    """A picture in a JSON body, as {"image_url"} or {"file_id"}. Raises ApiError."""
    if not isinstance(given, dict):
        raise invalid_type(at, "an object", given)
    Parameters(given).refuse_unknown(("image_url", "file_id"))
    check_part(given, at)


def too_many(name: str, count: int, most: int) -> ApiError:
    return ApiError(
        400,
        f"Invalid '{name}': array too long. Expected an array with maximum length {most}, but got an array"
        f" with length {count} instead.",
        param=name,
        code="array_above_max_length",
    )


def not_an_image(at: str) -> ApiError:
    return ApiError(
        400,
        "The image data you provided does not represent a valid image. Please check your input and try again"
        f" with one of the supported image formats: {list(SEEN)}.",
        param=at,
        code="invalid_value",
    )


def _data_in(address: str, at: str) -> bytes:
    head, comma, text = address.partition(",")
    kind, *rest = head[5:].lower().split(";")
    if not comma or "base64" not in rest:
        raise _not_a_data_url(at, "a value that is not base64-encoded")
    if not kind.startswith("image/"):
        raise _not_a_data_url(at, f"unsupported MIME type '{kind[:100]}'")
    if kind not in SEEN:
        raise not_an_image(at)
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _not_a_data_url(at, "invalid base64-encoded bytes") from error
    if not data:
        raise _not_a_data_url(at, "empty base64-encoded bytes")
    return data


def _not_a_data_url(at: str, got: str) -> ApiError:
    return ApiError(
        400,
        f"Invalid '{at}'. Expected a base64-encoded data URL with an image MIME type (e.g."
        f" 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got {got}.",
        param=at,
        code="invalid_value",
    )


def _is_public(address: str) -> bool:
    """Whether something on the web could answer there, by the looks of the address."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https") or len(address) > LONGEST_ADDRESS:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        labels = host.rstrip(".").split(".")
        return len(labels) > 1 and all(labels) and labels[-1] not in NOWHERE and not labels[-1].isdigit()
