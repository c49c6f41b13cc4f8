"""Structured output: whatever schema is taken, the answer fits it; whatever is none is refused in words."""

from __future__ import annotations

import json
import re
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
from sweeps import examples, sweep

from ppkit.practice_platform.api.error_answers import ApiError
from ppkit.practice_platform.api.schemas import SchemaPlace, check_schema
from ppkit.practice_platform.field_values import known_formats
from ppkit.practice_platform.json_shapes import wished_shape
from ppkit.practice_platform.patterns import text_like
from ppkit.practice_platform.structured import TooLargeToFit, fitting

CHEAP = "gpt-6-luna"
TEXT = "[Practice answer] Tea time. Come and see us! #tea #time #today"
PLACE = SchemaPlace("response_format 'post'", "response_format", "invalid_json_schema")


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


PATTERNS = (
    *(r"^[A-Z]{2}\d{3,}$", r"^#\w+$", r"^\+?[0-9 ]{7,15}$", r"^(it|en|fr)$", r"^https?://[^\s/]+(/\S*)?$"),
    *(r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", r"^#(?:[0-9a-fA-F]{3}){1,2}$", r"^\d{4}-(0[1-9]|1[0-2])$", r"\d{3}"),
    *(r"^([a-z]+)-\1$", r"^.{3,}$", r"[^a-z]{3}", r"^\D\W\S\s", "", r"^a*?b+$", r"caf[eé]"),
)


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
    like(
        "string",
        st.tuples(st.sampled_from(PATTERNS), st.integers(0, 3))
        .filter(lambda pair: pair != (r"^(it|en|fr)$", 3))  # which nothing fits
        .map(lambda pair: {"pattern": pair[0], "minLength": pair[1]}),
    ),
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
        st.lists(inner, min_size=1, max_size=3).map(
            lambda first: {"type": "array", "prefixItems": first, "items": False, "minItems": len(first)}
        ),
        st.tuples(inner, st.lists(names, max_size=2, unique=True)).map(
            lambda pair: {"type": "object", "required": pair[1], "additionalProperties": pair[0]}
        ),
        st.lists(st.tuples(names, inner), min_size=1, max_size=3, unique_by=lambda pair: pair[0]).map(
            lambda parts: {
                "allOf": [
                    {"type": "object", "properties": {name: p}, "required": [name]} for name, p in parts
                ]
            }
        ),
        st.tuples(names, inner).map(
            lambda pair: {
                "type": "object",
                "properties": {pair[0]: pair[1]},
                "required": [pair[0]],
                "minProperties": 3,
            }
        ),
    )


SCHEMAS = st.recursive(SIMPLE, nested, max_leaves=12)


@given(SCHEMAS)
@settings(max_examples=examples(50), deadline=None)
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
@settings(max_examples=examples(50), deadline=None)
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


PROMPT = "Write a post about the new tea menu of Maria, 3 pictures, for people of 25"


def value_of(schema: dict[str, Any], prompt: str = PROMPT) -> Any:
    return fitting(schema, TEXT, prompt)


@sweep(
    ("name", "expected"),
    [
        ("email", r"[^@]+@example\.com"),
        ("websiteUrl", r"https://.*"),
        ("publish_date", r"2026-\d\d-\d\d"),
        ("data_di_nascita", r"2026-\d\d-\d\d"),
        ("author_name", "Maria"),
        ("language", "en"),
        ("currency", "EUR"),
        ("hashtag", "#tea"),
        ("caption", r"\[Practice answer\] Tea time\..*"),
        ("titolo", r".*tea menu of Maria.*"),
        ("primaryColor", r"#[0-9a-f]{6}"),
        ("slug", r"[\w-]+"),
        ("telefono", r"\+39 .*"),
        ("sentiment", "positive"),
        ("whatever", r"Tea time\."),
    ],
)
def test_a_text_is_what_its_field_is_called(name: str, expected: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    assert re.fullmatch(expected, value_of(schema)[name], re.S)


def test_a_description_tells_where_the_name_does_not() -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string", "description": "the email address"}}}
    assert value_of(schema) == {"x": "practice@example.com"}


def test_a_number_is_the_prompts_where_its_field_asks_for_one() -> None:
    fields = {name: {"type": "integer"} for name in ("age", "year", "width")}
    assert value_of({"type": "object", "properties": fields}, "Jason is 25 years old") == {
        "age": 25,
        "year": 25,
        "width": 1024,
    }
    bounded = {"type": "object", "properties": {"year": {"type": "integer", "minimum": 1900}}}
    assert value_of(bounded, "Jason is 25 years old") == {"year": 2026}


def test_the_items_of_a_list_differ() -> None:
    item = {"type": "object", "properties": {"network": {"enum": ["instagram", "linkedin"]}, "day": {
        "type": "string", "format": "date"}, "title": {"type": "string"}}}  # fmt: skip
    first, second = value_of({"type": "array", "items": item, "minItems": 2})
    assert (first["network"], second["network"]) == ("instagram", "linkedin")
    assert first["title"] != second["title"]


@pytest.mark.parametrize(
    "pattern", [r"(?=.*\d)[a-z]{3}\d", r"\p{L}+", "a{1000000}", "(", "x" * 2_000, r"(?<!a)b", "(a{900}){900}"]
)
def test_a_pattern_beyond_us_stops_nothing(pattern: str) -> None:
    found = text_like(pattern)
    assert found is None or re.search(pattern, found)
    assert isinstance(value_of({"type": "string", "pattern": pattern}), str)


LANGCHAIN = """Answer the user query.
The output should be formatted as a JSON instance that conforms to the JSON schema below.

As an example, for the schema {"properties": {"foo": {"title": "Foo", "type": "array", "items": {"type": \
"string"}}}, "required": ["foo"]} the object {"foo": ["bar", "baz"]} is a well-formatted instance.

Here is the output schema:
```
{"properties": {"setup": {"type": "string"}, "punchline": {"type": "string"}}, "required": ["setup"]}
```
Tell me a joke."""
INSTRUCTOR = (
    "As a genius expert, your task is to understand the content and provide the parsed objects in json that"
    " match the following json_schema:\n\n"
    + json.dumps(
        {
            "title": "User",
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name", "age"],
        },
        indent=2,
    )
    + "\n\nMake sure to return an instance of the JSON, not the schema itself"
)


@pytest.mark.parametrize(
    ("texts", "keys"),
    [
        ([LANGCHAIN], ["setup", "punchline"]),
        ([INSTRUCTOR, "Extract: Jason is 25 years old"], ["name", "age"]),
        (["Return JSON with keys answer and justification. Why tea?"], ["answer", "justification"]),
        (["Rispondi in JSON con le chiavi titolo, testo e hashtag"], ["titolo", "testo", "hashtag"]),
        (['JSON like {"title": "...", "tags": ["a"], "score": 1}'], ["title", "tags", "score"]),
        (["A json object {'name': str, 'age': int}"], ["name", "age"]),
        (['Solo JSON: {"titolo": <testo>, "prezzo": <numero>}'], ["titolo", "prezzo"]),
        (["Reply in json", "Ciao"], ["text"]),
        (["Fields: `caption`, `alt` (string), `cta`. JSON only"], ["caption", "alt", "cta"]),
    ],
)
def test_free_json_has_the_shape_that_the_prompt_asks_for(texts: list[str], keys: list[str]) -> None:
    assert list(value_of(wished_shape(texts), texts[-1])) == keys


def test_an_example_gives_kinds_and_choices() -> None:
    shape = wished_shape(
        ['json: {"n": 2, "x": 1.5, "ok": true, "mood": "good | bad", "age": "int", "l": []}']
    )
    value = value_of(shape)
    assert [type(value[name]) for name in ("n", "ok", "age")] == [int, bool, int]
    assert value["mood"] == "good"


@given(st.text(max_size=200), st.sampled_from(["", '{"a": ', "keys: ", "{{{", '"x": ']))
@settings(max_examples=examples(50), deadline=None)
def test_whatever_a_prompt_says_free_json_is_an_object(prompt: str, more: str) -> None:
    assert isinstance(value_of(wished_shape([more + prompt]), prompt), dict)


def test_json_mode_of_users_works_through_the_sdk(sdk: openai.OpenAI) -> None:
    said: Any = [
        {"role": "system", "content": INSTRUCTOR},
        {"role": "user", "content": "Jason is 25 years old"},
    ]
    answer = sdk.chat.completions.create(model=CHEAP, messages=said, response_format={"type": "json_object"})
    assert json.loads(answer.choices[0].message.content or "") == {"name": "Jason", "age": 25}


def test_free_json_has_to_be_asked_for_in_words_too(sdk: openai.OpenAI) -> None:
    said: Any = [{"role": "user", "content": "Ciao"}]
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        sdk.chat.completions.create(model=CHEAP, messages=said, response_format={"type": "json_object"})
    with pytest.raises(openai.BadRequestError, match="must contain the word 'json'"):
        sdk.responses.create(model=CHEAP, input="Ciao", text={"format": {"type": "json_object"}})
    wordy = sdk.responses.create(model=CHEAP, input="Ciao in JSON", text={"format": {"type": "json_object"}})
    assert set(json.loads(wordy.output_text)) == {"text"}
