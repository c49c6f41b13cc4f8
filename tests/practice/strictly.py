"""Holding JSON answers against the SDK's own types: nothing missing, nothing unknown, every value fitting."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType

BASE_URL = "http://127.0.0.1"

SCALARS: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    bool: (bool,),
    type(None): (type(None),),
}


def complaints(value: Any, expected: Any, path: str = "$") -> list[str]:
    """Everything in which `value` differs from the type `expected`; empty when it fits exactly."""
    if isinstance(expected, TypeAliasType):
        return complaints(value, expected.__value__, path)
    origin, arguments = get_origin(expected), get_args(expected)
    if origin is Annotated:
        return complaints(value, arguments[0], path)
    if origin in (Union, types.UnionType):
        return _against_any(value, arguments, path)
    if origin is Literal:
        return [] if value in arguments else [f"{path}: {value!r} is none of {arguments}"]
    if origin in (list, Sequence):
        return _against_list(value, arguments[0], path)
    if origin in (dict, Mapping):
        return [] if isinstance(value, dict) else [f"{path}: not an object"]
    if isinstance(expected, type) and issubclass(expected, BaseModel):
        return _against_model(value, expected, path)
    if expected in SCALARS:
        fits = type(value) in SCALARS[expected]
        return [] if fits else [f"{path}: {value!r} is no {expected.__name__}"]
    return []  # Any, object: nothing to hold it against


def _against_any(value: Any, choices: tuple[Any, ...], path: str) -> list[str]:
    """What fits best; of objects that say their type, only those of that type are looked at."""
    nearest: list[str] | None = None
    for choice in [choice for choice in choices if _may_be(value, choice)] or choices:
        found = complaints(value, choice, path)
        if not found:
            return []
        nearest = found if nearest is None or len(found) < len(nearest) else nearest
    return nearest or []


def _may_be(value: Any, choice: Any) -> bool:
    kinds = _kinds(choice)
    return not kinds or not isinstance(value, dict) or value.get("type") in kinds


@cache
def _kinds(choice: Any) -> tuple[Any, ...]:
    """The words that `type` may be in an object of this kind; none where it is no object, or may be any."""
    if get_origin(choice) is Annotated:
        return _kinds(get_args(choice)[0])
    field = getattr(choice, "model_fields", {}).get("type")
    return get_args(field.annotation) if field and get_origin(field.annotation) is Literal else ()


def _against_list(value: Any, item: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: not an array"]
    return [each for index, part in enumerate(value) for each in complaints(part, item, f"{path}[{index}]")]


@cache
def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _against_model(value: Any, model: type[BaseModel], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not an object"]
    fields = _fields(model)
    found = [f"{path}.{name}: unknown to {model.__name__}" for name in value if name not in fields]
    for name, field in fields.items():
        if name in value:
            found += complaints(value[name], field.annotation, f"{path}.{name}")
        elif field.is_required():
            found.append(f"{path}.{name}: missing")
    return found


def examined(raw: Any) -> Any:
    """The parsed body of a raw SDK response, once its JSON fits the SDK's type exactly."""
    parsed = raw.parse()
    found = complaints(raw.http_response.json(), type(parsed))
    assert not found, found
    return parsed
