"""JupyterLab for one learner on a hub: the course in the learner's folder, our configuration, the settings.

A hub starts this instead of `jupyterhub-singleuser`, whose arguments it takes and which it becomes. Thirty of
them start in the same minute, so it leaves out what no learner needs.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import ppkit
from ppkit.account_variables import withheld_variables
from ppkit.settings import load_settings
from ppkit.start.lab import with_own_configuration
from ppkit.start.notebooks import copy_notebooks, guided_notebook, packaged_notebooks
from ppkit.start.run import FOLDER, kernel_environment

SERVER = "jupyterhub.singleuser"
HUB_CONFIGURATION = Path(__file__).with_name("jupyter_hub")
"""Switches language servers off: looking for them starts npm, and no lesson has a use for them."""


def main(arguments: list[str]) -> None:
    """Become the learner's server. Raises NotebooksMissing, FolderNotWritable."""
    settings = load_settings()
    if settings.mode == "practice" and withheld_variables(os.environ):
        begin_without_account(arguments)
    source, folder = packaged_notebooks(), Path.home() / FOLDER
    copy_notebooks(source, folder, str(ppkit.__version__))
    first = guided_notebook(source, settings.language)
    environment = with_own_configuration(kernel_environment(settings))
    environment["JUPYTER_CONFIG_PATH"] = (
        f"{HUB_CONFIGURATION}{os.pathsep}{environment['JUPYTER_CONFIG_PATH']}"
    )
    # A hub has nobody's keyring. That none is looked for spares each kernel 7 MB of libraries.
    environment.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    options = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.default_url={_page_of(first)}",
        "--KernelManager.transport=ipc",
        *arguments,  # what the hub says comes last, and so wins over ours
    ]
    # Kernels speak through files and not through ports: thirty that started at once on one machine took ports
    # which the hub had just chosen for servers. A socket's path may have 107 letters: some homes are longer.
    with tempfile.TemporaryDirectory(prefix="ppkit-", ignore_cleanup_errors=True) as runtime:
        become_server(folder, environment | {"JUPYTER_RUNTIME_DIR": runtime}, options)


def begin_without_account(arguments: list[str]) -> None:
    """Become this program once more, without the variables of a real account. Does not return.

    Taken out of `os.environ` they would still stand where the system keeps what a process began with, which
    the learner's own programs can read.
    """
    withheld = withheld_variables(os.environ)
    environment = {name: value for name, value in os.environ.items() if name not in withheld}
    itself = [sys.executable, "-m", "ppkit.start.single_user", *arguments]
    os.execve(sys.executable, itself, environment)  # noqa: S606 - this very program


def ask_no_yarn() -> None:
    """JupyterLab asks yarn where npm packages come from, for extensions that no learner builds.

    That starts node, which takes as much processor time as a kernel's start; no setting prevents it.
    """
    from jupyterlab import commands  # type: ignore[import-untyped]  # lazy: of the extra "lab"

    commands._yarn_config = lambda _logger: {"yarn config": {}, "npm config": {}}


def become_server(folder: Path, environment: dict[str, str], options: list[str]) -> None:
    """In this process: another one would load once more what both need. Returns when the server has ended."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    ask_no_yarn()
    sys.argv = [SERVER, *options]
    runpy.run_module(SERVER, run_name="__main__", alter_sys=True)


def _page_of(notebook: Path) -> str:
    return f"/doc/tree/{quote(notebook.as_posix())}?reset"


if __name__ == "__main__":
    main(sys.argv[1:])
