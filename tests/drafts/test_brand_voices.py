"""Brand voices: one for each client, kept for their owner alone, never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from ppkit.drafts.brand_voices import BrandVoices
from ppkit.drafts.errors import InvalidDraft
from ppkit.keys import KeyInText

SECRET = "sk-practice-" + "CANARY" * 8


def test_a_voice_is_found_again_under_its_client(tmp_path: Path) -> None:
    path = tmp_path / "voices.json"
    BrandVoices(path).keep("Bianchi ", "Ironica.")
    BrandVoices(path).keep("", "La nostra.")
    again = BrandVoices(path)
    assert (again.of("Bianchi"), again.of(""), again.of("Rossi")) == ("Ironica.", "La nostra.", "")
    assert path.stat().st_mode & 0o077 == 0
    again.keep("Bianchi", "")
    assert again.of("Bianchi") == ""


def test_a_damaged_file_holds_no_voice_and_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "voices.json"
    path.write_text("{half")
    voices = BrandVoices(path)
    assert voices.of("Bianchi") == ""
    voices.keep("Bianchi", "Ironica.")
    assert voices.of("Bianchi") == "Ironica."
    assert [found.read_text() for found in tmp_path.glob("voices.damaged-*")] == ["{half"]


def test_no_key_is_kept(tmp_path: Path) -> None:
    voices = BrandVoices(tmp_path / "voices.json")
    with pytest.raises(KeyInText):
        voices.keep(SECRET, "Ironica.")
    voices.keep("Bianchi", f"Ironica. {SECRET}")  # a model's words are paid for: the key is masked
    assert SECRET not in (tmp_path / "voices.json").read_text()


def test_a_name_too_long_for_a_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDraft):
        BrandVoices(tmp_path / "voices.json").keep("B" * 201, "Ironica.")
