"""Drafts: kept whole, found again, edited with a way back, for their owner alone."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.ai_assistant import Purse
from ppkit.clock import ManualClock
from ppkit.drafts import draft_file
from ppkit.drafts.draft import Draft, DraftStatus
from ppkit.drafts.draft_file import schema_steps
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.draft_times import hour_meant
from ppkit.drafts.errors import (
    DraftsFull,
    DraftsLocked,
    DraftsNotWritable,
    DraftsTooNew,
    DraftsUnreadable,
    InvalidDraft,
    NoPicture,
    NoSuchDraft,
)
from ppkit.keys import KeyInText
from ppkit.money import Money
from ppkit.schema_steps import SchemaStep

from .conftest import BRIEF, PNG, picture, post, receipt

KEY = "sk-proj-" + "Ab3Cd4Ef5Gh6" * 6


def words(draft: Draft) -> dict[str, str]:
    return {name: text.text for name, text in draft.texts.items()}


def test_a_post_is_kept_with_model_receipt_and_brief(store: DraftStore) -> None:
    draft = store.keep(post(), BRIEF, client="Bianchi", planned="24/12/2026 09:30")
    again = DraftStore(store.file.path.parent, store.clock).get(draft.id)
    assert again == draft
    assert (draft.client, draft.topic, draft.status) == ("Bianchi", BRIEF.topic, DraftStatus.DRAFT)
    assert draft.planned == datetime(2026, 12, 24, 9, 30)  # noqa: DTZ001
    assert (draft.made_by_ai, draft.models) == (("text",), ("gpt-6-luna-2026-10-01",))
    assert (draft.cost, draft.credits) == (Money.usd("0.0001"), 0)
    assert store.brief_of(draft.id) == BRIEF


def test_one_draft_holds_a_text_for_each_network_and_every_receipt(store: DraftStore) -> None:
    draft = store.keep(post(), BRIEF)
    uncertain = post("Breve", "x", receipt=receipt("0.02", mark="uncertain", call_id="ppkit-2"))
    draft = store.keep(uncertain, BRIEF, into=draft.id)
    assert words(draft) == {"instagram": "Domenica si inaugura!", "x": "Breve"}
    assert [(paid.call_id, paid.mark) for paid in draft.receipts] == [
        ("ppkit-1", None),
        ("ppkit-2", "uncertain"),
    ]
    assert draft.cost == Money.usd("0.0201")


def test_what_the_plan_paid_costs_credits_and_no_money(store: DraftStore) -> None:
    draft = store.keep(post(purse=Purse.PLAN, credits=1), BRIEF)
    draft = store.add_image(draft.id, picture())
    assert (draft.credits, draft.cost) == (11, Money(0))


def test_a_text_by_hand_was_made_by_nobody_else_and_an_edited_one_still_was(store: DraftStore) -> None:
    by_hand = store.new("Sconti", {"x": "Sconti!"}, client="Verdi")
    assert (by_hand.made_by_ai, by_hand.status) == ((), DraftStatus.DRAFT)
    assert store.new("Un'idea").status is DraftStatus.IDEA
    assert store.brief_of(by_hand.id) is None
    written = store.keep(post(), BRIEF)
    assert store.edit(written.id, texts={"instagram": "Altro"}).made_by_ai == ("text",)


def test_images_lie_beside_the_file_and_are_kept_byte_for_byte(store: DraftStore) -> None:
    draft = store.add_image(store.new("Vetrina").id, picture(), alt_model="gpt-6-luna")
    draft = store.add_image(draft.id, b"\xff\xd8\xff\xe0photo", alt="La piazza")
    drawn, photo = draft.images
    assert (store.image(drawn), store.image(photo)) == (PNG, b"\xff\xd8\xff\xe0photo")
    assert (drawn.file[-4:], photo.file[-4:]) == (".png", ".jpg")
    assert (drawn.alt, drawn.model, photo.model) == ("Una vetrina", "gpt-image-2", "")
    assert draft.made_by_ai == ("image", "alt")
    assert PNG not in store.file.path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"%PDF-1.7", b"RIFF....AVI "])
def test_what_is_no_image_is_not_kept(store: DraftStore, content: bytes) -> None:
    draft = store.new("Vetrina")
    with pytest.raises(NoPicture):
        store.add_image(draft.id, content)
    assert store.get(draft.id) == draft


def test_file_images_and_folders_are_for_their_owner_alone(store: DraftStore) -> None:
    before = os.umask(0)
    try:
        store.add_image(store.new("Vetrina").id, picture())
    finally:
        os.umask(before)
    home = store.file.path.parent
    assert {path.name for path in home.iterdir()} == {"drafts.sqlite3", "draft-images"}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [home, *home.rglob("*")]}
    assert modes == {0o700, 0o600}


def test_each_change_can_be_undone_and_done_again(store: DraftStore) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    assert not draft.can_undo
    store.edit(draft.id, texts={"x": "due", "facebook": "due"})
    last = store.edit(draft.id, texts={"x": ""}, status="approved", planned="2026-12-24 10:00")
    assert (words(last), last.can_undo, last.can_redo) == ({"facebook": "due"}, True, False)
    assert words(store.undo(draft.id)) == {"x": "due", "facebook": "due"}
    first = store.undo(draft.id)
    assert (words(first), first.can_undo, first.can_redo) == ({"x": "uno"}, False, True)
    assert store.undo(draft.id).content == first.content
    assert store.redo(draft.id).can_redo
    assert store.redo(draft.id).content == last.content
    assert store.redo(draft.id).content == last.content


def test_a_change_after_an_undo_takes_the_place_of_what_was_undone(store: DraftStore) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    store.edit(draft.id, texts={"x": "due"})
    store.undo(draft.id)
    assert not store.edit(draft.id, texts={"x": "tre"}).can_redo
    assert words(store.undo(draft.id)) == {"x": "uno"}


def test_the_same_again_is_no_change(store: DraftStore) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    assert not store.edit(draft.id, texts={"x": "uno"}, topic="Sconti").can_undo


def test_an_image_taken_out_comes_back_with_undo_and_goes_with_its_draft(store: DraftStore) -> None:
    draft, other = (store.add_image(store.new("Vetrina").id, PNG) for _ in range(2))
    store.remove_image(draft.id)
    assert store.image(store.undo(draft.id).images[0]) == PNG
    store.delete(draft.id)
    assert store.image(other.images[0]) == PNG  # another draft has the same one
    store.delete(other.id)
    assert list((store.file.path.parent / "draft-images").iterdir()) == []


def test_a_deleted_draft_is_found_nowhere_and_its_number_is_not_given_again(store: DraftStore) -> None:
    draft = store.keep(post("Segretissimo lancio"), BRIEF)
    store.delete(draft.id)
    assert store.all() == store.search("lancio") == []
    assert b"Segretissimo" not in store.file.path.read_bytes()
    for gone in (store.get, store.undo, store.delete, store.brief_of):
        with pytest.raises(NoSuchDraft) as refusal:
            gone(draft.id)
        assert refusal.value.facts == {"id": draft.id}
    assert store.new("Altro").id == draft.id + 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("caffè", {"colazione"}),
        ("CAFFE", {"colazione"}),
        ("caff", {"colazione"}),
        ("bianchi sconti", {"saldi"}),
        ("#estate", {"saldi"}),
        ("vetrina", {"saldi"}),
        ("🎉", {"colazione"}),
        ("bianchi", {"saldi", "colazione"}),
        ('"', set()),
        ('niente" OR "caffè', set()),
        ("  ", set()),
        ("estat* -saldi", {"saldi"}),
    ],
)
def test_search_takes_words_for_words(store: DraftStore, asked: str, found: set[str]) -> None:
    saldi = store.new("saldi", {"x": "Sconti d’estate #estate2026"}, client="Bianchi")
    store.add_image(saldi.id, PNG, alt="Una vetrina")
    store.new("colazione", {"facebook": "Il caffè è pronto 🎉"}, client="Bianchi")
    assert {draft.topic for draft in store.search(asked)} == found


def test_search_and_list_keep_to_a_client_and_a_status(store: DraftStore) -> None:
    one = store.new("sconti", {"x": "Saldi"}, client="Bianchi", planned="2026-12-02 10:00")
    two = store.new("sconti", {"x": "Saldi"}, client="Verdi", planned="2026-12-01 10:00")
    idea = store.new("sconti", client="Verdi")
    assert [draft.id for draft in store.all()] == [two.id, one.id, idea.id]
    assert [draft.id for draft in store.search("saldi", client="Verdi")] == [two.id]
    assert [draft.id for draft in store.all(client="Verdi", status="idea")] == [idea.id]
    assert store.clients() == ["Bianchi", "Verdi"]


def test_what_was_edited_away_is_found_no_longer_until_it_is_undone(store: DraftStore) -> None:
    draft = store.new("saldi", {"x": "ombrelloni"})
    store.edit(draft.id, texts={"x": "sdraio"})
    assert store.search("ombrelloni") == []
    store.undo(draft.id)
    assert [found.id for found in store.search("ombrelloni")] == [draft.id]


def test_the_calendar_has_every_day_of_the_month_and_its_drafts_in_order(store: DraftStore) -> None:
    late = store.new("sera", client="Bianchi", planned="2026-12-31 23:59")
    early = store.new("mattina", client="Bianchi", planned="2026-12-31 00:00")
    store.new("prima", planned="2026-11-30 23:59")
    store.new("dopo", planned="2027-01-01 00:00")
    store.new("senza ora")
    days = store.calendar("2026-12")
    assert list(days) == [date(2026, 12, day) for day in range(1, 32)]
    assert [draft.id for draft in days[date(2026, 12, 31)]] == [early.id, late.id]
    assert sum(map(len, days.values())) == 2
    assert store.calendar(date(2026, 12, 24), client="Verdi")[date(2026, 12, 31)] == []
    assert len(store.calendar("9999-12")) == 31, "the last one that there is"


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-12-24 09:30", (2026, 12, 24, 9, 30)),
        ("2026-12-24T09:30:15", (2026, 12, 24, 9, 30)),
        ("24/12/2026 9.30", (2026, 12, 24, 9, 30)),
        (" 1-2-2026 ", (2026, 2, 1, 9, 0)),
        ("2026/12/24 23:59", (2026, 12, 24, 23, 59)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, hour: tuple[int, ...]) -> None:
    found = hour_meant(text)
    assert found
    assert found.timetuple()[:5] == hour


@pytest.mark.parametrize(
    "text", ["", "domani", "31/02/2026", "12/24/2026", "2026-12-24 25:00", "24/12/26", "9:30"]
)
def test_what_is_no_hour_is_none(text: str) -> None:
    assert hour_meant(text) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"topic": " "}, "topic"),
        ({"client": "x" * 201}, "client"),
        ({"status": "sent"}, "status"),
        ({"language": "de"}, "language"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"link": "https://a.example/ b"}, "link"),
        ({"planned": "domani"}, "planned"),
        ({"planned": "9999-12-31 09:30"}, "planned"),
        ({"planned": datetime(2026, 12, 24, 9, 30, tzinfo=UTC)}, "planned"),
        ({"texts": {"myspace": "x"}}, "texts"),
        ({"texts": {"x": "x" * 100_001}}, "texts"),
        ({"alt": {0: "x"}}, "image"),
        ({"url": {5: "https://a.example"}}, "image"),
    ],
)
def test_what_cannot_be_kept_names_its_field_and_changes_nothing(
    store: DraftStore, changes: dict[str, object], field: str
) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    with pytest.raises(InvalidDraft) as refusal:
        store.edit(draft.id, **changes)  # type: ignore[arg-type]
    assert refusal.value.facts == {"field": field}
    assert store.get(draft.id) == draft


@given(text=st.text(min_size=1))
def test_any_text_can_be_kept_and_comes_back_without_control_characters(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    store = DraftStore(tmp_path_factory.mktemp("home"), ManualClock(datetime(2026, 11, 29, tzinfo=UTC)))
    draft = store.edit(store.new("x", {"x": "y"}).id, texts={"x": f"a{text}b"})
    kept = words(draft)["x"]
    assert kept == words(store.get(draft.id))["x"]
    wanted = text.replace("\r\n", "\n").replace("\r", "\n")
    assert (
        kept == "a" + "".join(sign for sign in wanted if sign == "\n" or sign == "\t" or is_text(sign)) + "b"
    )
    store.search(text)


def is_text(sign: str) -> bool:
    code = ord(sign)
    control = code < 0x20 or 0x7F <= code < 0xA0
    return not (control or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF))


def test_a_key_of_a_persons_is_refused_and_one_of_a_models_is_masked_and_told(store: DraftStore) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    for refused in (
        lambda: store.new(KEY),
        lambda: store.new("x", {"x": KEY}),
        lambda: store.edit(draft.id, texts={"x": f"la chiave {KEY}"}),
        lambda: store.edit(draft.id, client=KEY),
        lambda: store.keep(post(), BRIEF, client=KEY),
        lambda: store.add_image(draft.id, PNG, alt=KEY),
        lambda: store.search(KEY),
    ):
        with pytest.raises(KeyInText):
            refused()
    assert not draft.has_masked_key
    written = store.keep(post(f"Usa {KEY} per entrare"), BRIEF)
    assert written.has_masked_key
    assert words(written)["instagram"].startswith("Usa sk-…")
    files = [path for path in store.file.path.parent.rglob("*") if path.is_file()]
    assert not any(KEY[10:30].encode() in path.read_bytes() for path in files)


def test_changes_of_two_at_once_both_stay(store: DraftStore) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    stores = [DraftStore(store.file.path.parent, store.clock) for _ in range(8)]

    def edit(number: int) -> None:
        for again in range(5):
            name = ("x", "facebook", "linkedin", "instagram")[number % 4]
            stores[number].edit(draft.id, texts={name: f"{number}.{again}"})
            stores[number].new(f"idea {number}.{again}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(edit, range(8)))
    assert set(words(store.get(draft.id))) == {"x", "facebook", "linkedin", "instagram"}
    assert len(store.all()) == 1 + 40


def test_a_full_disk_is_said_and_loses_nothing(store: DraftStore, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = store.new("Sconti", {"x": "uno"})
    size = store.file.path.stat().st_size
    limited = sqlite3.connect

    def connect(*arguments: object, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = limited(*arguments, **options)  # type: ignore[call-overload]
        connection.execute(f"PRAGMA max_page_count = {size // 4096}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    with pytest.raises(DraftsFull) as refusal:
        store.edit(draft.id, texts={"x": "y" * 90_000})
    assert refusal.value.facts == {"path": str(store.file.path)}
    with pytest.raises(DraftsFull):
        store.new("x" * 90_000)
    assert store.all() == [draft]


def test_an_image_that_finds_no_room_leaves_no_trace(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = store.new("Vetrina")

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ppkit.drafts.draft_images.write_private", full)
    with pytest.raises(DraftsFull):
        store.add_image(draft.id, PNG)
    assert store.get(draft.id) == draft


def test_another_files_of_the_name_is_left_alone(store: DraftStore) -> None:
    store.file.path.parent.mkdir(parents=True)
    store.file.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DraftsUnreadable):
        store.all()
    assert store.file.path.read_bytes() == b"no database at all" * 100
    store.file.path.unlink()
    with closing(sqlite3.connect(store.file.path)) as other:
        other.execute("CREATE TABLE of_somebody_else (x)")
    with pytest.raises(DraftsUnreadable):
        store.new("x")


def test_a_later_version_is_left_alone(store: DraftStore) -> None:
    store.new("x")
    with closing(sqlite3.connect(store.file.path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(DraftsTooNew) as refusal:
        store.all()
    assert refusal.value.facts == {"path": str(store.file.path), "found": 99, "known": len(schema_steps())}


def test_a_file_that_another_keeps_locked_is_said(store: DraftStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.new("x")
    monkeypatch.setattr("ppkit.drafts.draft_file.BUSY_SECONDS", 0)
    with closing(sqlite3.connect(store.file.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DraftsLocked):
            store.all()


def test_a_folder_that_is_a_file_is_said(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(DraftsNotWritable):
        DraftStore(tmp_path / "home", clock).new("x")


def test_drafts_are_a_table(store: DraftStore) -> None:
    assert len(store.to_frame()) == 0
    store.new("Un'idea")
    store.keep(post(), BRIEF, client="Bianchi", planned="2026-12-24 09:30")
    frame = store.to_frame()
    assert list(frame["topic"]) == ["Apre il negozio di Cagliari", "Un'idea"]
    assert str(frame["planned"].dtype).startswith("datetime64")
    assert frame["cost_pico_usd"].dtype == "int64"
    assert frame.iloc[0]["texts"] == {"instagram": "Domenica si inaugura!"}
    assert len(store.to_frame(store.search("idea"))) == 1


def test_the_next_step_of_the_schema_is_taken_wholly_or_not_at_all(
    store: DraftStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, steps = store.new("x", {"x": "y"}), schema_steps()
    broken = SchemaStep("ALTER TABLE draft ADD COLUMN a TEXT;\nALTER TABLE no_table ADD COLUMN b TEXT;", None)
    monkeypatch.setattr(draft_file, "schema_steps", lambda: (*steps, broken))
    with pytest.raises(sqlite3.OperationalError):
        store.get(draft.id)
    monkeypatch.setattr(draft_file, "schema_steps", lambda: steps)
    assert store.get(draft.id) == draft
    added = SchemaStep("ALTER TABLE draft ADD COLUMN a TEXT;", "ALTER TABLE draft DROP COLUMN a;")
    monkeypatch.setattr(draft_file, "schema_steps", lambda: (*steps, added))
    assert store.get(draft.id) == draft
    monkeypatch.setattr(draft_file, "schema_steps", lambda: steps)
    with pytest.raises(DraftsTooNew):
        store.get(draft.id)


WRITES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ppkit.clock import ManualClock
from ppkit.drafts import draft_file
from ppkit.drafts.draft_store import DraftStore
store = DraftStore(Path(sys.argv[1]), ManualClock(datetime(2026, 11, 29, tzinfo=UTC)))
for number in range(20):
    store.edit(1, texts={sys.argv[2]: f"{number}"})
    store.new(f"idea {number}")
"""


@pytest.mark.processes
def test_two_processes_write_at_once_and_nothing_is_lost(store: DraftStore) -> None:
    store.new("Sconti", {"threads": "uno"})
    home = str(store.file.path.parent)
    running = [subprocess.Popen([sys.executable, "-c", WRITES, home, name]) for name in ("x", "facebook")]
    assert [process.wait() for process in running] == [0, 0]
    assert words(store.get(1)) == {"threads": "uno", "x": "19", "facebook": "19"}
    assert len(store.all()) == 41


def test_a_number_is_told_and_a_beginning_read_without_reading_all(store: DraftStore) -> None:
    for number in range(5):
        store.new(f"Saldi {number}", {"x": "🎉 Tutto al 50%"} if number % 2 else None, client="Bianchi")
    store.new("Altro")
    assert (store.number(), store.number("saldi"), store.number("🎉"), store.number("niente")) == (6, 5, 2, 0)
    assert (store.number(client="Bianchi"), store.number("saldi", status="idea")) == (5, 3)
    assert [len(store.all(most=2)), len(store.search("saldi", most=3))] == [2, 3]
    assert len(store.search("saldi", status="draft")) == 2


def test_a_picture_beside_one_that_is_not_in_the_draft_leaves_every_image_there(store: DraftStore) -> None:
    drawn, own, edited = picture(PNG), picture(PNG + b"own"), picture(PNG + b"edited")
    draft = store.keep(post(), BRIEF)
    draft = store.add_image(draft.id, drawn)
    assert store.swap_image(draft.id, own, drawn).images == draft.images
    assert [store.image(image) for image in store.swap_image(draft.id, own, edited).images] == [
        drawn.data,
        edited.data,
    ]
