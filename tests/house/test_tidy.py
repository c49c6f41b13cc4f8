"""What must not lie in any file of the project, and what its papers must agree on."""

from __future__ import annotations

import re
import tomllib

import pins
import pytest
from sweeps import sweep

from ppkit.keys.scan import scan

from .tracked import ROOT, texts, tracked_files

pytestmark = pytest.mark.processes

# Put together here, or this file would be found itself.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "ana" + "conda.org",
    "crates" + ".io",
]
MACHINE_PATHS = [
    r"/ro" + r"ot/\.",
    r"/ho" + r"me/(?!jovyan\b)[a-z]+/",
    r"C:\\Us" + r"ers\\",
    r"/Us" + r"ers/[a-z]+/",
]
OPENAI_KEY = r"sk-[A-Za-z0-9_-]*T3Blbk" + r"FJ[A-Za-z0-9_-]{8,}"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
PAGES = [name for name in texts() if name.endswith(".md")]


def lines_with(pattern: str) -> list[str]:
    return [
        f"{name}:{number}"
        for name, content in texts().items()
        for number, line in enumerate(content.splitlines(), start=1)
        if re.search(pattern, line)
    ]


@sweep("host", REGISTRIES)
def test_no_file_names_the_host_of_a_registry(host: str) -> None:
    assert lines_with(re.escape(host)) == []


@sweep("pattern", MACHINE_PATHS)
def test_no_file_holds_a_path_of_somebodys_machine(pattern: str) -> None:
    assert lines_with(pattern) == []


def test_no_file_holds_a_key() -> None:
    assert lines_with(OPENAI_KEY) == []
    report = scan(tracked_files())
    assert report.leaks == []
    assert report.unread == []


def test_the_pins_answer_the_project() -> None:
    assert pins.complaints() == []


def test_the_changelog_tells_of_this_version() -> None:
    assert re.search(rf"^## {re.escape(VERSION)}\b", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


@sweep("page", PAGES)
def test_links_between_the_papers_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", texts()[page])
    inside = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in inside if not (ROOT / page).parent.joinpath(link).exists()] == []


@sweep("page", PAGES)
def test_make_targets_named_in_the_papers_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", texts()[page])) <= targets


def test_both_readmes_have_the_same_sections() -> None:
    english, italian = (
        re.findall(r"^(#+) ", texts()[name], re.MULTILINE) for name in ("README.md", "README.it.md")
    )
    assert english == italian


def test_italian_prose_has_the_apostrophes_of_the_catalogues() -> None:
    prose = re.sub(r"(?s)```.*?```|`[^`]*`", "", texts()["README.it.md"])
    assert re.findall(r"\S*'\S*", prose) == []


def test_the_pages_of_scripts_are_executable() -> None:
    for name in (".ci/run", "binder/postBuild", "binder/start"):
        assert (ROOT / name).stat().st_mode & 0o111, name
