"""What a host of the static page is advised to send is said in one file, and shown as it stands there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import static_page

from .tracked import ROOT

HEADERS = json.loads((ROOT / "deploy/static-page/headers.json").read_text("utf-8"))
PAGE = (ROOT / "docs/static-page.md").read_text("utf-8")


def test_the_page_of_docs_shows_the_headers_the_types_and_the_caching_of_that_file() -> None:
    for name, value in HEADERS["every_answer"].items():
        assert f'add_header {name} "{value}";' in PAGE
    (block,) = re.findall(r"types \{(.*?)\}", PAGE, re.DOTALL)
    shown = {f".{end}": kind for kind, *ends in map(str.split, block.split(";")[:-1]) for end in ends}
    assert shown == HEADERS["types"]
    assert f'"~{HEADERS["never_changes"]}"  "{HEADERS["cache"]["never_changes"]}"' in PAGE
    assert HEADERS["cache"]["any_other"] in PAGE


@pytest.mark.parametrize(
    ("name", "never_changes"),
    [
        ("build/1459.ff35347.js", True),
        ("it/lab/index.bb46aa96d468.js", True),
        ("static/pyodide/packages.bb46aa96d468.tar.gz", True),
        ("build/lab/bundle.js", False),
        ("extensions/ppkit-page/static/page.js", False),
        ("static/pyodide/python_stdlib.zip", False),
        ("static/pyodide/pyodide-lock.json", False),
        ("it/lab/index.html", False),
    ],
)
def test_only_what_is_named_by_its_content_is_kept_without_asking(name: str, never_changes: bool) -> None:
    assert bool(re.search(HEADERS["never_changes"], name)) == never_changes


def test_a_script_in_a_page_becomes_a_file_beside_it_that_is_named_by_its_content(tmp_path: Path) -> None:
    data = '<script id="x" type="application/json">{}</script>'
    page = tmp_path / "index.html"
    page.write_text(f"<head>{data}<script>\n  go();\n</script><script src='a.js'></script></head>", "utf-8")
    static_page.take_scripts_out(page)
    (script,) = tmp_path.glob("*.js")
    assert script.read_text("utf-8") == "\n  go();\n"
    assert re.search(HEADERS["never_changes"], script.name)
    expected = f"<head>{data}<script src=\"{script.name}\"></script><script src='a.js'></script></head>"
    assert page.read_text("utf-8") == expected
