"""Usage and costs asked of the platform: page by page, exact, going on where an import broke off."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.bill.errors import FiguresFileTooNew, FiguresFileUnusable, FiguresNotUnderstood
from ppkit.bill.fetching import fetch
from ppkit.bill.figure_file import FigureFile
from ppkit.bill.figures import DATASETS, Figure
from ppkit.bill.platform_bill import PlatformBill
from ppkit.clock import ManualClock

FIRST = date(2026, 9, 1)
DAY_SECONDS = 86_400


def seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


class Told:
    """A platform that tells two days a page; it remembers what it was asked."""

    def __init__(self, breaks_after: int = 10**6, omits: frozenset[date] = frozenset()) -> None:
        self.asked: list[tuple[str, date, str | None]] = []
        self.breaks_after, self.omits = breaks_after, omits
        self.with_raw_response = self

    def __getattr__(self, dataset: str) -> Any:
        if dataset not in DATASETS:
            raise AttributeError(dataset)
        return lambda **asked: self._answer(dataset, asked)

    def _answer(self, dataset: str, asked: dict[str, Any]) -> Any:
        first = datetime.fromtimestamp(asked["start_time"], UTC).date()
        page = asked.get("page")
        if len(self.asked) >= self.breaks_after:
            raise ConnectionError("gone")
        self.asked.append((dataset, first, page))
        start = int(page or asked["start_time"])
        starts = [at for at in (start, start + DAY_SECONDS) if at < asked["end_time"]]
        following = start + 2 * DAY_SECONDS
        more = following < asked["end_time"]
        text = json.dumps(
            {
                "data": [
                    {"start_time": at, "results": [self._result(dataset)]}
                    for at in starts
                    if datetime.fromtimestamp(at, UTC).date() not in self.omits
                ],
                "has_more": more,
                "next_page": str(following) if more else None,
            }
        )
        return SimpleNamespace(text=text)

    def _result(self, dataset: str) -> dict[str, object]:
        if dataset == "costs":
            amount = {"value": 0.000123456789, "currency": "usd"}
            return {"amount": amount, "line_item": "gpt-5, input", "api_key_id": "key_1"}
        return {"model": "gpt-5", "api_key_id": None, "num_model_requests": 2, "input_tokens": 7}

    @contextmanager
    def lent(self) -> Iterator[Told]:
        yield self


@pytest.fixture
def file(tmp_path: Path) -> FigureFile:
    return FigureFile(tmp_path / "home" / "figures.sqlite3")


def bill_of(file: FigureFile, day: date) -> PlatformBill:
    def no_ledger() -> Any:
        raise AssertionError("an import needs no ledger")

    clock = ManualClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    return PlatformBill(file, no_ledger, clock, no_ledger)


def test_every_page_is_asked_for_and_amounts_stay_exact(file: FigureFile) -> None:
    told = Told()
    pages = list(fetch(told, "costs", FIRST, FIRST + timedelta(days=4)))
    assert [page for _, _, page in told.asked] == [
        None, str(seconds(FIRST) + 2 * DAY_SECONDS), str(seconds(FIRST) + 4 * DAY_SECONDS)
    ]  # fmt: skip
    assert [day for page in pages for day in page.days] == [FIRST + timedelta(days=n) for n in range(5)]
    assert pages[0].figures[0] == Figure("costs", FIRST, "gpt-5, input", "key_1", pico_usd=123_456_789)


def test_what_was_imported_twice_is_there_once(file: FigureFile) -> None:
    for _ in range(2):
        bill_of(file, FIRST + timedelta(days=1)).fetch(Told().lent, {}, FIRST)
    found = file.figures(FIRST, FIRST + timedelta(days=9))
    assert len(found) == 2 * len(DATASETS)
    assert {figure.calls for figure in found if figure.dataset != "costs"} == {2}


def test_an_import_that_broke_off_goes_on_with_the_days_that_are_missing(file: FigureFile) -> None:
    today = FIRST + timedelta(days=5)
    broken = Told(breaks_after=2)
    with pytest.raises(ConnectionError):
        bill_of(file, today).fetch(broken.lent, {}, FIRST)
    assert len(file.figures(FIRST, today)) == 4
    again = Told()
    bill_of(file, today).fetch(again.lent, {}, FIRST)
    assert again.asked[0] == ("costs", FIRST + timedelta(days=4), None)
    assert len(file.figures(FIRST, today)) == 6 * len(DATASETS)


def test_days_that_may_have_been_incomplete_are_asked_for_again(file: FigureFile) -> None:
    today = FIRST + timedelta(days=5)
    bill_of(file, today).fetch(Told().lent, {}, FIRST)
    again = Told()
    bill_of(file, today + timedelta(days=9)).fetch(again.lent, {}, FIRST, today)
    assert again.asked[0][1] == FIRST + timedelta(days=4)
    last = Told()
    bill_of(file, today + timedelta(days=9)).fetch(last.lent, {}, FIRST, today)
    assert last.asked == []


def test_a_day_left_out_of_a_complete_answer_had_nothing(file: FigureFile) -> None:
    day = FIRST + timedelta(days=1)
    bill_of(file, FIRST + timedelta(days=9)).fetch(Told(omits=frozenset({day})).lent, {}, FIRST, day)
    assert file.final_days("costs", FIRST, day) == {FIRST, day}
    assert {figure.day for figure in file.figures(FIRST, day)} == {FIRST}


@pytest.mark.parametrize(("following", "asks"), [("again", 2), (None, 1), ("", 1), (5, 1)])
def test_pages_that_are_promised_and_cannot_be_asked_for_are_no_days_without_use(
    file: FigureFile, following: object, asks: int
) -> None:
    text = json.dumps({"data": [], "has_more": True, "next_page": following})
    asked: list[object] = []

    def answer(**given: object) -> Any:
        asked.append(given)
        return SimpleNamespace(text=text)

    @contextmanager
    def usage() -> Iterator[Any]:
        yield SimpleNamespace(with_raw_response=SimpleNamespace(costs=answer))

    with pytest.raises(FiguresNotUnderstood):
        bill_of(file, FIRST + timedelta(days=9)).fetch(usage, {}, FIRST, FIRST)
    assert (len(asked), file.days()) == (asks, None)


def test_asking_without_end_is_given_up() -> None:
    asked: list[object] = []

    def answer(**given: object) -> Any:
        asked.append(given)
        return SimpleNamespace(text=json.dumps({"data": [], "has_more": True, "next_page": f"p{len(asked)}"}))

    usage = SimpleNamespace(with_raw_response=SimpleNamespace(costs=answer))
    with pytest.raises(FiguresNotUnderstood):
        list(fetch(usage, "costs", FIRST, FIRST))


def page_with(**result: object) -> str:
    bucket = {"start_time": seconds(FIRST), "results": [result]}
    return json.dumps({"data": [bucket], "has_more": False})


def read(text: str, dataset: Any = "costs") -> list[Figure]:
    raw = SimpleNamespace(**{dataset: lambda **_: SimpleNamespace(text=text)})
    return [
        figure
        for page in fetch(SimpleNamespace(with_raw_response=raw), dataset, FIRST, FIRST)
        for figure in page.figures
    ]


@pytest.mark.parametrize(
    ("dataset", "text"),
    [
        ("costs", "no JSON"),
        ("costs", "[]"),
        ("costs", '{"data": 5}'),
        ("costs", json.dumps({"data": [{"start_time": 5, "results": []}]})),
        ("costs", page_with(amount={"value": 1, "currency": "eur"})),
        ("costs", page_with(amount={"value": True})),
        ("costs", page_with(amount={"value": "many"})),
        ("costs", page_with(amount={"value": 10**9})),
        ("costs", page_with(amount=None)),
        ("costs", page_with(amount={"value": 1}, line_item=5)),
        ("completions", page_with(model="gpt-5", num_model_requests=-1)),
        ("completions", page_with(model="gpt-5", num_model_requests=1.5)),
        ("completions", page_with(model="gpt-5", num_model_requests="1")),
    ],
)
def test_figures_that_are_not_as_the_document_has_them_are_refused(dataset: str, text: str) -> None:
    with pytest.raises(FiguresNotUnderstood):
        read(text, dataset)


def test_an_amount_as_text_is_taken_and_read_exactly() -> None:
    assert read(page_with(amount={"value": "0.000000000001"}))[0].pico_usd == 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "results", "start_time", "amount", "value", "currency", "next_page"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_an_answer_holds_it_is_read_or_refused(document: object) -> None:
    for dataset in ("costs", "images"):
        for text in (json.dumps(document), page_with(amount=document, images=document)):
            with suppress(FiguresNotUnderstood):
                read(text, dataset)


def test_the_file_is_private_and_somebody_elses_is_left_alone(file: FigureFile, tmp_path: Path) -> None:
    file.replace("costs", [FIRST], [], source="file", told_at=datetime.now(UTC))
    assert file.path.stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other.sqlite3"
    other.write_bytes(b"not a database at all" * 100)
    with pytest.raises(FiguresFileUnusable):
        FigureFile(other).days()
    assert other.read_bytes().startswith(b"not a database")
    with sqlite3.connect(file.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(FiguresFileTooNew):
        file.days()
