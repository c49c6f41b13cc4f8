"""What `pip install ppkit` alone does not bring is asked for where it is needed, and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
    "linkify-it-py": "linkify_it",
    "graphemeu": "grapheme",
    "genai-prices": "genai_prices",
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


EACH_COMMAND = """
import contextlib, io, json
from ppkit.cli.main import run
told = {{}}
for line in {lines!r}:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(line.split())
        except SystemExit as ended:
            code = ended.code
    told[line] = (code, out.getvalue(), err.getvalue())
print(json.dumps(told))
"""
EACH_CALL = """
import json, traceback
import ppkit
told = {{}}
for call in {lines!r}:
    try:
        told[call] = repr(eval(call))
    except Exception:
        told[call] = traceback.format_exc()
print(json.dumps(told))
"""
"""All of them in one process: what one of them imported is missing to the next one all the same."""


def each_without_extras(program: str, lines: Iterable[str], home: Path, **environment: str) -> dict[str, Any]:
    """What became of each line where no extra is installed."""
    done = run_without(everything_hidden(), program.format(lines=list(lines)), home, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.processes
@pytest.mark.parametrize("mode", ["practice", "live"])
def test_commands_work_without_any_extra(mode: str, tmp_path: Path) -> None:
    lines = ["--help", "usage", "usage --json", "limits --hard 5", "key list", "scan .", "practice --help"]
    told = each_without_extras(EACH_COMMAND, lines, tmp_path, PPKIT_MODE=mode)
    assert {line: (code, err) for line, (code, _out, err) in told.items()} == dict.fromkeys(lines, (0, ""))


IN_LANGUAGES = pytest.mark.parametrize(
    ("language", "type_this"), [("en", "Run: pip install"), ("it", "Scrivi: pip install")]
)


@pytest.mark.processes
@IN_LANGUAGES
def test_commands_tell_the_extra_that_they_need(language: str, type_this: str, tmp_path: Path) -> None:
    needed = {
        "start --no-browser": "lab",
        "practice serve": "practice",
        "practice clock show": "practice",
        "practice reset": "practice",
        "class serve lesson.toml": "class",
    }
    told = each_without_extras(EACH_COMMAND, needed, tmp_path, PPKIT_LANGUAGE=language)
    assert {line: (code, out) for line, (code, out, _err) in told.items()} == dict.fromkeys(needed, (2, ""))
    unsaid = [line for line, extra in needed.items() if f"{type_this} 'ppkit[{extra}]'" not in told[line][2]]
    assert unsaid == []
    assert not (tmp_path / "ppkit-notebooks").exists()


@pytest.mark.processes
@IN_LANGUAGES
def test_calls_tell_the_extra_under_the_traceback(language: str, type_this: str, tmp_path: Path) -> None:
    needed = {
        "ppkit.setup()": "lab",
        "ppkit.assistant()": "lab",
        "ppkit.costs()": "lab",
        "ppkit.replace_key()": "lab",
        "ppkit.drills()": "lab",
        "ppkit.exercise('cards')": "lab",
        "ppkit.practice()": "practice",
        "ppkit.session().practice_link.state()": "practice",
        "ppkit.OpenAI()": "practice",
    }
    told = each_without_extras(EACH_CALL, needed, tmp_path, PPKIT_LANGUAGE=language)
    last = {call: said.splitlines()[-1] for call, said in told.items()}
    assert [call for call, extra in needed.items() if f"{type_this} 'ppkit[{extra}]'" not in last[call]] == []


@pytest.mark.processes
def test_a_window_needs_only_what_draws_it(tmp_path: Path) -> None:
    needed = set(windows.PACKAGES)
    hidden = {"jupyterlab", "jupyter_server_proxy", "keyring", "pypdf", "pandas", "starlette", "genai_prices"}
    assert not needed & hidden
    done = run_without(
        hidden, "import ppkit; print(type(ppkit.costs()).__name__)", tmp_path, PPKIT_MODE="live"
    )
    assert (done.stderr, done.stdout) == ("", "CostsWindow\n")


def test_a_table_needs_pandas(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, "pandas", None)
    ledger = ppkit.session().ledger
    with pytest.raises(ExtraMissing) as missing:
        ledger.report().to_frame()
    ledger.close()
    assert missing.value.facts == {"extra": "tables", "package": "pandas"}


@pytest.mark.parametrize(
    ("method", "extra", "package"), [("to_xlsx", "xlsx", "xlsxwriter"), ("to_parquet", "tables", "pyarrow")]
)
def test_a_file_of_a_table_needs_what_writes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, method: str, extra: str, package: str
) -> None:
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, package, None)
    ledger = ppkit.session().ledger
    with pytest.raises(ExtraMissing) as missing:
        getattr(ledger.report(), method)(tmp_path / "file")
    ledger.close()
    assert missing.value.facts == {"extra": extra, "package": package}


@pytest.mark.parametrize(("extra", "asked"), [("practice", process.PACKAGES), ("lab", run.LAB_PACKAGES)])
def test_what_is_asked_for_is_what_the_extra_brings(extra: str, asked: tuple[str, ...]) -> None:
    assert set(asked) <= extras()[extra]
    assert all(map(is_installed, asked))


@pytest.mark.processes
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
    abilities = {"keyring", "scan", "postgres", "xlsx", "tables", "watch", "class", "prices"}
    assert set(extras()) == {"assistant", "practice", "lab", "voila"} | abilities
