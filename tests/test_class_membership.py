"""Which class a learner takes part in, and that its token stays where it belongs."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from keys.canaries import key_of

from ppkit.class_membership import FILE, ClassMembership, ClassSeat, NoClassLink

TOKEN = "sk-class-" + "a" * 32
LINK = f"http://192.168.1.20:8642/#{TOKEN}"
HUB = {"JUPYTERHUB_API_TOKEN": "hub-token", "PPKIT_CLASS_URL": "http://127.0.0.1:8642/services/class/"}
CELL = {"OPENAI_BASE_URL": "http://192.168.1.20:8642/v1", "OPENAI_API_KEY": TOKEN}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a `.env`."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("PPKIT_WORKING_FOLDER", str(folder))
    return folder


def seat_with(folder: Path, given: dict[str, str]) -> tuple[str, str] | None:
    seat = ClassMembership(folder, lambda: given).seat
    return (seat.address, seat.token.get_secret_value()) if seat else None


def test_a_link_that_was_pasted_is_kept_for_every_notebook(tmp_path: Path) -> None:
    membership = ClassMembership(tmp_path, dict)
    membership.join(f" {LINK}\n")
    assert seat_with(tmp_path, {}) == ("http://192.168.1.20:8642", TOKEN)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert TOKEN not in repr(membership.seat)
    membership.be_silent(True)
    membership.has_read("now")
    again = ClassMembership(tmp_path, dict)
    assert (again.is_silent, again.read, again.has_link) == (True, "now", True)
    membership.leave()
    assert seat_with(tmp_path, {}) is None
    assert membership.is_silent  # a no to one class is none to be made again
    assert ClassMembership(tmp_path, dict).to_forget == ClassSeat.of_link(LINK)
    membership.has_forgotten()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and TOKEN in path.read_text()] == []


def test_on_binder_it_holds_for_every_lesson_of_the_session(tmp_path: Path) -> None:
    binder = {"BINDER_LAUNCH_HOST": "https://binder.example"}
    of_the_map, of_a_lesson = (ClassMembership(tmp_path, lambda: binder) for _ in range(2))
    of_the_map.join(LINK)
    assert of_a_lesson.seat == ClassSeat.of_link(LINK)
    of_a_lesson.leave()
    assert of_the_map.seat is None
    of_a_lesson.has_forgotten()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and TOKEN in path.read_text()] == []


@pytest.mark.parametrize(
    "text",
    [
        "", TOKEN, f"192.168.1.20:8642/#{TOKEN}", f"ftp://a/#{TOKEN}", f"http://a/?b#{TOKEN}",
        f"http://a:b@c/#{TOKEN}", f"http://a b/#{TOKEN}", "http://a/#" + key_of("project", "own"),
        f"http://a/#{TOKEN}x", f"http://{'a' * 500}/#{TOKEN}", f"http://[a/#{TOKEN}", f"http:///#{TOKEN}",
    ],
)  # fmt: skip
def test_what_is_no_link_of_a_class_is_refused_unquoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoClassLink) as refused:
        ClassMembership(tmp_path, dict).join(text)
    assert refused.value.facts == {}
    assert refused.value.__context__ is None
    assert not (tmp_path / FILE).exists()


def test_a_hub_and_the_cell_of_a_lesson_name_the_class_too(tmp_path: Path) -> None:
    assert seat_with(tmp_path, HUB) == ("http://127.0.0.1:8642/services/class", "hub-token")
    assert seat_with(tmp_path, CELL) == ("http://192.168.1.20:8642", TOKEN)
    by_hub = CELL | {"OPENAI_API_KEY": "hub-token", "JUPYTERHUB_API_TOKEN": "hub-token"}
    assert seat_with(tmp_path, by_hub) == ("http://192.168.1.20:8642", "hub-token")


def test_a_no_to_a_hubs_class_puts_no_hubs_token_into_a_file(tmp_path: Path) -> None:
    membership = ClassMembership(tmp_path, lambda: HUB)
    membership.be_silent(True)
    assert "hub-token" not in (tmp_path / FILE).read_text()
    renewed = HUB | {"JUPYTERHUB_API_TOKEN": "next-token"}
    to_forget = ClassMembership(tmp_path, lambda: renewed).to_forget
    assert to_forget is not None
    assert to_forget.token.get_secret_value() == "next-token"


def test_a_file_that_cannot_be_read_is_a_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    membership = ClassMembership(tmp_path, lambda: HUB)
    membership.be_silent(True)

    def refused(_path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    for read in ("stat", "read_text"):
        with monkeypatch.context() as patched:
            patched.setattr(Path, read, refused)
            assert ClassMembership(tmp_path, lambda: HUB).is_silent


def test_a_dotenv_names_the_class_but_sends_no_hubs_token_anywhere(tmp_path: Path, elsewhere: Path) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in CELL.items())
    (elsewhere / ".env").write_text(lines)
    assert seat_with(tmp_path, {}) == ("http://192.168.1.20:8642", TOKEN)
    hostile = (
        "PPKIT_CLASS_URL=http://evil.test\nOPENAI_BASE_URL=http://evil.test/v1\nOPENAI_API_KEY=hub-token"
    )
    (elsewhere / ".env").write_text(hostile)
    hub_token = {"JUPYTERHUB_API_TOKEN": "hub-token", "OPENAI_API_KEY": "hub-token"}
    assert seat_with(tmp_path, hub_token) is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        CELL | {"OPENAI_API_KEY": key_of("project", "own")},  # somebody's own key goes to no class
        CELL | {"OPENAI_BASE_URL": "http://192.168.1.20:8642"},
        {"OPENAI_API_KEY": TOKEN},
        {"PPKIT_CLASS_URL": "http://127.0.0.1:8642"},
        HUB | {"PPKIT_CLASS_URL": "file:///etc"},
    ],
)
def test_nothing_else_is_a_class(tmp_path: Path, given: dict[str, str]) -> None:
    assert seat_with(tmp_path, given) is None


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"address": 1}', "[" * 5000, "\x00"])
def test_a_damaged_file_is_no_class_and_can_be_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    membership = ClassMembership(tmp_path, dict)
    assert membership.seat is None
    assert membership.is_silent  # it may have held a no
    membership.join(LINK)
    assert membership.seat == ClassSeat.of_link(LINK)
