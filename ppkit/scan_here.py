"""`ppkit.scan()`: what a notebook types to look for keys before it is shown to somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ppkit.keys.key_refusal import refuse_keys
from ppkit.keys.scan.leaks import ScanReport
from ppkit.keys.scan.report_texts import lines_about, unread_lines
from ppkit.keys.scan.scanning import scan as scan_paths
from ppkit.look.texts import Texts
from ppkit.settings import language_in


@dataclass(frozen=True, slots=True)
class Scanned:
    """A report that shows itself in the language of the folder it is about."""

    report: ScanReport
    folder: Path

    @property
    def is_clean(self) -> bool:
        """No real key was found, and everything could be read."""
        return self.report.is_clear

    def __repr__(self) -> str:
        texts = Texts(language_in(self.folder))
        return "\n".join([*lines_about(self.report, texts), *unread_lines(self.report, texts)])


def scan(path: str | Path = ".", *, cancelled: Callable[[], bool] = lambda: False) -> Scanned:
    """Look for keys in a notebook, a file or a whole folder: the notebook's own, if no other is named.

    `cancelled` is looked at between files; what was stopped is not clean. Raises
    FileNotFoundError when there is nothing of that name. What is in the browser and was not saved yet cannot
    be seen from here.
    """
    refuse_keys("path", path)
    chosen = Path(path)
    chosen.stat()
    resolved = chosen.resolve()
    return Scanned(
        scan_paths([chosen], cancelled=cancelled), resolved if resolved.is_dir() else resolved.parent
    )
