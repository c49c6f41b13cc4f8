"""The wheel: everything that ppkit needs at run time travels in it, and it works on its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from .tracked import ROOT, tracked_files

pytestmark = pytest.mark.processes

UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_every_file_of_the_package_is_in_the_wheel(names: list[str]) -> None:
    own = [path.relative_to(ROOT) for path in tracked_files()]
    wanted = [path.as_posix() for path in own if path.parts[0] == "ppkit"]
    assert len(wanted) > 100
    assert [name for name in wanted if name not in names] == []


def test_the_notebooks_are_in_the_wheel(names: list[str]) -> None:
    own = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    assert own
    assert [path for path in own if f"ppkit/{path.relative_to(ROOT).as_posix()}" not in names] == []


@pytest.mark.parametrize(
    "ending",
    ["it/cli.po", "en/cli.po", ".css", ".js", ".html", ".sql", ".json", ".ttf", "py.typed", "LICENSE"],
)
def test_what_is_not_python_travels_too(names: list[str], ending: str) -> None:
    assert [name for name in names if name.endswith(ending)]


def test_nothing_else_is_in_the_wheel(names: list[str]) -> None:
    assert [name for name in names if not name.startswith(("ppkit/", "ppkit-"))] == []
    assert [name for name in names if "__pycache__" in name or ".ipynb_checkpoints" in name] == []


@pytest.fixture(scope="module")
def environment(wheel: Path, disk_folder: Path) -> Path:
    """A clean environment with `pip install ppkit` and nothing else; its folder of programs."""
    folder = disk_folder / "clean"
    quiet = [str(UV), "--quiet"]
    subprocess.run([*quiet, "venv", "--python", sys.executable, str(folder)], check=True)
    constraints = ["--constraint", str(ROOT / "requirements/dev.txt")]
    python = folder / "bin/python"
    subprocess.run([*quiet, "pip", "install", "--python", str(python), *constraints, str(wheel)], check=True)
    return folder / "bin"


@dataclass(frozen=True, slots=True)
class Clean:
    """Runs the programs of the clean environment, in their own folder, in live mode."""

    programs: Path
    folder: Path
    environment: dict[str, str]

    def run(self, program: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        own = self.environment | more
        command = [str(self.programs / program), *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=own,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )


KEY = "sk-proj-" + "Ab1" * 52


class Platform(BaseHTTPRequestHandler):
    """As much of a platform as one answer."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        usage: dict[str, object] = {"input_tokens": 8, "output_tokens": 2, "total_tokens": 10}
        usage |= {
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }
        text = {"type": "output_text", "text": "yes", "annotations": []}
        message = {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [text],
        }
        answer = {"id": "resp_1", "object": "response", "created_at": 1_790_000_000, "status": "completed"}
        answer |= {"model": "gpt-6-luna", "output": [message], "usage": usage, "service_tier": "default"}
        answer |= {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
        self._answer(answer)

    def do_GET(self) -> None:
        self._answer({"object": "list", "data": [{"id": "gpt-6-luna", "object": "model", "created": 1}]})

    def _answer(self, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        pass


@pytest.fixture(scope="module")
def platform() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Platform) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def clean(environment: Path, platform: str, tmp_path: Path) -> Clean:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PPKIT_", "PYTHON", "OPENAI_"))
    }
    own = {"PPKIT_HOME": str(tmp_path / "home"), "PPKIT_LANGUAGE": "it", "PPKIT_MODE": "live"}
    return Clean(environment, tmp_path, kept | own | {"OPENAI_BASE_URL": platform, "OPENAI_API_KEY": KEY})


def test_nothing_of_the_platform_nor_of_notebooks_comes_with_the_package(environment: Path) -> None:
    command = [str(UV), "pip", "list", "--format", "json", "--python", str(environment / "python")]
    listed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    found = {package["name"] for package in listed}
    unwanted = {
        "starlette",
        "uvicorn",
        "jinja2",
        "pillow",
        "reportlab",
        "python-stdnum",
        "genai-prices",
        "ipython",
    }
    unwanted |= {"anywidget", "ipywidgets", "pandas", "jupyterlab", "keyring", "pypdf", "cryptography"}
    assert found & unwanted == set()
    assert {"ppkit", "openai"} <= found
    assert len(found) <= 26


def test_a_call_is_metered_in_a_clean_environment(clean: Clean) -> None:
    code = "import ppkit; print(ppkit.OpenAI().responses.create(model='gpt-6-luna', input='x').output_text)"
    called = clean.run("python", "-W", "error", "-c", code)
    assert (called.stdout, called.stderr) == ("yes\n", "")
    usage = json.loads(clean.run("ppkit", "usage", "--json").stdout)
    # 8 tokens of input at 0.10 and 2 of output at 0.50 USD for a million
    assert "1800000" in json.dumps(usage)


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        ("limits", 0, "Limite di spesa (blocca): nessuno"),
        ("limits --hard 5", 0, "Limite di spesa (blocca): 5"),
        ("usage", 0, ""),
        ("key list", 0, "…"),
        ("scan .", 0, ""),
        ("check", 3, "…"),
    ],
)
def test_commands_work_in_a_clean_environment(clean: Clean, arguments: str, code: int, shown: str) -> None:
    done = clean.run("ppkit", *arguments.split())
    assert done.returncode == code
    assert shown in done.stdout
    assert not {"Traceback", "pip install"} & set(re.findall(r"Traceback|pip install", done.stderr))


@pytest.mark.parametrize(
    ("program", "arguments", "code", "extra"),
    [
        ("ppkit", ["start"], 2, "lab"),
        ("ppkit", ["practice", "serve"], 2, "practice"),
        ("ppkit", ["practice", "clock", "show"], 2, "practice"),
        ("python", ["-c", "import ppkit; ppkit.setup()"], 1, "lab"),
        ("python", ["-c", "import ppkit; ppkit.practice()"], 1, "practice"),
    ],
)
def test_a_clean_environment_tells_the_extra(
    clean: Clean, program: str, arguments: list[str], code: int, extra: str
) -> None:
    done = clean.run(program, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert f"Scrivi: pip install 'ppkit[{extra}]'" in done.stderr


def test_the_lessons_are_found_in_a_clean_environment(clean: Clean) -> None:
    code = "from ppkit.start.notebooks import *; print(guided_notebook(packaged_notebooks(), 'it'))"
    assert clean.run("python", "-c", code).stdout.startswith("it/")
