"""python.mjs of the static page, with a host that fails: what the page is told of it."""

from __future__ import annotations

import base64
import gzip
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
import static_page

pytestmark = pytest.mark.processes
HERE = Path(__file__).parent
ARCHIVE = "packages.0123456789ab.tar.gz"
LIBRARY = "jiter-1.0-cp314-cp314-wasm32.whl"
PYODIDE = """export async function loadPyodide({ packages, fsInit }) {
  const files = {};
  const writeFile = (path, bytes) => { files[path] = new TextDecoder().decode(bytes); };
  const FS = { mkdirTree() {}, writeFile };
  await fsInit(FS, { sitePackages: "/site" });
  const arrived = packages.filter((name) => name !== "MISSING");
  return { files, loadedPackages: Object.fromEntries(arrived.map((name) => [name, "default channel"])) };
}"""


def packed() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("ppkit/one.pyc")
        entry.size = 4
        archive.addfile(entry, io.BytesIO(b"code"))
    return gzip.compress(held.getvalue())


def answer(content: bytes, **more: object) -> dict[str, object]:
    return {"bytes": base64.b64encode(content).decode(), **more}


WHOLE = answer(packed())
ANOTHER_PAGE = answer(b"<!DOCTYPE html><title>Welcome</title>" + b" " * 600)


def load(folder: Path, *archive: object, library: str = "jiter", missing: str = "") -> Any:
    """What was told and asked, and which files were laid out."""
    if not shutil.which("node"):
        pytest.skip("no node on this machine: the loading of Python in a page was NOT tried")
    (folder / "python.mjs").write_text(static_page.start_of_python(ARCHIVE, {library: LIBRARY}), "utf-8")
    (folder / "pyodide.mjs").write_text(PYODIDE, "utf-8")
    command = ["node", str(HERE / "loading.mjs"), str(folder)]
    answers = json.dumps({ARCHIVE: archive or [WHOLE], missing: [{"status": 404}]})
    done = subprocess.run(command, input=answers, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_archive_is_laid_out_and_each_step_is_told(tmp_path: Path) -> None:
    seen = load(tmp_path)
    assert seen["files"] == {"/site/ppkit/one.pyc": "code"}
    steps = [message for message in seen["told"] if "part" not in message]
    assert steps == [{"begins": True}, {"done": "packages"}, {"done": "python"}]


def test_each_piece_is_told_and_its_part_only_where_the_length_is_that_of_the_bytes_that_come(
    tmp_path: Path,
) -> None:
    length = str(len(packed()))
    for headers, expected in (
        ({"content-length": length}, [0.5, 1]),
        ({}, [0, 0]),
        ({"content-length": str(len(packed()) // 4), "content-encoding": "gzip"}, [0, 0]),
    ):
        seen = load(tmp_path, answer(packed(), headers=headers))
        parts = [message["part"] for message in seen["told"] if "part" in message]
        assert parts == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    "bad",
    [answer(packed(), isLost=True), ANOTHER_PAGE, answer(packed()[:40]), answer(b"", status=404)],
    ids=["lost", "another page", "cut", "missing"],
)
def test_an_archive_that_is_not_there_whole_is_fetched_once_more_and_then_named(
    tmp_path: Path, bad: dict[str, object]
) -> None:
    seen = load(tmp_path, bad, WHOLE)
    assert seen["files"]
    assert [cache for name, _method, cache in seen["asked"] if name == ARCHIVE] == ["default", "reload"]
    seen = load(tmp_path, bad)
    assert seen["files"] is None
    assert seen["told"][-1] == {"failed": "file", "detail": ARCHIVE}


def test_a_library_that_did_not_arrive_is_named_before_python_counts_as_started(tmp_path: Path) -> None:
    seen = load(tmp_path, library="MISSING")
    assert seen["told"][-1] == {"failed": "file", "detail": LIBRARY}
    assert {"done": "python"} not in seen["told"]


@pytest.mark.parametrize("name", ["pyodide-lock.json", "pyodide.asm.wasm"])
def test_a_file_for_which_pyodide_would_wait_is_named(tmp_path: Path, name: str) -> None:
    seen = load(tmp_path, missing=name)
    assert seen["told"][-1] == {"failed": "file", "detail": name}
