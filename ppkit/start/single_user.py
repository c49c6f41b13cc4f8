"""JupyterLab for one learner on a hub: the course in the learner's folder, our configuration, the settings.

A hub starts this instead of `jupyterhub-singleuser`, whose arguments it takes and which it becomes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import ppkit
from ppkit.settings import load_settings
from ppkit.start.lab import with_own_configuration
from ppkit.start.notebooks import copy_notebooks, guided_notebook, packaged_notebooks
from ppkit.start.run import FOLDER, kernel_environment

SERVER = "jupyterhub.singleuser"


def main(arguments: list[str]) -> None:
    """Replace this process by the learner's server. Raises NotebooksMissing, FolderNotWritable."""
    settings = load_settings()
    source, folder = packaged_notebooks(), Path.home() / FOLDER
    copy_notebooks(source, folder, str(ppkit.__version__))
    environment = with_own_configuration(kernel_environment(settings))
    first = guided_notebook(source, settings.language)
    os.chdir(folder)
    # Kernels speak through files and not through ports: thirty that started at once on one machine took ports
    # which the hub had just chosen for servers. A socket's path may have 107 letters: some homes are longer.
    environment["JUPYTER_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="ppkit-")
    options = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.default_url={_page_of(first)}",
        "--KernelManager.transport=ipc",
        *arguments,  # what the hub says comes last, and so wins over ours
    ]
    os.execve(sys.executable, [sys.executable, "-m", SERVER, *options], environment)  # noqa: S606


def _page_of(notebook: Path) -> str:
    return f"/doc/tree/{quote(notebook.as_posix())}?reset"


if __name__ == "__main__":
    main(sys.argv[1:])
