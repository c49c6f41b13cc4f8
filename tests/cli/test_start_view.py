"""Which view `ppkit start` opens: JupyterLab, or Voilà where it is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppkit import extras
from ppkit.start.lab import LabCall, View, command

from .conftest import Ppkit


def call(view: View) -> LabCall:
    return LabCall(Path("work"), Path("it/00_il_corso.ipynb"), 8888, False, Path("log"), {}, view)


def test_jupyterlab_opens_the_page_of_one_document_anew() -> None:
    assert call("jupyterlab").page("token=x") == "doc/tree/it/00_il_corso.ipynb?reset&token=x"
    arguments = command(call("jupyterlab"))
    assert "--LabApp.default_url=/doc/tree/it/00_il_corso.ipynb?reset" in arguments
    assert not any("cull" in one for one in arguments)


def test_voila_is_served_by_the_same_jupyterlab_and_the_kernels_it_leaves_are_ended() -> None:
    assert call("voila").page("token=x") == "voila/render/it/00_il_corso.ipynb?token=x"
    arguments = command(call("voila"))
    assert "--LabApp.default_url=/voila/render/it/00_il_corso.ipynb" in arguments
    assert "--MappingKernelManager.cull_idle_timeout=300" in arguments
    assert arguments[1:3] == ["-m", "jupyterlab"]


@pytest.mark.parametrize("language", ["it", "en"])
def test_where_voila_is_missing_the_command_to_install_it_is_given(
    ppkit: Ppkit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    is_installed = extras.is_installed
    monkeypatch.setattr(extras, "is_installed", lambda module: module != "voila" and is_installed(module))
    monkeypatch.setenv("PPKIT_LANGUAGE", language)
    folder = tmp_path / "notebooks"
    ran = ppkit("start", "--view", "voila", "--no-browser", "--folder", str(folder))
    assert ran.code == 2
    assert "pip install 'ppkit[voila]'" in ran.err
    assert not folder.exists()
