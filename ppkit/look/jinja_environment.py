"""The Jinja environment that notebook windows and web pages share."""

from __future__ import annotations

from contextlib import suppress
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jinja2 import BytecodeCache, Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from platformdirs import user_cache_path

from ppkit.files import make_private_folder
from ppkit.look import formats
from ppkit.look.icons import icon
from ppkit.look.texts import Texts

TEMPLATES = Path(__file__).with_name("templates")
STATIC = Path(__file__).with_name("static")
VENDORED = Path(__file__).with_name("vendored")


def environment(language: str, *folders: Path) -> Environment:
    """Templates from `folders` first, then the shared ones (`{% import "macros.html" as ui %}`).

    Everything is escaped, and an unknown name is an error. In templates: `t("id", …)`, `t.plural("id", n)`,
    `icon("key")`, and the filters `money`, `digits`, `number`, `date`, `time`, `duration` in `language`.
    """
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_compiled(language),
    )
    made.globals.update(t=Texts(language), language=language, icon=icon)
    made.filters["time"] = formats.time
    for name in ("money", "digits", "number", "date", "duration"):
        made.filters[name] = partial(getattr(formats, name), language=language)
    return made


class _CompiledTemplates(FileSystemBytecodeCache):
    """Compiling a window's templates takes longer than drawing it, so every kernel finds what one has made.

    A folder that cannot be written to, or has no room left, costs time and nothing else.
    """

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled(language: str) -> BytecodeCache | None:
    """In the user's own folder, because what lies there is run as code; nowhere else if there is none.

    Each language and release has its own files: Jinja works out what a filter makes of a constant when it
    compiles. Of a package that was not installed no release is known.
    """
    folder = user_cache_path("ppkit", appauthor=False) / "templates"
    try:
        release = _release()
        make_private_folder(folder)
    except (OSError, PackageNotFoundError):
        return None
    return _CompiledTemplates(str(folder), f"{release}_{language}_%s.cache")


@cache
def _release() -> str:
    """Raises PackageNotFoundError."""
    return version("ppkit")
