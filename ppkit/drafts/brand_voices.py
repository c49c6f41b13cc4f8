"""How each client's brand sounds, as `Assistant.brand_voice` has read it from posts of theirs."""

from __future__ import annotations

import json
from pathlib import Path

from ppkit.drafts.draft import LONGEST_NAME, clean
from ppkit.drafts.errors import FileNotWritten, InvalidDraft
from ppkit.keys import presentable, refuse_keys
from ppkit.private_file import PrivateFile


class BrandVoices:
    """Voices by client, in one file of their owner's alone; "" is the owner's own brand.

    A file that cannot be read holds no voice; it is moved aside before the next one is written.
    """

    def __init__(self, path: Path) -> None:
        self._file = PrivateFile(path, FileNotWritten)

    def of(self, client: str) -> str:
        """The voice, or "" where none was made."""
        return self._read().get(_named(client), "")

    def keep(self, client: str, voice: str) -> None:
        """Keep the voice; an empty one takes it away. Raises FileNotWritten, InvalidDraft, KeyInText."""
        refuse_keys("draft", client)
        name, text = _named(client), presentable(clean(voice).strip())
        if len(name) > LONGEST_NAME:
            raise InvalidDraft(field="client")
        with self._file.locked():
            found = self._read()
            if not found and self._file.path.exists():
                self._file.set_aside()
            kept = {**found, name: text}
            content = {one: said for one, said in kept.items() if said}
            self._file.write(json.dumps(content, ensure_ascii=False, indent=1).encode())

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self._file.path.read_bytes())
        except (OSError, ValueError):
            return {}
        pairs = found.items() if isinstance(found, dict) else ()
        return {str(name): text for name, text in pairs if isinstance(text, str)}


def _named(client: str) -> str:
    return " ".join(clean(client).split())
