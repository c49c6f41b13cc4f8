"""Is this a JSON Schema that structured output takes? Looked at before anything is made to fit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ppkit.practice.api.errors import ApiError
from ppkit.practice.structured import Schema, referred

MOST_PROPERTIES = 5_000
DEEPEST = 30
KINDS = ("object", "array", "string", "integer", "number", "boolean", "null")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schema stands, as complaints name it: "response_format 'post'", and the parameter."""

    what: str
    param: str
    code: str

    def complaint(self, context: tuple[str, ...], message: str) -> ApiError:
        told = f"In context=({', '.join(repr(name) for name in context)}), {message}"
        return ApiError(400, f"Invalid schema for {self.what}: {told}", param=self.param, code=self.code)


def check_schema(schema: Schema, place: Place, *, strict: bool) -> Schema:
    """The schema as it came. Raises ApiError 400 for what is no schema, is too large, or is not strict.

    Strict: every object says additionalProperties false and requires all of its properties.
    """
    properties = 0
    for context, part in _parts(schema, place, ()):
        properties += len(part.get("properties", {}))
        if properties > MOST_PROPERTIES:
            raise place.complaint((), f"more than {MOST_PROPERTIES} properties are not permitted.")
        if "$ref" in part and referred(part["$ref"], schema) is None:
            raise place.complaint(context, f"reference can't be resolved: {part['$ref'][:100]!r}.")
        if strict and part.get("type") == "object":
            _check_strict(part, place, context)
    if strict and schema.get("type") != "object":
        raise place.complaint((), f"schema must be a JSON Schema of 'type: \"object\"', got {_kind(schema)}.")
    return schema


def _kind(schema: Schema) -> str:
    return f"'type: {str(schema.get('type'))[:40]!r}'"


def _check_strict(part: Schema, place: Place, context: tuple[str, ...]) -> None:
    if part.get("additionalProperties") is not False:
        raise place.complaint(context, "'additionalProperties' is required to be supplied and to be false.")
    missing = [name for name in part.get("properties", {}) if name not in part.get("required", ())]
    if missing:
        raise place.complaint(
            context,
            "'required' is required to be supplied and to be an array including every key in properties."
            f" Missing {missing[0][:100]!r}.",
        )


def _parts(part: Any, place: Place, context: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Every schema inside this one, itself first, each with its keywords checked."""
    if not isinstance(part, dict):
        raise place.complaint(context, "a schema has to be an object.")
    if len(context) > 2 * DEEPEST:
        raise place.complaint((), f"more than {DEEPEST} levels of nesting are not permitted.")
    _check_keywords(part, place, context)
    yield context, part
    for name in ("properties", "$defs", "definitions"):
        for key, inner in part.get(name, {}).items():
            yield from _parts(inner, place, (*context, name, key[:100]))
    for name in ("anyOf", "oneOf", "allOf"):
        for number, inner in enumerate(part.get(name, ())):
            yield from _parts(inner, place, (*context, name, str(number)))
    if part.get("items"):
        yield from _parts(part["items"], place, (*context, "items"))


def _check_keywords(part: Schema, place: Place, context: tuple[str, ...]) -> None:
    for name, is_fit in FITS.items():
        if name in part and not is_fit(part[name]):
            raise place.complaint(context, f"{str(part[name])[:60]!r} is not valid under '{name}'.")


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_filled_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _is_kind(value: Any) -> bool:
    kinds = value if isinstance(value, list) else [value]
    return bool(kinds) and all(isinstance(kind, str) and kind in KINDS for kind in kinds)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 10**15


FITS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("properties", "$defs", "definitions", "items"), _is_object),
    **dict.fromkeys(("anyOf", "oneOf", "allOf", "enum"), _is_filled_list),
    **dict.fromkeys(("$ref", "format", "pattern", "description", "title"), _is_text),
    **dict.fromkeys(("minItems", "maxItems", "minLength", "maxLength"), _is_whole),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _is_number),
    "required": _is_list,
    "type": _is_kind,
}
"""What the value of each keyword has to be."""
