"""deploy/kubernetes against the schema of the Zero to JupyterHub chart, where the environment names it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from ppkit.class_service.class_lesson import read_lesson
from ppkit.class_service.hub_check import HubPlace
from ppkit.money import Money

NAMED = "PPKIT_Z2JH_SCHEMA"
FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"


def values(name: str = "values.yaml") -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / name).read_text("utf-8")))


def parts_of_the_class() -> dict[str, dict[str, Any]]:
    """The objects of class.yaml, by their kind."""
    return {one["kind"]: one for one in yaml.safe_load_all((FOLDER / "class.yaml").read_text("utf-8"))}


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
@pytest.mark.parametrize("name", ["values.yaml", "class-values.yaml"])
def test_the_values_are_the_charts(name: str) -> None:
    assert complaints_about(values(name)) == []


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


def test_nobody_of_a_class_that_starts_at_once_is_sent_away() -> None:
    assert values()["hub"]["concurrentSpawnLimit"] == 0


def test_the_hub_leads_to_the_class_service_and_learners_reach_it_alone() -> None:
    parts, wanted = parts_of_the_class(), values("class-values.yaml")
    port = parts["Service"]["spec"]["ports"][0]["port"]
    assert (
        wanted["hub"]["services"]["class"]["url"] == f"http://{parts['Service']['metadata']['name']}:{port}"
    )
    (rule,) = wanted["singleuser"]["networkPolicy"]["egress"]
    pods = parts["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for selected in (rule["to"][0]["podSelector"]["matchLabels"], parts["Service"]["spec"]["selector"]):
        assert selected.items() <= pods.items()
    assert [one["port"] for one in rule["ports"]] == [port]


def test_the_class_service_finds_on_kubernetes_what_a_hub_would_tell_it() -> None:
    container = parts_of_the_class()["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    told = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    place = HubPlace.of(told)
    assert (place.host, place.port) == ("0.0.0.0", container["ports"][0]["containerPort"])
    assert place.service in values("class-values.yaml")["hub"]["services"]


def test_the_agencys_key_stands_in_no_file() -> None:
    container = parts_of_the_class()["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    secret = {one["name"] for one in container["env"] if "secretKeyRef" in one.get("valueFrom", {})}
    assert {"OPENAI_API_KEY", "PPKIT_LEDGER_URL"} == secret


def test_the_example_lesson_can_be_prepared(tmp_path: Path) -> None:
    text = parts_of_the_class()["ConfigMap"]["data"]["lesson.toml"]
    (tmp_path / "lesson.toml").write_text(text, "utf-8")
    assert read_lesson(tmp_path / "lesson.toml").at_most == Money.usd("60.00")
