"""Values that fit a JSON Schema and make sense in their place: for structured answers and tool calls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ppkit.practice_platform.field_values import Subject, known_formats, numbers_for, text_for
from ppkit.practice_platform.patterns import is_found, text_like
from ppkit.practice_platform.subjects import shortened

Schema = dict[str, Any]

FREE_JSON: Schema = {"type": "object"}
"""Stands for "some JSON": the shape is what the prompt asks for (see json_shapes)."""
MOST_VALUES = 5_000
DEEPEST_CHOICE = 4
"""Below this depth what may be left out is: a schema that contains itself comes to an end."""
DEEPEST = 60
LONGEST_TRIED = 40
"""Signs of a text that is held against a pattern: some patterns take for ever with long ones."""
COMBINATIONS = ("anyOf", "oneOf")
OF_A_KIND = {
    "object": ("properties", "required", "additionalProperties", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""Keywords that show the kind of a value whose schema does not name it."""


class TooLargeToFit(Exception):
    """The schema asks for more values than an answer has room for, or never ends."""


def fitting(schema: Schema, text: str, prompt: str = "") -> object:
    """A value that fits the (well-formed) schema, about what the prompt is about. Raises TooLargeToFit."""
    return _ValueMaker(schema, Subject(prompt, text)).value(schema, _ValuePlace())


def referred(reference: str, root: Schema) -> Schema | None:
    """The part of the schema that a "#/…" reference names, None when there is none."""
    part: Any = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        if name:
            name = name.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901
            if isinstance(part, list) and name.isdigit() and int(name) < len(part):
                part = part[int(name)]
            else:
                part = part.get(name) if isinstance(part, dict) else None
    return {} if part is True else part if isinstance(part, dict) else None


@dataclass(frozen=True, slots=True)
class _ValuePlace:
    """Where a value stands: in which field, as which item of a list, how deep."""

    name: str = ""
    number: int = 0
    depth: int = 0

    def deeper(self, name: str | None = None, number: int | None = None) -> _ValuePlace:
        return _ValuePlace(
            self.name if name is None else name, self.number if number is None else number, self.depth + 1
        )


@dataclass(slots=True)
class _ValueMaker:
    root: Schema
    subject: Subject
    made: int = 0

    def value(self, schema: Any, place: _ValuePlace) -> object:
        self.made += 1
        if self.made > MOST_VALUES or place.depth > DEEPEST:
            raise TooLargeToFit
        if not isinstance(schema, dict):  # true: anything
            schema = {}
        if "$ref" in schema:
            rest = {name: part for name, part in schema.items() if name != "$ref"}
            return self.value(_merged([referred(schema["$ref"], self.root) or {}, rest]), place.deeper())
        if schema.get("allOf"):
            rest = {name: part for name, part in schema.items() if name != "allOf"}
            return self.value(_merged([rest, *map(self._resolved, schema["allOf"])]), place.deeper())
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][place.number % len(schema["enum"])]
        for combination in COMBINATIONS:
            if choices := schema.get(combination):
                rest = {name: part for name, part in schema.items() if name != combination}
                return self.value(_merged([rest, self._chosen(choices, place)]), place.deeper())
        return self._of_kind(_kind_of(schema, place.depth), schema, place)

    def _resolved(self, part: Any) -> Schema:
        seen = 0
        while isinstance(part, dict) and "$ref" in part and seen < DEEPEST:
            rest = {name: inner for name, inner in part.items() if name != "$ref"}
            part, seen = _merged([referred(part["$ref"], self.root) or {}, rest]), seen + 1
        return part if isinstance(part, dict) else {}

    def _chosen(self, choices: list[Any], place: _ValuePlace) -> Schema:
        """The first choice that is something; where the schema has become deep, one that ends it."""
        schemas = [self._resolved(choice) for choice in choices]
        if place.depth > DEEPEST_CHOICE:
            return next((one for one in schemas if _is_simple(one)), schemas[0])
        return next((one for one in schemas if one.get("type") != "null"), schemas[0])

    def _of_kind(self, kind: str, schema: Schema, place: _ValuePlace) -> object:
        match kind:
            case "object":
                return self._object(schema, place)
            case "array":
                return self._array(schema, place)
            case "string":
                return self._string(schema, place)
            case "integer" | "number":
                wished = numbers_for(self.subject, place.name, str(schema.get("description", "")))
                return _number(schema, wished, place.number, whole=kind == "integer")
            case "boolean":
                return place.number % 2 == 0
            case _:
                return None

    def _object(self, schema: Schema, place: _ValuePlace) -> dict[str, object]:
        properties: dict[str, Any] = schema.get("properties", {})
        required: list[str] = schema.get("required", [])
        wanted = {name: part for name, part in properties.items() if part is not False}
        if place.depth > DEEPEST_CHOICE:
            wanted = {name: part for name, part in wanted.items() if name in required}
        others = schema.get("additionalProperties", {})
        wanted |= {name: others for name in required if name not in wanted}
        missing = min(schema.get("minProperties", 0), MOST_VALUES) - len(wanted)
        wanted |= {f"{place.name or 'key'}_{number + 1}": others for number in range(missing)}
        return {name: self.value(part, place.deeper(name)) for name, part in wanted.items()}

    def _array(self, schema: Schema, place: _ValuePlace) -> list[object]:
        first, items = schema.get("prefixItems", []), schema.get("items", {})
        least, most = schema.get("minItems", 0), schema.get("maxItems", MOST_VALUES)
        usual = min(3, len(self.subject.tags)) if self._is_plain_text(items) else 1
        if first:
            usual = len(first) if place.depth <= DEEPEST_CHOICE else least
        elif place.depth > DEEPEST_CHOICE:
            usual = least
        count = min(max(usual, least), most, len(first) if items is False else MOST_VALUES + 1)
        parts = [*first, *([items] * max(count - len(first), 0))][:count]
        return [self.value(part, place.deeper(number=number)) for number, part in enumerate(parts)]

    def _is_plain_text(self, items: Any) -> bool:
        """Whether the items are texts of which a few read better than one."""
        part = self._resolved(items)
        return part.get("type") == "string" and not {"enum", "const", "format", "pattern"} & set(part)

    def _string(self, schema: Schema, place: _ValuePlace) -> str:
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", math.inf)
        if shortest > MOST_VALUES * 4:
            raise TooLargeToFit
        if known := known_formats().get(str(schema.get("format"))):
            return known
        text = text_for(self.subject, place.name, str(schema.get("description", "")), place.number)
        if pattern := schema.get("pattern"):
            return _patterned(pattern, text, shortest, longest)
        return _of_length(text, self.subject, shortest, longest)


def _kind_of(schema: Schema, depth: int) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        if depth > DEEPEST_CHOICE and "null" in kinds:
            return "null"
        return next((str(kind) for kind in kinds if kind != "null"), "null")
    if kinds is not None:
        return str(kinds)
    told = (kind for kind, keywords in OF_A_KIND.items() if any(word in schema for word in keywords))
    return next(told, "string")


def _is_simple(schema: Schema) -> bool:
    return schema.get("type") in ("null", "string", "integer", "number", "boolean")


def _merged(schemas: list[Schema]) -> Schema:
    """One schema that asks for what all of these ask for, as far as keywords can be put together."""
    merged: Schema = {}
    for schema in schemas:
        for name, part in schema.items():
            held = merged.get(name)
            if name in ("properties", "$defs", "definitions") and isinstance(held, dict):
                merged[name] = held | part
            elif name == "required" and held:
                merged[name] = [*held, *(one for one in part if one not in held)]
            elif name in ("minimum", "minLength", "minItems", "exclusiveMinimum") and held is not None:
                merged[name] = max(held, part)
            elif name in ("maximum", "maxLength", "maxItems", "exclusiveMaximum") and held is not None:
                merged[name] = min(held, part)
            else:
                merged[name] = part
    return merged


def _patterned(pattern: str, text: str, shortest: int, longest: float) -> str:
    """A text that fits the pattern; the usual one where the pattern is beyond us or asks for too much."""
    if len(text) <= LONGEST_TRIED and shortest <= len(text) <= longest and is_found(pattern, text):
        return text
    found = text_like(pattern, shortest)
    if found is None or not shortest <= len(found) <= longest:
        found = text_like(pattern) or text
    return found if len(found) <= longest else found[: int(longest)]


def _of_length(text: str, subject: Subject, shortest: int, longest: float) -> str:
    if len(text) > longest:
        cut = shortened(text, int(longest))
        text = cut if len(cut) <= longest and len(cut) >= shortest else text[: int(longest)]
    while len(text) < shortest:
        text = f"{text} {subject.text}" if len(subject.text) > 0 else text + "."
    return text if len(text) <= longest else text[: int(longest)]


def _number(schema: Schema, wished: list[float], number: int, *, whole: bool) -> int | float:
    """A number that fits: a wished one, else the smallest step or one between the bounds."""
    low, is_open_below = _bound(schema, "minimum", "exclusiveMinimum", max)
    high, is_open_above = _bound(schema, "maximum", "exclusiveMaximum", min)
    step = _exact(schema.get("multipleOf")) or (Fraction(1) if whole else None)

    def fits(value: Fraction) -> bool:
        is_low = low is not None and (value < low or (is_open_below and value == low))
        is_high = high is not None and (value > high or (is_open_above and value == high))
        return not is_low and not is_high and (step is None or (value / step).denominator == 1)

    if whole and step is not None:
        step = Fraction(math.lcm(step.numerator, step.denominator), step.denominator)
    tried = [Fraction(str(value)) for value in wished]
    tried += [Fraction(1 + number), Fraction(1), Fraction(0)]
    if step is not None:
        base = math.floor((low if low is not None else high if high is not None else Fraction(0)) / step)
        tried += [step * (base + move) for move in (number + 1, 1, 0, 2, -1)]
    if low is not None and high is not None:
        tried.append((low + high) / 2)
    tried += [bound + move for bound in (low, high) if bound is not None for move in (1, -1, 0)]
    found = next((value for value in tried if fits(value)), tried[0])
    return int(found) if whole or (found.denominator == 1 and abs(found) >= 2**53) else _float(found)


def _bound(schema: Schema, closed: str, opened: str, tighter: Any) -> tuple[Fraction | None, bool]:
    """(the bound, whether it is not part of what is allowed): the tighter of two."""
    one, other = _exact(schema.get(closed)), _exact(schema.get(opened))
    if one is None or other is None:
        return (other, True) if one is None else (one, False)
    return (other, True) if tighter(one, other) == other else (one, False)


def _exact(number: Any) -> Fraction | None:
    return None if number is None else Fraction(str(number))


def _float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return int(number)
