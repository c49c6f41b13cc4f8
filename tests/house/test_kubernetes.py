"""deploy/kubernetes against the schema of the Zero to JupyterHub chart, where the environment names it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

NAMED = "PPKIT_Z2JH_SCHEMA"
FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"


def values() -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8")))


@cache
def charts_schema() -> dict[str, Any]:
    return dict(yaml.safe_load(Path(os.environ[NAMED]).read_text("utf-8")))


def complaints_about(found: object) -> list[str]:
    """What the chart's schema says. What must be there at the top comes from the chart's own values."""
    schema = charts_schema()
    return [
        f"{error.json_path}: {error.message}"
        for error in Draft7Validator(_partial(schema)).iter_errors(found)
    ]


def _partial(schema: Any) -> Any:
    """Our file is laid over the chart's defaults, so that nothing in it is required; all else holds."""
    if isinstance(schema, dict):
        return {name: _partial(inner) for name, inner in schema.items() if not _says_required(name, inner)}
    return [_partial(inner) for inner in schema] if isinstance(schema, list) else schema


def _says_required(name: str, inner: object) -> bool:
    return name == "required" and isinstance(inner, list)


needs_schema = pytest.mark.skipif(
    NAMED not in os.environ, reason=f"{NAMED} names no schema: the values were NOT held against the chart's"
)


@needs_schema
def test_the_values_are_the_charts() -> None:
    assert complaints_about(values()) == []


@needs_schema
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("singleuser", "memory", "limit"), []),
        (("hub", "concurrentSpawnLimits"), 3),
        (("cull", "every"), "soon"),
    ],
)
def test_a_wrong_value_is_found(path: tuple[str, ...], wrong: object) -> None:
    spoiled: Any = values()
    place = spoiled
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = wrong
    assert complaints_about(spoiled)


def test_a_class_on_kubernetes_rehearses_and_reaches_nothing_outside() -> None:
    singleuser = values()["singleuser"]
    assert singleuser["extraEnv"]["PPKIT_MODE"] == "practice"
    rules = singleuser["networkPolicy"]["egressAllowRules"]
    assert not rules["nonPrivateIPs"]
    assert not rules["cloudMetadataServer"]
