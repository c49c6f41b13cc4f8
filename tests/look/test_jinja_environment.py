"""Compiled templates are kept for the next kernel, where that is safe; nowhere is that a condition."""

from __future__ import annotations

import stat
import tempfile
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from jinja2 import Environment

from ppkit.look import jinja_environment
from ppkit.look.jinja_environment import environment
from ppkit.money import Money


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(jinja_environment, "user_cache_path", lambda *_, **_named: tmp_path / "cache")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text("{{ 12345 | number }}")
    return tmp_path


def drawn(folder: Path, language: str) -> str:
    return environment(language, folder / "templates").get_template("page.html").render(amount=Money(1))


def test_a_template_is_compiled_once_for_all_kernels(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = drawn(folder, "it")
    monkeypatch.setattr(Environment, "compile", lambda *_: 1 // 0)
    assert drawn(folder, "it") == before


def test_what_was_compiled_lies_in_a_folder_of_the_owner_alone_for_this_release_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn(folder, "it")
    kept = folder / "cache" / "templates"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (kept, kept.parent)] == [0o700, 0o700]
    assert len(list(kept.iterdir())) == 1
    monkeypatch.setattr(jinja_environment, "_release", lambda: "9.9.9")
    drawn(folder, "it")
    assert len(list(kept.iterdir())) == 2


def test_what_was_compiled_in_one_language_is_not_shown_in_the_other(folder: Path) -> None:
    assert [drawn(folder, language) for language in ("it", "en")] == ["12.345", "12,345"]


def test_a_template_that_was_changed_is_compiled_again(folder: Path) -> None:
    drawn(folder, "it")
    (folder / "templates" / "page.html").write_text("another")
    assert drawn(folder, "it") == "another"


def test_where_nothing_can_be_kept_templates_are_drawn_all_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "cache").write_text("a file")
    assert drawn(folder, "en") == "12,345"
    (folder / "cache").unlink()
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", _full)
    assert drawn(folder, "en") == "12,345"


def test_of_a_package_that_was_not_installed_nothing_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown() -> str:
        raise PackageNotFoundError("ppkit")

    monkeypatch.setattr(jinja_environment, "_release", unknown)
    assert drawn(folder, "en") == "12,345"
    assert not (folder / "cache").exists()


def _full(*_arguments: object, **_named: object) -> None:
    raise OSError("no space left on device")
