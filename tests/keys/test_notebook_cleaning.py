"""Taking keys out of a notebook changes the keys and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.keys.scan.notebook_keys import take_keys_out

from .canaries import FORMS, OTHERS, key_of

KEY = key_of("project")
MASKED = f"sk-…{KEY[-4:]}"


def notebook(source: object, outputs: object = (), metadata: object = None) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": source, "outputs": list(outputs)}  # type: ignore[call-overload]
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata or {}, "cells": [cell]}


@pytest.mark.parametrize("form", [*FORMS, *OTHERS])
def test_a_key_of_any_form_is_taken_out_of_every_place(form: str) -> None:
    key = key_of(form)
    outputs = [
        {"output_type": "stream", "text": [f"one {key}\n", "two\n"]},
        {"output_type": "error", "evalue": key, "traceback": [f"\x1b[31m{key}\x1b[0m", "end"]},
        {
            "output_type": "display_data",
            "data": {"text/html": f"<b>{key}</b>", "application/json": {key: [key]}},
        },
    ]
    dirty = notebook(f"key = '{key}'", outputs, {"widgets": {"state": {"value": key}}, "author": key})
    dirty["cells"][0]["metadata"] = {"note": key}
    dirty["cells"][0]["attachments"] = {"a.txt": {"text/plain": key}}
    taken = take_keys_out(dirty)
    assert key[10:] not in json.dumps(dirty)
    assert len(taken) == 11
    assert dirty["cells"][0]["outputs"][1]["traceback"][1] == "end"
    assert dirty["cells"][0]["outputs"][0]["text"][1] == "two\n"


def test_texts_that_only_stand_side_by_side_are_not_joined() -> None:
    key = "sk-" + key_of("practice")[12:]
    dirty = notebook("1", metadata={"tags": ["a", key, "b"]})
    take_keys_out(dirty)
    assert dirty["metadata"]["tags"] == ["a", f"sk-…{key[-4:]}", "b"]


def test_a_key_over_two_lines_of_a_source_is_taken_out() -> None:
    dirty = notebook(["key = (\n", f"  '{KEY[:40]}'\n", f"  '{KEY[40:]}'\n", ")\n", "print(1)"])
    take_keys_out(dirty)
    source = dirty["cells"][0]["source"]
    assert "".join(source) == f"key = (\n  '{MASKED}'\n)\nprint(1)"
    assert len(source) == 5


def test_taking_out_is_finished_after_once() -> None:
    dirty = notebook(f"'{KEY}'")
    assert len(take_keys_out(dirty)) == 1
    once = json.dumps(dirty)
    assert take_keys_out(dirty) == []
    assert json.dumps(dirty) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(
    source=st.text() | st.lists(st.text(), max_size=4),
    outputs=st.lists(st.dictionaries(st.text(), JSON, max_size=4), max_size=3),
    metadata=st.dictionaries(st.text(), JSON, max_size=4),
)
def test_a_notebook_without_a_key_stays_the_same_to_the_byte(
    source: object, outputs: list[object], metadata: dict[str, object]
) -> None:
    clean = notebook(source, outputs, metadata)
    before = json.dumps(clean)
    assert take_keys_out(clean) == []
    assert json.dumps(clean) == before


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"cells": None},
        {"cells": [None, 3, {}]},
        {"cells": [{"outputs": None}]},
        {"metadata": 3, "cells": [{}]},
    ],
)
def test_what_is_hardly_a_notebook_is_left_alone(odd: dict[str, Any]) -> None:
    before = json.dumps(odd)
    assert take_keys_out(odd) == []
    assert json.dumps(odd) == before


def test_pictures_stay_as_they_are() -> None:
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" + "Ab3+/" * 4000}}
    made = notebook("1", [picture])
    before = json.dumps(made)
    assert take_keys_out(made) == []
    assert json.dumps(made) == before
