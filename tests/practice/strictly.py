"""Holding JSON answers against the SDK's own types: nothing missing, nothing unknown, every value fitting."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
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
    found = [complaints(value, choice, path) for choice in choices]
    return [] if any(not each for each in found) else min(found, key=len)


def _against_list(value: Any, item: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{path}: not an array"]
    return [each for index, part in enumerate(value) for each in complaints(part, item, f"{path}[{index}]")]


def _against_model(value: Any, model: type[BaseModel], path: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: not an object"]
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
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
