"""Binder: the recipe is accepted, and what it would make opens the guided notebook."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import string
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import binder_base
import binder_links
import pytest
from playwright.sync_api import Browser, Route
from widgets.lab import end_server

from ppkit.clock import SystemClock
from ppkit.look.texts import Texts
from ppkit.start.shared_platform import end_practice

from .replica import PYTHON, ROOT, UV, Replica, build, copy_repository, find_python

# All of them beside those in the browser, so that the replica is built once.
pytestmark = [pytest.mark.binder, pytest.mark.browser]
BASE_URL = "/user/x/"
TOKEN = "token-of-the-test"
START_SECONDS = 90.0
CHANGED = "What has changed since the image was built."
AUTHOR = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
READY = """() => {const s = window.jupyterapp?.shell?.currentWidget?.sessionContext, k = s?.session?.kernel;
  return s?.isReady && k && k.connectionStatus === 'connected' && k.status === 'idle'}"""


@pytest.fixture(scope="module")
def replica(disk_folder: Path) -> Replica:
    python = find_python()
    if python is None:
        pytest.skip(f"no Python {PYTHON} on this machine: the replica of Binder was NOT built")
    built = build(disk_folder / "binder", python)
    built.run("binder/postBuild")
    return built


@pytest.fixture(scope="module")
def server(replica: Replica, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab started the way a Binder hub starts it; where it listens."""
    log = tmp_path_factory.mktemp("log") / "jupyter.log"
    command = ["binder/start", "jupyter", "lab", "--no-browser", "--ip=127.0.0.1", f"--port={free_port()}"]
    command += [f"--ServerApp.base_url={BASE_URL}", f"--IdentityProvider.token={TOKEN}", "--allow-root"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--expose-app-in-browser"],
            cwd=replica.repository,
            env=replica.variables(),
            stdout=output,
            stderr=output,
        )
    try:
        yield _address(process, replica)
    finally:
        end_server(process)
        end_practice(replica.home, SystemClock())  # the notebook has started it


def free_port() -> int:
    # The frozen Jupyter writes down port 0 when it is asked for any free port.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _address(process: subprocess.Popen[bytes], replica: Replica) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        listed = replica.run("jupyter", "server", "list")
        for word in listed.split():
            if word.startswith("http"):
                return word.partition("?")[0].rstrip("/") + "/"
        time.sleep(0.5)
    raise AssertionError("JupyterLab did not start")


def test_repo2docker_accepts_the_recipe(tmp_path: Path) -> None:
    repository = copy_repository(tmp_path / "repository")
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "--user-id", "1000"]
    done = subprocess.run(
        [*command, "--user-name", "jovyan", str(repository)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    escaped = PYTHON.replace(".", "-2e")  # as file names are written in the Dockerfile that it prints
    assert f"-2epy-2d{escaped}-2dlinux-2d64-2elock" in done.stdout
    assert "binder/postBuild" in done.stdout
    assert "binder/start" in done.stdout


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_the_scripts_can_be_run(name: str) -> None:
    script = ROOT / "binder" / name
    assert os.access(script, os.X_OK)
    assert script.read_text().startswith("#!/usr/bin/env bash\n")


def test_the_start_script_hands_over_to_jupyter() -> None:
    assert (ROOT / "binder/start").read_text().rstrip().endswith('exec "$@"')


def test_the_packages_fit_each_other(replica: Replica) -> None:
    assert replica.run(str(UV), "pip", "check", "--python", str(replica.environment))


def test_the_frozen_jupyter_is_not_replaced(replica: Replica) -> None:
    frozen = dict(line.split("==") for line in binder_base.constraints(PYTHON))
    for name in ("jupyterlab", "jupyter-server", "ipykernel", "ipywidgets", "jupyterhub"):
        shown = replica.run("python", "-c", f"import importlib.metadata as m; print(m.version('{name}'))")
        assert shown.strip() == frozen[name]


def test_practice_is_the_mode_unless_somebody_says_otherwise(replica: Replica) -> None:
    say = ("python", "-c", "from ppkit.settings import load_settings; print(load_settings().mode)")
    assert replica.run("binder/start", *say).strip() == "practice"


def changed_lessons(folder: Path) -> str:
    """The address of a repository with lessons that are newer than those of the image."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    first = folder / binder_links.first_lesson("en")
    notebook = json.loads(first.read_text("utf-8"))
    notebook["cells"].append({"cell_type": "markdown", "id": "new", "metadata": {}, "source": [CHANGED]})
    first.write_text(json.dumps(notebook), "utf-8")
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "."],
        [*AUTHOR, "commit", "-qm", "."],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder.as_uri()


@pytest.mark.parametrize("language", ["it", "en"])
def test_the_course_opens_and_leads_to_its_first_lesson_under_a_path_prefix_without_calling_out(
    replica: Replica, server: str, chromium: Browser, tmp_path: Path, language: str
) -> None:
    """In English with the newest lessons, fetched into the session."""
    opened = f"{binder_links.place(language)}?token={TOKEN}&reset"
    if language == "en":
        opened = f"{binder_links.pull(changed_lessons(tmp_path / 'newer'), 'main', language)}&token={TOKEN}"
    elsewhere: list[str] = []

    def only_here(route: Route) -> None:
        here = route.request.url.startswith((server.partition("/user/")[0], "blob:", "data:"))
        if not here:
            elsewhere.append(route.request.url)
        route.continue_() if here else route.abort()

    context = chromium.new_context()
    context.route("**/*", only_here)
    page = context.new_page()
    try:
        page.goto(f"{server}{opened}")
        if language == "en":  # what is not as it was shipped is run after a question
            page.get_by_role("button", name=Texts("en")("course.changed.run")).click(timeout=90_000)
        step = page.locator('[data-window="course"] [aria-current="step"] a')
        step.wait_for(timeout=90_000)
        assert (page.get_by_text(CHANGED).count() > 0) == (language == "en")
        step.click()
        page.locator('[data-window="setup"]').wait_for(timeout=90_000)
        assert page.get_by_text("Jupyter news").count() == 0
    finally:
        context.close()
    assert elsewhere == []


def test_the_server_answers_under_the_prefix_only(server: str) -> None:
    with urllib.request.urlopen(f"{server}api?token={TOKEN}", timeout=30) as answer:
        assert answer.status == 200
    assert BASE_URL in server


def test_a_key_typed_into_a_cell_is_kept_out_of_the_file_and_the_person_is_told(
    replica: Replica, server: str, chromium: Browser
) -> None:
    side = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=74))
    key = f"sk-proj-{side}T3Blbk" + f"FJ{side}"
    written = replica.repository / "notebooks/en/typed.ipynb"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": f"'{key}'", "outputs": []}
    made = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}}
    written.write_text(json.dumps(made | {"cells": [cell | {"execution_count": None}]}))
    context = chromium.new_context()
    page = context.new_page()
    try:
        page.goto(f"{server}lab/tree/notebooks/en/typed.ipynb?token={TOKEN}&reset")
        page.wait_for_function(READY, timeout=90_000)
        page.evaluate("void window.jupyterapp.commands.execute('docmanager:save')")
        page.get_by_text(f"The key sk-…{key[-4:]} was not saved to the file").wait_for(timeout=90_000)
    finally:
        context.close()
    assert key[12:40] not in written.read_text("utf-8")
    assert f"sk-…{key[-4:]}" in written.read_text("utf-8")
