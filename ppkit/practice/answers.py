"""Texts that read like a social post about the prompt, in its language, marked as practice.

The same prompt and seed give the same text, so that lessons and tests can be repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal

Language = Literal["it", "en"]

_QUOTED = re.compile(r"[\"“«„]([^\"“”»„]{2,200})[\"”»“]")
_LABELLED = re.compile(
    r"^\W*(?:topic|subject|about|brief|argomento|tema|soggetto|idea)\s*:\s*(.{2,300})$", re.IGNORECASE | re.M
)
_ABOUT = re.compile(
    r"\b(?:about|regarding|su|sul|sullo|sulla|sui|sugli|sulle|riguardo a|dedicato a|per lanciare)"
    r"\s+(.{3,200}?)"
    r"(?=[.!?;\n]|$)",
    re.IGNORECASE,
)
_HASHTAG_WORD = re.compile(r"[^\W\d_]{4,}")
LONGEST_TOPIC = 120


def language_of(prompt: str) -> Language:
    """Italian or English, by the little words; a language named outright wins."""
    if re.search(r"\b(in italiano|in italian|lingua\s*:\s*it|language\s*:\s*it)", prompt, re.IGNORECASE):
        return "it"
    if re.search(r"\b(in inglese|in english|lingua\s*:\s*en|language\s*:\s*en)", prompt, re.IGNORECASE):
        return "en"
    words = re.findall(r"[^\W\d_]+", prompt[:4000].lower())
    italian, english = (sum(word in _little_words(language) for word in words) for language in ("it", "en"))
    italian += 2 * len(re.findall(r"[àèéìòù]", prompt[:4000]))
    return "it" if italian > english else "en"


def topic_of(prompt: str) -> str:
    """What the prompt asks a text about: a quoted phrase, a labelled line, what follows "about", or its
    start.
    """
    for pattern in (_LABELLED, _QUOTED, _ABOUT):
        if found := pattern.search(prompt):
            return _shortened(found[1])
    return _shortened(prompt) or "…"


def compose(prompt: str, *, seed: int = 0, variant: int = 0) -> str:
    """A post about the prompt: a mark, a hook, a body, a question or an invitation, hashtags."""
    language, topic = language_of(prompt), topic_of(prompt)
    texts = _texts()[language]
    dice = _dice(prompt, seed, variant)
    hook = texts["hooks"][dice[0] % 5].format(topic=topic, Topic=topic[:1].upper() + topic[1:])
    first, second = dice[1] % 5, (dice[1] + 1 + dice[2] % 4) % 5
    body = " ".join((texts["bodies"][first], texts["bodies"][second]))
    tags = [texts["tags"][0], *_tags_from(topic), texts["tags"][1 + dice[4] % 3]]
    return (
        f"{texts['mark']} {hook}\n\n{body} {texts['calls'][dice[3] % 5]}\n\n{' '.join(dict.fromkeys(tags))}"
    )


def compose_json(schema: object, prompt: str, *, seed: int = 0) -> str:
    """A JSON text that fits the schema (the parts of JSON Schema that structured output allows)."""
    root = schema if isinstance(schema, dict) else {}
    return json.dumps(_value(root, root, compose(prompt, seed=seed), 0), ensure_ascii=False)


def _value(schema: dict[str, Any], root: dict[str, Any], text: str, depth: int) -> object:
    """A value for one part of a schema; `text` is what strings say."""
    if depth > 20:
        return None
    if "$ref" in schema:
        return _value(_referred(str(schema["$ref"]), root), root, text, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return _value(schema[choice][0], root, text, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _value_of_kind(kind[0] if isinstance(kind, list) else kind, schema, root, text, depth)


def _value_of_kind(kind: str, schema: dict[str, Any], root: dict[str, Any], text: str, depth: int) -> object:
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: _value(part, root, text, depth + 1) for name, part in properties.items()}
    if kind == "array":
        items = schema.get("items", {})
        if items.get("type") == "string" and "enum" not in items:
            return [tag for tag in text.split() if tag.startswith("#")][: schema.get("maxItems", 3)]
        return [_value(items, root, text, depth + 1) for _ in range(max(1, schema.get("minItems", 1)))]
    if kind == "string":
        return text[: schema.get("maxLength", len(text))]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    return True if kind == "boolean" else None


def _referred(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    part: Any = root
    for name in reference.removeprefix("#").strip("/").split("/"):
        part = part.get(name, {}) if name and isinstance(part, dict) else part
    return part if isinstance(part, dict) else {}


def _shortened(text: str) -> str:
    text = " ".join(text.split()).strip(" .,:;!?-–—'\"“”«»")
    if len(text) <= LONGEST_TOPIC:
        return text
    return text[:LONGEST_TOPIC].rsplit(" ", 1)[0] + "…"


def _tags_from(topic: str) -> list[str]:
    """A hashtag or two from the longest words of the topic."""
    words = sorted(dict.fromkeys(_HASHTAG_WORD.findall(topic.lower())), key=len, reverse=True)
    return [f"#{word[:30]}" for word in words[:2]]


def _dice(prompt: str, seed: int, variant: int) -> Sequence[int]:
    return hashlib.sha256(f"{seed}/{variant}/{prompt}".encode("utf-8", "surrogatepass")).digest()


@cache
def _little_words(language: str) -> frozenset[str]:
    return frozenset(_texts()[language]["words"].split())


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = json.loads(
        resources.files("ppkit.practice").joinpath("data/answers.json").read_text("utf-8")
    )
    return texts
