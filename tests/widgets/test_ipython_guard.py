"""In a real kernel: no key in answers about exceptions, in log lines, in the history of what was typed."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import string
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

from ppkit.clock import SystemClock
from ppkit.start.notebook_guard import KERNEL_EXTENSION
from ppkit.start.shared_platform import end_practice

pytestmark = pytest.mark.processes

SIDE = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=74))
KEY = f"sk-proj-{SIDE}T3Blbk" + f"FJ{SIDE[::-1]}"
PART = KEY[12:40]
ROOT = Path(__file__).resolve().parents[2]


class Kernel:
    """A kernel as `ppkit start` has it, and everything it has sent."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.log = (folder / "kernel.log").open("w+b")
        own = {
            name: value for name, value in os.environ.items() if not name.startswith(("PPKIT_", "OPENAI_"))
        }
        own |= {
            "IPYTHONDIR": str(folder / "ipython"),
            "PYTHONPATH": str(ROOT),
            "PPKIT_HOME": str(folder / "home"),
        }
        self.manager: KernelManager
        self.manager, self.client = start_new_kernel(
            extra_arguments=list(options), env=own, stdout=self.log, stderr=self.log
        )

    def run(self, code: str) -> list[dict[str, Any]]:
        """All messages that the kernel sends about this cell, the reply first."""
        sent: list[dict[str, Any]] = []
        reply = self.client.execute_interactive(code, timeout=60, output_hook=sent.append, allow_stdin=False)
        return [message["content"] | {"type": message["msg_type"]} for message in (reply, *sent)]

    def history(self) -> str:
        """What IPython's database holds, after it was written."""
        self.run("get_ipython().history_manager.writeout_cache()")
        with closing(sqlite3.connect(self.folder / "ipython/profile_default/history.sqlite")) as database:
            return repr(database.execute("SELECT source, source_raw FROM history").fetchall())

    def end(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.log.close()


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    running = Kernel(tmp_path_factory.mktemp("kernel"), KERNEL_EXTENSION)
    yield running
    running.end()


def failing(key: str) -> str:
    """A cell that fails while the key is a literal, a local variable, an attribute and in the exception."""
    return f"""
def call(api_key):
    headers = {{"Authorization": "Bearer " + api_key + "\\n"}}
    raise ValueError(f"Illegal header value {{headers['Authorization'].encode()!r}}")

call("{key}")
"""


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal", "Docs"])
def test_no_way_of_showing_an_exception_shows_the_key(kernel: Kernel, mode: str) -> None:
    kernel.run(f"%xmode {mode}")
    sent = kernel.run(failing(KEY))
    errors = [message for message in sent if message["type"] == "error"]
    assert len(errors) == 1
    assert sent[0]["status"] == "error"
    assert "Illegal header value" in sent[0]["evalue"]
    assert "Illegal header value" in "\n".join(errors[0]["traceback"])
    # The cell itself is echoed to every client of the kernel: that is the user's own text.
    answers = [message for message in sent if message["type"] != "execute_input"]
    assert PART not in json.dumps(answers)
    assert f"sk-…{KEY[-4:]}" in json.dumps(answers, ensure_ascii=False)


def test_showing_the_last_traceback_again_does_not_either(kernel: Kernel) -> None:
    kernel.run(failing(KEY))
    sent = kernel.run("%tb")
    assert "Illegal header value" in json.dumps(sent)
    assert PART not in json.dumps(sent)


@pytest.mark.parametrize(
    "code",
    [
        "'" + KEY,
        "if True:\n'" + KEY + "'",
        "raise SystemExit('" + KEY + "')",
        "import warnings; warnings.warn('odd: ' + '" + KEY + "')",
        "import logging; logging.getLogger('x').error('cannot use %s', '" + KEY + "')",
        "import threading\ndef fail():\n    raise RuntimeError('" + KEY + "')\n"
        "thread = threading.Thread(target=fail)\nthread.start()\nthread.join()",
        "raise ExceptionGroup('several', [ValueError('" + KEY + "')])",
    ],
    ids=["open quote", "indentation", "exit", "warning", "log", "thread", "group"],
)
def test_nothing_else_that_is_said_unasked_shows_it(kernel: Kernel, code: str) -> None:
    sent = kernel.run(code)
    answers = [message for message in sent if message["type"] not in ("execute_input", "status")]
    assert f"sk-…{KEY[-4:]}" in json.dumps(answers, ensure_ascii=False)
    assert PART not in json.dumps(answers)


def test_what_the_person_prints_is_left_as_it_is(kernel: Kernel) -> None:
    sent = kernel.run(f"print('{KEY}')")
    assert any(message.get("text") == f"{KEY}\n" for message in sent)


def test_an_exception_without_a_key_is_shown_as_it_is(kernel: Kernel) -> None:
    kernel.run("%xmode Context")
    sent = kernel.run("api_key = None\nopen('/no/such/task-force')")
    (error,) = [message for message in sent if message["type"] == "error"]
    assert error["ename"] == "FileNotFoundError"
    assert error["evalue"] == "[Errno 2] No such file or directory: '/no/such/task-force'"
    assert sent[0]["evalue"] == error["evalue"]


def test_a_key_that_was_typed_is_not_in_the_history(kernel: Kernel) -> None:
    assert kernel.run(f"mine = '{KEY}'")[0]["status"] == "ok"
    assert kernel.run(f"assert mine == '{KEY[:30]}' '{KEY[30:]}'")[0]["status"] == "ok"
    remembered = kernel.history()
    assert f"mine = 'sk-…{KEY[-4:]}'" in remembered
    assert PART not in remembered
    files = [path for path in kernel.folder.rglob("*") if path.is_file()]
    assert len(files) >= 2
    assert [path for path in files if PART.encode() in path.read_bytes()] == []


def test_a_kernel_without_the_option_is_guarded_by_the_first_window(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    try:
        assert PART in json.dumps(kernel.run(failing(KEY))[0])  # the test can fail
        kernel.run("import ppkit; ppkit.costs()")
        assert PART not in json.dumps(kernel.run(failing(KEY))[0])
    finally:
        kernel.end()
        end_practice(tmp_path / "home", SystemClock())


TERMINAL = """
import sys
from IPython.terminal.interactiveshell import TerminalInteractiveShell
shell = TerminalInteractiveShell.instance(simple_prompt=True, colors="nocolor", history_load_length=0)
shell.run_line_magic("load_ext", "ppkit.widgets.cells.ipython_guard")
shell.run_line_magic("load_ext", "ppkit.widgets.cells.ipython_guard")
key = sys.stdin.read()
shell.run_cell("%xmode Verbose")
shell.run_cell(f"def call(key): raise ValueError('not ' + key)")
shell.run_cell(f"call('{key}')", store_history=True)
shell.history_manager.writeout_cache()
"""


def test_ipython_in_a_terminal_is_guarded_by_the_extension(tmp_path: Path) -> None:
    own = os.environ | {"IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", TERMINAL], input=KEY, env=own, capture_output=True, text=True, check=True
    )
    assert "ValueError: not sk-…" in done.stdout
    assert PART not in done.stdout + done.stderr
    files = list(tmp_path.rglob("*.sqlite*"))
    assert files
    assert [path for path in files if PART.encode() in path.read_bytes()] == []
