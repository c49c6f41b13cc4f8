"""What the scan finds in one file with the key of these tests in it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ppkit.keys.scan import Leak, ScanReport, scan

from .canaries import key_of

KEY = key_of("project")
LINKED = key_of("legacy")
HALF = len(KEY) // 2


def looked_into(path: Path) -> ScanReport:
    return scan([path])


def the_key(path: Path) -> list[Leak]:
    """What is exposed there; everything could be read, and no key is shown."""
    report = looked_into(path)
    assert report.unread == []
    assert KEY[12:40] not in repr(report)
    assert {leak.masked for leak in report.real} <= {f"sk-…{KEY[-4:]}", f"sk-…{LINKED[-4:]}"}
    return report.leaks


def zipped(**members: bytes | str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()
