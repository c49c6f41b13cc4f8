"""POST /images/generations and /images/edits, plain and streamed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser
from starlette.responses import Response

from ppkit.footing import footing
from ppkit.practice_platform.api import error_answers, request_gate
from ppkit.practice_platform.api.answer import EventStream, JsonAnswer
from ppkit.practice_platform.api.call import JSON_TYPE, LARGEST_UPLOAD_BYTES, ApiCall
from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.image_request import EDITING, GENERATING, ImageRequest, read_image_request
from ppkit.practice_platform.api.parameters import Parameters, invalid_type, missing, whole_number
from ppkit.practice_platform.api.picture_input import check_reference, check_source, too_many
from ppkit.practice_platform.api.rehearsals import CutShort, refuse
from ppkit.practice_platform.api.settlement import release, settle
from ppkit.practice_platform.drawing_tools import drawn_in_stages, draws, seen_in
from ppkit.practice_platform.models import PracticeModel, bill_for
from ppkit.practice_platform.picture_order import PictureOrder
from ppkit.practice_platform.rows import Bill
from ppkit.practice_platform.tokens import count_tokens, image_input_tokens

DEFAULT_MODEL = "gpt-image-2"
MOST_SOURCE_IMAGES = 16
PARTIAL_BLUR = (24, 12, 6)


async def generate(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.model.images.request")
    parameters = await call.parameters()
    return await _make(call, parameters, source="image.generation", source_tokens=0)


async def edit(call: ApiCall) -> Response:
    request_gate.need_scope(call, "api.model.images.request")
    is_json = JSON_TYPE.match(call.request.headers.get("content-type", ""))
    parameters, sources = await (_json(call) if is_json else _form(call))
    tokens = sources.count * image_input_tokens(1024, 1024)
    return await _make(call, parameters, source="image.edit", source_tokens=tokens, sources=sources)


@dataclass(frozen=True, slots=True)
class Sources:
    """The pictures that came to be edited, and what is wrong with them: told once it is their turn."""

    count: int
    problem: ApiError | None
    subject: str = ""  # of the first, where the file tells it
    picture: bytes = b""  # the first
    mask: bytes = b""


async def _make(
    call: ApiCall, parameters: Parameters, *, source: str, source_tokens: int, sources: Sources | None = None
) -> Response:
    model = request_gate.need_model(call, parameters, "image", DEFAULT_MODEL)
    request_gate.need_rate(call)
    request_gate.need_money(call)
    asked = read_image_request(parameters, model, EDITING if sources else GENERATING)
    if sources and sources.problem:
        raise sources.problem
    refuse(call, "image")  # only an image request reveals these, and only once its parameters are right
    if sources:
        asked = asked.of_picture(sources.picture, sources.mask, sources.subject)
    if not draws(asked.file_format):  # before any money is held for it
        raise error_answers.not_imitated(f"The output_format '{asked.file_format}'")
    bill = _bill(call, model, asked, source, source_tokens)
    request_gate.admit(call, bill)
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


def _bill(call: ApiCall, model: PracticeModel, asked: ImageRequest, source: str, source_tokens: int) -> Bill:
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
    return await _next_of(drawn_in_stages(order, (0,)))


async def _next_of(pictures: Iterator[bytes]) -> str:
    """Base64 of it. Drawing takes a twentieth of a second, so it leaves the event loop to the others."""
    return base64.b64encode(await asyncio.to_thread(next, pictures)).decode("ascii")


def _stream(call: ApiCall, asked: ImageRequest, bill: Bill, what: str) -> EventStream:
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
        first = drawn_in_stages(asked.order(0), (*PARTIAL_BLUR[: asked.partial_images], 0))
        for index in range(asked.partial_images):
            picture = await _next_of(first)
            yield _event(f"{what}.partial_image", head | {"b64_json": picture, "partial_image_index": index})
            if call.state.platform.faults.is_on("cut_stream"):
                raise CutShort
        for variant in range(asked.count):
            picture = await (_drawn(asked.order(variant)) if variant else _next_of(first))
            yield _event(f"{what}.completed", head | {"b64_json": picture, "usage": _usage(bill)})

    def finish() -> None:
        if drawn:
            settle(call, bill)
        else:
            release(call)

    return EventStream(events(), finish)


def _event(name: str, body: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps({'type': name} | body, separators=(',', ':'))}\n\n"


async def _json(call: ApiCall) -> tuple[Parameters, Sources]:
    """The body of an edit in JSON: pictures as data URLs. Those of the web are never fetched."""
    parameters = await call.parameters()
    given = parameters.array("images") or []
    problem = missing("images") if not given else _count_problem("images", len(given))
    try:
        for index, picture in enumerate(given[:MOST_SOURCE_IMAGES]):
            check_reference(picture, f"images[{index}]")
        if (mask := parameters.get("mask")) is not None:
            check_reference(mask, "mask")
    except ApiError as error:
        problem = problem or error
    return parameters, Sources(len(given), problem)


async def _form(call: ApiCall) -> tuple[Parameters, Sources]:
    """The fields of a multipart form as typed parameters, and the source images that came with them."""
    kind = call.request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise error_answers.unsupported_content_type(kind, "multipart/form-data")
    fields: dict[str, Any] = {}
    count, problem, subject, read = 0, None, "", {"image": b"", "mask": b""}
    async with _parsed(call) as form:  # nothing of the pictures is kept beyond this answer
        for name, value in form.multi_items():
            if not isinstance(value, UploadFile):
                fields[name.removesuffix("[]")] = _typed(name, value)
                continue
            plain = name.partition("[")[0]
            if plain == "image":
                count += 1
            elif plain != "mask":
                fields[name] = value.filename  # an unknown parameter
                continue
            try:
                at = f"image[{count - 1}]" if name != plain and plain == "image" else plain
                check_source(value.file, value.content_type or "application/octet-stream", at, count)
                value.file.seek(0)
                read[plain] = read[plain] or value.file.read()
            except ApiError as error:
                problem = problem or error
    if count == 0:
        problem = missing("image")
    if problem is None:
        subject = _subject_of(read["image"])
    problem = _count_problem("image", count) or problem
    return Parameters(fields, call.sent_elsewhere), Sources(
        count, problem, subject, picture=read["image"], mask=read["mask"]
    )


def _subject_of(picture: bytes) -> str:
    return "".join(seen.subject for seen in seen_in(picture))


def _count_problem(name: str, count: int) -> ApiError | None:
    return too_many(name, count, MOST_SOURCE_IMAGES) if count > MOST_SOURCE_IMAGES else None


@asynccontextmanager
async def _parsed(call: ApiCall) -> AsyncIterator[FormData]:
    try:
        async with aclosing(call.chunks(LARGEST_UPLOAD_BYTES)) as arriving:
            parser = MultiPartParser(call.request.headers, arriving, max_files=64, max_fields=64)
            if not footing().has_threads:  # a larger file would be written to a disk in a thread
                parser.spool_max_size = LARGEST_UPLOAD_BYTES
            form = await parser.parse()
    except ApiError:
        raise
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
