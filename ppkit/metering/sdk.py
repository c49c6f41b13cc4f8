"""The `openai` package that is installed: whether it is one that can be metered."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from ppkit.errors import PpkitError

LEAST, BELOW = (3, 50), (4,)  # as in pyproject.toml; a test holds them together
NEEDED = f">={LEAST[0]}.{LEAST[1]},<{BELOW[0]}"


class SdkUnfit(PpkitError):
    """An `openai` that cannot be metered: another version, or damaged. Facts: found, needed, reason."""

    code = "sdk_unfit"


class SdkMissing(PpkitError):
    """There is no `openai`, or not all that it is made of. Facts: missing, needed."""

    code = "sdk_missing"


def import_with_sdk(name: str) -> ModuleType:
    """Import a module that builds on the SDK. Raises SdkUnfit, SdkMissing in the place of ImportError."""
    try:
        _check_version(str(import_module("openai").__version__))
        return import_module(name)
    except ModuleNotFoundError as error:
        missing = (error.name or "openai").partition(".")[0]
    except (ImportError, AttributeError, TypeError) as error:
        raise SdkUnfit(found=_found(), needed=NEEDED, reason=type(error).__name__) from None
    if missing != "openai":
        _check_version(_found())  # another version needs other packages: that is then the cause
    if missing == "ppkit":
        raise SdkUnfit(found=_found(), needed=NEEDED, reason="ModuleNotFoundError")
    raise SdkMissing(missing=missing, needed=NEEDED)


def _check_version(found: str) -> None:
    """Raises SdkUnfit."""
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if not LEAST <= numbers < BELOW:
        raise SdkUnfit(found=found, needed=NEEDED, reason="version")


def _found() -> str:
    try:
        return version("openai")
    except PackageNotFoundError:
        return "?"
