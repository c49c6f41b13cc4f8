"""A program runs in this process as it would with `python` alone."""

from __future__ import annotations

import sys
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppkit.cli.program_arguments import own_arguments, split_at_program
from ppkit.runs import NoSuchProgram, Program


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What a program changes of this process is put back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ppkit"])
    monkeypatch.setattr(sys, "path", ["before", *sys.path])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


SEEN = """
import sys
seen = [sys.argv, sys.path[0], __name__, __file__, __package__, __spec__ and __spec__.name]
assert sys.modules["__main__"].seen is seen
"""


def main() -> ModuleType:
    return sys.modules["__main__"]


def test_a_script_finds_its_arguments_its_folder_and_itself(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/report.py").write_text(SEEN)
    Program("made/report.py", ("a", "--hard", "-m"), is_module=False).run()
    path = str(tmp_path / "made/report.py")
    assert main().seen == [
        ["made/report.py", "a", "--hard", "-m"],
        str(tmp_path / "made"),
        "__main__",
        path,
        None,
        None,
    ]


def test_a_module_is_found_from_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "reports_of_rossi"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("monthly", "__main__"):
        (package / f"{name}.py").write_text(SEEN)
    for asked, file in (("reports_of_rossi.monthly", "monthly"), ("reports_of_rossi", "__main__")):
        Program(asked, ("a",), is_module=True).run()
        path = str(package / f"{file}.py")
        spec = f"reports_of_rossi.{file}"
        assert main().seen == [[path, "a"], str(tmp_path), "__main__", path, "reports_of_rossi", spec]
    monkeypatch.delitem(sys.modules, "reports_of_rossi")


def test_a_folder_and_an_archive_run_their_main(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/__main__.py").write_text(SEEN)
    with zipfile.ZipFile(tmp_path / "archive", "w") as archive:
        archive.writestr("__main__.py", SEEN)
    for name in ("folder", "archive"):
        Program(name, (), is_module=False).run()
        argv, first, *_ = main().seen
        assert (argv, first) == ([name], str(tmp_path / name))


def test_what_it_raises_is_shown_from_its_own_line_on_by_whatever_hook_it_has(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def f():\n    raise ValueError('x')\nf()\n")
    shown: list[str] = []
    sys.excepthook = lambda kind, value, trace: shown.extend(traceback.format_exception(kind, value, trace))
    with pytest.raises(ValueError, match="x") as raised:
        Program("broken.py", (), is_module=False).run()
    sys.excepthook(raised.type, raised.value, raised.tb)
    marked = "".join(shown).splitlines(keepends=True)
    assert "".join(line for line in marked if line.strip(" ~^\n")) == (  # newer Pythons mark the place
        "Traceback (most recent call last):\n"
        f'  File "{tmp_path / "broken.py"}", line 3, in <module>\n    f()\n'
        f"  File \"{tmp_path / 'broken.py'}\", line 2, in f\n    raise ValueError('x')\nValueError: x\n"
    )


def test_an_exception_of_somebody_else_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise ValueError('x')")
    shown: list[object] = []
    sys.excepthook = lambda kind, value, trace: shown.append(trace)
    with pytest.raises(ValueError, match="x"):
        Program("broken.py", (), is_module=False).run()
    with pytest.raises(KeyError) as other:
        raise KeyError("other")
    sys.excepthook(other.type, other.value, other.tb)
    assert shown == [other.tb]


@pytest.mark.parametrize("code", ["3", "'bye'", "None"])
def test_an_exit_is_left_to_python(code: str, tmp_path: Path) -> None:
    (tmp_path / "leaving.py").write_text(f"raise SystemExit({code})")
    with pytest.raises(SystemExit) as left:
        Program("leaving.py", (), is_module=False).run()
    assert left.value.code == eval(code)


@pytest.mark.parametrize("name", ["nosuch_module_here", "email", "email.nosuch", "sys"])
def test_a_module_that_cannot_be_run_ends_with_pythons_own_words(name: str) -> None:
    with pytest.raises(SystemExit, match=r"No module named|No code object"):
        Program(name, (), is_module=True).run()


def test_a_file_that_is_not_there_is_told_before_anything_begins() -> None:
    with pytest.raises(NoSuchProgram):
        Program("nowhere.py", (), is_module=False).check()


# ---------------------------------------------------------------- what is whose on the command line

OWN = [["--hard", "1"], ["--soft=0.5"], ["--tag", "client=a"], ["--json"], ["--allow-unpriced"]]


@given(
    st.lists(st.sampled_from(OWN)),
    st.booleans(),
    st.from_regex(r"[a-z]+(\.py)?", fullmatch=True),
    st.lists(st.sampled_from(["--json", "-m", "--", "--hard", "1", "-x", "", "sk-practice-x"])),
)
def test_whatever_comes_after_the_program_is_the_programs(
    options: list[list[str]], is_module: bool, name: str, theirs: list[str]
) -> None:
    ours = [word for option in options for word in option] + (["-m"] if is_module else [])
    assert split_at_program([*ours, name, *theirs]) == (ours, [name, *theirs])
    assert own_arguments(["run", *ours, name, *theirs]) == ["run", *ours, name]


def test_of_another_command_everything_is_ours() -> None:
    assert own_arguments(["usage", "--by", "day"]) == ["usage", "--by", "day"]
    assert own_arguments([]) == []
