"""The pinned requirements, made from pyproject.toml.

`write` resolves them again, `keep` stays with the versions that they hold, `check` proves that they still
answer pyproject.toml, and `wheels` that every supported Python finds each of them ready-made.

The files hold names, versions and environment markers, never an address: where packages come from is the
business of the machine that installs them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import binder_base
import pythons
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
BINDER_PYTHON = "3.12"
NOT_ON_BINDER = ("jupyterlab", "keyring")
"""Binder brings its own JupyterLab, and a session there has no keyring and nothing to keep."""
LITE = "requirements/lite.txt"
LITE_PYTHON: str = json.loads((ROOT / "deploy/static-page/versions.json").read_text("utf-8"))["python"]
IN_A_PAGE = {"sys_platform": "emscripten", "os_name": "posix", "platform_system": "Emscripten"}
"""How Pyodide describes itself to environment markers; its Python is LITE_PYTHON."""
SYSTEMS = ("x86_64-manylinux_2_28", "aarch64-apple-darwin", "x86_64-pc-windows-msvc")
HEADER = "# Made by `make pins` from pyproject.toml; do not edit.\n"


def declared(*extras: str) -> list[Requirement]:
    """The requirements that pyproject.toml names for the package and these extras (its own name unfolded)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    found = []
    for requirement in map(Requirement, lines):
        if requirement.name == project["name"]:
            found += declared(*requirement.extras)
        else:
            found.append(requirement)
    return found


def grouped(group: str) -> list[Requirement]:
    """The requirements that pyproject.toml names for a group: what is tried beside the package."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [Requirement(line) for line in groups[group]]


def wanted() -> dict[str, list[Requirement]]:
    """Each pinned file and what it must satisfy."""
    on_binder = [one for one in declared("lab") if one.name not in NOT_ON_BINDER]
    return {
        "requirements/dev.txt": declared("lab", "postgres", "tables", "watch") + grouped("dev"),
        "requirements/lab.txt": declared("lab"),
        "requirements/hub.txt": declared("lab", "postgres") + grouped("hub"),
        "binder/requirements.txt": on_binder + grouped("binder"),
        "requirements/frameworks.txt": declared("practice") + grouped("frameworks"),
        "requirements/frameworks-llamaindex.txt": declared("practice") + grouped("frameworks-llamaindex"),
        "requirements/other-server.txt": grouped("other-server"),
        "requirements/colab.txt": declared("assistant", "practice") + grouped("colab"),
        LITE: declared() + grouped("lite"),
        "requirements/lite-build.txt": declared() + grouped("lite-build"),
    }


def write(*, keep: bool = False) -> None:
    """Resolve again: all files hold the same versions, except where Binder's base has others already, or a
    framework needs others. With `keep`, what is pinned stays as it is wherever it can.
    """
    for name, requirements in wanted().items():
        asked = "\n".join(map(str, requirements))
        held = (ROOT / name).read_text(encoding="utf-8") if keep else ""
        if name.startswith("binder/"):
            compiled = compile_for_binder(asked, held)
        else:
            options = ["--universal", "--python-version", LITE_PYTHON if name == LITE else "3.11"]
            dev = "" if "dev" in name else (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
            # Their requirements are not ours, or a page has no wheel of ours.
            if any(part in name for part in ("frameworks", "other", "colab")) or name == LITE:
                compiled = compile_pins(asked, options, preferred=held or dev, overrides=overrides(name))
            else:
                compiled = compile_pins(asked, options, dev, held)
            compiled = in_a_page(compiled) if name == LITE else compiled
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(HEADER + compiled, encoding="utf-8")
        print(f"{name}: {len(compiled.splitlines())} pins")


def in_a_page(compiled: str) -> str:
    """Only what Python inside a web page needs."""
    version = {"python_version": LITE_PYTHON, "python_full_version": f"{LITE_PYTHON}.2"}
    found = [Requirement(line) for line in compiled.splitlines() if line and not line.startswith("#")]
    needed = [one for one in found if one.marker is None or one.marker.evaluate({**IN_A_PAGE, **version})]
    return "".join(f"{one.name}{one.specifier}\n" for one in needed)


def compile_for_binder(asked: str, held: str = "") -> str:
    """What the base environment holds stays as it is, unless our requirements need a newer release of it."""
    base = binder_base.constraints(BINDER_PYTHON)
    roots = [line for line in base if line.split("==")[0] in binder_base.ROOTS]
    options = ["--python-version", BINDER_PYTHON, "--python-platform", "x86_64-manylinux_2_39"]
    together = compile_pins("\n".join([asked, *roots]), options, preferred="\n".join([held, *base]))
    return compile_pins(asked, options, constraints=together)


def overrides(name: str) -> str:
    """What stands against a package's own word: LlamaIndex asks for an `openai` that ppkit cannot meter."""
    return "\n".join(str(one) for one in declared() if one.name == "openai" and "llamaindex" in name)


def compile_pins(
    asked: str, options: list[str], constraints: str = "", preferred: str = "", overrides: str = ""
) -> str:
    """uv's answer to the requirements. Raises CalledProcessError when there is none.

    Constraints must hold, preferred versions are taken where they can be, overrides replace packages' wishes.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = ("asked.in", "held.txt", "overridden.txt", "answer.txt")
        source, held, overridden, answer = (Path(folder, name) for name in names)
        source.write_text(asked, encoding="utf-8")
        held.write_text(constraints, encoding="utf-8")
        overridden.write_text(overrides, encoding="utf-8")
        answer.write_text(preferred, encoding="utf-8")  # uv prefers what its output file holds already
        command = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += ["--no-emit-find-links", *options, "--constraints", str(held)]
        command += ["--overrides", str(overridden)] if overrides else []
        command += ["--output-file", str(answer), str(source)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return answer.read_text(encoding="utf-8")


def complaints() -> list[str]:
    """What is wrong with the pinned files; empty when they answer pyproject.toml and hold no address."""
    found = []
    for name, requirements in wanted().items():
        text = (ROOT / name).read_text(encoding="utf-8")
        if "://" in text or re.search(r"^\s*-", text, re.MULTILINE):
            found.append(f"{name} holds an address or an option")
        pinned = [Requirement(line) for line in text.splitlines() if line and not line.startswith("#")]
        found += [f"{name}: {one} is not pinned" for one in requirements if not answered(one, pinned)]
    return found


def answered(requirement: Requirement, pinned: list[Requirement]) -> bool:
    """Whether some pin is for this requirement, and every pin for it satisfies it."""
    name = canonicalize_name(requirement.name)
    versions = [next(iter(pin.specifier)).version for pin in pinned if canonicalize_name(pin.name) == name]
    return bool(versions) and all(requirement.specifier.contains(version) for version in versions)


def without_wheels() -> list[str]:
    """Where the pins of a whole development environment cannot be installed without a compiler."""
    oldest = pythons.SUPPORTED[0]
    missing = [
        (version, system)
        for system in SYSTEMS
        for version in pythons.SUPPORTED
        # One look at the index for each system is enough: what it lists does not depend on the Python.
        if not has_wheels(version, system, offline=version != oldest)
    ]
    return [
        f"requirements/dev.txt has no wheels for Python {version} on {system}" for version, system in missing
    ]


def has_wheels(version: str, system: str, *, offline: bool = False) -> bool:
    """Whether each pin has a wheel for this Python and system. The pins are complete: none is to be added."""
    options = [
        "--python-version",
        version,
        "--python-platform",
        system,
        "--only-binary",
        ":all:",
        "--no-deps",
    ]
    try:
        compile_pins(
            (ROOT / "requirements/dev.txt").read_text(encoding="utf-8"), options + ["--offline"] * offline
        )
    except subprocess.CalledProcessError:
        return False
    return True


def main() -> int:
    if sys.argv[1:] == ["wheels"]:
        found, well = (
            without_wheels(),
            f"wheels for Python {', '.join(pythons.SUPPORTED)} on {len(SYSTEMS)} systems",
        )
    else:
        if sys.argv[1:] in (["write"], ["keep"]):
            write(keep=sys.argv[1:] == ["keep"])
        found, well = complaints(), "pins answer pyproject.toml"
    print("\n".join(found) or well)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
