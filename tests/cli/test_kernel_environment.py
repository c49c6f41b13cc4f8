"""What the notebooks inherit from the shell in which `ppkit start` was typed."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest

from ppkit.account_variables import withheld_variables
from ppkit.settings import Settings
from ppkit.start.run import kernel_environment

REAL = "sk-proj-" + "CANARY" * 8
PRACTICE = "sk-practice-" + "CANARY" * 8
ACCOUNT = {
    "OPENAI_API_KEY": REAL,
    "OPENAI_ADMIN_KEY": "sk-admin-" + "CANARY" * 8,
    "OPENAI_ORG_ID": "org-mine",
    "OPENAI_PROJECT_ID": "proj_mine",
    "OPENAI_BASE_URL": "https://proxy.example/v1",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer " + REAL,
    "AZURE_OPENAI_API_KEY": "CANARY" * 5,
}


@pytest.fixture
def account(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    return ACCOUNT


def test_practice_notebooks_inherit_nothing_of_a_real_account(
    home: Path, account: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inherited = kernel_environment(Settings(home=home))
    assert not account.keys() & inherited.keys()
    assert "CANARY" not in repr(inherited)
    assert inherited["PPKIT_MODE"] == "practice"
    for name in account.keys() - inherited.keys():
        monkeypatch.delenv(name)
    with pytest.raises(openai.OpenAIError, match="OPENAI_API_KEY"):  # what a lesson's raw client meets
        openai.OpenAI()


def test_a_practice_key_in_the_environment_stays(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", PRACTICE)
    assert kernel_environment(Settings(home=home))["OPENAI_API_KEY"] == PRACTICE


def test_live_notebooks_inherit_the_account(home: Path, account: dict[str, str]) -> None:
    inherited = kernel_environment(Settings(home=home, mode="live"))
    assert {name: inherited[name] for name in account} == account


def test_what_is_withheld_is_told_by_name_and_never_by_value(account: dict[str, str]) -> None:
    assert withheld_variables({**account, "PATH": "/bin"}) == sorted(account)


def test_no_traces_of_agents_leave_practice_notebooks_whatever_the_shell_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "false")
    assert kernel_environment(Settings(home=home))["OPENAI_AGENTS_DISABLE_TRACING"] == "1"
    assert kernel_environment(Settings(home=home, mode="live"))["OPENAI_AGENTS_DISABLE_TRACING"] == "false"
    assert withheld_variables({"OPENAI_AGENTS_DISABLE_TRACING": "1"}) == []
