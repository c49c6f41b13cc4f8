"""The order of things in `ppkit start`, and their end in the opposite order."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ppkit
from ppkit.account_variables import withheld_variables
from ppkit.clock import Clock
from ppkit.extras import require
from ppkit.look.texts import Texts
from ppkit.practice_platform.process import ensure_running
from ppkit.settings import WORKING_FOLDER_VARIABLE, Settings, dotenv_path, make_home
from ppkit.start.lab import Lab, LabCall, LabFailed, View, last_lines, port_of
from ppkit.start.notebooks import NotebookCopy, Outcome, copy_notebooks, guided_notebook, packaged_notebooks
from ppkit.start.shared_platform import shared_practice
from ppkit.start.signals import stop_requests
from ppkit.traces import keep_traces_here

FOLDER = "ppkit-notebooks"
LAB_PACKAGES = ("jupyterlab", "ipywidgets", "anywidget")
WATCH_SECONDS = 0.5
_WORTH_SAYING = {Outcome.UPDATED: "cli.start.updated", Outcome.BESIDE: "cli.start.beside"}


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What the user chose on the command line."""

    folder: Path
    port: int
    browser: bool
    view: View = "jupyterlab"


def start(
    settings: Settings, options: StartOptions, texts: Texts, say: Callable[[str], None], clock: Clock
) -> None:
    """Run until somebody asks to stop, or JupyterLab is shut down from its own menu.

    Every process started here, or by a notebook meanwhile, has ended when this returns or raises; the
    practice platform goes on while another start uses it.
    Raises ExtraMissing, NotebooksMissing, FolderNotWritable, LabFailed, and what the practice platform
    raises.
    """
    require("lab", *LAB_PACKAGES)
    if options.view == "voila":
        require("voila", "voila")
    home = make_home(settings)
    folder = options.folder.absolute()
    source = packaged_notebooks()
    _say_copied(copy_notebooks(source, folder, str(ppkit.__version__)), folder, texts, say)
    call = LabCall(
        folder=folder,
        notebook=guided_notebook(source, settings.language),
        port=options.port,
        browser=options.browser,
        log=home / "start" / f"jupyter-{os.getpid()}.log",
        environment=kernel_environment(settings),
        view=options.view,
    )
    with stop_requests() as stop:
        with shared_practice(settings.home, clock):
            if settings.mode == "practice":
                address = ensure_running(settings.home)
                say(texts("cli.start.practice", address=address.console_url))
                if withheld := withheld_variables(os.environ):
                    say(texts("cli.start.withheld", names=", ".join(withheld)))
            _run_lab(call, texts, say, clock, stop)
        say(texts("cli.start.stopped"))


def kernel_environment(settings: Settings) -> dict[str, str]:
    """What JupyterLab and the notebooks inherit: the settings in force, so that all of them agree.

    In practice mode nothing of a real account: a plain `openai.OpenAI()` in a lesson would spend its money.
    Nor do traces of openai-agents leave there.
    """
    withheld = withheld_variables(os.environ) if settings.mode == "practice" else []
    inherited = {name: value for name, value in os.environ.items() if name not in withheld}
    if settings.mode == "practice":
        keep_traces_here(inherited)
    return {
        **inherited,
        "PPKIT_HOME": str(settings.home),
        "PPKIT_MODE": settings.mode,
        "PPKIT_LANGUAGE": settings.language,
        WORKING_FOLDER_VARIABLE: str(dotenv_path().parent.absolute()),
    }


def _run_lab(
    call: LabCall, texts: Texts, say: Callable[[str], None], clock: Clock, stop: threading.Event
) -> None:
    lab = Lab(call, clock)
    try:
        address = lab.wait_until_ready(stop.is_set)
        if address is not None:
            if port_of(address) != call.port:
                say(texts("cli.start.other_port", asked=call.port, port=port_of(address)))
            say(texts(f"cli.start.ready.{call.view}", address=address))
        while lab.ended() is None and not stop.wait(WATCH_SECONDS):
            pass
        code = lab.ended()
        if code:
            raise LabFailed(log=str(call.log), lines=last_lines(call.log))
    finally:
        say(texts("cli.start.stopping"))
        lab.stop()


def _say_copied(copied: list[NotebookCopy], folder: Path, texts: Texts, say: Callable[[str], None]) -> None:
    say(texts("cli.start.folder", folder=folder))
    for one in copied:
        if one.outcome in _WORTH_SAYING:
            say(texts(_WORTH_SAYING[one.outcome], path=one.path, beside=one.beside))
