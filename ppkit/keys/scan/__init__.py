"""The leak scan: keys that lie open in files, notebooks, archives, databases and git history."""

from ppkit.keys.scan.files import traces
from ppkit.keys.scan.history import GitFailed, GitMissing, NoRepository
from ppkit.keys.scan.leaks import Leak, Part, Place, Reason, Report, Unread
from ppkit.keys.scan.scanning import ALLOW_FILE, scan, scan_staged
from ppkit.keys.scan.telling import lines_about, unread_lines

__all__ = [
    "ALLOW_FILE",
    "GitFailed",
    "GitMissing",
    "Leak",
    "NoRepository",
    "Part",
    "Place",
    "Reason",
    "Report",
    "Unread",
    "lines_about",
    "scan",
    "scan_staged",
    "traces",
    "unread_lines",
]
