"""What `pip install ppkit` alone does not bring is asked for where it is needed, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import ppkit
from ppkit.extras import ExtraMissing, PracticeMissing, explained, is_installed, require
from ppkit.look.texts import Texts
from ppkit.practice_platform import process
from ppkit.start import run
from ppkit.widgets import windows

from .tracked import ROOT

MODULES = {
    "python-multipart": "python_multipart",
    "pillow": "PIL",
    "python-stdnum": "stdnum",
    "jupyter-server-proxy": "jupyter_server_proxy",
    "psycopg": "psycopg",
}
"""The name to import, where it is not the package's own."""

HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""
IN_KERNELS = {"IPython", "traitlets", "genai_prices", "jupyter_core"}


def extras() -> dict[str, set[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        extra: {
            MODULES.get(name, name) for name in (Requirement(line).name for line in lines) if name != "ppkit"
        }
        for extra, lines in project["optional-dependencies"].items()
    }


def run_without(
    names: set[str], code: str, home: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "OPENAI_"))}
    own |= {"PPKIT_HOME": str(home), "PPKIT_LANGUAGE": "en", **environment}
    program = HIDE.format(names=names) + code
    return subprocess.run(
        [sys.executable, "-c", program], cwd=home, env=own, capture_output=True, text=True, check=False
    )


def everything_hidden() -> set[str]:
    return set().union(*extras().values()) | IN_KERNELS


COMMAND = "import sys; from ppkit.cli.main import run; sys.exit(run({arguments!r}))"


@pytest.mark.parametrize(
    "arguments",
    ["--help", "usage", "usage --json", "limits --hard 5", "key list", "scan .", "practice --help"],
)
@pytest.mark.parametrize("mode", ["practice", "live"])
def test_commands_work_without_any_extra(arguments: str, mode: str, tmp_path: Path) -> None:
    code = COMMAND.format(arguments=arguments.split())
    done = run_without(everything_hidden(), code, tmp_path, PPKIT_MODE=mode)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        ("start --no-browser", "lab"),
        ("practice serve", "practice"),
        ("practice clock show", "practice"),
        ("practice reset", "practice"),
    ],
)
@pytest.mark.parametrize(
    ("language", "type_this"), [("en", "Type: pip install"), ("it", "Scrivi: pip install")]
)
def test_commands_tell_the_extra_that_they_need(
    arguments: str, extra: str, language: str, type_this: str, tmp_path: Path
) -> None:
    code = COMMAND.format(arguments=arguments.split())
    done = run_without(everything_hidden(), code, tmp_path, PPKIT_LANGUAGE=language)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{type_this} 'ppkit[{extra}]'" in done.stderr
    assert not (tmp_path / "ppkit-notebooks").exists()


@pytest.mark.parametrize(
    ("call", "extra"),
    [
        ("ppkit.setup()", "lab"),
        ("ppkit.assistant()", "lab"),
        ("ppkit.costs()", "lab"),
        ("ppkit.replace_key()", "lab"),
        ("ppkit.practice()", "practice"),
        ("ppkit.session().practice_state()", "practice"),
        ("ppkit.OpenAI()", "practice"),
    ],
)
@pytest.mark.parametrize(
    ("language", "type_this"), [("en", "Type: pip install"), ("it", "Scrivi: pip install")]
)
def test_calls_tell_the_extra_under_the_traceback(
    call: str, extra: str, language: str, type_this: str, tmp_path: Path
) -> None:
    done = run_without(everything_hidden(), f"import ppkit; {call}", tmp_path, PPKIT_LANGUAGE=language)
    assert done.returncode == 1
    assert f"{type_this} 'ppkit[{extra}]'" in done.stderr.splitlines()[-1]


def test_a_window_needs_only_what_draws_it(tmp_path: Path) -> None:
    needed = set(windows.PACKAGES)
    hidden = {"jupyterlab", "jupyter_server_proxy", "keyring", "pypdf", "pandas", "starlette", "genai_prices"}
    assert not needed & hidden
    done = run_without(
        hidden, "import ppkit; print(type(ppkit.costs()).__name__)", tmp_path, PPKIT_MODE="live"
    )
    assert (done.stderr, done.stdout) == ("", "Costs\n")


def test_a_table_needs_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ExtraMissing) as missing:
        ppkit.session().ledger.report().to_frame()
    assert missing.value.facts == {"extra": "lab", "package": "pandas"}


@pytest.mark.parametrize(("extra", "asked"), [("practice", process.PACKAGES), ("lab", run.LAB_PACKAGES)])
def test_what_is_asked_for_is_what_the_extra_brings(extra: str, asked: tuple[str, ...]) -> None:
    assert set(asked) <= extras()[extra]
    assert all(map(is_installed, asked))


def test_the_platform_asks_for_all_that_its_process_imports(tmp_path: Path) -> None:
    """Each package by itself: without it the platform does not serve, so that it must be asked for."""
    unasked = extras()["practice"] - set(process.PACKAGES)
    modules = ("server", "app", "console.console_routes")
    imports = ", ".join(f"ppkit.practice_platform.{name}" for name in modules)
    code = f"import {imports}; print('serves')"
    assert run_without(unasked, code, tmp_path).stdout == "serves\n"


def test_what_is_there_is_not_complained_of() -> None:
    require("lab", "pandas", "json")


@pytest.mark.parametrize(("extra", "kind"), [("practice", PracticeMissing), ("lab", ExtraMissing)])
def test_sentences_stand_under_the_error_once(extra: str, kind: type[ExtraMissing]) -> None:
    facts: Mapping[str, object] = {"extra": extra, "package": "no_such_package"}
    with pytest.raises(ExtraMissing) as missing, explained(Texts("it")), explained(Texts("en")):
        require(extra, "no_such_package")  # type: ignore[arg-type]
    assert (type(missing.value), missing.value.facts) == (kind, facts)
    assert len(missing.value.__notes__) == 1
    assert f"ppkit[{extra}]" in missing.value.__notes__[0]


def test_no_group_or_extra_for_developing_is_an_extra_for_users() -> None:
    assert set(extras()) == {"practice", "lab", "keyring", "scan", "postgres"}
