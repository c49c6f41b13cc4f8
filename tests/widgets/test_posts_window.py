"""The window of the drafts: found, planned, edited, exported, written many at once, compared."""

from __future__ import annotations

import io
import re
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image

from ppkit.ai_assistant import Brief
from ppkit.drafts.errors import NoSuchDraft
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.limit_texts import scope_text
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.thumbnails import LONGEST_SIDE
from ppkit.widgets.posts.posts_window import SHOWN_AT_ONCE, PostsWindow

from .fakes import PRACTICE_KEY, FakeSession, click, limit_reached, send

TABLE = (
    "argomento;social;data;immagine;cliente\nPane fresco;instagram;24/12/2026 09:00;;Bianchi\nTorta;x;;;\n"
)


def opened(session: Any) -> PostsWindow:
    return PostsWindow(session, run=at_once)


def link(session: Any) -> None:
    session.linking.adopt(session_key())


def session_key() -> Any:
    from ppkit.keys import ApiKey

    return ApiKey(PRACTICE_KEY)


def photo(side: int = 1200) -> bytes:
    output = io.BytesIO()
    Image.effect_noise((side, side), 80).convert("RGB").save(output, "JPEG", quality=90)
    return output.getvalue()


def upload(window: PostsWindow, content: bytes, **fields: str) -> None:
    """A file as the page sends it: beside the message."""
    message = {"id": str(time.monotonic_ns()), "action": "read_table", "fields": fields, "files": ["table"]}
    window._handle_custom_msg(message, [memoryview(content)])


def downloads(outbound: list[Any]) -> list[str]:
    return [sent["name"] for sent in outbound if isinstance(sent, dict) and sent.get("type") == "download"]


@pytest.fixture
def some(session: Any) -> list[int]:
    """Three drafts: two clients, one with a date."""
    drafts = session.drafts
    made = [
        drafts.new(
            "Terrazza", {"instagram": "Riapre la terrazza!"}, client="Bianchi", planned="2026-12-03 09:30"
        ),
        drafts.new("Saldi", {"x": "Tutto al 50%", "linkedin": "Sconti di fine stagione"}, client="Verdi"),
        drafts.new("Un’idea"),
    ]
    return [draft.id for draft in made]


def test_without_drafts_it_says_where_they_come_from(session: Any) -> None:
    assert Texts("it")("posts.empty_title") in opened(session).html


def test_a_draft_is_found_by_a_word_a_client_or_its_status_as_one_types(
    session: Any, some: list[int]
) -> None:
    window = opened(session)
    assert 'data-action-on-input="find"' in window.html
    for sought, shown in (
        ({"words": "terr"}, ["Terrazza"]),
        ({"words": "", "client": "Verdi"}, ["Saldi"]),
        ({"client": "", "status": "idea"}, ["Un’idea"]),
        ({"words": "niente di niente", "status": ""}, []),
    ):
        click(window, "find", None, **sought)
        assert re.findall(r'data-draft="\d+"><bdi>([^<]*)</bdi>', window.html) == shown
    assert Texts("it")("posts.nothing_found") in window.html


def test_a_long_list_is_shown_in_parts(session: Any) -> None:
    for number in range(SHOWN_AT_ONCE + 5):
        session.drafts.new(f"Argomento {number}")
    window = opened(session)
    assert window.html.count('class="pp-posts-name"') == SHOWN_AT_ONCE
    click(window, "more")
    assert window.html.count('class="pp-posts-name"') == SHOWN_AT_ONCE + 5


def test_a_draft_is_edited_counted_as_its_network_counts_undone_and_redone(
    session: Any, some: list[int]
) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[1]))
    click(
        window,
        "save",
        None,
        **{
            "topic": "Saldi!",
            "text:x": "€" * 141,
            "planned": "2026-12-24T18:30",
            "status": "approved",
            "client": "Rossi",
        },
    )
    draft = session.drafts.get(some[1])
    assert (draft.topic, draft.client, draft.status, draft.planned) == (
        *("Saldi!", "Rossi", "approved"),
        datetime(2026, 12, 24, 18, 30),  # noqa: DTZ001
    )
    assert draft.texts["linkedin"].text == "Sconti di fine stagione"
    assert "282 su 280" in window.html
    assert (
        Texts("it")("assistant.breach.too_long", network="X", over="2", most="280", unit="").split("280")[0][
            :20
        ]
        in window.html
    )
    click(window, "undo")
    assert session.drafts.get(some[1]).topic == "Saldi"
    click(window, "redo")
    assert session.drafts.get(some[1]).topic == "Saldi!"


def test_a_draft_is_deleted_once_it_was_asked_for_twice(session: Any, some: list[int]) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    click(window, "delete")
    assert len(session.drafts.all()) == 3
    click(window, "ask_delete")
    click(window, "keep_it")
    click(window, "delete")
    assert len(session.drafts.all()) == 3
    click(window, "ask_delete")
    click(window, "delete")
    assert len(session.drafts.all()) == 2
    assert Texts("it")("posts.search") in window.html  # back on the list


@pytest.mark.parametrize("fields", [{"planned": "domani"}, {"topic": ""}, {"link": "javascript:alert(1)"}])
def test_what_cannot_be_kept_is_a_card_and_nothing_has_changed(
    session: Any, some: list[int], fields: dict[str, str]
) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    click(window, "save", None, **fields)
    assert "pp-problem" in window.html
    assert session.drafts.get(some[0]).topic == "Terrazza"


def test_a_draft_that_another_window_has_deleted_is_a_card_and_the_list_comes_back(
    session: Any, some: list[int]
) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    session.drafts.delete(some[0])
    click(window, "save", topic="Altro")
    click(window, "close")
    assert "Saldi" in window.html


def test_the_calendar_shows_a_draft_on_its_day_moves_by_month_and_plans(
    session: Any, some: list[int]
) -> None:
    window = opened(session)
    click(window, "tab", tab="calendar")
    assert "novembre 2026" in window.html
    assert window.html.count("pp-month-day") == 30
    assert f'data-draft="{some[0]}"' not in window.html
    click(window, "month", by="1")
    assert "dicembre 2026" in window.html
    assert f'data-draft="{some[0]}"><b>09:30</b>' in window.html
    click(window, "month", by="1")
    click(window, "month", by="0")
    assert "novembre 2026" in window.html
    click(window, "plan", draft=str(some[1]), planned="2027-01-31T08:00")
    assert "gennaio 2027" in window.html
    assert f'data-draft="{some[1]}"><b>08:00</b>' in window.html
    click(window, "month", by="1")
    assert "febbraio 2027" in window.html


def test_an_export_of_one_file_goes_to_the_downloads_and_several_wait_there_by_name(
    session: Any, some: list[int], outbound: list[Any]
) -> None:
    window = opened(session)
    click(window, "find", words="", client="Bianchi", status="")
    click(window, "export", target="postpickr")
    assert downloads(outbound) == ["postpickr-instagram.xlsx"]
    assert session.drafts.get(some[0]).status == "exported"
    click(window, "find", words="", client="", status="")
    click(window, "export", target="postpickr:csv")
    assert len(downloads(outbound)) == 1
    for name in ("postpickr-instagram.csv", "postpickr-linkedin.csv", "postpickr-x.csv"):
        assert f'data-name="{name}"' in window.html
    click(window, "download", name="postpickr-x.csv")
    assert downloads(outbound)[1:] == ["postpickr-x.csv"]
    assert Texts("it").plural("drafts.remark.no_hour", 1) in window.html


@pytest.mark.parametrize("target", ["markdown", "zip", "table"])
def test_a_page_or_archive_of_our_own_marks_nothing_as_exported(
    session: Any, some: list[int], outbound: list[Any], target: str
) -> None:
    click(opened(session), "export", target=target)
    assert len(downloads(outbound)) == 1
    assert session.drafts.get(some[0]).status == "draft"


def test_every_target_of_an_export_has_a_name_postpickr_first(session: Any) -> None:
    window = opened(session)
    assert window.export.targets[:2] == [
        ("postpickr", "PostPickr (Excel)"),
        ("postpickr:csv", "PostPickr (CSV)"),
    ]
    assert {"buffer", "metricool", "publer", "table:csv", "markdown", "zip"} <= {
        name for name, _ in window.export.targets
    }


def test_an_image_is_sent_small_by_its_name_and_is_in_no_trait(
    session: Any, some: list[int], outbound: list[Any]
) -> None:
    draft = session.drafts.add_image(some[0], photo(), alt="Una terrazza")
    window = opened(session)
    name = f"thumb-{draft.images[0].file}"
    assert f'data-picture="{name}" alt="Una terrazza"' in window.html
    small = window.picture(name)
    assert small
    with Image.open(io.BytesIO(small)) as shown:
        assert max(shown.size) == LONGEST_SIDE
    send(window, {"id": "1", "action": "picture", "fields": {"name": name}})
    assert {"type": "picture", "name": name} in outbound
    assert window.picture("thumb-../drafts.sqlite3") is None
    assert window.picture("anything") is None


def test_fifty_drafts_with_images_add_little_to_what_a_notebook_may_keep(session: Any) -> None:
    def kept(window: PostsWindow) -> int:
        """What is saved where a notebook keeps the state of its widgets: every trait, files included."""
        state = window.get_state()
        return sum(len(value if isinstance(value, bytes | str) else repr(value)) for value in state.values())

    before = kept(opened(session))
    image = photo()
    for number in range(50):
        draft = session.drafts.new(
            f"Argomento {number}", {"instagram": "Un post lungo. " * 40}, client="Bianchi"
        )
        session.drafts.add_image(
            draft.id, image + bytes([number]), alt="Una terrazza al tramonto, con i calici"
        )
    window = opened(session)
    for tab in ("list", "calendar", "batch", "compare"):
        click(window, "tab", tab=tab)
        assert kept(window) - before < 20_000


def test_a_thousand_drafts_are_searched_and_shown_in_a_tenth_of_a_second(session: Any) -> None:
    with session.drafts.file.writing() as connection:
        from ppkit.drafts import draft_rows
        from ppkit.drafts.draft import DraftContent, DraftText, checked

        for number in range(1000):
            text = DraftText(f"Terrazza numero {number} con calici freschi e luce giusta. " * 5)
            content = checked(DraftContent(f"Argomento {number}", texts={"instagram": text}))
            draft_rows.insert(connection, content, session.clock.now())
    window = opened(session)
    took = []
    for words in ("terr", "calici fre", "numero 77"):
        began = time.perf_counter()
        click(window, "find", words=words)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.1


# --- batches


def test_a_table_is_read_estimated_and_nothing_is_sent_before_it_is_agreed(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, TABLE.encode() + b"Sconto;myspace;;;\n", client="Verdi")
    assert Texts("it").plural("posts.batch.read", 2) in window.html
    assert "Riga 4:" in window.html
    assert "0,00084 USD" in window.html  # twice what the fake Assistant says is the most
    assert session.openai.bodies == []
    click(window, "run_batch")
    assert Texts("it")("drafts.ending.finished") in window.html
    found = session.drafts.all()
    assert [(draft.topic, draft.client) for draft in found] == [
        ("Pane fresco", "Bianchi"),
        ("Torta", "Verdi"),
    ]
    assert len(session.openai.bodies) == 2


def test_a_workbook_is_read_as_well(session: Any) -> None:
    book = openpyxl.Workbook()
    for row in (["Argomento", "Social"], ["Pane", "x"]):
        book.active.append(row)  # type: ignore[union-attr]
    content = io.BytesIO()
    book.save(content)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, content.getvalue())
    assert Texts("it").plural("posts.batch.read", 1) in window.html


def test_a_batch_is_stopped_shown_as_it_goes_and_resumed_also_in_another_window(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, ("topic\n" + "\n".join(f"Tema {number}" for number in range(5))).encode())
    pages: list[str] = []
    went_on = window.batch._went_on

    def watched(progress: Any) -> None:
        went_on(progress)
        pages.append(window.html)
        if progress.status.done == 2:
            click(window, "stop")

    window.batch._went_on = watched  # type: ignore[method-assign]
    click(window, "run_batch")
    assert 'data-progress="batch"' in pages[0]
    assert 'value="1"' in pages[0]
    assert Texts("it")("drafts.ending.stopped") in window.html
    assert len(session.drafts.all()) == 2
    later = opened(session)
    click(later, "tab", tab="batch")
    assert "2 di 5" in later.html
    click(later, "open_batch", batch="1")
    click(later, "run_batch")
    assert len(session.drafts.all()) == 5
    assert len(session.openai.bodies) == 5


def test_a_limit_ends_a_batch_with_its_card_and_what_is_left_can_go_on(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, TABLE.encode())
    session.openai.trouble = limit_reached()
    click(window, "run_batch")
    assert Texts("it")("drafts.ending.limit") in window.html
    assert "pp-problem" in window.html
    session.openai.trouble = None
    click(window, "run_batch")
    assert "pp-problem" not in window.html
    assert len(session.drafts.all()) == 2


def test_before_a_batch_it_is_told_what_the_limits_would_make_of_it(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, TABLE.encode())
    over, alert = (
        Texts("it")(
            f"drafts.what_if.{name}",
            scope=scope_text("all", Texts("it")),
            cost="0,00084 USD",
            left="0,0005 USD",
        )
        for name in ("over", "alert")
    )
    assert over not in window.html
    assert alert not in window.html
    session.budget.set(soft="0.0004")
    upload(window, TABLE.encode())
    assert alert in window.html
    session.budget.set(soft="0.0004", hard="0.0005")
    upload(window, TABLE.encode())
    assert over in window.html
    assert session.openai.bodies == []


def test_a_batch_draws_images_where_the_table_asks_for_them(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, TABLE.replace("09:00;;", "09:00;alta;").encode())
    assert Texts("it").plural("posts.batch.images", 1) in window.html
    click(window, "run_batch")
    assert [len(draft.images) for draft in session.drafts.all()] == [1, 0]
    assert session.openai.bodies[1]["quality"] == "high"


@pytest.mark.parametrize(
    ("fields", "text"), [({}, "posts.batch.no_file"), ({"too_large": "yes"}, "posts.batch.too_large")]
)
def test_without_a_file_or_with_one_too_large_the_field_says_so(
    session: Any, fields: dict[str, str], text: str
) -> None:
    window = opened(session)
    click(window, "tab", tab="batch")
    click(window, "read_table", None, **fields)
    assert Texts("it")(text) in window.html


def test_a_table_can_be_kept_as_ideas_without_a_cost(session: Any) -> None:
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, TABLE.encode())
    click(window, "keep_ideas")
    assert [draft.status for draft in session.drafts.all()] == ["idea", "idea"]
    assert session.openai.bodies == []


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_example_table_can_be_read_as_it_is(tmp_path: Path, language: Any, outbound: list[Any]) -> None:
    from ppkit.drafts.brief_table import read_brief_table
    from ppkit.widgets.posts.posts_batch import sample_table

    table = read_brief_table(sample_table(Texts(language)))
    assert (len(table.rows), table.faulty, table.unknown_columns) == (1, (), ())
    assert table.rows[0].image == "low"


def test_a_key_in_a_table_is_told_and_found_nowhere(session: Any, outbound: list[Any]) -> None:
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, f"topic\nLa chiave è {PRACTICE_KEY}\nPane\n".encode())
    click(window, "faulty_rows")
    assert Texts("it")("drafts.fault.key") in window.html
    click(window, "keep_ideas")
    held = [
        path
        for path in session.home.rglob("*")
        if path.is_file() and PRACTICE_KEY.encode() in path.read_bytes()
    ]
    assert held == []
    assert PRACTICE_KEY not in repr(window.get_state()) + repr(outbound)


# --- models side by side


def test_models_are_compared_with_their_prices_before_and_their_costs_after(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="compare")
    assert "fino a 0,00042 USD" in window.html
    models = [model for model, _estimate in window.comparison.models][:2]
    click(window, "compare", None, topic="", network="x", **{f"model:{model}": "yes" for model in models})
    assert Texts("it")("assistant.topic_missing") in window.html
    click(window, "compare", None, topic="Pane", network="x", **{f"model:{model}": "yes" for model in models})
    table = window.html.split("<tbody>")[1].split("</tbody>")[0]
    assert table.count("<tr>") == 2
    assert "0,00022 USD" in table
    click(window, "keep_trial", model=models[0])
    click(window, "keep_trial", model=models[0])
    assert len(session.drafts.all()) == 1


# --- what is untrusted


def test_what_a_model_or_a_table_wrote_cannot_become_markup(session: Any) -> None:
    evil = "<img src=x onerror=alert(1)></textarea><script>alert(1)</script>\u202e"
    draft = session.drafts.new(evil, {"instagram": evil, "x": evil}, client=evil)
    session.drafts.add_image(draft.id, photo(64), alt=evil)
    window = opened(session)
    for action, fields in (
        ("find", {"words": "alert"}),
        ("tab", {"tab": "calendar"}),
        ("open", {"draft": str(draft.id)}),
    ):
        click(window, action, None, **fields)
        assert "<script>" not in window.html
        assert "<img src=x" not in window.html


def test_what_was_drawn_by_a_model_is_said_with_flag_notice_and_duty(session: Any) -> None:
    link(session)
    brief = Brief("Pane")
    draft = session.drafts.keep(session.assistant.write_post(brief), brief)
    session.drafts.add_image(draft.id, session.assistant.draw(brief))
    session.drafts.edit(draft.id, texts={"linkedin": "Pane"})
    window = opened(session)
    click(window, "open", draft=str(draft.id))
    for shown in (
        "is_ai_generated",
        Texts("it")("posts.ai.no_flag", network="LinkedIn"),
        Texts("it")("drafts.ai.notice"),
    ):
        assert shown in window.html
    assert Texts("it")("drafts.ai.duty") in window.html


def test_each_view_has_one_filled_button_at_most(session: Any, some: list[int]) -> None:
    link(session)
    window = opened(session)
    filled = re.compile(r'<(?:button|a) class="pp-button"')
    for action, fields in (
        *(("tab", {"tab": tab}) for tab in ("list", "calendar", "compare", "batch")),
        ("open", {"draft": str(some[0])}),
    ):
        click(window, action, None, **fields)
        assert len(filled.findall(window.html)) == 1
    click(window, "tab", tab="batch")
    upload(window, TABLE.encode())
    assert len(filled.findall(window.html)) == 1
    click(window, "run_batch")
    assert len(filled.findall(window.html)) == 1


def test_in_live_mode_other_drafts_are_shown(tmp_path: Path, session: Any, some: list[int]) -> None:
    live = FakeSession(tmp_path, mode="live")
    assert Texts("it")("posts.empty_title") in opened(live).html
    assert Money(0) == session.ledger.totals().spent


# --- what has changed meanwhile, and what has gone wrong


def test_a_batch_goes_on_by_a_new_estimate_once_a_key_pays_for_it(session: Any) -> None:
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, TABLE.encode())
    agreed = window.batch.estimate
    link(session)
    click(window, "run_batch")
    assert Texts("it")("error.not_agreed.what") in window.html
    assert session.openai.bodies == []
    assert window.batch.estimate != agreed
    click(window, "run_batch")
    assert "pp-problem" not in window.html
    assert len(session.drafts.all()) == 2


def test_a_card_can_be_cleared_and_the_estimate_renewed(session: Any) -> None:
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, b"no table at all")
    assert 'data-action="refresh"' in window.html
    click(window, "refresh")
    assert "pp-problem" not in window.html


def test_an_image_that_was_paid_and_not_kept_is_shown_and_can_be_had(
    session: Any, outbound: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="batch")
    upload(window, b"topic;image\nPane;low\n")
    monkeypatch.setattr(session.drafts._images, "keep", _no_room)
    click(window, "run_batch")
    assert Texts("it")("posts.batch.unsaved_image") in window.html
    (name,) = re.findall(r'data-picture="(unsaved[^"]*)"', window.html)
    monkeypatch.setattr("ppkit.widgets.posts.posts_window.thumbnail", lambda content: content)
    assert window.picture(name) == window.batch.unsaved_image
    click(window, "unsaved_image")
    assert len(downloads(outbound)) == 1


def _no_room(_content: bytes) -> str:
    raise OSError(28, "No space left on device")


def test_files_are_offered_no_longer_once_a_draft_of_theirs_has_changed(
    session: Any, some: list[int]
) -> None:
    window = opened(session)
    for change in (
        [("open", {"draft": str(some[0])}), ("save", {"topic": "Altro"})],
        [("open", {"draft": str(some[2])}), ("ask_delete", {}), ("delete", {})],
        [("plan", {"draft": str(some[1]), "planned": "2026-12-24T18:30"})],
    ):
        click(window, "tab", tab="list")
        click(window, "export", target="postpickr:csv")
        assert 'data-action="download"' in window.html
        for action, fields in change:
            click(window, action, None, **fields)
        click(window, "tab", tab="list")
        assert 'data-action="download"' not in window.html


def test_an_export_is_made_beside_the_kernels_main_thread(session: Any, some: list[int]) -> None:
    begun: list[Any] = []
    window = PostsWindow(session, run=lambda work, *_ends: begun.append(work))
    click(window, "export", target="postpickr")
    assert session.drafts.get(some[0]).status == "draft"
    assert len(begun[-1]()) == 3
    assert session.drafts.get(some[0]).status == "exported"


def test_drafts_are_marked_as_exported_all_or_none(session: Any, some: list[int]) -> None:
    with pytest.raises(NoSuchDraft):
        session.drafts.mark_exported([*some, 99])
    assert {draft.status for draft in session.drafts.all()} == {"draft", "idea"}


def test_a_topic_too_long_to_be_compared_is_a_card_and_the_window_stays(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="compare")
    (model,) = [model for model, _estimate in window.comparison.models][:1]
    click(window, "compare", None, topic="x" * 2001, network="x", **{f"model:{model}": "yes"})
    assert "pp-problem" in window.html
    assert Texts("it")("posts.compare.button") in window.html
    click(window, "compare", None, topic="Pane", network="x", **{f"model:{model}": "yes"})
    assert "pp-problem" not in window.html
    assert window.comparison.made == 1


def test_a_comparison_of_no_models_is_told(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="compare")
    click(window, "compare", topic="Pane", network="x")
    assert Texts("it")("posts.compare.no_models") in window.html


def test_the_open_draft_deleted_elsewhere_is_a_card_and_every_tab_can_be_reached(
    session: Any, some: list[int]
) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    session.drafts.delete(some[0])
    window.redraw()
    assert 'data-action="tab"' in window.html
    assert "pp-problem" in window.html
    assert "Saldi" in window.html


def test_a_key_pasted_into_a_draft_is_told_and_found_nowhere(session: Any, some: list[int]) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    click(window, "save", None, **{"text:instagram": f"Chiave: {PRACTICE_KEY}"})
    assert Texts("it")("common.key_masked") in window.html
    assert PRACTICE_KEY not in window.html
    assert PRACTICE_KEY not in session.drafts.get(some[0]).texts["instagram"].text


def test_a_draft_that_is_about_to_be_deleted_has_one_filled_button(session: Any, some: list[int]) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    click(window, "ask_delete")
    assert len(re.findall(r'class="pp-button(?: pp-button-danger)?"', window.html)) == 1


def test_one_credit_is_one(session: Any) -> None:
    for language in ("it", "en"):
        texts = Texts(language)
        for name in ("posts.credits", "posts.batch.so_far", "posts.batch.spent"):
            assert texts.plural(name, 1, cost="") != texts.plural(name, 2, cost="").replace("2", "1")


def test_what_was_typed_is_kept_on_the_way_back_to_the_list(session: Any, some: list[int]) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    typed = {"topic": "Terrazza", "planned": "2026-12-03T09:30", "text:instagram": "Riapre!"}
    click(window, "close", None, **typed)
    assert session.drafts.get(some[0]).texts["instagram"].text == "Riapre!"
    assert Texts("it")("posts.search") in window.html
    assert window.news == Texts("it")("posts.saved")
    click(window, "open", draft=str(some[0]))
    click(window, "close", None, **typed)
    assert window.news == ""


def test_what_cannot_be_kept_on_the_way_back_is_told_and_can_be_left(session: Any, some: list[int]) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    assert Texts("it")("posts.leave") not in window.html
    click(window, "close", topic="Terrazza", link="javascript:alert(1)")
    assert "pp-problem" in window.html
    assert Texts("it")("posts.leave") in window.html
    click(window, "close")
    assert Texts("it")("posts.search") in window.html


def test_nothing_is_compared_of_a_topic_in_which_a_key_stood(session: Any) -> None:
    link(session)
    window = opened(session)
    click(window, "tab", tab="compare")
    models = {f"model:{model}": "yes" for model, _estimate in window.comparison.models}
    click(window, "compare", None, topic=PRACTICE_KEY, network="x", **models)
    assert session.openai.bodies == []
    assert Texts("it")("common.key_held_back") in window.html
    assert PRACTICE_KEY not in window.html


def test_what_could_not_be_saved_stays_in_its_fields_to_be_mended(session: Any, some: list[int]) -> None:
    window = opened(session)
    click(window, "open", draft=str(some[0]))
    typed = {"topic": "Terrazza nuova", "text:instagram": "Riapre domenica!", "link": "javascript:no"}
    click(window, "save", None, **typed)
    for shown in typed.values():
        assert shown in window.html
    click(window, "save", None, **typed | {"link": "https://example.com/"})
    assert session.drafts.get(some[0]).topic == "Terrazza nuova"
    assert "javascript:no" not in window.html
