"""A learner's server on a hub: what it is started with, and what thirty of them leave out."""

from __future__ import annotations

import os
import runpy
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from jupyterlab import commands  # type: ignore[import-untyped]

from ppkit.start import single_user


@pytest.fixture
def learner(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The learner's home."""
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    return tmp_path


@pytest.fixture
def started(learner: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of the server, its options, and the rights to its folder for sockets while it runs."""
    seen: dict[str, str] = {}

    def become(folder: Path, environment: dict[str, str], options: list[str]) -> None:
        runtime = Path(environment["JUPYTER_RUNTIME_DIR"])
        (runtime / "kernel-1-ipc-1").touch()  # a kernel that was killed leaves its socket
        seen.update(environment, options=" ".join(options), rights=oct(stat.S_IMODE(runtime.stat().st_mode)))

    monkeypatch.setattr(single_user, "become_server", become)
    single_user.main(["--said-by-the-hub"])
    return seen


def test_kernels_speak_through_files_in_a_folder_that_is_the_learners_alone(started: dict[str, str]) -> None:
    assert "--KernelManager.transport=ipc" in started["options"]
    assert started["options"].endswith("--said-by-the-hub")
    assert started["rights"] == "0o700"
    assert len(started["JUPYTER_RUNTIME_DIR"]) < 107 - len(
        "/kernel-00000000-0000-0000-0000-000000000000-ipc-1"
    )


def test_the_folder_of_the_sockets_goes_with_the_server(started: dict[str, str]) -> None:
    assert not Path(started["JUPYTER_RUNTIME_DIR"]).exists()


def test_no_keyring_is_looked_for_unless_the_hub_names_one(
    learner: Path, started: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert started["PYTHON_KEYRING_BACKEND"] == "keyring.backends.fail.Keyring"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "schools.own.Keyring")
    single_user.main([])
    assert started["PYTHON_KEYRING_BACKEND"] == "schools.own.Keyring"


def test_language_servers_are_switched_off_before_what_others_say(started: dict[str, str]) -> None:
    first, *others = started["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert '"jupyter_lsp": false' in Path(first, "jupyter_server_config.d", "ppkit-hub.json").read_text(
        "utf-8"
    )
    assert others


def test_the_server_has_the_environment_and_the_options_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {"OPENAI_API_KEY": "withheld"})
    monkeypatch.setattr(sys, "argv", [])
    asks_yarn = commands._yarn_config
    monkeypatch.setattr(commands, "_yarn_config", asks_yarn)
    monkeypatch.chdir(tmp_path)
    ran: list[str] = []
    monkeypatch.setattr(runpy, "run_module", lambda name, **_how: ran.extend((name, *sys.argv[1:])))
    single_user.become_server(tmp_path, {"PPKIT_MODE": "practice"}, ["--option"])
    assert ran == [single_user.SERVER, "--option"]
    assert os.environ == {"PPKIT_MODE": "practice"}
    assert commands._yarn_config is not asks_yarn  # `ask_no_yarn` was called before the server ran


SERVER_THAT_TELLS = """
import os, sys
from pathlib import Path

began_with = Path("/proc/self/environ").read_text("utf-8")
print(sys.argv[1:], began_with, dict(os.environ))
"""


@pytest.mark.processes
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="no /proc: nobody can look there")
def test_a_real_accounts_variables_are_nowhere_in_the_server_not_even_in_what_it_began_with(
    tmp_path: Path,
) -> None:
    for package, module in (("jupyterhub", "singleuser"), ("jupyterlab", "commands")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / f"{module}.py").touch()
    (tmp_path / "jupyterhub" / "singleuser.py").write_text(SERVER_THAT_TELLS, "utf-8")
    places = {name: str(tmp_path) for name in ("HOME", "PPKIT_HOME", "PYTHONPATH", "TMPDIR")}
    told = subprocess.run(
        [sys.executable, "-m", "ppkit.start.single_user", "--said-by-the-hub"],
        env={**os.environ, **places, "PPKIT_MODE": "practice", "OPENAI_API_KEY": "sk-proj-" + "CANARY" * 8},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--said-by-the-hub" in told.stdout
    assert "PPKIT_MODE" in told.stdout
    assert "CANARY" not in told.stdout + told.stderr


def test_jupyterlab_asks_no_yarn_where_packages_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def asks(command: object, **_how: object) -> bytes:
        asked.append(command)
        return b""

    monkeypatch.setattr(subprocess, "check_output", asks)
    monkeypatch.setattr(commands, "which", lambda name: name)
    assert commands.AppOptions().registry == commands.YARN_DEFAULT_REGISTRY
    assert len(asked) == 1  # as it is: the day it is not, `ask_no_yarn` has nothing left to do
    monkeypatch.setattr(commands, "_yarn_config", commands._yarn_config)
    single_user.ask_no_yarn()
    assert commands.AppOptions().registry == commands.YARN_DEFAULT_REGISTRY
    assert len(asked) == 1
