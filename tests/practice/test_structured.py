"""Structured output: whatever schema is taken, the answer fits it; whatever is none is refused in words."""

from __future__ import annotations

import json
from contextlib import suppress
from enum import StrEnum
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from starlette.testclient import TestClient

from ppkit.practice.api.errors import ApiError
from ppkit.practice.api.schemas import Place, check_schema
from ppkit.practice.field_values import known_formats
from ppkit.practice.structured import TooLargeToFit, fitting

CHEAP = "gpt-6-luna"
TEXT = "[Practice answer] Tea time. Come and see us! #tea #time #today"
PLACE = Place("response_format 'post'", "response_format", "invalid_json_schema")


NUMBERS, STEPS = st.integers(-50, 50), st.integers(1, 9)
VALUES = st.integers() | st.text(max_size=5) | st.none()


def bounds(low: str, high: str, values: st.SearchStrategy[int]) -> st.SearchStrategy[dict[str, Any]]:
    """None, one or both of two bounds, in order."""
    return st.tuples(values, values, st.sets(st.sampled_from([low, high]))).map(
        lambda drawn: {
            name: bound for name, bound in ((low, min(drawn[:2])), (high, max(drawn[:2]))) if name in drawn[2]
        }
    )


def like(kind: str, more: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return more.map(lambda keywords: {"type": kind} | keywords)


SIMPLE = st.one_of(
    like("string", bounds("minLength", "maxLength", st.integers(0, 90))),
    like("string", st.fixed_dictionaries({"format": st.sampled_from(sorted(known_formats()))})),
    like("integer", bounds("minimum", "maximum", NUMBERS)),
    like("number", bounds("minimum", "maximum", NUMBERS)),
    like(
        "number",
        st.tuples(NUMBERS, st.sampled_from([0.5, 1, 7])).map(
            lambda pair: {"exclusiveMinimum": pair[0], "exclusiveMaximum": sum(pair)}
        ),
    ),
    like("integer", st.fixed_dictionaries({"multipleOf": STEPS, "exclusiveMinimum": NUMBERS})),
    like("integer", st.fixed_dictionaries({"multipleOf": STEPS, "exclusiveMaximum": NUMBERS})),
    st.fixed_dictionaries({"enum": st.lists(VALUES, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"const": VALUES}),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": ["string", "null"]}]),
)


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    names = st.text(min_size=1, max_size=6)
    return st.one_of(
        st.dictionaries(names, inner, max_size=3).map(
            lambda parts: {
                "type": "object",
                "properties": parts,
                "required": list(parts),
                "additionalProperties": False,
            }
        ),
        st.builds(
            lambda items, more: {"type": "array", "items": items} | more,
            inner,
            bounds("minItems", "maxItems", st.integers(0, 4)),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda choices: {"anyOf": choices}),
    )


SCHEMAS = st.recursive(SIMPLE, nested, max_leaves=12)


@given(SCHEMAS)
@settings(max_examples=200, deadline=None)
def test_every_schema_that_is_taken_is_fitted(schema: dict[str, Any]) -> None:
    value = fitting(check_schema(schema, PLACE, strict=False), TEXT)
    jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(json.loads(json.dumps(value)))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["object", "array", "#/x", "#/$defs/a", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "$ref", "$defs", "enum", "required", "minItems", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(
    st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "$defs"]), JUNK),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_schema_it_is_refused_in_words_or_fitted(
    schema: dict[str, Any], strict: bool
) -> None:
    with suppress(ApiError, TooLargeToFit):
        fitting(check_schema(schema, PLACE, strict=strict), TEXT)


def test_a_schema_that_asks_for_a_billion_values_is_refused_at_once(web: TestClient, secret: str) -> None:
    inner: dict[str, Any] = {"type": "array", "minItems": 1_000, "items": {"type": "integer"}}
    huge = {"type": "object", "properties": {"a": inner | {"items": inner | {"items": inner}}}}
    endless = {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}
    for schema in (huge, endless, {"type": "string", "minLength": 10**9}):
        body = {
            "model": CHEAP,
            "input": "Ciao",
            "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}},
        }
        answer = web.post("/v1/responses", json=body, headers={"authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_json_schema")


class Network(StrEnum):
    INSTAGRAM = "instagram"
    LINKEDIN = "linkedin"


class Comment(BaseModel):
    text: str
    answers: list[Comment]


class Picture(BaseModel):
    alt: str
    width: int = Field(ge=256, le=4096, multiple_of=16)


class Post(BaseModel):
    network: Network
    text: str
    hashtags: list[str] = Field(min_length=2, max_length=5)
    picture: Picture | None
    link: Picture | str
    comments: list[Comment]


def test_models_of_the_sdks_users_are_parsed_back(sdk: openai.OpenAI) -> None:
    response = sdk.responses.parse(model=CHEAP, input="Write about tea", text_format=Post).output_parsed
    assert response is not None
    assert response.network is Network.INSTAGRAM
    assert 2 <= len(response.hashtags) <= 5
    assert response.picture is not None
    messages: Any = [{"role": "user", "content": "Write about tea"}]
    chat = sdk.chat.completions.parse(model=CHEAP, messages=messages, response_format=Post)
    assert isinstance(chat.choices[0].message.parsed, Post)


def test_a_structured_answer_that_is_cut_says_so(sdk: openai.OpenAI) -> None:
    messages: Any = [{"role": "user", "content": "Write about tea"}]
    with pytest.raises(openai.LengthFinishReasonError):
        sdk.chat.completions.parse(
            model=CHEAP, messages=messages, response_format=Post, max_completion_tokens=10
        )


OPEN = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "complaint"),
    [
        (OPEN, "'additionalProperties' is required to be supplied and to be false"),
        (OPEN | {"additionalProperties": False, "required": []}, "Missing 'a'"),
        ({"type": "array", "items": OPEN | {"additionalProperties": False}}, "got 'type: 'array''"),
        (
            {"type": "object", "properties": {"b": OPEN}, "required": ["b"], "additionalProperties": False},
            "In context=('properties', 'b'), 'additionalProperties'",
        ),
    ],
)
def test_a_strict_schema_has_to_be_strict(
    sdk: openai.OpenAI, schema: dict[str, object], complaint: str
) -> None:
    messages: Any = [{"role": "user", "content": "Ciao"}]
    with pytest.raises(openai.BadRequestError) as chat:
        sdk.chat.completions.create(
            model=CHEAP,
            messages=messages,
            response_format={
                "type": "json_schema",
                "json_schema": {"name": "post", "schema": schema, "strict": True},
            },
        )
    assert complaint in str(chat.value)
    assert (chat.value.param, chat.value.code) == ("response_format", "invalid_json_schema")
    with pytest.raises(openai.BadRequestError) as response:
        sdk.responses.create(
            model=CHEAP,
            input="Ciao",
            text={"format": {"type": "json_schema", "name": "post", "schema": schema, "strict": True}},
        )
    assert response.value.param == "text.format.schema"
    loose = sdk.responses.create(
        model=CHEAP, input="Ciao", text={"format": {"type": "json_schema", "name": "post", "schema": schema}}
    )
    assert json.loads(loose.output_text)


def test_free_json_has_to_be_asked_for_in_words_too(sdk: openai.OpenAI) -> None:
    said: Any = [{"role": "user", "content": "Ciao"}]
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        sdk.chat.completions.create(model=CHEAP, messages=said, response_format={"type": "json_object"})
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        sdk.responses.create(model=CHEAP, input="Ciao", text={"format": {"type": "json_object"}})
    wordy = sdk.responses.create(model=CHEAP, input="Ciao in JSON", text={"format": {"type": "json_object"}})
    assert set(json.loads(wordy.output_text)) == {"text"}
