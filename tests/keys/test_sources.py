"""Where a key comes from: one order, one winner, the hidden ones named, nothing passed over in silence."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from ppkit.clock import ManualClock
from ppkit.keys import (
    ApiKey,
    ColabSecret,
    KeyChoice,
    KeyringIsLocked,
    PasteRefusal,
    Source,
    SourceName,
    choose,
    read_only_sources,
)
from ppkit.keys.chain_texts import describe_chain
from ppkit.look.texts import Texts

from .memory_key_store import MemoryKeyStore

VARIABLE = "OPENAI_API_KEY"


def key(letters: str) -> ApiKey:
    return ApiKey("sk-practice-" + letters * 8)


TYPED, ENVIRONMENT, DOTENV, SAVED, COLAB = (
    key(letters) for letters in ("TYPEDx", "ENVIRO", "DOTENV", "SAVEDx", "COLABx")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".env").write_text(f"# a comment\nOPENAI_API_KEY='{DOTENV.get_secret_value()}'\n")
    return tmp_path


def chosen(folder: Path, typed: ApiKey | None = None, environment: str | None = None) -> KeyChoice:
    store = MemoryKeyStore()
    store.save(SAVED)
    variables: Mapping[str, str] = {} if environment is None else {VARIABLE: environment}
    sources = [
        Source(SourceName.TYPED, lambda: typed),
        *read_only_sources(VARIABLE, variables, folder / ".env", None),
        Source(SourceName.FILE, store.load),
    ]
    return choose(sources, "practice")


def test_what_was_typed_wins_and_hides_the_rest(folder: Path) -> None:
    result = chosen(folder, TYPED, ENVIRONMENT.get_secret_value())
    assert result.key == TYPED
    assert [hidden.source for hidden in result.hidden] == ["environment", "dotenv", "file"]


def test_the_environment_comes_before_dotenv_and_dotenv_before_the_file(folder: Path, tmp_path: Path) -> None:
    assert chosen(folder, None, ENVIRONMENT.get_secret_value()).key == ENVIRONMENT
    assert chosen(folder).key == DOTENV
    (tmp_path / ".env").unlink()
    assert chosen(folder).key == SAVED


def test_a_key_that_does_not_fit_the_mode_is_passed_over_and_said(folder: Path) -> None:
    result = chosen(folder, None, "sk-proj-" + "a" * 156)
    assert result.key == DOTENV
    assert [(found.source, found.pasted.refusal) for found in result.refused] == [
        (SourceName.ENVIRONMENT, PasteRefusal.REAL_KEY_IN_PRACTICE)
    ]


def test_a_damaged_key_in_the_environment_is_repaired(folder: Path) -> None:
    assert chosen(folder, None, f" {ENVIRONMENT.get_secret_value()}\n").key == ENVIRONMENT


def test_an_empty_variable_counts_as_none(folder: Path) -> None:
    result = chosen(folder, None, "")
    assert result.key == DOTENV
    assert result.refused == ()


def test_no_source_at_all_gives_no_key(tmp_path: Path) -> None:
    result = choose(read_only_sources(VARIABLE, {}, tmp_path / ".env", None), "practice")
    assert result == KeyChoice(None, (), ())
    assert result.key is None


def test_the_choice_does_not_print_a_key(folder: Path) -> None:
    assert "DOTENVDOTENV" not in repr(chosen(folder, TYPED))


# --- .env, as people and systems write it


@pytest.mark.parametrize(
    "written",
    [
        "OPENAI_API_KEY={key}",
        "export OPENAI_API_KEY={key}",
        "OPENAI_API_KEY = “{key}”",
        "OPENAI_API_KEY: {key}",
        "OPENAI_API_KEY {key}",
        "\ufeffOPENAI_API_KEY={key}\r\n",
        "OTHER=1\r\nOPENAI_API_KEY={key} # mine\r\n",
        "OPENAI_API_KEY=$HOME\nOPENAI_API_KEY={key}",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_key_in_dotenv_is_read_however_it_was_written(tmp_path: Path, written: str, encoding: str) -> None:
    (tmp_path / ".env").write_bytes(written.format(key=DOTENV.get_secret_value()).encode(encoding))
    assert chosen(tmp_path).key == DOTENV


@pytest.mark.parametrize("damage", ["sk-practice-short", "sk-…abcd", "{key}{key}x", "<your key>"])
def test_a_damaged_key_in_dotenv_is_said_and_the_next_source_counts(tmp_path: Path, damage: str) -> None:
    (tmp_path / ".env").write_text(f"OPENAI_API_KEY={damage.format(key=DOTENV.get_secret_value())}")
    result = chosen(tmp_path)
    assert result.key == SAVED
    assert [found.source for found in result.refused] == ["dotenv"]
    assert "DOTENVDOTENV" not in " ".join(describe_chain(result, Texts("en")))


def test_a_dotenv_that_is_no_file_of_settings_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"#" * 1_000_001)
    result = chosen(tmp_path)
    assert result.key == SAVED
    assert [found.trouble.code for found in result.refused if found.trouble] == ["dotenv_unreadable"]


def test_a_folder_named_dotenv_is_said(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert [found.source for found in chosen(tmp_path).refused] == ["dotenv"]


@pytest.mark.parametrize(
    "content", ["", "# OPENAI_API_KEY=x", "OPENAI_API_KEY=", "OPENAI_API_KEY_OLD=x", "A=b"]
)
def test_a_dotenv_without_the_variable_is_no_source(tmp_path: Path, content: str) -> None:
    (tmp_path / ".env").write_text(content)
    assert chosen(tmp_path).refused == ()


# --- what cannot be reached, and what need not be


def test_a_source_in_trouble_is_said_and_the_next_one_counts() -> None:
    def locked() -> ApiKey:
        raise KeyringIsLocked

    result = choose([Source(SourceName.KEYRING, locked), Source(SourceName.FILE, lambda: SAVED)], "practice")
    assert result.key == SAVED
    assert [found.trouble.code for found in result.refused if found.trouble] == ["keyring_locked"]


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_whole_chain_is_told_and_quotes_no_key(folder: Path, language: str) -> None:
    told = describe_chain(chosen(folder, TYPED, "sk-proj-" + "a" * 156), Texts(language))
    assert len(told) == 4
    assert "sk-…" + TYPED.last4 in told[0]
    assert "OPENAI_API_KEY" in told[3]
    assert not any(letters * 2 in line for line in told for letters in ("TYPEDx", "DOTENV", "aaaa"))


# --- Colab


class UserData(ModuleType):
    """`google.colab.userdata`, as far as it is used; it counts how often it is asked."""

    def __init__(self, answer: str | Exception) -> None:
        super().__init__("google.colab.userdata")
        self.answer, self.asked = answer, 0

    def get(self, _name: str) -> str:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def colab(
    answer: str | Exception, monkeypatch: pytest.MonkeyPatch
) -> tuple[UserData, ColabSecret, ManualClock]:
    userdata = UserData(answer)
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)
    clock = ManualClock(datetime(2026, 11, 23, tzinfo=UTC))
    return userdata, ColabSecret(VARIABLE, clock), clock


def test_a_colab_secret_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, secret, _ = colab(COLAB.get_secret_value(), monkeypatch)
    variables = {VARIABLE: ENVIRONMENT.get_secret_value()}
    result = choose(read_only_sources(VARIABLE, variables, tmp_path / ".env", secret), "practice")
    assert result.key == COLAB
    assert [found.source for found in result.hidden] == ["environment"]
    assert "COLABxCOLABx" not in repr(secret) + repr(vars(secret))


@pytest.mark.parametrize(
    ("exception", "code"),
    [
        ("SecretNotFoundError", None),
        ("NotebookAccessError", "colab_secret_not_granted"),
        ("TimeoutException", "colab_secret_not_reached"),
        ("AnythingNew", "colab_secret_not_reached"),
    ],
)
def test_what_colab_refuses_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exception: str, code: str | None
) -> None:
    _, secret, _ = colab(type(exception, (Exception,), {})(), monkeypatch)
    result = choose(read_only_sources(VARIABLE, {}, tmp_path / ".env", secret), "practice")
    assert [found.trouble.code for found in result.refused if found.trouble] == ([code] if code else [])


def test_colab_is_asked_again_only_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    userdata, secret, clock = colab(COLAB.get_secret_value(), monkeypatch)
    assert [secret.read(), secret.read()] == [COLAB.get_secret_value()] * 2
    assert userdata.asked == 1
    clock.advance(timedelta(seconds=31))
    userdata.answer = SAVED.get_secret_value()
    assert secret.read() == SAVED.get_secret_value()


def test_without_colabs_module_the_secret_is_not_reached(tmp_path: Path) -> None:
    secret = ColabSecret(VARIABLE, ManualClock(datetime(2026, 11, 23, tzinfo=UTC)))
    result = choose(read_only_sources(VARIABLE, {}, tmp_path / ".env", secret), "practice")
    assert [found.trouble.code for found in result.refused if found.trouble] == ["colab_secret_not_reached"]
