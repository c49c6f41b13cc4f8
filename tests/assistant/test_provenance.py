"""Signed provenance (C2PA), from the platform's answer to every file that we write: kept, or told as gone."""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path

import httpx2
import pytest
from PIL import Image
from signed_pictures import BY_A_MODEL, provenance_of, signed_picture

from ppkit.ai_assistant import Brief, Picture, networks
from ppkit.clock import ManualClock
from ppkit.drafts.draft_store import DraftStore
from ppkit.drafts.exports import export_drafts
from ppkit.look.texts import Texts

from .conftest import Stage

KINDS = ("jpeg", "png", "webp")


@pytest.mark.parametrize("kind", KINDS)
def test_the_signature_is_valid_in_every_file_that_we_write(
    stage: Stage, tmp_path: Path, clock: ManualClock, kind: str
) -> None:
    signed = signed_picture(kind)
    encoded = base64.b64encode(signed).decode()
    stage.answer = httpx2.Response(200, json={"created": 1, "data": [{"b64_json": encoded}]})
    picture = stage.assistant.draw(Brief("Terrazza"))
    drafts = DraftStore(tmp_path / "home", clock)
    draft = drafts.add_image(drafts.new("Terrazza", {"x": "Terrazza"}).id, picture)
    (archive,) = export_drafts(
        [draft], "zip", None, texts=Texts("it"), read_image=drafts.image, at=clock.now()
    )
    with zipfile.ZipFile(io.BytesIO(archive.content)) as packed:
        in_archive = packed.read(next(name for name in packed.namelist() if name.startswith("images/")))
    for written in (picture.save(tmp_path / "post").read_bytes(), drafts.image(draft.images[0]), in_archive):
        assert written == signed
        assert provenance_of(written, kind) == "Valid"


def test_a_changed_picture_does_not_pass_for_the_signed_one() -> None:
    signed = signed_picture("jpeg")
    assert provenance_of(signed[:-40] + bytes([signed[-40] ^ 1]) + signed[-39:], "jpeg") == "Invalid"


@pytest.mark.parametrize("name", networks())
def test_a_network_gets_the_signed_file_or_a_copy_that_says_what_made_it(name: str) -> None:
    network = networks()[name]
    for kind in KINDS:
        picture = Picture(signed_picture(kind), "96x120", "", model="gpt-image-2")
        taken = picture.for_network(network)
        if kind in network.image.formats and len(picture.data) >= network.image.least_bytes:
            assert taken == picture.data
            continue
        assert provenance_of(taken, "jpeg") is None
        with Image.open(io.BytesIO(taken)) as copy:
            assert BY_A_MODEL.encode() in copy.info["xmp"]
        assert provenance_of(picture.data, kind) == "Valid"  # the original is still there
