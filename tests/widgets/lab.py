"""A real JupyterLab in its own folders, and the gestures that tests make in it.

A server takes seconds to boot, and nothing of a learner is in it: files, settings, kernels, and what kernels
keep belong to the `Lab` that is made for each test and taken away after it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, BrowserContext, Error, Page, Request

from ppkit.practice_platform.address import read_port_file
from ppkit.start.lab import with_own_configuration

TOKEN = "token-of-the-test"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
NOTEBOOK: dict[str, object] = {"metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}
CELL: dict[str, object] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
READY = """() => {const s=window.jupyterapp?.shell?.currentWidget?.sessionContext, k=s?.session?.kernel;
  return s?.isReady && k && k.connectionStatus==='connected' && k.status==='idle'}"""
HUB_HOST = "lab.localhost"  # Chromium takes it for this machine, and our pages for a machine elsewhere
HUB_PREFIX = "/user/ada/"
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-results" / "notebook"  # to be looked at
WITH_PICTURES = "PPKIT_TEST_PICTURES"
FAILURES = ROOT / "test-results" / "failures"
STARTED = re.compile(r"http://127\.0\.0\.1:(\d+)/")


@dataclass(frozen=True)
class Server:
    url: str
    folder: Path
    """Everything that this server and its kernels may write lies below it."""

    def ask(self, method: str, path: str) -> bytes:
        """What its own API answers."""
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(f"{self.url}api/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())


@dataclass(frozen=True)
class Lab:
    """One learner's JupyterLab: a server, notebooks in `work`, and kernels that know `home` only.

    While the learner works, nothing of any other one lies below `folder`.
    """

    url: str
    folder: Path
    work: Path
    home: Path

    def notebook(self, name: str, *cells: str) -> str:
        """Write a notebook of code cells; its name comes back."""
        made = NOTEBOOK | {
            "cells": [CELL | {"id": f"cell-{place}", "source": source} for place, source in enumerate(cells)]
        }
        (self.work / name).write_text(json.dumps(made))
        return name

    def lessons(self) -> None:
        """Put the course where the learner works."""
        for language in ("it", "en"):
            shutil.copytree(ROOT / "notebooks" / language, self.work / language)

    def address(self, notebook: str, view: str = "lab") -> str:
        """`view` is "lab", or "doc" for a page of one document."""
        return f"{self.url}{view}/tree/{self.work.name}/{notebook}?token={TOKEN}&reset"


def open_notebook(page: Page, lab: Lab, notebook: str, *, run: bool = True, view: str = "lab") -> None:
    page.goto(lab.address(notebook, view))
    page.wait_for_function(READY, timeout=90_000)
    if run:  # without `void` the call would wait for ever
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")


@contextmanager
def quiet_page(
    browser: Browser, lab: Lab, *, width: int = 1280, height: int = 900
) -> Iterator[tuple[Page, list[str]]]:
    """A page, and the list of what it asked other machines for; the browser finds none of them."""
    context = _context(browser)
    elsewhere: list[str] = []
    here = ("http://127.0.0.1", f"http://{HUB_HOST}", "blob:", "data:")

    def notice(request: Request) -> None:
        if not request.url.startswith(here):
            elsewhere.append(request.url)

    context.on("request", notice)
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.set_default_timeout(60_000)
    try:
        yield page, elsewhere
    except BaseException:
        keep_what_was_seen(page)
        raise
    finally:
        for opened in context.pages:
            opened.close()
        context.remove_listener("request", notice)
        context.clear_cookies()


def _context(browser: Browser) -> BrowserContext:
    """One for all pages of JupyterLab: what its megabytes of program were compiled to is kept in it."""
    if browser not in _contexts:
        made = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        made.grant_permissions(["clipboard-read", "clipboard-write"])
        _contexts[browser] = made
    return _contexts[browser]


_contexts: WeakKeyDictionary[Browser, BrowserContext] = WeakKeyDictionary()


def keep_what_was_seen(page: Page) -> None:
    """A failed walk is hard to repeat: what its page looked like is worth more than a locator."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    name = os.environ.get("PYTEST_CURRENT_TEST", "a-test").split("::")[-1].split(" ")[0].replace("/", "_")
    with suppress(Error):
        page.screenshot(path=FAILURES / f"{name}.png")
        words = "\n\n".join(page.locator(".ppkit").all_inner_texts())
        (FAILURES / f"{name}.txt").write_text(words, "utf-8")


def _environment(folder: Path) -> dict[str, str]:
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    found = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "PPKIT_", "OPENAI_"))
    }
    return with_own_configuration(
        found
        | {f"JUPYTER_{name}": str(folder / name.lower()) for name in names}
        | {
            "JUPYTER_PATH": str(folder / "path"),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "HOME": str(folder / "user"),
            "PPKIT_MODE": "practice",
        }
    )


@contextmanager
def running_server(folder: Path, *, as_on_a_hub: bool = False, guarded: bool = False) -> Iterator[Server]:
    """A new server; as on a hub it lives below a prefix and is visited under a public name.

    Unguarded by default, or what takes keys out of notebooks would hide that one had got in.
    """
    for made in (folder / "work", folder / "user"):
        made.mkdir(parents=True)
    log = folder / "jupyter.log"
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0",
        f"--IdentityProvider.token={TOKEN}", "--expose-app-in-browser",
        f"--ServerApp.root_dir={folder / 'work'}",
    ]  # fmt: skip
    environment = _environment(folder)
    if not guarded:
        command.append('--ServerApp.jpserver_extensions={"ppkit.start.notebook_guard": False}')
    if as_on_a_hub:
        command += [f"--ServerApp.base_url={HUB_PREFIX}", "--ServerApp.allow_remote_access=True"]
        environment["JUPYTERHUB_SERVICE_PREFIX"] = HUB_PREFIX
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        yield Server(_address(log, server, HUB_PREFIX if as_on_a_hub else "/"), folder)
    finally:
        end_server(server)


@contextmanager
def new_learner(
    server: Server, *, signs: Mapping[str, str] | None = None, **settings: dict[str, object]
) -> Iterator[Lab]:
    """A learner who has done nothing yet. `settings` are JupyterLab's, by the name of its part; `signs` are
    variables of the kernels, by which they take their place, or the address of the API, for another one.
    """
    own = Path(tempfile.mkdtemp(prefix="learner-", dir=server.folder))
    work, home = server.folder / "work" / own.name, own / "home"
    for made in (work, own / "user"):
        made.mkdir()
    _settle(server.folder / "settings", settings)
    _settle_kernels(
        server.folder / "path",
        {
            "PPKIT_HOME": str(home),
            "HOME": str(own / "user"),
            "IPYTHONDIR": str(own / "ipython"),
            **(signs or {}),
        },
    )
    url = server.url.replace("127.0.0.1", HUB_HOST) if server.url.endswith(HUB_PREFIX) else server.url
    try:
        yield Lab(url, server.folder, work, home)
    finally:
        for session in json.loads(server.ask("GET", "sessions")):
            with suppress(HTTPError):  # a kernel may have been killed by the test
                server.ask("DELETE", f"sessions/{session['id']}")
        _end_practice(home)
        for folder in (own, work):
            shutil.rmtree(folder, ignore_errors=True)


def end_server(server: subprocess.Popen[bytes]) -> None:
    """A server that is stopped while it writes a file never ends by itself."""
    server.terminate()
    try:
        server.wait(8)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _settle(settings: Path, more: dict[str, dict[str, object]]) -> None:
    """No news from elsewhere; the state of widgets is saved, the worst case for a key; the rest is new."""
    shutil.rmtree(settings, ignore_errors=True)
    chosen = {
        "apputils-extension/notification": {
            "fetchNews": "false", "checkForUpdates": False
        },
        "jupyterlab-manager/plugin": {"saveState": True},
    } | {f"{name}-extension/plugin": values for name, values in more.items()}  # fmt: skip
    for name, values in chosen.items():
        owner = "@jupyter-widgets" if name.startswith("jupyterlab-manager") else "@jupyterlab"
        path = settings / owner / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))


def _settle_kernels(path: Path, environment: dict[str, str]) -> None:
    """Kernels that start from now on have these variables."""
    spec = path / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(
        json.dumps(KERNEL | {"argv": command, "env": environment, "metadata": {"debugger": True}})
    )


def _address(log: Path, server: subprocess.Popen[bytes], prefix: str) -> str:
    """Where it listens, once it answers."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        time.sleep(0.1)
        if found := STARTED.search(log.read_text(errors="replace")):
            address = f"http://127.0.0.1:{found[1]}{prefix}"
            with suppress(OSError), urllib.request.urlopen(address + f"api?token={TOKEN}", timeout=30):
                return address
    raise RuntimeError(f"JupyterLab did not start: {log.read_text(errors='replace')}")


def save(page: Page) -> None:
    """Ctrl+S, and what it leads to. A call that is awaited in the page would never time out."""
    page.evaluate(
        "() => { window.saved = false; "
        "window.jupyterapp.commands.execute('docmanager:save').then(() => { window.saved = true }) }"
    )
    page.wait_for_function("window.saved")


def _end_practice(home: Path) -> None:
    """A kernel started it; it would wait for the next one for hours."""
    address = read_port_file(home)
    if address:
        with suppress(ProcessLookupError):
            os.kill(address.pid, signal.SIGTERM)


def take_picture(page: Page, name: str) -> None:
    """Where somebody has asked for pictures to look at."""
    if not os.environ.get(WITH_PICTURES):
        return
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def places_that_hold(secret: str, folder: Path) -> list[Path]:
    """Every file below the folder, and every process's arguments, in which the secret can be read."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    processes = [path for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    found = []
    for path in files + processes:
        try:
            held = path.read_bytes()
        except OSError:
            continue
        if secret.encode() in held:
            found.append(path)
    return found
