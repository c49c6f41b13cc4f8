"""What OpenAI's API consists of, for the practice platform's list of what it imitates and what it leaves out.

`write` renews the platform's data/operations.json from the installed SDK and, where the environment variable
PPKIT_OPENAPI_DOCUMENT names it, from OpenAI's own OpenAPI document (without it, what that document said
before is kept); `check` says what is new since, and ends with 1 if anything is.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "ppkit" / "practice_platform" / "data" / "operations.json"
DOCUMENT = "PPKIT_OPENAPI_DOCUMENT"
CALLS = {"_get": "GET", "_get_api_list": "GET", "_post": "POST", "_put": "PUT", "_delete": "DELETE"}
"""How the SDK's resources send a request, and the method that means."""
OF_EVERY_REQUEST = ("self", "extra_headers", "extra_query", "extra_body", "timeout", "idempotency_key")
SOCKET = "GET /realtime"
"""The door of a WebSocket, which the SDK opens without one of these calls."""
MODEL_NAMES = {
    "text": "openai.types.shared.chat_model:ChatModel",
    "image": "openai.types.image_model:ImageModel",
    "embedding": "openai.types.embedding_model:EmbeddingModel",
    "moderation": "openai.types.moderation_model:ModerationModel",
}

Operations = dict[str, dict[str, list[str]]]
"""By "METHOD /path/{}": `from` ("sdk", "document"), and the names of the SDK's parameters in `sends`."""


def of_the_sdk() -> Operations:
    """Every operation that the installed SDK's resources can call."""
    found: Operations = {SOCKET: {"from": ["sdk"], "sends": []}}
    for operation, sends in _calls_of_the_sdk():
        kept = found.setdefault(operation, {"from": ["sdk"], "sends": []})
        kept["sends"] = sorted({*kept["sends"], *sends})
    return found


def of_the_document(document: dict[str, Any]) -> set[str]:
    """Every operation of an OpenAPI document."""
    return {
        f"{method.upper()} {without_names(path)}"
        for path, item in document["paths"].items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    }


def model_names() -> dict[str, list[str]]:
    """The names that the SDK's types list, by kind."""
    found = {}
    for kind, place in MODEL_NAMES.items():
        module, name = place.split(":")
        found[kind] = sorted(get_args(getattr(import_module(module), name)))
    return found


def without_names(path: str) -> str:
    """A path with its parameters left nameless: SDK and document call them differently."""
    return re.sub(r"\{[^}]*\}", "{}", path.partition("?")[0])


def news(kept: dict[str, Any]) -> list[str]:
    """What the installed SDK has that the kept list has not, and the other way round, one line each."""
    now, before = (
        of_the_sdk(),
        {name: one for name, one in kept["operations"].items() if "sdk" in one["from"]},
    )
    lines = [f"new operation: {name}" for name in sorted(now.keys() - before.keys())]
    lines += [f"operation gone: {name}" for name in sorted(before.keys() - now.keys())]
    for name in sorted(now.keys() & before.keys()):
        is_sent, was_sent = set(now[name]["sends"]), set(before[name]["sends"])
        lines += [f"new parameter of {name}: {parameter}" for parameter in sorted(is_sent - was_sent)]
        lines += [f"parameter gone of {name}: {parameter}" for parameter in sorted(was_sent - is_sent)]
    for kind, names in model_names().items():
        lines += [f"new {kind} model: {name}" for name in sorted(set(names) - set(kept["models"][kind]))]
        lines += [f"{kind} model gone: {name}" for name in sorted(set(kept["models"][kind]) - set(names))]
    return lines


def renewed(kept: dict[str, Any]) -> dict[str, Any]:
    """The list as SDK and document are now; without a document its former part stays."""
    operations = of_the_sdk()
    if named := os.environ.get(DOCUMENT):
        import yaml  # type: ignore[import-untyped]

        document = yaml.load(Path(named).read_text("utf-8"), Loader=yaml.CSafeLoader)
        documented, dated = of_the_document(document), document["info"]["version"]
    else:
        documented = {name for name, one in kept.get("operations", {}).items() if "document" in one["from"]}
        dated = kept.get("document", "")
    for name in documented:
        operations.setdefault(name, {"from": [], "sends": []})["from"].append("document")
    return {
        "sdk": version("openai"),
        "document": dated,
        "operations": dict(sorted(operations.items(), key=lambda pair: pair[0].split(" ")[::-1])),
        "models": model_names(),
    }


def kept_list() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    return found


@cache  # the sources of all resources take seconds to read
def _calls_of_the_sdk() -> list[tuple[str, set[str]]]:
    spec = find_spec("openai.resources")
    assert spec is not None
    assert spec.origin is not None
    sources = sorted(Path(spec.origin).parent.rglob("*.py"))
    return [call for path in sources for call in _calls_in(ast.parse(path.read_text("utf-8")))]


def _calls_in(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and (method := CALLS.get(call.func.attr))
                and (path := _path(call.args[0] if call.args else None))
            ):
                told = [named.value for named in call.keywords if named.arg == "method"]  # a list by POST
                method = str(told[0].value).upper() if told and isinstance(told[0], ast.Constant) else method
                yield f"{method} {path}", set(_sent(function, call))


def _path(node: ast.expr | None) -> str | None:
    """The path of a call: plain text, an f-string, or a template with the values beside it."""
    match node:
        case ast.Constant(value=str(text)):
            return without_names(text)
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.Call(args=[inner, *_]):
            return _path(inner)
        case _:
            return None


def _sent(function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> Iterator[str]:
    """The arguments of a resource's method, without those of every request and those that fill the path."""
    in_path = {name.id for name in ast.walk(call.args[0]) if isinstance(name, ast.Name)}
    for argument in (*function.args.args, *function.args.kwonlyargs):
        if argument.arg not in in_path and argument.arg not in OF_EVERY_REQUEST:
            yield argument.arg


def _as_text(found: dict[str, Any]) -> str:
    """JSON with a line for each operation and each kind of model, so that a renewal is read as a diff."""
    lines = {
        part: ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in found[part].items())
        for part in ("operations", "models")
    }
    return (
        f'{{\n "sdk": {json.dumps(found["sdk"])},\n "document": {json.dumps(found["document"])},\n'
        f' "operations": {{\n{lines["operations"]}\n }},\n "models": {{\n{lines["models"]}\n }}\n}}\n'
    )


def main() -> int:
    kept = kept_list()
    if sys.argv[1:] == ["write"]:
        KEPT.write_text(_as_text(renewed(kept)), "utf-8")
        return 0
    lines = news(kept)
    print("\n".join(lines) or "the kept list and the installed SDK agree")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
