"""What of the API a lesson offers: an allow-list of routes, models and fields, judged before sending."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ppkit.class_service.class_lesson import ClassLesson
from ppkit.class_service.wire_errors import BodyUnreadable, FieldNotInLesson, ModelNotInLesson
from ppkit.metering.jsontext import parsed
from ppkit.metering.multipart import UnreadableBody, fields_of

PAID_ROUTES = ("chat/completions", "responses", "embeddings", "images/generations", "images/edits")
FREE_ROUTES = ("moderations", "responses/input_tokens")
WITHOUT_MODEL = frozenset({"moderations"})
MULTIPART = "multipart/form-data"

OUTLIVES_CALL = ("background", "conversation")
"""A call that goes on, or is kept in the agency's account under a name: nobody could take it up from here."""


def checked_body(route: str, content: bytes, content_type: str, lesson: ClassLesson) -> bytes:
    """The body to send, after its models and fields were seen to be the lesson's.

    JSON is written anew: a name that stands there twice, read one way here and another way there, would be a
    way around the list. Raises ModelNotInLesson, FieldNotInLesson, BodyUnreadable.
    """
    if content_type.startswith(MULTIPART):
        _check(route, _fields(content, content_type), lesson)
        return content
    try:
        body = parsed(content)
    except (ValueError, RecursionError):
        raise BodyUnreadable from None
    if not isinstance(body, dict):
        raise BodyUnreadable
    _check(route, body, lesson)
    try:
        return json.dumps(body, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise BodyUnreadable from None


def _fields(content: bytes, content_type: str) -> Mapping[str, Any]:
    try:
        return fields_of(content, content_type)
    except UnreadableBody:
        raise BodyUnreadable from None


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
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict) and "model" in tool:
            yield tool["model"]
