"""Settings: who wins, what is refused, and that no value is repeated."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from ppkit.errors import InvalidSettings, PpkitError
from ppkit.settings import (
    ImpossibleSetting,
    KeyInConfigFile,
    LedgerInMemory,
    MisspeltSetting,
    Settings,
    UnknownSetting,
    load_settings,
    make_home,
)

CANARY = "sk-practice-" + "CANARY" * 8


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PPKIT_", "OPENAI_", "LC_", "LANG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home/config.toml").write_text('language = "it"\nalert_to = "file@example.org"\n')
    assert (load_settings().language, load_settings().alert_to) == ("it", "file@example.org")
    Path(".env").write_text("PPKIT_ALERT_TO=dotenv@example.org\nPPKIT_LANGUAGE=en\n")
    assert (load_settings().language, load_settings().alert_to) == ("en", "dotenv@example.org")
    monkeypatch.setenv("PPKIT_ALERT_TO", "environment@example.org")
    assert load_settings().alert_to == "environment@example.org"


def test_practice_is_the_default_and_each_mode_has_its_own_folder() -> None:
    practice, live = load_settings(), load_settings(mode="live")
    assert practice.mode == "practice"
    assert practice.resolved_ledger_url != live.resolved_ledger_url


def test_notebooks_find_the_dotenv_of_the_folder_that_start_was_typed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text("PPKIT_LANGUAGE=it\n")
    monkeypatch.setenv("PPKIT_WORKING_FOLDER", str(tmp_path / "work"))
    monkeypatch.chdir(tmp_path)
    assert load_settings().language == "it"


@pytest.mark.parametrize(("locale", "language"), [("it_IT.UTF-8", "it"), ("en_US.UTF-8", "en"), ("de", "en")])
def test_the_language_follows_the_locale(locale: str, language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert load_settings().language == language


@pytest.mark.parametrize(
    "text", ['mode = "pretend"', "mode = [", f'language = "{CANARY}"', '\x00"', "alert_to = 3"]
)
def test_damaged_settings_are_refused_by_name_and_never_quoted(tmp_path: Path, text: str) -> None:
    (tmp_path / "home/config.toml").write_text(text)
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert refused.value.facts["name"] in ("mode", "PPKIT_LANGUAGE", "alert_to", "config.toml")
    assert "CANARY" not in repr(refused.value) + str(refused.value)
    assert refused.value.__suppress_context__


def test_a_mail_password_is_in_no_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPKIT_SMTP_URL", f"smtp://me:{CANARY}@mail.example:25?from=a@example.org")
    assert "CANARY" not in repr(load_settings()) + str(load_settings())


@pytest.mark.parametrize(
    "url",
    [
        f"http://me:{CANARY}@mail.example?from=a@example.org",
        f"smtp://me:{CANARY}@mail.example:port?from=a@example.org",
        f"smtp://me:{CANARY}@mail.example",  # no sender
        "http://x",
    ],
)
def test_an_address_of_no_mail_server_is_refused_at_once_and_never_quoted(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PPKIT_SMTP_URL", url)
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert refused.value.code == "invalid_mail_url"
    told = "".join(traceback.format_exception(refused.value))
    assert "CANARY" not in repr(refused.value) + told


def test_the_address_of_a_mail_server_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (
        f"smtps://me%40example.org:{CANARY}@mail.example:465?from=a@example.org",
        "smtp://mail.example?from=a@example.org",
    ):
        monkeypatch.setenv("PPKIT_SMTP_URL", url)
        found = load_settings().smtp_url
        assert found is not None
        assert found.get_secret_value() == url


def test_the_data_folder_and_new_folders_above_it_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = make_home(Settings(home=tmp_path / "class" / "new"))
    for made in (folder, folder.parent, folder.parent.parent):
        assert made.stat().st_mode & 0o077 == 0


def test_a_data_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidSettings):
        make_home(Settings(home=tmp_path / "file"))


def test_a_password_in_an_address_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPKIT_LEDGER_URL", f"postgresql+psycopg://anna:{CANARY}@localhost/class")
    monkeypatch.setenv("PPKIT_SMTP_URL", f"smtps://anna:{CANARY}@localhost:465?from=a@example.org")
    assert CANARY not in repr(load_settings())


def test_the_tier_of_a_project_is_one_that_openai_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().project_tier == "default"
    monkeypatch.setenv("PPKIT_PROJECT_TIER", "priority")
    assert load_settings().project_tier == "priority"
    monkeypatch.setenv("PPKIT_PROJECT_TIER", "fastest")
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert refused.value.facts["name"] == "project_tier"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_dotenv_is_read_however_the_system_wrote_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PPKIT_LANGUAGE", raising=False)
    Path(".env").write_text("PPKIT_LANGUAGE=it\n", encoding=encoding)
    assert load_settings().language == "it"


def test_the_file_that_cannot_be_read_is_the_one_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "home/config.toml").write_bytes(b"language = '\xe8'")
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert refused.value.facts["name"] == "config.toml"
    Path(".env").mkdir()
    with pytest.raises(PpkitError) as unreadable:
        load_settings()
    assert unreadable.value.code == "dotenv_unreadable"


@pytest.mark.parametrize(
    "content", [b"# caff\xe8\nPPKIT_LANGUAGE=it\n", b"\xff\xfeP\0P\0", b"PPKIT_LANGUAGE=it\n\0\n"]
)
def test_one_bad_byte_in_dotenv_stops_nothing(content: bytes) -> None:
    Path(".env").write_bytes(content)
    assert load_settings().language == ("en" if content.startswith(b"\xff") else "it")


@pytest.mark.parametrize(
    ("dotenv", "environment", "config", "origin"),
    [
        ("# one\nPPKIT_MODE=liv\n", None, "", {"origin": "dotenv", "line": 2}),
        ("PPKIT_MODE=live\n", "liv", "", {"origin": "environment"}),
        ("", None, 'mode = "liv"', {"origin": "config"}),
    ],
)
def test_a_setting_that_cannot_be_is_told_with_the_place_it_comes_from(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dotenv: str,
    environment: str | None,
    config: str,
    origin: dict[str, object],
) -> None:
    Path(".env").write_text(dotenv)
    (tmp_path / "home/config.toml").write_text(config)
    if environment:
        monkeypatch.setenv("PPKIT_MODE", environment)
    with pytest.raises(ImpossibleSetting) as refused:
        load_settings()
    told = {name: value for name, value in refused.value.facts.items() if name in {"origin", "line"}}
    assert told == origin


def test_variables_in_dotenv_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM", "agency.example")
    Path(".env").write_text("WHO=anna\nPPKIT_ALERT_TO=${WHO}@${TEAM}\n")
    assert load_settings().alert_to == "anna@agency.example"


DOCUMENTED = [
    ("PPKIT_MODE", "mode", "live", "practice"),
    ("PPKIT_LANGUAGE", "language", "it", "en"),
    ("PPKIT_ALERT_TO", "alert_to", "anna@example.org", "bruno@example.org"),
    ("PPKIT_PROJECT_TIER", "project_tier", "flex", "priority"),
    ("PPKIT_LEDGER_URL", "ledger_url", "sqlite:////a", "sqlite:////b"),
    ("OPENAI_BASE_URL", "base_url", "https://a.example/v1", "https://b.example/v1"),
    ("OPENAI_ORG_ID", "organization", "org-a", "org-b"),
    ("OPENAI_PROJECT_ID", "project", "proj_a", "proj_b"),
]


@pytest.mark.parametrize(("name", "field", "value", "other"), DOCUMENTED)
def test_config_toml_takes_the_documented_name_and_the_bare_one_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, field: str, value: str, other: str
) -> None:
    for written in (name, field):
        (tmp_path / "home/config.toml").write_text(f'{written} = "{value}"\n')
        assert getattr(load_settings(), field) == value
        with monkeypatch.context() as changed:
            changed.setenv(name, other)
            assert getattr(load_settings(), field) == other


@pytest.mark.parametrize(
    ("text", "name", "nearest"),
    [
        ('PPKIT_MOD = "live"', "PPKIT_MOD", "PPKIT_MODE"),
        ('ppkit_mode = "live"', "ppkit_mode", "PPKIT_MODE"),
        ('Mode = "live"', "Mode", "mode"),
        ('OPENAI_ORGANIZATION = "org-1"', "OPENAI_ORGANIZATION", "organization"),
    ],
)
def test_a_misspelt_name_in_config_toml_is_refused_with_the_nearest(
    tmp_path: Path, text: str, name: str, nearest: str
) -> None:
    (tmp_path / "home/config.toml").write_text(text)
    with pytest.raises(MisspeltSetting) as refused:
        load_settings()
    assert refused.value.facts == {"name": name, "nearest": nearest}


@pytest.mark.parametrize("text", ['[ppkit]\nmode = "live"', 'ppkit.mode = "live"'])
def test_a_table_in_config_toml_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "home/config.toml").write_text(text)
    with pytest.raises(UnknownSetting) as refused:
        load_settings()
    assert refused.value.facts == {"name": "ppkit"}


def test_a_key_in_config_toml_is_refused_and_never_quoted(tmp_path: Path) -> None:
    (tmp_path / "home/config.toml").write_text(f'OPENAI_API_KEY = "{CANARY}"')
    with pytest.raises(KeyInConfigFile) as refused:
        load_settings()
    assert refused.value.facts == {"name": "OPENAI_API_KEY"}
    (tmp_path / "home/config.toml").write_text(f"{CANARY} = 1")
    with pytest.raises(UnknownSetting) as unknown:
        load_settings()
    assert unknown.value.facts == {"name": "sk-p…"}


def test_a_setting_under_both_its_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home/config.toml").write_text('mode = "practice"\nPPKIT_MODE = "live"')
    with pytest.raises(InvalidSettings) as refused:
        load_settings()
    assert refused.value.facts == {"name": "mode", "reason": "config.toml: mode, PPKIT_MODE"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_config_toml_is_read_however_the_system_wrote_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "home/config.toml").write_text('PPKIT_LANGUAGE = "it"\n', encoding=encoding)
    assert load_settings().language == "it"


def test_a_relative_ledger_is_one_and_the_same_from_every_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PPKIT_LEDGER_URL", "sqlite:///books.db")
    assert load_settings().resolved_ledger_url == f"sqlite:///{tmp_path / 'home/practice/books.db'}"
    assert load_settings(mode="live").resolved_ledger_url == f"sqlite:///{tmp_path / 'home/live/books.db'}"


@pytest.mark.parametrize("url", ["sqlite:////srv/books.db", "postgresql+psycopg://localhost/class"])
def test_any_other_ledger_stays_as_it_is_given(url: str) -> None:
    assert Settings(ledger_url=url).resolved_ledger_url == url


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///", "sqlite://:memory:", "sqlite:///:memory:", "sqlite:///:memory:?cache=shared"],
)
def test_a_ledger_that_processes_could_not_share_is_refused(url: str) -> None:
    with pytest.raises(LedgerInMemory):
        _ = Settings(ledger_url=url).resolved_ledger_url
