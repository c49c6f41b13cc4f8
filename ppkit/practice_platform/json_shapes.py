"""The shape of the JSON that a prompt asks for: a schema or an example in it, or the names of the keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ppkit.practice_platform.structured import Schema

MOST_READ = 100_000
_QUOTED_KEY = re.compile(r"[\"'“]([\w][\w .-]{0,60})[\"'”]\s*:")
_NAMED_KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes?|chiav[ei]|camp[io]|proprietà|attribut[io])\b"
    r"(?:\s+(?:named|called|chiamat\w+|are|sono|should be|devono essere|seguenti))?\s*[:=]?"
    r"\s*([^\n;!?]{1,300})",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[\"'“`]?([^\W\d][\w-]{0,40})[\"'”`]?(?:\s*\([^)]*\))?")
_BETWEEN = re.compile(r"\s*,\s*(?:(?:and|e|ed)\s+)?|\s+(?:and|e|ed|plus|&)\s+", re.IGNORECASE)
_KINDS = {
    "string": "string", "str": "string", "text": "string", "stringa": "string", "testo": "string",
    "int": "integer", "integer": "integer", "intero": "integer", "number": "number", "numero": "number",
    "float": "number", "decimal": "number", "bool": "boolean", "boolean": "boolean", "booleano": "boolean",
    "true": "boolean", "false": "boolean",
}  # fmt: skip
"""What an example says instead of a value: {"age": "int"}."""
LISTS = ("hashtags", "hashtag", "tags", "keywords", "items", "list", "elenco", "lista", "posts", "steps")
COUNTS = ("age", "età", "eta", "count", "number", "numero", "year", "anno", "score", "rating", "punteggio")
SCHEMA_WORDS = ("properties", "$defs", "anyOf", "allOf", "$ref")


def wished_shape(texts: list[str]) -> Schema:
    """A schema for the JSON that these messages ask for, the latest wish before earlier ones.

    Just {"text"} where nothing is said about its shape.
    """
    for text in reversed(texts):
        found: list[dict[str, Any]] = [value for value in _objects(text[-MOST_READ:]) if value]
        for value in reversed(found):
            if any(word in value for word in SCHEMA_WORDS):
                return {"type": "object", **value}
        if found:
            return _like(max(found, key=lambda value: len(json.dumps(value))))
        if names := _named(text[-MOST_READ:]):
            return _object({name: _of_name(name) for name in names})
    return _object({"text": {"type": "string"}})


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object that stands in the text, outermost only."""
    decoder, start = json.JSONDecoder(), text.find("{")
    tries = 0
    while start >= 0 and tries < 200:
        tries += 1
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if isinstance(value, dict):
                yield value
        start = text.find("{", end)


def _named(text: str) -> list[str]:
    """The keys of an example that is not quite JSON, else those that a sentence lists."""
    if quoted := list(dict.fromkeys(_QUOTED_KEY.findall(text))):
        return quoted
    for listed in _NAMED_KEYS.findall(text):
        names = []
        for part in _BETWEEN.split(listed.split(". ")[0].rstrip(" .:)")):
            found = _IDENTIFIER.match(part.strip(" ()"))
            if found is None or (found.end() < len(part.strip(" ()")) and len(part.split()) > 2):
                break
            names.append(found[1])
        if names:
            return list(dict.fromkeys(names))
    return []


def _like(example: Any) -> Schema:
    """A schema of which the example is an instance; a text says what kind of value stands there."""
    match example:
        case dict():
            return _object({name: _like(part) | _told(part) for name, part in example.items()})
        case list():
            return {"type": "array", "items": _like(example[0]) if example else {"type": "string"}}
        case str():
            return _like_text(example)
        case None:
            return {"type": ["string", "null"]}
        case _:
            return {"type": {bool: "boolean", int: "integer"}.get(type(example), "number")}


def _like_text(example: str) -> Schema:
    """Of "positive | negative" one is chosen; "int" and "<number>" name a kind."""
    choices = [part.strip() for part in example.split("|")]
    if len(choices) > 1 and all(choices):
        return {"enum": choices}
    words = example.strip(" <>[]{}.…").lower().split()
    return {"type": _KINDS.get(words[0], "string") if words else "string"}


def _told(part: Any) -> Schema:
    return {"description": part[:200]} if isinstance(part, str) else {}


def _of_name(name: str) -> Schema:
    """Where only the name is known: a list for hashtags and the like, a number for an age, else a text."""
    text: Schema = {"type": "string"}
    if name.lower() in LISTS:
        return {"type": "array", "items": text}
    return {"type": "integer"} if name.lower() in COUNTS else text


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
