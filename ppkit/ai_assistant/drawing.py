"""One /images call, plain or streamed, read into a picture's file. The SDK's objects end here."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from ppkit.ai_assistant.networks import Network
from ppkit.ai_assistant.picture_files import NoPictureFile, format_of
from ppkit.ai_assistant.writing import NothingWritten
from ppkit.keys import refuse_keys

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

Quality = Literal["low", "medium", "high"]
OnPartial = Callable[[bytes], None]
PARTIAL_IMAGES = 2  # each costs a hundred tokens more
COMPRESSION = 90
"""Of a JPEG: as PNG the same picture passes the limit of several networks."""
FINISHED = ("image_generation.completed", "image_edit.completed")
PARTIAL = ("image_generation.partial_image", "image_edit.partial_image")


def image_body(prompt: str, network: Network, model: str, size: str, quality: Quality) -> dict[str, Any]:
    """The body of an /images request, in the network's own format. Raises KeyInText."""
    refuse_keys("brief", size, quality)
    return {
        "model": model,
        "prompt": prompt,
        "size": size,
        "quality": quality,
        "n": 1,
        "output_format": network.image.best_format,
        "output_compression": COMPRESSION,
    }


def streamed(body: Mapping[str, Any], on_partial: OnPartial | None) -> dict[str, Any]:
    """The body, asking for the picture as it grows where somebody watches it."""
    return {**body, **({"stream": True, "partial_images": PARTIAL_IMAGES} if on_partial else {})}


def picture_part(data: bytes, name: str) -> tuple[str, bytes, str]:
    """A file of a multipart request. Raises NoPictureFile."""
    kind = format_of(data)
    return f"{name}.{kind}", data, f"image/{kind}"


def draw(client: openai.OpenAI, body: Mapping[str, Any], on_partial: OnPartial | None) -> bytes:
    """Raises the SDK's errors, or NothingWritten."""
    return _picture(client.images.generate(**streamed(body, on_partial)), on_partial)


def redraw(
    client: openai.OpenAI,
    body: Mapping[str, Any],
    picture: bytes,
    mask: bytes | None,
    on_partial: OnPartial | None,
) -> bytes:
    """Raises the SDK's errors, NothingWritten, or NoPictureFile."""
    fields = streamed(body, on_partial) | {"image": picture_part(picture, "image")}
    if mask:
        fields["mask"] = picture_part(mask, "mask")
    return _picture(client.images.edit(**fields), on_partial)


def _picture(answer: Any, on_partial: OnPartial | None) -> bytes:
    if on_partial is None:
        return _decoded(answer.data[0].b64_json if answer.data else None)
    final = None
    with answer as events:
        for event in events:
            if event.type in PARTIAL:
                on_partial(_decoded(event.b64_json))
            elif event.type in FINISHED:
                final = event.b64_json
    return _decoded(final)


def _decoded(encoded: str | None) -> bytes:
    """The file in an answer. Raises NothingWritten when there is none."""
    try:
        data = base64.b64decode(encoded or "", validate=True)
        format_of(data)
    except (binascii.Error, NoPictureFile):
        raise NothingWritten(reason="no_image") from None
    return data
