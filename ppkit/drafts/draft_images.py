"""Image files beside the drafts, named by what is in them: the same image is kept once."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from ppkit.drafts.errors import NoPicture
from ppkit.files import write_private

LONGEST_START = 12  # bytes that tell the formats below apart


class ImageFolder:
    """Writes, finds and removes the files. Bytes are kept as they came, their marks of origin too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """The name of the file that holds these bytes. Raises NoPicture, OSError."""
        name = file_name(content)
        if not self.path(name).is_file():
            write_private(self.path(name), content)
        return name

    def path(self, name: str) -> Path:
        return self._folder / Path(name).name

    def read(self, name: str) -> bytes | None:
        """The bytes; None where somebody has taken the file away."""
        try:
            return self.path(name).read_bytes()
        except OSError:
            return None

    def remove(self, name: str) -> None:
        """Raises OSError, but not where there is no such file."""
        self.path(name).unlink(missing_ok=True)


def file_name(content: bytes) -> str:
    """By what is in it. Raises NoPicture."""
    return f"{sha256(content).hexdigest()[:32]}.{extension_of(content)}"


def extension_of(content: bytes) -> str:
    """By the first bytes. Raises NoPicture."""
    start = content[:LONGEST_START]
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    raise NoPicture
