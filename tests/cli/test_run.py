"""`ppkit run`: a program is metered and otherwise left alone; the receipt is the last that is written."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ppkit.cli.main import run
from ppkit.cli.run_command import ProgramRun

from .conftest import Ppkit


@pytest.fixture
def live(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Live mode, in which no platform need be there before a call is made."""
    monkeypatch.setenv("PPKIT_MODE", "live")


def program_run(*arguments: str) -> ProgramRun:
    made = run(["run", *arguments])
    assert isinstance(made, ProgramRun)
    return made


def test_the_program_is_handed_to_the_process_with_its_limit_set(
    live: None, capfd: pytest.CaptureFixture[str]
) -> None:
    Path("report.py").write_text("print('never run here')")
    made = program_run("--hard", "1.50", "--tag", "client=rossi", "--json", "report.py", "--json", "x")
    assert (made.program.target, made.program.arguments) == ("report.py", ("--json", "x"))
    made.tell()
    said = capfd.readouterr()
    assert said.out == ""
    told = json.loads(said.err)
    assert (told["program"], told["mode"], told["calls"]) == ("report.py", "live", 0)
    assert [limit["hard_pico_usd"] for limit in told["limits"]] == [15 * 10**11]


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        (["nowhere.py"], "There is no program “nowhere.py”."),
        ([], "PROGRAM"),
        (["--hard", "free", "report.py"], "“free”"),
        (["--tag", "=x", "report.py"], "“=x"),
        (["--mode", "dry", "report.py"], "--mode does not accept this value (practice | live)."),
    ],
    ids=["no file", "nothing", "no amount", "no tag", "no mode"],
)
def test_what_cannot_begin_is_told_in_sentences(
    ppkit: Ppkit, live: None, arguments: list[str], begins: str
) -> None:
    Path("report.py").write_text("raise AssertionError('was run')")
    ran = ppkit("run", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert begins in ran.err
    assert "Traceback" not in ran.err
    assert ppkit("run", "--json", *arguments).json["error"]["what"] == ran.err.splitlines()[0]


def test_a_key_among_our_options_is_refused_and_one_of_the_programs_is_its_own_business(
    ppkit: Ppkit, live: None
) -> None:
    key = "sk-practice-" + "Ab3" * 16
    Path("report.py").write_text("")
    assert ppkit("run", "--tag", f"client={key}", "report.py").code == 2
    program_run("report.py", "--api-key", key).metered.end()


def test_a_fork_of_the_program_writes_no_receipt(
    live: None, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("report.py").write_text("")
    made = program_run("report.py")
    with monkeypatch.context() as forked:
        forked.setattr("os.getpid", lambda: -1)
        made.tell()
    assert capfd.readouterr().err == ""
    made.tell()
    assert "0 calls" in capfd.readouterr().err


# ---------------------------------------------------------------- held against python itself

PROGRAMS = {
    "report.py": """
import atexit, pickle, sys, threading
class C: pass
atexit.register(lambda: print("at exit", sys.modules["__main__"].C.__name__, file=sys.stderr))
threading.Timer(0.05, lambda: print("thread", pickle.loads(pickle.dumps(C())), file=sys.stderr)).start()
print(sys.argv, sys.path[0], __file__, __name__, __spec__, type(sys.stdout), type(sys.stderr), __loader__)
def f(): raise ExceptionGroup("both", [ValueError(1), KeyError(2)])
try: 1 / 0
except ZeroDivisionError as error: f()
""",
    "stopped.py": "raise KeyboardInterrupt",
}
ADDRESSES = re.compile(r"0x[0-9a-f]+")


@pytest.mark.processes
def test_output_traceback_and_exit_code_are_those_of_python(live: None, tmp_path: Path) -> None:
    for name, source in PROGRAMS.items():
        Path(name).write_text(source)

    def outcome(*command: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, check=False, env=dict(os.environ)
        )
        return done.returncode, ADDRESSES.sub("", done.stdout), ADDRESSES.sub("", done.stderr)

    asked = [(name, "a", "--json") for name in PROGRAMS]
    with ThreadPoolExecutor(2) as workers:
        alone = list(workers.map(lambda words: outcome(*words), asked))
        metered = list(workers.map(lambda words: outcome("-m", "ppkit", "run", *words), asked))
    for words, without, (code, out, err) in zip(asked, alone, metered, strict=True):
        receipt = f"ppkit (live) · {words[0]}: 0 calls, $0.00\n"
        assert err.endswith(receipt), err
        assert (code, out, err.removesuffix(receipt)) == without
