"""What of the API a lesson offers: an allow-list of routes, models and fields, judged before sending."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2

from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.wire_errors import BodyUnreadable, FieldNotInLesson, ModelNotInLesson
from ppkit.metering.jsontext import parsed
from ppkit.metering.multipart import MULTIPART, UnreadableBody, fields_of, parts_of

PAID_ROUTES = ("chat/completions", "responses", "embeddings", "images/generations", "images/edits")
FREE_ROUTES = ("moderations", "responses/input_tokens")
WITHOUT_MODEL = frozenset({"moderations"})
JSON = "application/json"
FORM_ROUTES = frozenset({"images/edits"})
_SEVERAL_TIMES = frozenset({"image", "image[]"})
_FIELD = re.compile(r"[a-z_]{1,40}")

OUTLIVES_CALL = ("background", "conversation", "previous_response_id")
"""A call that goes on, is kept in the agency's account, or builds on what is kept: all learners share it."""

STORING = frozenset({"chat/completions", "responses"})


def checked_body(route: str, content: bytes, content_type: str, lesson: ClassLesson) -> tuple[bytes, str]:
    """The body to send and its content type, after its models and fields were seen to be the lesson's.

    JSON and forms are written anew: what stands there twice, or between the lines, read one way here and
    another way there, would be a way around the list. Raises ModelNotInLesson, FieldNotInLesson,
    BodyUnreadable.
    """
    if content_type.strip().lower().startswith(MULTIPART):
        return _checked_form(route, content, content_type, lesson)
    try:
        body = parsed(content)
    except (ValueError, RecursionError):
        raise BodyUnreadable from None
    if not isinstance(body, dict):
        raise BodyUnreadable
    _check(route, body, lesson)
    if route in STORING:
        body["store"] = False  # else the agency's account keeps what learners write, for whoever has its id
    try:
        return json.dumps(body, separators=(",", ":")).encode(), JSON
    except (ValueError, RecursionError):
        raise BodyUnreadable from None


def _checked_form(route: str, content: bytes, content_type: str, lesson: ClassLesson) -> tuple[bytes, str]:
    if route not in FORM_ROUTES:
        raise BodyUnreadable
    try:
        parts = parts_of(content, content_type)
    except UnreadableBody:
        raise BodyUnreadable from None
    names = [part.name for part in parts]
    once = [name for name in names if name not in _SEVERAL_TIMES]
    if len(once) != len(set(once)) or not all(_FIELD.fullmatch(name) for name in once):
        raise BodyUnreadable
    # A boundary that the learner has not seen, and nothing of a part but what was read of it.
    files = [(part.name, (part.file_name, part.content, part.content_type)) for part in parts]
    written = httpx2.Request("POST", "http://localhost", files=files)
    content, content_type = written.read(), written.headers["content-type"]
    _check(route, fields_of(content, content_type), lesson)
    return content, content_type


def _check(route: str, body: Mapping[str, Any], lesson: ClassLesson) -> None:
    if route in WITHOUT_MODEL:
        return
    for model in (body.get("model"), *_models_of_tools(body)):
        if not isinstance(model, str) or model not in lesson.models:
            shown = model if isinstance(model, str) else ""
            raise ModelNotInLesson(model=shown[:80], models=", ".join(lesson.models))
    for field in OUTLIVES_CALL:
        if body.get(field):
            raise FieldNotInLesson(field=field)


def _models_of_tools(body: Mapping[str, Any]) -> Iterator[object]:
    """Of all tools, wherever a request can bring them: in itself, with its input's items, in namespaces."""
    items = body.get("input")
    bringing = [body, *(items if isinstance(items, list) else ())]
    while bringing:
        one = bringing.pop()
        tools = one.get("tools") if isinstance(one, dict) else None
        for tool in tools if isinstance(tools, list) else ():
            if isinstance(tool, dict) and "model" in tool:
                yield tool["model"]
            bringing.append(tool)
