"""A Python program as `python` takes it, run in this process as if `python` had been called with it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import pkgutil
import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType, TracebackType

from ppkit.errors import PpkitError

MAIN = "__main__"


class NoSuchProgram(PpkitError):
    """There is no file, folder or archive of this name. Facts: path."""

    code = "no_such_program"


@dataclass(frozen=True, slots=True)
class Program:
    """A script, a folder or archive with a `__main__.py`, or a module (`-m`), and its arguments."""

    target: str
    arguments: tuple[str, ...]
    is_module: bool

    @property
    def name(self) -> str:
        """For reports: the file's own name, or the module's."""
        return self.target if self.is_module else Path(self.target).name

    def check(self) -> None:
        """Raises NoSuchProgram. Whether a module is there shows when it is run, as with `python -m`."""
        if not self.is_module and not Path(self.target).exists():
            raise NoSuchProgram(path=self.target)

    def run(self) -> None:
        """Run it as `__main__`. Returns when it ends; raises what it raises, SystemExit too.

        `sys.argv`, `sys.path[0]` and `__main__` are those it would have without us, and stay so: what the
        program leaves to be done at the end (threads, `atexit`) finds them. Tracebacks begin in the program.
        """
        sys.argv = ["-m" if self.is_module else self.target, *self.arguments]
        try:
            code, module = self._loaded()
            sys.modules[MAIN] = module
            exec(code, vars(module))  # noqa: S102 - this is what it is for
        except SystemExit:
            raise
        except BaseException as error:
            _show_from(_first_of_program(error.__traceback__), error)
            raise

    def _loaded(self) -> tuple[CodeType, ModuleType]:
        if self.is_module:
            _put_first(str(Path.cwd()))
            loaded = _of_spec(_module_spec(self.target))
            sys.argv[0] = loaded[1].__file__ or sys.argv[0]
            return loaded
        path = Path(self.target)
        if path.is_dir() or _is_archive(path):
            _put_first(str(path.absolute()))
            return _of_spec(_folder_spec(str(path.absolute())))
        _put_first(str(path.resolve().parent))
        return _of_script(path.absolute())


def _put_first(folder: str) -> None:
    if not sys.flags.safe_path:  # otherwise what stands first is none of ours
        sys.path[0] = folder


def _of_script(path: Path) -> tuple[CodeType, ModuleType]:
    module = ModuleType(MAIN)
    module.__file__ = str(path)
    module.__dict__["__cached__"] = None
    if path.suffix == ".pyc":
        module.__loader__ = importlib.machinery.SourcelessFileLoader(MAIN, str(path))
        with path.open("rb") as file:
            code = pkgutil.read_code(file)
        if code is None:
            raise ImportError(f"bad magic number in {MAIN!r}", name=MAIN, path=str(path))
    else:
        module.__loader__ = importlib.machinery.SourceFileLoader(MAIN, str(path))
        code = compile(path.read_bytes(), str(path), "exec", dont_inherit=True)
    return code, _with_builtins(module)


def _of_spec(spec: ModuleSpec) -> tuple[CodeType, ModuleType]:
    loader = spec.loader
    code = loader.get_code(spec.name) if loader is not None and hasattr(loader, "get_code") else None
    if code is None:
        raise SystemExit(f"{sys.executable}: No code object available for {spec.name}")
    module = ModuleType(MAIN)
    module.__file__, module.__loader__ = spec.origin, loader
    module.__package__, module.__spec__ = spec.parent, spec
    module.__dict__["__cached__"] = spec.cached
    return code, _with_builtins(module)


def _with_builtins(module: ModuleType) -> ModuleType:
    module.__dict__["__builtins__"] = sys.modules["builtins"]
    return module


def _module_spec(name: str) -> ModuleSpec:
    """Raises SystemExit with Python's own words where there is none, and what a package raises on import."""
    spec = _found(name)
    if spec is not None and spec.submodule_search_locations is not None:
        package, spec = name, _found(f"{name}.{MAIN}")
        if spec is None:
            told = (
                f"No module named {package}.{MAIN}; {package!r} is a package and cannot be directly executed"
            )
            raise SystemExit(f"{sys.executable}: {told}")
    if spec is None:
        raise SystemExit(f"{sys.executable}: No module named {name}")
    return spec


def _found(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError as missing:
        if missing.name and (name == missing.name or name.startswith(f"{missing.name}.")):
            return None
        raise
    except ValueError:
        return None


def _folder_spec(folder: str) -> ModuleSpec:
    spec = PathFinder.find_spec(MAIN, [folder])
    if spec is None:
        raise SystemExit(f"{sys.executable}: can't find {MAIN!r} module in {folder!r}")
    return spec


def _is_archive(path: Path) -> bool:
    import zipfile  # lazy: most programs are scripts

    return path.suffix not in {".py", ".pyc"} and zipfile.is_zipfile(path)


def _first_of_program(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without what runs the program."""
    while trace is not None and str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0] in _RUNNERS:
        trace = trace.tb_next
    return trace


_RUNNERS = frozenset({"ppkit", "importlib", "pkgutil"})


def _show_from(trace: TracebackType | None, error: BaseException) -> None:
    """When Python shows this exception, as it will, the traceback is to begin there."""
    show = sys.excepthook

    def shown(kind: type[BaseException], value: BaseException, whole: TracebackType | None) -> None:
        if value is not error:
            show(kind, value, whole)
            return
        show(kind, value.with_traceback(trace), trace)

    sys.excepthook = shown
