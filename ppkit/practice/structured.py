"""Values that fit a JSON Schema, for structured answers and forced tool calls: the parts OpenAI allows.

Strings say the composed text, except where a format, an enumeration or a bound says otherwise; patterns are
not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

MOST_VALUES = 5_000
DEEPEST_CHOICE = 4
"""Below this depth what may be left out is: a schema that contains itself comes to an end."""
DEEPEST = 60
BOUND_WORDS = {"enum", "const", "format", "pattern", "minLength"}
"""Keywords of a string that hashtags would not answer."""
FORMATS = {
    "date": "2026-11-23",
    "date-time": "2026-11-23T09:30:00Z",
    "duration": "P1D",
    "email": "practice@example.com",
    "hostname": "practice.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "09:30:00Z",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
"""A text in each format that structured output knows."""


class TooLargeToFit(Exception):
    """The schema asks for more values than an answer has room for, or never ends."""


def fitting(schema: Schema, text: str) -> object:
    """A value that fits the (well-formed) schema. Raises TooLargeToFit."""
    return _Maker(schema, text).value(schema, 0)


def referred(reference: str, root: Schema) -> Schema | None:
    """The part of the schema that a "#/…" reference names, None when there is none."""
    part: Any = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        if name:
            part = part.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else None


@dataclass(slots=True)
class _Maker:
    root: Schema
    text: str
    made: int = 0

    def value(self, schema: Schema, depth: int) -> object:
        self.made += 1
        if self.made > MOST_VALUES or depth > DEEPEST:
            raise TooLargeToFit
        if "$ref" in schema:
            return self.value(referred(schema["$ref"], self.root) or {}, depth + 1)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        for combination in ("anyOf", "oneOf", "allOf"):
            if choices := schema.get(combination):
                return self.value(self._chosen(choices, depth), depth + 1)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kinds, list):
            kinds = "null" if depth > DEEPEST_CHOICE and "null" in kinds else kinds[0]
        return self._of_kind(kinds, schema, depth)

    def _chosen(self, choices: list[Schema], depth: int) -> Schema:
        """The first choice; where the schema has become deep, one that ends it."""
        if depth > DEEPEST_CHOICE:
            return next((choice for choice in choices if choice.get("type") in SIMPLE), choices[0])
        return choices[0]

    def _of_kind(self, kind: str, schema: Schema, depth: int) -> object:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._string(schema)
            case "integer" | "number":
                return _number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case _:
                return None

    def _object(self, schema: Schema, depth: int) -> dict[str, object]:
        properties: dict[str, Schema] = schema.get("properties", {})
        if depth > DEEPEST_CHOICE:
            properties = {name: properties[name] for name in schema.get("required", ()) if name in properties}
        return {name: self.value(part, depth + 1) for name, part in properties.items()}

    def _array(self, schema: Schema, depth: int) -> list[object]:
        items = schema.get("items") or {}
        least, most = schema.get("minItems", 0), schema.get("maxItems", MOST_VALUES)
        if items.get("type") == "string" and not BOUND_WORDS & set(items):
            longest = items.get("maxLength", MOST_VALUES)
            tags = [tag for tag in self.text.split() if tag.startswith("#") and len(tag) <= longest]
            if len(tags) >= least:
                return list[object](tags[: min(most, max(least, 3))])
        count = least if depth > DEEPEST_CHOICE else min(max(1, least), most)
        return [self.value(items, depth + 1) for _ in range(count)]

    def _string(self, schema: Schema) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        text = self.text[: int(schema.get("maxLength", len(self.text)))]
        missing = int(schema.get("minLength", 0)) - len(text)
        if missing > MOST_VALUES:
            raise TooLargeToFit
        return text + "." * max(missing, 0)


SIMPLE = ("null", "string", "integer", "number", "boolean")


def _number(schema: Schema, *, whole: bool) -> int | float:
    """A number that fits: the smallest multiple where there are steps, else one between the bounds."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf") or (1 if whole else None)
    if step is None:
        return _between(low, high)
    if low is None and high is not None:
        count = math.floor(high / step)
        found = step * min(1, count - 1 if count * step == schema.get("exclusiveMaximum") else count)
    else:
        count = math.ceil((1 if low is None else low) / step)
        found = step * (count + 1 if count * step == schema.get("exclusiveMinimum") else count)
    return int(found) if whole else float(found)


def _between(low: float | None, high: float | None) -> float:
    if low is not None and high is not None:
        return (low + high) / 2
    if high is not None:
        return min(1, high - 1)
    return 1 if low is None else low + 1
