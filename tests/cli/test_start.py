"""`ppkit start` as a person runs it: a process with children, an address that opens, an orderly end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psutil
import pytest
from playwright.sync_api import Browser

from ppkit.start.notebook_guard import KERNEL_EXTENSION
from ppkit.start.notebooks import packaged_notebooks

pytestmark = pytest.mark.processes

START_SECONDS = 90.0
ADDRESS = re.compile(r"JupyterLab: (http://\S+)")


class Started:
    """A running `ppkit start`; what it printed so far, and every process it has started."""

    def __init__(self, home: Path, folder: Path, *arguments: str) -> None:
        command = [
            sys.executable,
            "-m",
            "ppkit",
            "start",
            "--no-browser",
            "--folder",
            str(folder),
            *arguments,
        ]
        environment = {**os.environ, "PPKIT_HOME": str(home), "PYTHONUNBUFFERED": "1"}
        environment |= {name: str(home / name) for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR")}
        environment |= {"JUPYTER_DATA_DIR": str(home / "jupyter"), "IPYTHONDIR": str(home / "ipython")}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def address(self) -> str:
        """Where JupyterLab listens, once that has been printed."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = ADDRESS.search(self.output)
            if found:
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"no address: {self.output}")

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def start(home: Path, folder: Path) -> Iterator[list[Started]]:
    """What the test has started, ended whatever happens."""
    started: list[Started] = []
    yield started
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def open_kernel(address: str) -> None:
    """Start a kernel through Jupyter's own interface, as an opened notebook does."""
    server, _, rest = address.partition("/doc/")
    token = rest.partition("token=")[2]
    request = urllib.request.Request(
        f"{server}/api/kernels",
        b"{}",
        {"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201


def command_lines(processes: list[psutil.Process]) -> list[str]:
    """The command line of each process that still runs; JupyterLab starts some that end at once."""
    lines = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            lines.append(" ".join(process.cmdline()))
    return lines


def wait_until_gone(processes: list[psutil.Process], seconds: float = 30.0) -> list[str]:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return command_lines(alive)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "kill"])
def test_stopping_ends_every_process_that_was_started(
    start: list[Started], home: Path, folder: Path, number: signal.Signals
) -> None:
    started = Started(home, folder)
    start.append(started)
    address = started.address()
    with urllib.request.urlopen(address, timeout=30) as page:
        assert page.status == 200
    open_kernel(address)
    children = started.children()
    assert any("ppkit.practice_platform" in line for line in command_lines(children))
    assert len(children) >= 3  # the practice platform, JupyterLab, a kernel
    assert started.end(number) == 0
    assert wait_until_gone(children) == []


def test_a_taken_port_is_not_an_error_and_a_second_start_beside_the_first_is_fine(
    start: list[Started], home: Path, folder: Path
) -> None:
    port = str(free_port())
    first, second = Started(home, folder, "--port", port), None
    start.append(first)
    assert f":{port}/" in first.address()
    second = Started(home, folder, "--port", port)
    start.append(second)
    address = second.address()
    assert f":{port}/" not in address
    assert port in second.output.partition("JupyterLab: ")[0]  # and it says so
    assert second.end(signal.SIGTERM) == 0
    # The practice platform belongs to the first, which goes on.
    assert any("ppkit.practice_platform" in line for line in command_lines(first.children()))


@pytest.mark.parametrize("language", ["it", "en"])
def test_it_opens_the_guided_notebook_of_the_language(
    start: list[Started], home: Path, folder: Path, language: str
) -> None:
    started = Started(home, folder, "--language", language)
    start.append(started)
    assert f"/doc/tree/{language}/00_" in started.address()
    copies = {path.name for path in (folder / language).glob("*.ipynb")}
    assert copies == {path.name for path in (packaged_notebooks() / language).glob("*.ipynb")}


@pytest.mark.browser
def test_nothing_lies_over_the_first_lesson_and_nothing_is_fetched_from_elsewhere(
    start: list[Started], home: Path, folder: Path, chromium: Browser
) -> None:
    started = Started(home, folder)
    start.append(started)
    context = chromium.new_context()
    elsewhere: list[str] = []
    context.on("request", lambda request: elsewhere.append(request.url))
    page = context.new_page()
    page.goto(started.address())
    page.locator('[data-window="course"]').wait_for(timeout=90_000)  # it has run by itself
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("Jupyter news").count() == 0
    context.close()
    here = ("http://localhost", "ws://localhost", "blob:", "data:")
    assert [url for url in elsewhere if not url.startswith(here) or "/lab/api/news" in url] == []


@pytest.mark.browser
@pytest.mark.parametrize(("language", "edit"), [("it", "Modifica"), ("en", "Edit")])
def test_the_menus_speak_the_language_of_the_session(
    start: list[Started], home: Path, folder: Path, chromium: Browser, language: str, edit: str
) -> None:
    started = Started(home, folder, "--language", language)
    start.append(started)
    page = chromium.new_page()
    page.goto(started.address())
    page.locator('[data-window="course"]').wait_for(timeout=90_000)
    page.get_by_role("menubar").get_by_text(edit, exact=True).click()
    items = {"it": "Trova e Sostituisci…", "en": "Find and Replace…"}
    page.get_by_role("menuitem", name=items[language]).or_(page.get_by_text(items[language])).first.wait_for()
    page.close()


def test_page_and_kernels_are_guarded_against_keys_in_notebooks(
    start: list[Started], home: Path, folder: Path
) -> None:
    started = Started(home, folder)
    start.append(started)
    with urllib.request.urlopen(started.address(), timeout=30) as page:
        assert "ppkit-guard" in page.read().decode()
    open_kernel(started.address())
    (kernel,) = [line for line in command_lines(started.children()) if "ipykernel_launcher" in line]
    assert KERNEL_EXTENSION in kernel
    (log,) = home.rglob("jupyter-*.log")
    for extension in ("lesson_service", "menu_language", "notebook_guard"):
        assert f"ppkit.start.{extension} | extension was successfully loaded" in log.read_text()


def test_no_secret_is_in_the_arguments_of_a_process(start: list[Started], home: Path, folder: Path) -> None:
    started = Started(home, folder)
    start.append(started)
    token = started.address().partition("token=")[2]
    assert len(token) >= 32
    assert [line for line in command_lines(started.children()) if token in line] == []
