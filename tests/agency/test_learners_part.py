"""Learners of a hub see their agency's name, and not its clients: also those who look for more."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ppkit.agency import (
    Agency,
    AgencyFileInvalid,
    AgencyFolderTaken,
    Colours,
    OwnNotebook,
    PlanTerms,
    copy_whole,
    is_open_with_business,
    read_agency,
    remove_copies,
    write_learners_part,
)
from ppkit.agency.learners_part import learners_text

CONFIG = Path(__file__).parents[2] / "deploy/jupyterhub/jupyterhub_config.py"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
CANARY = "Quokka-canary"
WHOLE = f"""
name = "Studio \\"Bianchi\\""
logo = "sign.png"
welcome = "Benvenuti!\\nSi comincia."
markup_percent = "17.25"
[currency]
code = "EUR"
rate = "0.9273"
date = 2026-11-01
[colours]
brand = "#4340c4"
[course]
hide = ["real"]
[[course.add]]
title = "Posts for our fair"
file = "08_our_posts.ipynb"
[plan]
credits = 200
[lesson]
models = ["gpt-6-luna"]
limit_per_learner = "0.5531"
[clients.quokka]
name = "{CANARY}"
key = "…WXYZ"
"""
SECRETS = (CANARY, "quokka", "17.25", "0.9273", "0.5531", "WXYZ")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    path = tmp_path / "whole" / "studio.toml"
    path.parent.mkdir()
    path.write_text(WHOLE, "utf-8")
    (path.parent / "sign.png").write_bytes(PNG)
    return path


def test_learners_get_name_logo_colours_welcome_course_and_plan_and_nothing_else(
    whole: Path, tmp_path: Path
) -> None:
    path = write_learners_part(whole, tmp_path / "part")
    found, all_of_it = read_agency(path), read_agency(whole)
    for name in ("name", "logo", "colours", "welcome", "hidden", "added", "plan"):
        assert getattr(found, name) == getattr(all_of_it, name) != getattr(Agency(), name)
    assert (found.clients, found.markup, found.currency, found.lesson) == ((), None, None, {})
    assert not [secret for secret in SECRETS if secret in path.read_text("utf-8")]


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
def test_a_folder_that_is_made_here_is_open_whatever_the_umask(whole: Path, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        path = write_learners_part(whole, tmp_path / "part")
    finally:
        os.umask(before)
    assert [each.stat().st_mode & 0o777 for each in (path.parent, path)] == [0o755, 0o644]


def test_a_logo_that_the_agency_gave_up_does_not_stay(whole: Path, tmp_path: Path) -> None:
    write_learners_part(whole, tmp_path / "part")
    whole.write_text('name = "Studio"', "utf-8")
    write_learners_part(whole, tmp_path / "part")
    assert [path.name for path in (tmp_path / "part").iterdir()] == ["agency.toml"]


@pytest.mark.parametrize("name", ["agency.toml", "studio.toml"])
def test_the_whole_files_own_folder_is_left_as_it_is(whole: Path, tmp_path: Path, name: str) -> None:
    source = whole.rename(whole.parent / name)
    (whole.parent / "logo.png").write_bytes(b"mine")
    whole.parent.chmod(0o700)
    before = {path: (path.stat().st_mode, path.read_bytes()) for path in whole.parent.iterdir()}
    link = tmp_path / "link"
    link.symlink_to(whole.parent, target_is_directory=True)
    for folder in (whole.parent, link):
        with pytest.raises(AgencyFolderTaken):
            write_learners_part(source, folder)
        with pytest.raises(AgencyFolderTaken):
            remove_copies(folder, tmp_path / "copy", source)
        with pytest.raises(AgencyFolderTaken):
            remove_copies(tmp_path / "part", folder, source)
    assert {path: (path.stat().st_mode, path.read_bytes()) for path in whole.parent.iterdir()} == before
    assert sys.platform == "win32" or whole.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["agency.toml", "logo.png"])
def test_what_is_no_learners_part_is_not_replaced(whole: Path, tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / name).write_bytes(b'name = "Another"')
    with pytest.raises(AgencyFolderTaken):
        write_learners_part(whole, home)
    remove_copies(home, tmp_path / "copy", whole)
    assert [(path.name, path.read_bytes()) for path in home.iterdir()] == [(name, b'name = "Another"')]
    (home / name).rename(home / "other")
    (home / "logo.jpg").write_bytes(b"mine")
    whole.write_text('name = "Studio"', "utf-8")
    write_learners_part(whole, home)
    assert {path.name for path in home.iterdir()} == {"agency.toml", "logo.jpg", "other"}
    assert sys.platform == "win32" or home.stat().st_mode & 0o077 == 0  # its owner has not opened it


def test_a_part_that_cannot_be_replaced_stays_whole(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_learners_part(whole, tmp_path / "part")
    before = read_agency(path)
    whole.write_text('name = "Studio"', "utf-8")

    def full(_path: Path, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ppkit.agency.learners_part.write_private", full)
    with pytest.raises(OSError, match="No space"):
        write_learners_part(whole, tmp_path / "part")
    assert read_agency(path) == before
    assert before.logo is not None


def test_a_run_that_was_cut_off_is_repeated(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "logo.png").write_bytes(PNG)
    assert read_agency(write_learners_part(whole, tmp_path / "part")).logo


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=60)
LINE = TEXT.map(str.strip).filter(bool)


@example("a\x7fb", '\x00\n"\\\x7f', "😀", 5)
@given(LINE, TEXT, LINE, st.none() | st.integers(0, 10**6))
def test_whatever_is_written_is_read_back(name: str, welcome: str, title: str, credit: int | None) -> None:
    agency = Agency(
        name=name,
        welcome=welcome,
        colours=Colours("#4340c4", None),
        added=(OwnNotebook(title, "08_our_posts.ipynb"), OwnNotebook(title, "09.ipynb")),
        plan=PlanTerms(credit),
        hidden=frozenset({"real", "python"}),
    )
    assert tomllib.loads(learners_text(agency)) == {
        "name": name,
        "welcome": welcome,
        "colours": {"brand": "#4340c4"},
        "course": {
            "hide": ["python", "real"],
            "add": [{"title": title, "file": "08_our_posts.ipynb"}, {"title": title, "file": "09.ipynb"}],
        },
        "plan": {} if credit is None else {"credits": credit},
    }


def test_a_file_that_is_missing_is_no_nameless_agency(tmp_path: Path) -> None:
    with pytest.raises(AgencyFileInvalid):
        write_learners_part(tmp_path / "nothing.toml", tmp_path / "part")


# --- a learner's account on the machine of the hub

STRANGER = "nobody"
needs_accounts = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root can be somebody else"
)


@pytest.fixture
def state() -> Iterator[Path]:
    """A hub's folder, below folders that every account may enter."""
    folder = Path(tempfile.mkdtemp(prefix="ppkit-hub-", dir="/var/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def configured(state: Path, whole: Path | None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the hub's configuration sets, with stand-ins for JupyterHub's own classes."""

    class Settings(types.SimpleNamespace):
        def __getattr__(self, name: str) -> Any:
            value = {} if name == "environment" else Settings()
            setattr(self, name, value)
            return value

    stand_ins = {"firstuseauthenticator": "FirstUseAuthenticator", "jupyterhub.auth": "LocalAuthenticator"}
    for module, name in stand_ins.items():
        made = types.ModuleType(module)
        setattr(made, name, type(name, (), {}))
        monkeypatch.setitem(sys.modules, module, made)
    (state / "lesson.toml").write_text("", "utf-8")
    for name in ("seats", "trainer"):
        (state / name).write_text("class-ada\n", "utf-8")
        (state / name).chmod(0o600)
    monkeypatch.setenv("PPKIT_HUB_STATE", str(state))
    monkeypatch.setenv("PPKIT_HUB_AGENCY", str(whole or ""))
    monkeypatch.setenv("PPKIT_HUB_LESSON", str(state / "lesson.toml"))
    monkeypatch.delenv("PPKIT_HUB_ACCOUNTS", raising=False)
    settings = Settings()
    with monkeypatch.context() as meanwhile:
        # The group that the hub's script makes is not on this machine.
        meanwhile.setattr("grp.getgrnam", lambda _name: types.SimpleNamespace(gr_gid=54321))
        exec(compile(CONFIG.read_text("utf-8"), str(CONFIG), "exec"), {"get_config": lambda: settings})
    return settings


def as_somebody(command: list[str], **account: Any) -> str:
    """What a program of another account prints."""
    ran: subprocess.CompletedProcess[str] = subprocess.run(
        command, check=False, capture_output=True, text=True, errors="replace", cwd="/", **account
    )
    return ran.stdout


@needs_accounts
@pytest.mark.processes
def test_a_learners_account_finds_no_client_wherever_it_looks(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = state / "mine" / "studio.toml"
    source.parent.mkdir(mode=0o711)
    source.write_text(WHOLE, "utf-8")
    (source.parent / "sign.png").write_bytes(PNG)
    for mode in (0o644, 0o640):  # learners could read it
        source.chmod(mode)
        with pytest.raises(SystemExit, match="chmod 600"):
            configured(state, source, monkeypatch)
    source.chmod(0o600)
    settings = configured(state, source, monkeypatch)
    learners = settings.Spawner.environment["PPKIT_AGENCY"]
    service = next(one for one in settings.JupyterHub.services if one["name"] == "class")
    whole = service["environment"]["PPKIT_AGENCY"]
    tried = {learners, whole, str(source), *map(str, state.rglob("*"))}
    seen = as_somebody(["cat", *sorted(tried)], user=STRANGER, group=65534, extra_groups=[])
    assert "Bianchi" in seen
    assert not [secret for secret in SECRETS if secret in seen]
    assert CANARY not in json.dumps(settings.Spawner.environment)
    # The service reads all of it, and the learners' servers are told of their part alone.
    assert CANARY in as_somebody(["cat", whole], user=STRANGER, group=54321, extra_groups=[])
    assert read_agency(Path(whole)).clients
    assert whole not in json.dumps(settings.Spawner.environment)


@pytest.mark.skipif(sys.platform == "win32", reason="a hub runs on no Windows")
@pytest.mark.parametrize(
    ("text", "part"), [('name = "Studio"\n[course]\nhide = ["nothing"]', "course.hide"), ("name =", "TOML")]
)
def test_a_hub_says_what_is_wrong_with_its_agencys_file(
    whole: Path, state: Path, monkeypatch: pytest.MonkeyPatch, text: str, part: str
) -> None:
    whole.write_text(text, "utf-8")
    monkeypatch.setenv("PPKIT_LANGUAGE", "it")
    with pytest.raises(SystemExit, match=part) as ended:
        configured(state, whole, monkeypatch)
    assert str(whole) in str(ended.value)
    assert "Correggi il file" in str(ended.value)


@pytest.mark.skipif(sys.platform == "win32", reason="a hub runs on no Windows")
def test_a_hub_keeps_no_copy_of_a_file_that_it_was_given_before(
    whole: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    whole.chmod(0o600)
    configured(state, whole, monkeypatch)
    (state / "agency-whole").chmod(0o750)  # as with accounts of their own
    configured(state, whole.rename(whole.parent / "renamed.toml"), monkeypatch)
    copies = state / "agency-whole"
    assert {path.name for path in copies.iterdir()} == {"renamed.toml", "sign.png"}
    assert copies.stat().st_mode & 0o077 == 0
    settings = configured(state, None, monkeypatch)
    assert "PPKIT_AGENCY" not in settings.Spawner.environment
    assert [path for path in state.rglob("*") if path.suffix == ".toml" and path.name != "lesson.toml"] == []


def test_a_file_that_says_no_more_may_be_open(whole: Path, state: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no such modes there")
    closed = shutil.copytree(whole.parent, state / "agency") / whole.name
    closed.chmod(0o644)
    closed.parent.chmod(0o711)
    assert is_open_with_business(closed)
    closed.chmod(0o640)  # learners' accounts may be of its group
    assert is_open_with_business(closed)
    closed.parent.chmod(0o700)
    assert not is_open_with_business(closed)
    closed.parent.chmod(0o711)
    closed.write_text('name = "Studio"', "utf-8")
    assert not is_open_with_business(closed)


def test_without_accounts_the_whole_is_the_callers_own(whole: Path, tmp_path: Path) -> None:
    copied = copy_whole(whole, tmp_path / "copy", None)
    assert read_agency(copied) == read_agency(whole)
    assert sys.platform == "win32" or copied.parent.stat().st_mode & 0o077 == 0
