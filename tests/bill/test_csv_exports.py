"""The CSV files of the platform's usage page: read as they are, refused with their line, never by halves."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.bill.csv_exports import LARGEST_EXPORT, read_export
from ppkit.bill.errors import (
    ExportCurrencyOther,
    ExportLineBroken,
    ExportLineFaulty,
    ExportMomentFaulty,
    ExportNumberFaulty,
    ExportTooLarge,
    FiguresError,
    NotAnExport,
)
from ppkit.bill.figures import Figure, added_up

COSTS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,"
    "line_item,user_id,api_key_id,project_id,organization_id,project_name,organization_name,user_email,"
    "api_source\n"
)
USAGE = (
    "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,"
    "batch,service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens\n"
)
EMPTY = "start_time,end_time,start_time_iso,end_time_iso\n"
DAY = date(2026, 9, 28)
SECONDS = int(datetime(2026, 9, 28, tzinfo=UTC).timestamp())
PERIOD = f"{SECONDS},{SECONDS + 86_400},2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00"


def cost_line(amount: str, item: str = "", key: str = "", currency: str = "usd") -> str:
    return f'{PERIOD},{amount},{currency},,,"{item}",,{key},,org-x,,Studio,,\n'


def read(text: str, name: str = "") -> Any:
    return read_export(text.encode(), name)


def test_a_cost_export_as_it_was_seen_is_read_to_the_pico_dollar() -> None:
    empty = "1790467200,1790553600,2026-09-27T00:00:00+00:00,2026-09-28T00:00:00+00:00,,,,,,,,,,,,,\n"
    text = COSTS + empty + cost_line("0.003835980000000000000000000000")
    text += cost_line("0.5", "gpt-5-nano-2025-08-07, input_tokens", "key_1")
    export = read(text)
    assert (export.dataset, export.lines) == ("costs", 3)
    assert export.days == {DAY, DAY - timedelta(days=1)}
    whole, grouped = export.figures
    assert whole == Figure("costs", DAY, "", pico_usd=3_835_980_000)
    assert (grouped.key_id, grouped.pico_usd, grouped.model) == ("key_1", 5 * 10**11, "gpt-5-nano")


def test_a_usage_export_as_it_was_seen_is_read() -> None:
    line = (
        f"{PERIOD},proj_a,10.0,user-x,key_1,gpt-4o-2024-08-06,FALSE,default,59200.0,10646.0,5760.0,53440.0\n"
    )
    empty = "1759881600,1759968000,2025-10-08T00:00:00+00:00,2025-10-09T00:00:00+00:00,,,,,,,,,,,\n"
    export = read(USAGE + line + empty)
    assert export.dataset == "completions"
    assert export.figures == (
        Figure(
            "completions",
            DAY,
            "gpt-4o-2024-08-06",
            "key_1",
            calls=10,
            input_tokens=59_200,
            cached_tokens=5_760,
            output_tokens=10_646,
        ),
    )
    assert len(export.days) == 2


def test_minutes_of_one_day_are_that_day() -> None:
    minutes = "".join(
        f"{SECONDS + 60 * at},{SECONDS + 60 * at + 60},,,p,3.0,u,key_1,gpt-5,FALSE,,100,20,,\n"
        for at in (0, 10, 1_439)
    )
    (figure,) = added_up(read(USAGE + minutes).figures)
    assert (figure.day, figure.calls, figure.input_tokens) == (DAY, 9, 300)


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("cost_2026-09-25_2026-09-29.csv", "costs"),
        ("completions_usage_2025-10-27_2025-10-27.csv", "completions"),
        ("embeddings_usage_2025-01-01_2025-01-31 (1).csv", "embeddings"),
    ],
)
def test_an_export_of_empty_days_is_told_by_its_name(name: str, dataset: str) -> None:
    export = read(EMPTY + PERIOD + "\n", f"Downloads/{name}")
    assert (export.dataset, export.days, export.figures) == (dataset, {DAY}, ())
    with pytest.raises(NotAnExport):
        read(EMPTY + PERIOD + "\n", "report.csv")


def test_what_a_spreadsheet_made_of_it_is_read_too() -> None:
    text = "\ufeffstart_time_iso;end_time_iso;amount_value;amount_currency;line_item\r\n"
    text += (
        '2026-09-28T00:00:00;2026-09-29T00:00:00;0,25;USD;"gpt-5, output"\r\n;;;;\r\n2026-09-28T00:00:00\r\n'
    )
    assert read(text).figures == (Figure("costs", DAY, "gpt-5, output", pico_usd=25 * 10**10),)


@pytest.mark.parametrize(
    ("line", "kind", "column"),
    [
        (cost_line("1,2"), ExportLineBroken, "–"),
        (cost_line("abc"), ExportNumberFaulty, "amount_value"),
        (cost_line("NaN"), ExportNumberFaulty, "amount_value"),
        (cost_line("1e400"), ExportNumberFaulty, "amount_value"),
        (cost_line("1e999999"), ExportNumberFaulty, "amount_value"),
        (cost_line("9999999999"), ExportNumberFaulty, "amount_value"),
        (cost_line("1", currency="eur"), ExportCurrencyOther, "amount_currency"),
        (cost_line("1").replace(str(SECONDS), "1.79E+09", 1), ExportMomentFaulty, "start_time"),
        (
            cost_line("1").replace(f"{SECONDS},", ",", 1).replace("T00", "T99", 1),
            ExportMomentFaulty,
            "start_time_iso",
        ),
        (
            cost_line("1").replace(str(SECONDS + 86_400), str(SECONDS + 999_999)),
            ExportMomentFaulty,
            "end_time",
        ),
        (',,,,1,usd,,,"gpt",,,,,,,,\n', ExportMomentFaulty, "start_time_iso"),
        ('"' + cost_line("1"), ExportLineBroken, "–"),
    ],
)
def test_a_faulty_line_is_named_and_nothing_is_taken(
    line: str, kind: type[ExportLineFaulty], column: str
) -> None:
    with pytest.raises(kind) as refusal:
        read(COSTS + cost_line("0.5") + line)
    assert (refusal.value.facts["line"], refusal.value.facts["column"]) == (3, column)


@pytest.mark.parametrize("count", ["-1", "1.5", "x", "1e30"])
def test_a_count_is_a_whole_number(count: str) -> None:
    with pytest.raises(ExportNumberFaulty):
        read(USAGE + f"{PERIOD},p,1,u,k,gpt-5,FALSE,,{count},1,,\n")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"a,b,c\n1,2,3\n",
        b"start_time,amount_value,amount_value\n",
        b"amount_value\n1\n",
    ],
)
def test_another_file_is_refused_whole(content: bytes) -> None:
    with pytest.raises(NotAnExport):
        read_export(content)


def test_a_file_beyond_any_export_is_not_even_decoded() -> None:
    with pytest.raises(ExportTooLarge):
        read_export(b" " * (LARGEST_EXPORT + 1))


def test_a_key_in_a_cell_is_in_no_error() -> None:
    secret = "sk-proj-" + "Ab3" * 16
    with pytest.raises(ExportNumberFaulty) as refusal:
        read(COSTS + cost_line(secret))
    assert secret[10:30] not in str(refusal.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_reason(content: bytes) -> None:
    for head in (b"", COSTS.encode(), USAGE.encode(), COSTS.encode() + PERIOD.encode()):
        with suppress(FiguresError):
            read_export(head + content)


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40).map(str.strip)
amounts = st.decimals(-1000, 1000, places=14)


@given(
    st.lists(st.tuples(st.integers(0, 40), amounts, names, names), max_size=30),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_was_written_is_read_whatever_the_names(
    rows: list[tuple[int, Decimal, str, str]], delimiter: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["start_time", "end_time", "amount_value", "amount_currency", "line_item", "api_key_id"])
    for day, amount, item, key in rows:
        start = SECONDS + day * 86_400
        shown = f"{amount:f}".replace(".", "," if delimiter == ";" else ".")
        writer.writerow([start, start + 86_400, shown, "usd", item, key])
    found = read_export(text.getvalue().encode()).figures
    assert [(one.item, one.key_id) for one in found] == [(item, key) for _, _, item, key in rows]
    for figure, (day, amount, _, _) in zip(found, rows, strict=True):
        assert figure.day == DAY + timedelta(days=day)
        assert abs(figure.pico_usd - amount.scaleb(12)) <= Decimal("0.5")


def test_a_file_proves_no_later_moment_than_its_last_figure() -> None:
    later = PERIOD.replace(str(SECONDS), str(SECONDS + 86_400), 1).replace(
        f",{SECONDS + 86_400},", f",{SECONDS + 2 * 86_400},", 1
    )
    assert read(COSTS + cost_line("0.5") + later + "\n").told_at == datetime(2026, 9, 28, tzinfo=UTC)
