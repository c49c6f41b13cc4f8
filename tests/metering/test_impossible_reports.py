"""Calls as they went wrong in the field: what was asked, what was answered, and the right booking."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ppkit.metering import Meter
from ppkit.money import Money
from ppkit.spending.budget import Budget
from ppkit.spending.ceiling import ceiling_of
from ppkit.spending.ledger import Entry
from ppkit.spending.own_prices import read_own_prices
from ppkit.spending.prices import PriceCatalogue

from .callers import Caller
from .fake_platform import MODEL, FakePlatform, sse

TEXT = "word " * 600
CATALOGUE = PriceCatalogue()
CIAO: dict[str, Any] = {"messages": [{"role": "user", "content": "Ciao"}]}
MINI = CIAO | {"model": "gpt-5.4-mini"}


@pytest.fixture(scope="session")
def catalogue() -> PriceCatalogue:
    return CATALOGUE


def booked(caller: Caller, meter: Meter, platform: FakePlatform, method: str, **call: Any) -> Entry:
    """The entry of one call; a list of events is answered as a stream."""
    answer = call.pop("answer")
    if isinstance(answer, Mapping):
        platform.answer_with(httpx2.Response(200, json=answer))
        caller.call(method, **call)
    else:
        lines = [each if each == "[DONE]" else json.dumps(each) for each in answer]
        platform.answer_with(sse([f"data: {line}\n\n".encode() for line in lines]))
        caller.stream(method, **call)
    meter.flush()
    assert meter.ledger.audit() == []
    return meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"])


def tokens(prompt: int, completion: int, total: int | None = None) -> dict[str, int]:
    total = prompt + completion if total is None else total
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def chat(usage: object, model: str = "gpt-5.4-mini", text: str = TEXT) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None, "message": message}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }


def chunks(*reports: object, finished_with: object = None, text: str = TEXT) -> list[Any]:
    """A chat in one chunk, its finish (perhaps with a report) and chunks with nothing but a report."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5.4-mini"}
    said = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}
    stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
    finish = base | {"choices": [stop]} | ({} if finished_with is None else {"usage": finished_with})
    tail = [base | {"choices": [], "usage": report} for report in reports]
    return [base | {"choices": [said]}, finish, *tail, "[DONE]"]


def response(model: str, read: int, written: int, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    message = {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": model,
        "output": [*items, message],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
    } | more


def search(number: int, kind: str = "search") -> dict[str, Any]:
    action = {"type": kind, "query": "x", "url": "https://a.test", "pattern": "x"}
    return {"id": f"ws_{number}", "type": "web_search_call", "status": "completed", "action": action}


SEARCHES = [search(number) for number in range(4)]
CREATE, EMBED, DRAW, RESPOND = (
    "chat.completions.create",
    "embeddings.create",
    "images.generate",
    "responses.create",
)


# ---------------------------------------------------------------- what cannot be true


@pytest.mark.parametrize(
    "usage",
    [
        tokens(0, 0),
        tokens(0, 600),
        tokens(25, 0),
        tokens(25, 1),
        tokens(-25, 600),
        tokens(25, 10**18),
        {"prompt_tokens": 25.0, "completion_tokens": 600, "total_tokens": 625},
        {"prompt_tokens": "25", "completion_tokens": "600", "total_tokens": "625"},
        tokens(25, 600) | {"prompt_tokens_details": {"cached_tokens": 26}},
        {},
        None,
    ],
)
def test_a_report_that_cannot_be_true_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, usage: Any
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat(usage), **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_contradiction_above_the_ceiling_counts_at_its_larger_reading(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat(tokens(0, 900_000)), **MINI)
    assert (entry.cost, entry.mark) == (Money.usd("4.05"), "estimated")


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        (tokens(25, 600, total=1_000), "0.00440625"),  # 375 more than the parts: as output
        (tokens(25, 600, total=100), "0.00271875"),
        (tokens(25, 0, total=625), "0.00271875"),
        (tokens(0, 600, total=625), "0.00271875"),
    ],
)
def test_what_the_parts_do_not_explain_counts_as_the_dearer_kind(
    caller: Caller, meter: Meter, platform: FakePlatform, usage: Any, usd: str
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chat(usage), **MINI)
    assert (entry.cost, entry.mark) == (Money.usd(usd), "estimated")


def test_embeddings_count_the_total_that_their_parts_do_not_explain(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = {
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.1]}],
        "usage": {"prompt_tokens": 0, "total_tokens": 400},
    }
    call = {"model": "text-embedding-3-small", "input": "Ciao " * 200}
    entry = booked(caller, meter, platform, EMBED, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.000008"), "estimated")


def test_a_pictures_output_that_its_details_do_not_explain_is_picture(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    usage = {
        "total_tokens": 1079,
        "input_tokens": 23,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
        "output_tokens": 1056,
        "output_tokens_details": {"image_tokens": 0, "text_tokens": 0},
    }
    answer = {"created": 1, "data": [{"b64_json": "aGVsbG8h"}], "usage": usage}
    call = {"model": "gpt-image-1.5", "prompt": "x", "quality": "medium", "size": "1024x1024"}
    entry = booked(caller, meter, platform, DRAW, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.033907"), "estimated")


# ---------------------------------------------------------------- streams


FULL = tokens(25, 600)


@pytest.mark.parametrize(
    ("answer", "mark"),
    [
        (chunks(FULL), None),
        (chunks(finished_with=FULL), None),
        (chunks(tokens(0, 0), finished_with=FULL), "estimated"),
        (chunks(FULL, tokens(0, 0)), "estimated"),
        (chunks(FULL, tokens(25, 0)), "estimated"),
        (chunks(FULL, tokens(0, 0), tokens(0, 0)), "estimated"),
        (chunks(FULL, {}), "estimated"),
        (chunks(FULL, tokens(25, 600, total=0)), "estimated"),
        (chunks(FULL, tokens(25, 1)), "estimated"),
        (chunks(tokens(25, 100), FULL), None),
        (chunks(tokens(25, 900), FULL), None),
        (chunks(tokens(0, 0), FULL), None),
        (chunks(FULL, finished_with=tokens(0, 0)), None),
        (chunks(FULL, finished_with=tokens(25, 100)), None),
    ],
)
@pytest.mark.parametrize("asked", [{}, {"stream_options": {"include_usage": True}}])
def test_of_all_reports_of_a_stream_the_last_that_can_be_true_counts(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    answer: Sequence[Any],
    mark: str | None,
    asked: dict[str, Any],
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI, **asked)
    assert (entry.cost, entry.mark) == (Money.usd("0.00271875"), mark)


@pytest.mark.parametrize("report", [tokens(0, 0), tokens(25, 0), tokens(25, 1), tokens(0, 600)])
def test_a_stream_without_any_report_that_can_be_true_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, report: Any
) -> None:
    entry = booked(caller, meter, platform, CREATE, answer=chunks(report), **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_a_stream_left_after_its_report_counts_what_was_reported(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    events = [f"data: {json.dumps(each)}\n\n".encode() for each in chunks(finished_with=FULL)[:-1]]
    platform.answer_with(sse(events))
    caller.stream(CREATE, take=2, **MINI)
    meter.flush()
    entry = meter.ledger.entry(platform.requests[0].headers["x-client-request-id"])
    assert (entry.cost, entry.mark) == (Money.usd("0.00271875"), None)


@pytest.mark.parametrize(
    ("early", "taken", "mark"),
    [
        ([tokens(25, 1)], None, "ceiling"),  # a chat may have thought: what was seen is no bound
        ([tokens(25, 1)], 3, "ceiling"),
        ([tokens(25, 1), tokens(0, 0)], None, "ceiling"),
    ],
)
def test_a_report_that_text_has_outgrown_is_not_the_last_word(
    caller: Caller, meter: Meter, platform: FakePlatform, early: list[Any], taken: int | None, mark: str
) -> None:
    text = [f"data: {json.dumps(each)}\n\n".encode() for each in chunks()]
    head = [
        f"data: {json.dumps(each)}\n\n".encode()
        for report in early
        for each in chunks(report)
        if each != "[DONE]" and not each["choices"]
    ]
    platform.answer_with(sse([*head, *text]))
    caller.stream(CREATE, take=taken, **MINI, stream_options={"include_usage": True})
    meter.flush()
    entry = meter.ledger.entry(platform.requests[0].headers["x-client-request-id"])
    assert (entry.cost, entry.mark) == (entry.reserved, mark)


@pytest.mark.parametrize("streamed", [True, False])
def test_an_answer_of_a_dearer_model_without_usage_counts_at_that_models_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, streamed: bool
) -> None:
    call = MINI | {"max_completion_tokens": 1_000}
    whole = chat(None, model="gpt-5.5")
    answer: Any = whole
    if streamed:
        answer = [each if each == "[DONE]" else each | {"model": "gpt-5.5"} for each in chunks()]
    entry = booked(caller, meter, platform, CREATE, answer=answer, **call)
    price = CATALOGUE.price_of("gpt-5.5", meter.clock.now())
    size = len(platform.requests[-1].content)
    dearer = ceiling_of("chat", call | {"model": "gpt-5.5"}, size, price).total
    assert entry.cost is not None
    assert entry.reserved < entry.cost
    assert abs(entry.cost.pico_usd - dearer.pico_usd) < dearer.pico_usd // 10
    assert entry.mark == "ceiling"


def test_a_broken_stream_of_a_dearer_model_counts_what_was_seen_at_its_price(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = MINI | {"reasoning_effort": "none"}
    events = [each | {"model": "gpt-5.5"} for each in chunks()[:1]]
    entry = booked(caller, meter, platform, CREATE, answer=events, **call)
    platform.answer_with(sse([f"data: {json.dumps(each)}\n\n".encode() for each in events * 2]))
    caller.stream(CREATE, take=1, **call)
    meter.flush()
    broken = meter.ledger.entry(platform.requests[-1].headers["x-client-request-id"])
    assert broken.mark == "estimated"
    assert broken.cost is not None
    assert broken.cost > Money.usd("0.00003") * len(TEXT)
    assert entry.mark == "ceiling"


def ended(read: int, written: int) -> dict[str, Any]:
    whole = response("gpt-5.4-mini", read, written)
    return {"type": "response.completed", "sequence_number": 9, "response": whole}


def under_way(read: int, written: int) -> dict[str, Any]:
    return ended(read, written) | {"type": "response.in_progress"}


@pytest.mark.parametrize(
    ("answer", "cost", "mark"),
    [
        ([ended(25, 600)], "0.00271875", None),
        ([under_way(25, 1), ended(25, 600)], "0.00271875", None),
        ([under_way(25, 600), ended(0, 0)], "0.00271875", "estimated"),
        ([ended(0, 0)], None, "ceiling"),
        ([ended(25, 0)], None, "ceiling"),
        ([under_way(0, 0)], None, "ceiling"),
    ],
)
def test_a_streamed_response_counts_its_last_report_that_can_be_true(
    caller: Caller, meter: Meter, platform: FakePlatform, answer: Any, cost: str | None, mark: str | None
) -> None:
    call = {"model": "gpt-5.4-mini", "input": "Ciao", "max_output_tokens": 2_000}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd(cost) if cost else entry.reserved, mark)


def drawn(written: int) -> dict[str, Any]:
    usage = {
        "input_tokens": 23,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
        "output_tokens": written,
        "total_tokens": 23 + written,
    }
    return {"type": "image_generation.completed", "b64_json": "AAAA", "created_at": 1, "usage": usage}


@pytest.mark.parametrize(
    ("answer", "usd", "mark"),
    [
        ([drawn(1056), drawn(1056)], "0.067814", None),
        ([drawn(1056), drawn(0)], None, "ceiling"),
        ([drawn(1056)], None, "ceiling"),
    ],
)
def test_each_picture_of_a_stream_is_judged(
    caller: Caller, meter: Meter, platform: FakePlatform, answer: Any, usd: str | None, mark: str | None
) -> None:
    call = {"model": "gpt-image-1.5", "prompt": "x", "n": 2, "quality": "medium", "size": "1024x1024"}
    entry = booked(caller, meter, platform, DRAW, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd(usd) if usd else entry.reserved, mark)


def test_an_edits_pictures_are_counted_though_a_form_gives_their_number_as_a_text(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = {"model": "gpt-image-1.5", "prompt": "x", "n": 2, "image": b"png"}
    entry = booked(caller, meter, platform, "images.edit", answer=[drawn(1056)], **call)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


# ---------------------------------------------------------------- the model and tier that answered


@pytest.mark.parametrize(
    ("asked", "answered", "usd"),
    [
        ("gpt-5.4-mini", "gpt-5.5", "0.2"),
        ("gpt-5.4-mini", "gpt-5.4-mini-2026-03-17", "0.03"),
        ("gpt-5.4-mini", "gpt-5.4-mini-2029-01-01", "0.03"),
        ("gpt-5.5", "gpt-5.4-mini", "0.03"),
        ("gpt-4o", "gpt-4o-2024-05-13", "0.125"),
        ("gpt-6.2-sol", "gpt-6.2-sol-2026-11-17", "0.07"),
        ("gpt-5.5", None, "0.2"),
    ],
)
def test_a_call_costs_what_the_model_costs_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform, asked: str, answered: str | None, usd: str
) -> None:
    answer = chat(tokens(10_000, 5_000)) | {"model": answered}
    entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": asked})
    assert (entry.cost, entry.mark) == (Money.usd(usd), None)


def test_a_dearer_model_that_passes_the_ceiling_is_an_overrun(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = MINI | {"max_completion_tokens": 5_000}
    answer = chat(tokens(10_000, 5_000), model="gpt-5.5")
    entry = booked(caller, meter, platform, CREATE, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.2"), "overrun")


@pytest.mark.parametrize("more", [{"model": "gpt-99-nova"}, {"service_tier": "ultrafast"}])
def test_an_answer_without_a_known_price_counts_at_the_ceiling(
    caller: Caller, meter: Meter, platform: FakePlatform, more: dict[str, str]
) -> None:
    answer = chat(tokens(20, 600)) | more
    entry = booked(caller, meter, platform, CREATE, answer=answer, **MINI)
    assert (entry.cost, entry.mark) == (entry.reserved, "ceiling")


def test_what_the_user_said_of_a_model_holds_for_its_snapshots(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    meter.catalogue = CATALOGUE.with_user_price(MODEL, input="1", output="5")
    answer = chat(tokens(20, 600), model=f"{MODEL}-2026-01-01") | {"service_tier": "scale"}
    entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": MODEL})
    assert (entry.cost, entry.mark) == (Money.usd("0.00302"), None)


@pytest.mark.parametrize(("answered", "usd"), [("default", "0.00302"), ("priority", "0.00604")])
def test_a_price_from_the_users_file_holds_for_snapshots_at_the_tier_that_answered(
    caller: Caller, meter: Meter, platform: FakePlatform, tmp_path: Path, answered: str, usd: str
) -> None:
    file = tmp_path / "ppkit-prices.toml"
    file.write_text(
        f'[[price]]\nmodels = ["{MODEL}"]\ninput = "1"\noutput = "5"\ntiers = {{priority = "2"}}\n'
        'note = "contract 2026"\n'
    )
    meter.catalogue = PriceCatalogue(own=read_own_prices(file))
    answer = chat(tokens(20, 600), model=f"{MODEL}-2026-01-01") | {"service_tier": answered}
    with meter.receipts() as receipts:
        entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": MODEL})
    assert entry.cost == Money.usd(usd)
    assert [receipt.price_from for receipt in receipts] == ["contract 2026 (ppkit-prices.toml)"]


@pytest.mark.parametrize(("answered", "mark"), [("gpt-5.5", None), ("gpt-5.4-nano", "estimated")])
def test_of_the_users_price_and_that_of_another_model_the_dearer_counts(
    caller: Caller, meter: Meter, platform: FakePlatform, answered: str, mark: str | None
) -> None:
    meter.catalogue = CATALOGUE.with_user_price(MODEL, input="1", output="5")
    answer = chat(tokens(10_000, 5_000), model=answered)
    entry = booked(caller, meter, platform, CREATE, answer=answer, **CIAO | {"model": MODEL})
    assert (entry.cost, entry.mark) == (Money.usd("0.2" if mark is None else "0.035"), mark)


def test_a_long_request_at_a_tier_without_a_row_for_it_takes_the_usual_surcharge(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    answer = response("gpt-5.5-pro", 300_000, 1_000, service_tier="flex")
    call = {"model": "gpt-5.5-pro", "input": "Ciao", "service_tier": "flex", "max_output_tokens": 2_000}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("9.135"), "overrun")


# ---------------------------------------------------------------- hosted tools, background


NEWS: dict[str, Any] = {"model": "gpt-5.4-mini", "input": "news", "tools": [{"type": "web_search"}]}


@pytest.mark.parametrize("bound", [{}, {"max_tool_calls": 4}, {"max_tool_calls": 9}])
@pytest.mark.parametrize("told", [{}, {"tool_usage": {"web_search": {"num_requests": 4}}}])
@pytest.mark.parametrize("others", [[], [search(8, "open_page"), search(9, "find_in_page")]])
def test_searches_take_their_published_fee(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    bound: dict[str, int],
    told: dict[str, Any],
    others: list[dict[str, Any]],
) -> None:
    answer = response("gpt-5.4-mini", 4200, 300, *SEARCHES, *others, **told)
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS, **bound)
    assert (entry.cost, entry.mark) == (Money.usd("0.0445"), None)
    assert entry.cost_parts is not None
    assert entry.cost_parts["tools"] == Money.usd("0.04")


def test_searches_whose_number_is_bounded_are_held_under_a_hard_limit(
    caller: Caller, meter: Meter, platform: FakePlatform, budget: Budget
) -> None:
    budget.set(hard="10")
    answer = response("gpt-5.4-mini", 4200, 300, *SEARCHES)
    entry = booked(
        caller, meter, platform, RESPOND, answer=answer, **NEWS, max_tool_calls=4, max_output_tokens=500
    )
    assert (entry.cost, entry.mark) == (Money.usd("0.0445"), None)
    assert Money.usd("1") < entry.reserved < Money.usd("4")


def test_searches_of_a_stream_take_their_fee(caller: Caller, meter: Meter, platform: FakePlatform) -> None:
    whole = response("gpt-5.4-mini", 4200, 300, *SEARCHES)
    answer = [{"type": "response.completed", "sequence_number": 1, "response": whole}]
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert (entry.cost, entry.mark) == (Money.usd("0.0445"), None)


@pytest.mark.parametrize(("told", "usd"), [(0, "0.0445"), (2, "0.0445"), (6, "0.0645"), (-1, "0.0445")])
def test_of_searches_shown_and_reported_the_more_count(
    caller: Caller, meter: Meter, platform: FakePlatform, told: int, usd: str
) -> None:
    usage = {"tool_usage": {"web_search": {"num_requests": told}}}
    answer = response("gpt-5.4-mini", 4200, 300, *SEARCHES, **usage)
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **NEWS)
    assert entry.cost == Money.usd(usd)
    assert entry.mark == ("estimated" if told >= 0 else None)


CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto"}}
RAN = {
    "id": "ci_1",
    "type": "code_interpreter_call",
    "status": "completed",
    "container_id": "c1",
    "code": "1",
    "outputs": None,
}
FOUND: dict[str, Any] = {
    "id": "fs_1",
    "type": "file_search_call",
    "status": "completed",
    "queries": [],
    "results": None,
}
STRANGE = {"id": "mcp_1", "type": "mcp_call", "name": "f", "arguments": "{}", "server_label": "s"}
FILES = {"type": "file_search", "vector_store_ids": ["vs_1"]}


@pytest.mark.parametrize(
    ("tool", "items", "usd", "mark"),
    [
        (FILES, [FOUND, FOUND], "0.005", None),
        (CODE, [RAN, RAN], "0.03", None),
        (CODE, [RAN, RAN | {"container_id": "c2"}], "0.06", None),
        (CODE, [], "0.03", "estimated"),
        (CODE | {"container": {"type": "auto", "memory_limit": "16g"}}, [RAN], "0.48", None),
        (CODE | {"container": "cntr_1"}, [RAN], "1.92", "estimated"),
        ({"type": "web_search_preview"}, SEARCHES, "0.04", None),
        ({"type": "web_search"}, [], "0", None),
        ({"type": "web_search"}, [STRANGE], "0", "estimated"),
    ],
)
def test_each_tool_takes_its_fee(
    caller: Caller,
    meter: Meter,
    platform: FakePlatform,
    tool: dict[str, Any],
    items: list[dict[str, Any]],
    usd: str,
    mark: str | None,
) -> None:
    answer = response("gpt-5.4-mini", 4200, 300, *items)
    call = NEWS | {"tools": [tool], "max_tool_calls": 9}
    entry = booked(caller, meter, platform, RESPOND, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.0045") + Money.usd(usd), mark)


def test_what_another_model_drew_or_wrote_for_the_answer_is_counted(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    author = {"model": "gpt-5.5", "input_tokens": 10_000, "output_tokens": 5_000, "total_tokens": 15_000}
    usage = {
        "input_tokens": 23,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 23},
        "output_tokens": 1056,
        "output_tokens_details": {"image_tokens": 1056, "text_tokens": 0},
        "total_tokens": 1079,
    }
    answer = {"created": 1, "data": [{"b64_json": "AAAA"}], "usage": usage, "svg_usage": author}
    call = {"model": "gpt-image-1.5", "prompt": "x", "output_format": "svg"}
    entry = booked(caller, meter, platform, DRAW, answer=answer, **call)
    assert (entry.cost, entry.mark) == (Money.usd("0.233907"), "estimated")
    unknown = answer | {"svg_usage": author | {"model": "gpt-99-nova"}}
    entry = booked(caller, meter, platform, DRAW, answer=unknown, **call)
    assert (entry.cost, entry.mark) == (entry.reserved, "estimated")


def test_a_response_in_the_background_is_held_at_its_input_and_its_output_bound(
    caller: Caller, meter: Meter, platform: FakePlatform
) -> None:
    call = {"model": "gpt-5.4", "input": "Ciao", "max_output_tokens": 500}
    in_front, behind = (
        booked(caller, meter, platform, RESPOND, answer=response("gpt-5.4", 20, 300), **call, **more)
        for more in ({}, {"background": True})
    )
    body = call | {"background": True}
    price = CATALOGUE.price_of("gpt-5.4", meter.clock.now())
    ceiling = ceiling_of("responses", body, len(platform.requests[-1].content), price)
    assert behind.reserved == ceiling.total < Money.usd("0.01")
    assert behind.reserved - in_front.reserved < Money.usd("0.0001")
    assert (behind.cost, behind.mark) == (Money.usd("0.00455"), None)
