"""Tables of briefs, as Excel, Numbers and people write them: every row is read, or named with its fault."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.ai_assistant import Brief, Tone, networks
from ppkit.drafts.brief_table import HEADINGS, read_brief_table
from ppkit.drafts.errors import BriefsUnreadable, BriefsWithoutTopic, WorkbookUnreadable
from ppkit.look.texts import Texts

KEY = "sk-proj-" + "Ab3Cd4Ef5Gh6" * 6
ITALIAN = (
    "Argomento;Social;Tono;Invito finale\r\n"
    '"Più caffè; meno stress";LinkedIn;professionale;"Passa\nda noi"\r\n'
)
BRIEF = Brief("Più caffè; meno stress", "linkedin", Tone.PROFESSIONAL, call_to_action="Passa\nda noi")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("told", [False, True])
def test_what_spreadsheets_write_is_read(encoding: str, separator: str, told: bool) -> None:
    rows = list(csv.reader(io.StringIO(ITALIAN, newline=""), delimiter=";"))
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows(rows)
    content = f"sep={separator}\r\n{text.getvalue()}" if told else text.getvalue()
    table = read_brief_table(content.encode(encoding))
    assert [row.brief for row in table.rows] == [BRIEF]
    assert (table.faulty, table.unknown_columns) == ((), ())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_and_empty_rows_are_read(end: str) -> None:
    table = read_brief_table(end.join(["topic,network", "", "a,x", ",", " , ", "b,facebook", ""]).encode())
    assert [(row.brief.topic, row.brief.network, row.line) for row in table.rows] == [
        ("a", "x", 3),
        ("b", "facebook", 6),
    ]


def test_every_heading_and_word_of_both_languages_is_known() -> None:
    for column, headings in HEADINGS.items():
        for heading in headings:
            extra = {"planned": "2026-12-24", "time": "", "language": "it"}.get(column, "x")
            table = (
                read_brief_table(f"topic,{heading.upper()}\na,{extra}\n".encode())
                if column != "topic"
                else None
            )
            assert table is None or (table.unknown_columns, len(table.rows) + len(table.faulty)) == ((), 1)
    for network in networks().values():
        assert (
            read_brief_table(f"topic,network\na,{network.label}\n".encode()).rows[0].brief.network
            == network.name
        )
    for language in ("it", "en"):
        for tone in Tone:
            word = Texts(language)(f"assistant.tone.{tone}")
            assert read_brief_table(f"topic,tone\na,{word.upper()}\n".encode()).rows[0].brief.tone == tone
    assert read_brief_table(b"topic,language\na,Inglese\n").rows[0].brief.language == "en"


FAULTS = f"""topic,network,tone,language,planned,client,call to action
ok,x,ironic,en,24/12/2026 9:30,Bianchi,Vieni
,x,,,,,
a,myspace,,,,,
b,,angry,,,,
c,,,de,,,
d,,,,domani,,
e,,,,,{"x" * 201},
f,,,,,,{"y" * 2001}
g,,,,,,{KEY}
h,,,,,,,troppo
"""


def test_each_faulty_row_is_named_and_the_others_are_taken() -> None:
    table = read_brief_table(FAULTS.encode())
    assert [row.brief.topic for row in table.rows] == ["ok"]
    assert [(row.line, row.code) for row in table.faulty] == [
        (3, "topic"),
        (4, "network"),
        (5, "tone"),
        (6, "language"),
        (7, "planned"),
        (8, "client"),
        (9, "call_to_action"),
        (10, "key"),
        (11, "cells"),
    ]
    texts = Texts("it")
    assert all(texts(f"drafts.fault.{row.code}") for row in table.faulty)


def test_faulty_rows_can_be_written_out_corrected_and_read_again() -> None:
    table = read_brief_table(FAULTS.encode())
    content = table.faulty_csv(Texts("it"))
    assert KEY[8:30].encode() not in content
    again = read_brief_table(content.replace(b"myspace", b"facebook"))
    assert set(again.unknown_columns) == {"line", "problem"}
    assert [(row.brief.topic, row.brief.network) for row in again.rows] == [
        ("a", "facebook"),
        ("g", "instagram"),
    ]


def test_no_key_of_a_table_is_in_what_is_read() -> None:
    table = read_brief_table(f"topic,{KEY}\n{KEY},x\n".encode())
    assert KEY[8:30] not in repr(table)
    assert [row.code for row in table.faulty] == ["key"]


def test_columns_that_mean_nothing_are_told() -> None:
    table = read_brief_table(b"topic,Budget,note interne,\na,1,2,3\n")
    assert table.unknown_columns == ("budget", "note interne")
    assert [row.brief.topic for row in table.rows] == ["a"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"Saldi\nSconti\n",
        b"network,tone\nx,ironic\n",
        b"topic,argomento\na,b\n",
        b"\xff\xfe",
        b"\0\0",
    ],
)
def test_a_file_without_a_column_of_topics_is_refused(content: bytes) -> None:
    with pytest.raises(BriefsWithoutTopic) as refusal:
        read_brief_table(content)
    assert "topic" in str(refusal.value.facts["known"])


@pytest.mark.parametrize("row", ['"senza fine,x', '"chiuse"dopo,x'])
def test_quotation_marks_that_would_swallow_rows_refuse_the_file(row: str) -> None:
    with pytest.raises(BriefsUnreadable) as refusal:
        read_brief_table(f"topic,network\na,x\n{row}\nb,x\n".encode())
    assert refusal.value.facts == {"line": 3}


@given(
    topics=st.lists(
        st.text(min_size=1, max_size=50).filter(lambda text: text.strip()), min_size=1, max_size=5
    ),
    separator=st.sampled_from(";,\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_people_write_comes_back_or_is_named(
    topics: list[str], separator: str, encoding: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerows([("topic", "client"), *((topic, "Bianchi") for topic in topics)])
    table = read_brief_table(text.getvalue().encode(encoding, errors="replace"))
    assert len(table.rows) + len(table.faulty) == len(topics)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_brief_table(content)
        read_brief_table(b"topic\n" + content)
    except (BriefsUnreadable, BriefsWithoutTopic, WorkbookUnreadable):
        pass
