"""The static page: the course in JupyterLite, for any file host, with nothing from elsewhere.

`build [FOLDER]` makes it (`make lite`); `pins` brings Pyodide to what the pinned kernel asks for. It runs in
an environment of its own, with requirements/lite-build.txt, and needs node and npm.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from html import escape
from importlib import import_module, metadata
from pathlib import Path
from string import Template
from typing import Any

import lite_packages
import platformdirs

from ppkit.look.texts import LANGUAGES
from ppkit.start.lesson_states import shipped_digests
from ppkit.start.notebooks import guided_notebook
from ppkit.start.page_words import loading_words, page_words

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "deploy/static-page"
VERSIONS = OWN / "versions.json"
NOTEBOOKS = ROOT / "notebooks"
KERNEL = "jupyterlite-pyodide-kernel"
KERNEL_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"
OF_PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "package.json")
START_OF_PYTHON = "python.mjs"
FILLED_IN = '{ archive: "", libraries: {} }'
"""What stands in it instead of the archive's name and the libraries' names and files."""
OF_THE_KERNEL = ("ipykernel", "piplite", "pyodide_kernel")
NOT_SERVED = (
    "rspack.config*.js",
    "jupyterlite.schema*.json",
    "package.json",
    "jupyter-lite.ipynb",
    "doc",
    "lab/*.html",  # a JupyterLab without the course; its icon is used by the doors
    "lab/*.json",
    "lab/*.ipynb",
    "lab/workspaces",
    "*/tree",
    "build/fa-*.svg",
    "build/fa-*.eot",
)
MENUS = ROOT / "ppkit/start"
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
STYLE = ROOT / "ppkit/look/static/ppkit.css"
LOOK_WHILE_LOADING = "".join(
    f'<link rel="stylesheet" href="../../{name}">' for name in ("ppkit.css", "loading.css")
)
FIRST_IN_PAGE = '<div id="jupyterlite-loading-indicator"'


def build(output: Path, cache: Path) -> None:
    """Make the folder anew. Raises CalledProcessError, or SystemExit when the versions do not fit."""
    cache.mkdir(parents=True, exist_ok=True)
    versions = json.loads(VERSIONS.read_text("utf-8"))
    if versions != wanted_versions():
        sys.exit(
            f"{VERSIONS.name} says {versions}, the kernel asks for {wanted_versions()}: `static_page.py pins`"
        )
    pyodide = npm_package(cache)
    with tempfile.TemporaryDirectory(prefix="ppkit-lite-") as folder:
        source, made = Path(folder, "source"), Path(folder, "made")
        lay_out(source, pyodide, wheels(cache, pyodide, Path(folder, "own")))
        assemble(source, made)
        for language in LANGUAGES:
            open_door(made, language)
        finish(made)
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(made, output)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    print(f"{output}: {size / 1e6:.1f} MB in {sum(1 for path in output.rglob('*') if path.is_file())} files")


def wanted_versions() -> dict[str, str]:
    """What the installed kernel was made for; the ABI follows from Pyodide, as `pins` found it."""
    constants: Any = import_module("jupyterlite_pyodide_kernel.constants")  # of the environment that builds

    held = json.loads(VERSIONS.read_text("utf-8"))
    return {
        "kernel": metadata.version(KERNEL),
        "pyodide": constants.PYODIDE_VERSION,
        "abi": held["abi"],
        "python": constants.PYODIDE_PYTHON_VERSION,
    }


def pins(cache: Path) -> None:
    """Write the versions that belong together, and npm's lock for them."""
    versions = wanted_versions()
    package = json.loads((OWN / "package.json").read_text("utf-8"))
    package["dependencies"]["pyodide"] = versions["pyodide"]
    (OWN / "package.json").write_text(json.dumps(package, indent=2) + "\n", encoding="utf-8")
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts"], cwd=OWN, check=True)
    info = json.loads((npm_package(cache) / "pyodide-lock.json").read_text("utf-8"))["info"]
    versions["abi"] = info["abi_version"]
    VERSIONS.write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")


def npm_package(cache: Path) -> Path:
    """Pyodide as npm has it: the interpreter and the standard library, without packages."""
    lock = (OWN / "package-lock.json").read_bytes()
    folder = cache / f"npm-{hashlib.sha256(lock).hexdigest()[:12]}"
    package = folder / "node_modules/pyodide"
    if not (folder / ".complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(OWN / name, folder)
        subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=folder, check=True)
        (folder / ".complete").touch()
    return package


def wheels(cache: Path, pyodide: Path, made: Path) -> list[Path]:
    """Everything that Python loads in the page: the pinned wheels, the kernel's own ones, and ppkit's."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)], cwd=ROOT, check=True
    )
    of_kernel = Path(
        sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
    )
    found = lite_packages.fetch(cache)
    found += [wheel for name in OF_THE_KERNEL for wheel in of_kernel.glob(f"{name}-*.whl")]
    return lite_packages.prepare([*found, *made.glob("*.whl")], cache, pyodide)


def lay_out(source: Path, pyodide: Path, wheels: list[Path]) -> None:
    """What JupyterLite builds from: lessons, Python, extensions, and its settings."""
    static = source / "static/pyodide"
    static.mkdir(parents=True)
    libraries = [wheel for wheel in wheels if lite_packages.has_library(wheel)]
    for path in [*(pyodide / name for name in OF_PYODIDE), *libraries]:
        shutil.copy(path, static)
    info = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))["info"]
    lock = lite_packages.lock_file(libraries, info)
    (static / "pyodide-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    packed = lite_packages.archive_of(wheel for wheel in wheels if wheel not in libraries)
    archive = f"packages.{hashlib.sha256(packed).hexdigest()[:12]}.tar.gz"
    (static / archive).write_bytes(packed)
    files = dict(zip(lock["packages"], (wheel.name for wheel in libraries), strict=True))
    (static / START_OF_PYTHON).write_text(start_of_python(archive, files), encoding="utf-8")
    for language in LANGUAGES:
        shutil.copytree(NOTEBOOKS / language, source / "files" / language)
    extensions = source / "extensions"
    shutil.copytree(MENUS / "jupyter/labextensions/ppkit-lessons", extensions / "ppkit-lessons")
    shutil.copytree(OWN / "labextensions/ppkit-page", extensions / "ppkit-page")
    python = {
        "packages": lite_packages.names_of(wheels),
        "env": {"HOME": "/home/pyodide", "PPKIT_STATIC_PAGE": "1"},
    }
    _write(source / "jupyter-lite.json", _configuration(python))
    _write(source / "lessons.json", {"lessons": shipped_digests(), "words": page_words()})


def start_of_python(archive: str, libraries: Mapping[str, object]) -> str:
    """python.mjs with what it loads; `libraries` has the file of each one by its name."""
    before, _empty, after = (OWN / START_OF_PYTHON).read_text("utf-8").partition(FILLED_IN)
    return before + json.dumps({"archive": archive, "libraries": libraries}) + after


def assemble(source: Path, made: Path) -> None:
    """JupyterLite's own build, with the one application that is used and no maps of its sources."""
    _write(
        source / "jupyter_lite_config.json",
        {
            "LiteBuildConfig": {
                "apps": ["lab"],
                "no_sourcemaps": True,
                "contents": ["files"],
                "output_dir": str(made),
            },
            "FederatedExtensionAddon": {"extra_labextensions_path": [str(source / "extensions")]},
        },
    )
    command = [str(Path(sys.executable).with_name("jupyter-lite")), "build", "--lite-dir", str(source)]
    done = subprocess.run(command, cwd=source, check=False, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    for file in (source / "lessons.json", OWN / "loading.js", OWN / "loading.css", STYLE):
        shutil.copy(file, made)
    settings = made / "jupyter-lite.json"
    written = settings.read_text("utf-8")
    # The build names Pyodide itself, whatever its settings say.
    settings.write_text(written.replace("/pyodide.mjs", f"/{START_OF_PYTHON}"), encoding="utf-8")


def open_door(made: Path, language: str) -> None:
    """/it/ and /en/: the map, with menus in its language. The lessons are the same behind both."""
    door = made / language / "lab"
    door.mkdir(parents=True)
    page = (made / "lab/index.html").read_text("utf-8")
    page = (
        page.replace('"..', '"../..').replace("'..", "'../..").replace("<html>", f'<html lang="{language}">')
    )
    page = page.replace("<title>JupyterLite</title>", f"<title>ppkit</title>{LOOK_WHILE_LOADING}")
    page = page.replace(FIRST_IN_PAGE, _loading(language) + FIRST_IN_PAGE)
    (door / "index.html").write_text(page, encoding="utf-8")
    application = json.loads((made / "lab/jupyter-lite.json").read_text("utf-8"))
    application["jupyter-config-data"] |= {
        "appUrl": f"/{language}/lab",
        "settingsUrl": "../../build/schemas",
        "mode": "single-document",
        "showLoadingIndicator": False,  # ours is there
    }
    _write(door / "jupyter-lite.json", application)
    menus = MENUS / f"jupyter_{language}/labconfig/default_setting_overrides.json"
    settings = {"settingsOverrides": json.loads(menus.read_text("utf-8"))}
    _write(
        made / language / "jupyter-lite.json",
        {"jupyter-lite-schema-version": 0, "jupyter-config-data": settings},
    )
    first = f"lab/index.html?path={guided_notebook(NOTEBOOKS, language).as_posix()}"
    start = (OWN / "start.html").read_text("utf-8")
    (made / language / "index.html").write_text(
        start.replace("LANGUAGE", language).replace("ROOT", "..").replace("FIRST", first), encoding="utf-8"
    )


def _loading(language: str) -> str:
    """What is seen until the first window is drawn."""
    words = {name: escape(text) for name, text in loading_words(language).items()}
    shown = Template((OWN / "loading.html").read_text("utf-8")).substitute(words)
    return shown.replace("ROOT", "../..")


def finish(made: Path) -> None:
    """The page at the top leads to a language; what nobody asks for goes, and no page has a script in it."""
    (made / "index.html").write_text((OWN / "choose.html").read_text("utf-8"), encoding="utf-8")
    for pattern in NOT_SERVED:
        for path in made.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for page in made.rglob("*.html"):
        take_scripts_out(page)


def take_scripts_out(page: Path) -> None:
    """Into files beside the page, so that a content security policy need not allow what stands in a page."""

    def as_file(found: re.Match[str]) -> str:
        script = found[1].encode()
        path = page.with_suffix(f".{hashlib.sha256(script).hexdigest()[:12]}.js")
        path.write_bytes(script)
        return f'<script src="{path.name}"></script>'

    page.write_text(INLINE_SCRIPT.sub(as_file, page.read_text("utf-8")), encoding="utf-8")


def _configuration(python: Mapping[str, object]) -> dict[str, object]:
    """`python` is what the kernel gives to Pyodide."""
    kernel = {"disablePyPIFallback": True, "loadPyodideOptions": python}
    data = {
        "appName": "ppkit",
        "disabledExtensions": ["@jupyterlab/apputils-extension:announcements"],
        "exposeAppInBrowser": True,
        "litePluginSettings": {KERNEL_PLUGIN: kernel},
        "ppkitLessonsUrl": "./lessons.json",
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["build", "pins"])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build/lite")
    parser.add_argument("--cache", type=Path, default=Path(platformdirs.user_cache_dir("ppkit-lite")))
    asked = parser.parse_args()
    if asked.what == "pins":
        pins(asked.cache)
    else:
        build(asked.folder.absolute(), asked.cache.absolute())


if __name__ == "__main__":
    main()
