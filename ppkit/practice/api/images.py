"""POST /images/generations and /images/edits, plain and streamed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from ppkit.practice.api import errors, gate
from ppkit.practice.api.answer import EventStream, JsonAnswer
from ppkit.practice.api.call import LARGEST_UPLOAD_BYTES, Call
from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.image_request import ImageRequest, read_image_request
from ppkit.practice.api.parameters import Parameters, invalid_type, missing, whole_number
from ppkit.practice.api.rehearsals import CutShort, refuse
from ppkit.practice.api.settlement import release, settle
from ppkit.practice.models import PracticeModel, bill_for
from ppkit.practice.picture_order import PictureOrder
from ppkit.practice.rows import Bill
from ppkit.practice.tokens import count_tokens, image_input_tokens

DEFAULT_MODEL = "gpt-image-2"
MOST_SOURCE_IMAGES = 16
PARTIAL_BLUR = (24, 12, 6)


async def generate(call: Call) -> Response:
    gate.need_scope(call, "api.model.images.request")
    parameters = await call.parameters()
    return await _make(call, parameters, source="image.generation", source_tokens=0)


async def edit(call: Call) -> Response:
    gate.need_scope(call, "api.model.images.request")
    parameters, sources = await _form(call)
    tokens = sources * image_input_tokens(1024, 1024)
    return await _make(call, parameters, source="image.edit", source_tokens=tokens, sources=sources)


async def _make(
    call: Call, parameters: Parameters, *, source: str, source_tokens: int, sources: int | None = None
) -> Response:
    model = gate.need_model(call, parameters, "image", DEFAULT_MODEL)
    gate.need_rate(call)
    gate.need_money(call)
    if sources == 0:
        raise missing("image")
    asked = read_image_request(parameters, model)
    refuse(call, "image")  # only an image request reveals these, and only once its parameters are right
    bill = _bill(call, model, asked, source, source_tokens)
    gate.admit(call, bill)
    if asked.stream:
        return _stream(call, asked, bill, "image_edit" if sources else "image_generation")
    pictures = [await _drawn(asked.order(variant)) for variant in range(asked.count)]
    settle(call, bill)
    body = {
        "created": call.state.platform.clock.timestamp(),
        "background": asked.background,
        "data": [{"b64_json": picture} for picture in pictures],
        "output_format": asked.file_format,
        "quality": asked.quality,
        "size": asked.size_text,
        "usage": _usage(bill)
        | {"output_tokens_details": {"image_tokens": bill.output_tokens, "text_tokens": 0}},
    }
    return JsonAnswer(body)


def _bill(call: Call, model: PracticeModel, asked: ImageRequest, source: str, source_tokens: int) -> Bill:
    """Input never counts more tokens than the body has bytes: text first, then the pictures sent along."""
    text_tokens = min(count_tokens(asked.prompt), call.body_bytes)
    image_tokens = min(source_tokens, call.body_bytes - text_tokens)
    return bill_for(
        model,
        Bill(
            endpoint="images",
            model=model.id,
            input_tokens=text_tokens + image_tokens,
            image_input_tokens=image_tokens,
            output_tokens=asked.output_tokens,
            image_output_tokens=asked.output_tokens,
            images=asked.count,
            size=asked.size_text,
            source=source,
        ),
    )


def _usage(bill: Bill) -> dict[str, Any]:
    return {
        "input_tokens": bill.input_tokens,
        "input_tokens_details": {
            "text_tokens": bill.input_tokens - bill.image_input_tokens,
            "image_tokens": bill.image_input_tokens,
        },
        "output_tokens": bill.output_tokens,
        "total_tokens": bill.input_tokens + bill.output_tokens,
    }


async def _drawn(order: PictureOrder) -> str:
    """Base64 of the picture. Drawing takes tenths of a second, so it leaves the event loop to the others."""
    # Pillow is imported with the first picture: it would take a good part of the start otherwise.
    from ppkit.practice.pictures import draw

    return base64.b64encode(await asyncio.to_thread(draw, order)).decode("ascii")


def _stream(call: Call, asked: ImageRequest, bill: Bill, what: str) -> EventStream:
    """Partial images, blurred less and less, then the picture; billed once it has been drawn."""
    drawn = False

    async def events() -> AsyncIterator[str]:
        nonlocal drawn
        drawn = True
        head = {
            "created_at": call.state.platform.clock.timestamp(),
            "size": asked.size_text,
            "quality": asked.quality,
            "background": asked.background,
            "output_format": asked.file_format,
        }
        for index in range(asked.partial_images):
            picture = await _drawn(asked.order(0, PARTIAL_BLUR[index]))
            yield _event(f"{what}.partial_image", head | {"b64_json": picture, "partial_image_index": index})
            if call.state.platform.faults.is_on("cut_stream"):
                raise CutShort
        for variant in range(asked.count):
            yield _event(
                f"{what}.completed",
                head | {"b64_json": await _drawn(asked.order(variant)), "usage": _usage(bill)},
            )

    def finish() -> None:
        if drawn:
            settle(call, bill)
        else:
            release(call)

    return EventStream(events(), finish)


def _event(name: str, body: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name} | body, separators=(',', ':'))}\n\n"


async def _form(call: Call) -> tuple[Parameters, int]:
    """The fields of a multipart form as typed parameters, and how many source images came with them."""
    length = whole_number(call.request.headers.get("content-length", ""))
    if length is None or length > LARGEST_UPLOAD_BYTES:
        raise errors.too_large()
    call.body_bytes = length
    if not call.request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ApiError(
            400,
            "Unsupported content type. This API method only accepts 'multipart/form-data' requests.",
            code="unsupported_content_type",
        )
    fields: dict[str, Any] = {}
    sources = 0
    async with _parsed(call) as form:  # the pictures are only counted; nothing of them is kept
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields[name.removesuffix("[]")] = _typed(name, value)
            elif name in ("image", "image[]"):
                sources += 1
    return Parameters(fields), sources


@asynccontextmanager
async def _parsed(call: Call) -> AsyncIterator[FormData]:
    try:
        form = await call.request.form(max_files=MOST_SOURCE_IMAGES + 2, max_fields=64)
    except Exception as error:  # whatever a broken form makes the parser raise is the sender's mistake
        raise ApiError(400, "We could not parse your multipart form.", code="invalid_multipart") from error
    try:
        yield form
    finally:
        await form.close()


def _typed(name: str, value: str) -> object:
    """Numbers and switches travel as text in a form."""
    if name in ("n", "output_compression", "partial_images"):
        number = whole_number(value)
        if number is None:
            raise invalid_type(name, "an integer", value)
        return number
    if name == "stream":
        return value.lower() == "true"
    return value
