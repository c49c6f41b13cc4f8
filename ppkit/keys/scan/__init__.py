"""The leak scan: exposed keys in files, notebooks, archives, databases and git history."""

from ppkit.keys.scan.folder_walk import traces
from ppkit.keys.scan.history import GitFailed, GitMissing, NoRepository
from ppkit.keys.scan.leaks import Leak, LeakPlace, PlaceUnit, Reason, ScanReport, Unread
from ppkit.keys.scan.report_texts import lines_about, unread_lines
from ppkit.keys.scan.scanning import ALLOW_FILE, scan, scan_staged

__all__ = [
    "ALLOW_FILE",
    "GitFailed",
    "GitMissing",
    "Leak",
    "LeakPlace",
    "NoRepository",
    "PlaceUnit",
    "Reason",
    "ScanReport",
    "Unread",
    "lines_about",
    "scan",
    "scan_staged",
    "traces",
    "unread_lines",
]
