"""Scripts of other notebook programs that npm distributes: unpacked once, kept in the user's cache."""

from __future__ import annotations

import base64
import hashlib
import shutil
import tarfile
from pathlib import Path

import pytest
from frameworks.environments import made_once, run

WIDGETS_OF_VSCODE = "@vscode/jupyter-ipywidgets8@1.0.9"
"""The widget manager of VS Code's Jupyter extension, as the extension bundles it."""
STANDALONE_WIDGETS = "@jupyter-widgets/html-manager@1.0.15"
"""Widgets outside notebooks; it has the base class from which Colab's widget manager is made."""
SCRIPT_LOADER = "requirejs@2.3.7"
ANYWIDGET = "anywidget@0.11.0"
"""What a CDN serves: the script without which a page draws no window."""

_DIGESTS = {
    WIDGETS_OF_VSCODE: (
        "bocCThfa4JDIDd7qCFAfW3HpzHfTLYxOTpTbiDfw4DXOUjKHnr6ObkMBiIkuzYPRybh5bY4FhYLemuDuTvIbpQ=="
    ),
    STANDALONE_WIDGETS: (
        "5thBIV6ymNgmPVOHvzx+gGy8ZSKmSazhtGw4/c4xJDVzRhG9PTeQsRjF3FUTopvFi//SABeNz1yp47bCrJ3CQA=="
    ),
    SCRIPT_LOADER: "DouTG8T1WanGok6Qjg2SXuCMzszOo0eHeH9hDZ5Y4x8Je+9JB38HdTLT4/VA8OaUhBa0JPVHJ0pyBkM1z+pDsw==",
    ANYWIDGET: "LHZgW2j5UjyerZSZcO+BtZPXGMSORQV2bUT480hOR5x/BXS8sOradi/71amJfMueSEnKX0dqPwTfsOGHTsyZpQ==",
}


def unpacked(package: str) -> Path:
    """The folder of this package, without what it depends on. Skips the test without npm or an index."""
    if not shutil.which("npm"):
        pytest.skip("no npm on this machine: the widget managers of VS Code and Colab were NOT tried")

    def fetch(folder: Path) -> None:
        folder.mkdir()
        run(["npm", "pack", package, "--pack-destination", str(folder), "--ignore-scripts"])
        (archive,) = folder.glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert found == _DIGESTS[package], f"{package} is not the one that was looked at"
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        archive.unlink()

    name = "npm-" + package.rsplit("@", 1)[0].replace("@", "").replace("/", "-")
    return made_once(name, _DIGESTS[package], fetch) / "package"
