"""Is this a JSON Schema that structured output takes? Looked at before anything is made to fit it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.structured import Schema, referred

MOST_PROPERTIES = 5_000
DEEPEST = 30
NOT_STRICT = (
    *("allOf", "oneOf", "not", "if", "then", "else"),
    *("dependentRequired", "dependentSchemas", "patternProperties"),
)
"""Keywords that strict structured output does not take, as its guide says."""


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """Where a schema stands, as complaints name it: "response_format 'post'", and the parameter."""

    what: str
    param: str
    code: str

    def complaint(self, context: tuple[str, ...], message: str) -> ApiError:
        told = f"In context=({', '.join(repr(name) for name in context)}), {message}"
        return ApiError(400, f"Invalid schema for {self.what}: {told}", param=self.param, code=self.code)


def check_schema(schema: Schema, place: SchemaPlace, *, strict: bool) -> Schema:
    """The schema as it came. Raises ApiError 400 for what is no schema, is too large, or is not strict.

    Strict: every object says additionalProperties false and requires all of its properties.
    """
    _check_keywords(schema, place)
    properties = 0
    for context, part in _parts(schema, place, ()):
        properties += len(part.get("properties", {}))
        if properties > MOST_PROPERTIES:
            raise place.complaint((), f"more than {MOST_PROPERTIES} properties are not permitted.")
        if "$ref" in part and referred(part["$ref"], schema) is None:
            raise place.complaint(context, f"reference can't be resolved: {part['$ref'][:100]!r}.")
        if strict:
            _check_strict(part, place, context)
    if strict and schema.get("type") != "object":
        raise place.complaint((), f"schema must be a JSON Schema of 'type: \"object\"', got {_kind(schema)}.")
    return schema


def _kind(schema: Schema) -> str:
    return f"'type: {str(schema.get('type'))[:40]!r}'"


def _check_strict(part: Schema, place: SchemaPlace, context: tuple[str, ...]) -> None:
    for name in NOT_STRICT:
        if name in part:
            raise place.complaint(context, f"'{name}' is not permitted.")
    if part.get("type") != "object":
        return
    if part.get("additionalProperties") is not False:
        raise place.complaint(context, "'additionalProperties' is required to be supplied and to be false.")
    missing = [name for name in part.get("properties", {}) if name not in part.get("required", ())]
    if missing:
        raise place.complaint(
            context,
            "'required' is required to be supplied and to be an array including every key in properties."
            f" Missing {missing[0][:100]!r}.",
        )


def _parts(
    part: Any, place: SchemaPlace, context: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Schema]]:
    """Every schema inside this one, itself first; true and false have nothing to look at."""
    if not isinstance(part, dict):
        return
    if len(context) > 2 * DEEPEST:
        raise place.complaint((), f"more than {DEEPEST} levels of nesting are not permitted.")
    yield context, part
    for name in ("properties", "$defs", "definitions"):
        for key, inner in part.get(name, {}).items():
            yield from _parts(inner, place, (*context, name, key[:100]))
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for number, inner in enumerate(part.get(name, ())):
            yield from _parts(inner, place, (*context, name, str(number)))
    for name in ("items", "additionalProperties"):
        yield from _parts(part.get(name), place, (*context, name))


def _check_keywords(schema: Schema, place: SchemaPlace) -> None:
    """Whether it is a JSON Schema, by the standard's own schema: neither more nor less than it asks for."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # a tenth of a second that no start should wait for
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    standard = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    try:
        found = best_match(standard.iter_errors(schema))
    except RecursionError as error:
        raise place.complaint((), f"more than {DEEPEST} levels of nesting are not permitted.") from error
    if found is not None:
        raise place.complaint(tuple(map(str, found.absolute_path))[:-1], f"{found.message[:300]}.")
    if (empty := _empty_choice(schema)) is not None:
        raise place.complaint((), f"[] is too short under {empty!r}.")


def _empty_choice(part: Any) -> str | None:
    """A list of nothing to choose from, which nothing could fit."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("enum") == []:
                return "enum"
            waiting += [
                inner for name, inner in one.items() if name not in ("const", "enum", "default", "examples")
            ]
        elif isinstance(one, list):
            waiting += one
    return None
