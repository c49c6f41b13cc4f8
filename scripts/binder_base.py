"""What Binder's base environment holds: the versions that repo2docker froze for a Python version."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from packaging.utils import canonicalize_name

LOCK = "buildpacks/conda/environment.py-{python}-linux-64.lock"
# One line of the lock is the address of a conda package, whose file name is name-version-build.
CONDA_FILE = re.compile(r"/(?P<name>[^/]+)-(?P<version>[^-/]+)-[^-/]+\.(?:conda|tar\.bz2)#")
# Where conda's name is not PyPI's name for the same release.
PYPI_NAMES = {"jupyterhub-singleuser": "jupyterhub", "nbconvert-core": "nbconvert"}
# Libraries and programs of conda that PyPI has under the same name but with other numbers, or not at all.
ONLY_CONDA = {"python", "pip", "setuptools", "wheel", "nodejs", "openssl", "zeromq", "zstd", "brotli-python"}
# What repo2docker asks of the base environment, by PyPI's names.
ROOTS = (
    "ipywidgets", "jupyter-offlinenotebook", "jupyter-resource-usage", "jupyter-server", "jupyterhub",
    "jupyterlab", "notebook",
)  # fmt: skip


def constraints(python: str) -> list[str]:
    """ "name==version" for every package of the base environment of this Python ("3.12")."""
    lock = _repo2docker() / LOCK.format(python=python)
    found = {
        match["name"]: match["version"] for match in CONDA_FILE.finditer(lock.read_text(encoding="utf-8"))
    }
    return [
        f"{canonicalize_name(PYPI_NAMES.get(name, name))}=={version}"
        for name, version in sorted(found.items())
        if name[0] != "_"
        and name not in ONLY_CONDA
        and re.fullmatch(r"[0-9]+(\.[0-9]+)*(\.?(post|dev|rc|a|b)[0-9]+)?", version)
    ]


def _repo2docker() -> Path:
    """Where it is installed; importing it would bring its whole application along."""
    found = importlib.util.find_spec("repo2docker")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("repo2docker")
    return Path(found.origin).parent
