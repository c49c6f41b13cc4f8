"""Where a key comes from: one order, one winner, and the hidden ones named."""

from pathlib import Path

import pytest

from ppkit.keys import ApiKey, Chosen, MemoryKeyStore, Refusal, SourceName, choose, standard_sources


def key(letters: str) -> ApiKey:
    return ApiKey("sk-practice-" + letters * 8)


TYPED, ENVIRONMENT, DOTENV, SAVED = (
    key("TYPED_".replace("_", "x")),
    key("ENVIRO"),
    key("DOTENV"),
    key("SAVEDx"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".env").write_text(f"# a comment\nOPENAI_API_KEY='{DOTENV.get_secret_value()}'\n")
    return tmp_path


def chosen(
    folder: Path, typed: ApiKey | None = None, environment: str | None = None, saved: bool = True
) -> Chosen:
    store = MemoryKeyStore()
    if saved:
        store.save(SAVED)
    variables = {} if environment is None else {"OPENAI_API_KEY": environment}
    return choose(standard_sources(lambda: typed, variables, folder / ".env", store), "practice")


def test_what_was_typed_wins_and_hides_the_rest(folder: Path) -> None:
    result = chosen(folder, TYPED, ENVIRONMENT.get_secret_value())
    assert result.key == TYPED
    assert [hidden.source for hidden in result.hidden] == ["environment", "dotenv", "file"]
    assert result.still_linked_by == (SourceName.ENVIRONMENT, SourceName.DOTENV, SourceName.FILE)


def test_the_environment_comes_before_dotenv_and_dotenv_before_the_file(folder: Path, tmp_path: Path) -> None:
    assert chosen(folder, None, ENVIRONMENT.get_secret_value()).key == ENVIRONMENT
    assert chosen(folder).key == DOTENV
    (tmp_path / ".env").unlink()
    assert chosen(folder).key == SAVED


def test_a_key_that_does_not_fit_the_mode_is_passed_over_and_said(folder: Path) -> None:
    result = chosen(folder, None, "sk-proj-" + "a" * 156)
    assert result.key == DOTENV
    assert [(found.source, found.lint.refusal) for found in result.refused] == [
        (SourceName.ENVIRONMENT, Refusal.REAL_KEY_IN_PRACTICE)
    ]


def test_a_damaged_key_in_the_environment_is_repaired(folder: Path) -> None:
    assert chosen(folder, None, f" {ENVIRONMENT.get_secret_value()}\n").key == ENVIRONMENT


def test_an_empty_variable_counts_as_none(folder: Path) -> None:
    result = chosen(folder, None, "")
    assert result.key == DOTENV
    assert result.refused == ()


def test_no_source_at_all_gives_no_key(tmp_path: Path) -> None:
    result = chosen(tmp_path, saved=False)
    assert result.active is None
    assert result.key is None
    assert result.still_linked_by == ()


def test_an_unreadable_dotenv_is_no_source(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    assert chosen(tmp_path).key == SAVED


def test_the_choice_does_not_print_a_key(folder: Path) -> None:
    assert "DOTENVDOTENV" not in repr(chosen(folder, TYPED))
