"""Holding answers and stream events against OpenAI's own OpenAPI document, where the environment names it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import best_match  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from starlette.types import Message, Send

from ppkit.practice_platform.api.coverage import DOCUMENT_DIFFERENCES

NAMED = "PPKIT_OPENAPI_DOCUMENT"
BASE = "urn:openai"
STREAMS = {("GET", "/responses/{response_id}"): ("POST", "/responses")}
"""Operations that can be streamed, by the document's own words, without a word about what then comes: it is
the events of another."""


class OpenAiDocument:
    """The document's answers, by operation. `parsed` is the document as JSON."""

    def __init__(self, parsed: dict[str, Any]) -> None:
        answers = {
            (method.upper(), path): _answers_of(operation)
            for path, item in parsed["paths"].items()
            for method, operation in item.items()
            if method in ("get", "post", "put", "patch", "delete")
        }
        named = {
            _own_name(number, kind): schema
            for number, found in enumerate(answers.values())
            for kind, schema in found.items()
        }
        schemas = parsed["components"]["schemas"] | named
        resource = DRAFT202012.create_resource(_normal({"components": {"schemas": schemas}}))
        self._registry: Registry[Any] = Registry().with_resource(BASE, resource)
        self._schemas = resource.contents["components"]["schemas"]
        self._answers = {
            operation: {
                kind: str(schema.get("$ref", f"#/components/schemas/{_own_name(number, kind)}"))
                for kind, schema in found.items()
            }
            for number, (operation, found) in enumerate(answers.items())
        }
        for operation, other in STREAMS.items():
            self._answers[operation].setdefault(
                "text/event-stream", self._answers[other]["text/event-stream"]
            )
        self._patterns = [
            (method, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path)
            for method, path in sorted(self._answers, key=lambda key: key[1].count("{"))
        ]
        self._validators: dict[str, Any] = {}
        self._events: dict[str, dict[str, str]] = {}

    def operation(self, method: str, path: str) -> str | None:
        """The path as the document writes it, None when it has no such operation."""
        return next((name for by, at, name in self._patterns if by == method and at.fullmatch(path)), None)

    def complaints(self, method: str, path: str, status: int, kind: str, body: bytes) -> Iterator[str]:
        """Everything in which an answer differs from what the document says of it."""
        name = self.operation(method, path)
        if name is None or not (self._answers[method, name] or status != 200):
            return  # not in the document, or without a word about its answer
        if status != 200:
            schema, values = "#/components/schemas/ErrorResponse", [json.loads(body)]
        elif (found := self._answers[method, name].get(kind)) is None:
            yield f"{method} {name}: no answer of type {kind} is known"
            return
        elif kind == "text/event-stream":
            schema, values = found, list(_events(body))
        else:
            schema, values = found, [json.loads(body)]
        for value in values:
            if complaint := self._complaint(self._narrowed(schema, value), value):
                line = f"{method} {name} {status}: {complaint}"
                if not any(re.search(pattern, line) for pattern in DOCUMENT_DIFFERENCES):
                    yield line

    def _complaint(self, pointer: str, value: Any) -> str | None:
        validator = self._validators.get(pointer)
        if validator is None:
            schema = {"$ref": f"{BASE}{pointer}"}
            validator = Draft202012Validator(schema, registry=self._registry)
            self._validators[pointer] = validator
        if validator.is_valid(value):
            return None
        error = best_match(validator.iter_errors(value))
        return f"{error.json_path}: {error.message[:300]}"

    def _narrowed(self, pointer: str, value: Any) -> str:
        """Of a list of events the one that `value` says it is: trying all of them takes far too long."""
        choices = self._events.get(pointer)
        if choices is None:
            schema = self._schemas[pointer.rsplit("/", 1)[1]]
            parts = (part["$ref"] for part in schema.get("anyOf", ()) if "$ref" in part)
            choices = {kind: part for part in parts for kind in self._kinds(part)}
            self._events[pointer] = choices
        kind = value.get("type") if isinstance(value, dict) else None
        return choices.get(kind, pointer) if isinstance(kind, str) else pointer

    def _kinds(self, pointer: str) -> list[str]:
        schema = self._schemas[pointer.rsplit("/", 1)[1]]
        found: list[str] = schema.get("properties", {}).get("type", {}).get("enum", [])
        return found


class Heard:
    """Passes an answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status = 0
        self._kind = ""
        self._body = b""
        self._is_whole = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = dict(message["headers"])
            self._kind = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0]
        else:
            self._body += message.get("body", b"")
            self._is_whole = not message.get("more_body", False)
        await self._send(message)

    def complaints(self, document: OpenAiDocument, method: str, path: str) -> list[str]:
        """None about what is no answer of the wire: pages, answers that broke off, rehearsed failures."""
        _, is_wire, rest = path.partition("/v1")
        if not is_wire or not self._is_whole or self._kind not in ("application/json", "text/event-stream"):
            return []
        return list(document.complaints(method, rest, self._status, self._kind, self._body))


def document_of(folder: Path) -> OpenAiDocument | None:
    """The document that the environment names; kept as JSON in the folder, which all workers share."""
    named = os.environ.get(NAMED)
    return _read(named, folder) if named else None


@cache
def _read(named: str, folder: Path) -> OpenAiDocument:
    import yaml  # type: ignore[import-untyped]

    kept = folder / "openai-document.json"
    if not kept.exists():  # reading YAML takes two seconds, JSON a fiftieth of that
        parsed = yaml.load(Path(named).read_text("utf-8"), Loader=yaml.CSafeLoader)
        part = {"paths": parsed["paths"], "components": parsed["components"]}
        own = kept.with_suffix(f".{os.getpid()}")
        own.write_text(json.dumps(part, default=str), "utf-8")
        own.replace(kept)
    return OpenAiDocument(json.loads(kept.read_text("utf-8")))


def _own_name(number: int, kind: str) -> str:
    """A name for the schema of an answer that has none, to stand among the others."""
    return f"answer-{number}-{kind.replace('/', '-')}"


def _answers_of(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The schema of each type of content that a success may have."""
    content = operation.get("responses", {}).get("200", {}).get("content", {})
    return {kind: found["schema"] for kind, found in content.items() if "schema" in found}


def _events(body: bytes) -> Iterator[Any]:
    for line in body.decode("utf-8").split("\n"):
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line.removeprefix("data: "))


def _normal(part: Any) -> Any:
    """The document as JSON Schema means it: it writes `nullable` as older versions did, and `oneOf` where
    several of the choices may fit.
    """
    if isinstance(part, list):
        return [_normal(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    plain = {name: _normal(inner) for name, inner in part.items() if name not in ("example", "examples")}
    if isinstance(plain.get("oneOf"), list):
        plain["anyOf"] = plain.pop("oneOf")
    if plain.pop("nullable", False) is True:
        return {"anyOf": [plain, {"type": "null"}]}
    return plain
