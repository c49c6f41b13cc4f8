"""The packages of the static page: fetched, freed of what is of no use there, compiled, in one archive.

Compiled, because Python inside a page could not keep what it compiles from one visit to the next: that would
take most of the time of a start. A wheel is prepared once for each Python and kept in the cache.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import lite_wheels
import pins
from packaging.utils import parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
COMPILE = "compile.mjs"
NOT_LOADED = frozenset({"jupyterlab-widgets", "widgetsnbextension", "jedi", "parso"})
"""The JavaScript of the first two is part of the page already, their Python does nothing. Instead of jedi,
which would be a tenth of the first visit, IPython completes by asking the objects themselves."""
READS_ITSELF = frozenset({"anyio"})
"""It finds its names by reading its own source, which therefore stays."""
LANGUAGES = frozenset({"root", "en", "it"})
FORMAT = 2  # of what is kept in the cache: another number makes it anew


def fetch(cache: Path) -> list[Path]:
    """The pinned wheels, as they come. Raises CalledProcessError where no index answers."""
    text = (ROOT / pins.LITE).read_bytes() + Path(lite_wheels.__file__).read_bytes()
    folder = cache / f"wheels-{hashlib.sha256(text).hexdigest()[:12]}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=cache) as made:
            lite_wheels.gather(Path(made, "wheels"))
            Path(made, "wheels").rename(folder)
    return [wheel for wheel in sorted(folder.glob("*.whl")) if _name(wheel) not in NOT_LOADED]


def prepare(wheels: Iterable[Path], cache: Path, pyodide: Path) -> list[Path]:
    """The same wheels, smaller and compiled. `pyodide` is the npm package that compiles."""
    prepared = {wheel: _place(wheel, cache, pyodide) for wheel in wheels}
    missing = [wheel for wheel, place in prepared.items() if not place.exists()]
    with tempfile.TemporaryDirectory(dir=cache) as unpacked:
        for wheel in missing:
            _unpack(wheel, Path(unpacked, wheel.name))
        if missing:
            script = shutil.copy(ROOT / "deploy/static-page" / COMPILE, pyodide.parent.parent)
            subprocess.run(["node", str(script), unpacked], check=True, stdout=subprocess.DEVNULL)
        for wheel in missing:
            prepared[wheel].parent.mkdir(parents=True, exist_ok=True)
            _pack(Path(unpacked, wheel.name), prepared[wheel])
    return sorted(prepared.values(), key=lambda path: path.name)


def has_library(wheel: Path) -> bool:
    """Whether something in it is machine code, which Pyodide loads."""
    with zipfile.ZipFile(wheel) as archive:
        return any(name.endswith(".so") for name in archive.namelist())


def archive_of(wheels: Iterable[Path]) -> bytes:
    """Their files as they lie in a folder of packages: a tar, compressed, the same for the same wheels."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as source:
                for name in source.namelist():
                    entry, contents = tarfile.TarInfo(name), source.read(name)
                    entry.size = len(contents)
                    archive.addfile(entry, io.BytesIO(contents))
    return packed.getvalue()


def names_of(wheels: Iterable[Path]) -> list[str]:
    """Of what the kernel has not to fetch any more; it would look for jedi, too."""
    return sorted({"jedi", *map(_name, wheels)})


def lock_file(wheels: Iterable[Path], info: dict[str, str]) -> dict[str, dict[str, object]]:
    """What Pyodide reads to load packages, with these and no other one, so that nothing points elsewhere."""
    packages: dict[str, object] = {}
    for wheel in wheels:
        name, version, _build, _tags = parse_wheel_filename(wheel.name)
        packages[str(name)] = {
            "name": name,
            "version": str(version),
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "package_type": "package",
            "imports": [],
            "depends": [],
            "unvendored_tests": False,
        }
    return {"info": dict(info), "packages": packages}


def _place(wheel: Path, cache: Path, pyodide: Path) -> Path:
    version = json.loads((pyodide / "package.json").read_text("utf-8"))["version"]
    own = hashlib.sha256(wheel.read_bytes() + f"{FORMAT} {version}".encode()).hexdigest()[:12]
    return cache / "prepared" / own / wheel.name


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if _is_used(PurePosixPath(name))])


def _is_used(path: PurePosixPath) -> bool:
    if "locale-data" in path.parts and path.suffix == ".dat":
        return path.stem.partition("_")[0] in LANGUAGES
    return not {"tests", "test", "django-stubs"} & set(path.parts) and not path.parts[0].endswith(".data")


def _pack(folder: Path, wheel: Path) -> None:
    """Sources whose compiled modules are there are left out; dates too, so that the same comes out."""
    keeps_sources = _name(wheel) in READS_ITSELF
    beside = wheel.with_suffix(".tmp")
    with zipfile.ZipFile(beside, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            if keeps_sources or path.suffix != ".py":
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    beside.replace(wheel)


def _name(wheel: Path) -> str:
    return str(parse_wheel_filename(wheel.name)[0])
