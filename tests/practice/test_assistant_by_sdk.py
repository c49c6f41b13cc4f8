"""The Assistant in front of the practice platform, by the unmodified SDK: what a trainee goes through."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

import ppkit
from ppkit.ai_assistant import (
    Assistant,
    Brief,
    Estimate,
    PaidText,
    Picture,
    Post,
    Purse,
    Refinement,
    networks,
)
from ppkit.clock import ManualClock
from ppkit.keys import ApiKey
from ppkit.metering import Meter, OpenAI
from ppkit.money import Money
from ppkit.practice_platform.platform import Platform
from ppkit.spending.highest_cost import HighestCost
from ppkit.spending.ledger import Ledger, open_ledger
from ppkit.spending.prices import PriceCatalogue

from .strictly import BASE_URL

CREDIT = Money.usd(5)  # what the account of these tests has been given
BRIEFS = {
    "it": Brief("Riapriamo la terrazza", also_for=("linkedin", "x"), call_to_action="Prenota"),
    "en": Brief("We open on Sundays", also_for=("linkedin", "x"), call_to_action="Book", language="en"),
}
SAMPLES = ("Ciao! Come va?", "Noi stiamo bene. E tu?", "Ci vediamo lunedì!")


class LinkedKey:
    """A metered client on the platform in process, paid by a key of its own."""

    def __init__(self, client: OpenAI, key: ApiKey) -> None:
        self._client = client
        self.linked_key = key
        self.used = 0

    def client_of(self, purse: Purse) -> OpenAI:
        assert purse is Purse.OWN_KEY
        return self._client

    def one_look(self) -> AbstractContextManager[None]:
        return nullcontext()

    def record_use(self, _key: ApiKey) -> None:
        self.used += 1


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock, blank_ledger: Path) -> Iterator[Ledger]:
    path = shutil.copy(blank_ledger, tmp_path / "ledger.sqlite3")
    ledger = open_ledger(f"sqlite:///{path}", clock)
    yield ledger
    ledger.close()


@pytest.fixture
def assistant(web: TestClient, secret: str, ledger: Ledger, clock: ManualClock) -> Assistant:
    catalogue = PriceCatalogue()
    http_client: Any = web
    client = OpenAI(
        meter=Meter(ledger, catalogue, clock),
        api_key=secret,
        base_url=f"{BASE_URL}/v1",
        http_client=http_client,
        max_retries=0,
    )
    linked = LinkedKey(client, ApiKey(secret))
    return Assistant(linked, HighestCost(catalogue, clock), plan_credits=None, use_record=linked, clock=clock)


def paid(made: Post | PaidText | Picture, estimate: Estimate) -> Money:
    """The receipt, which is never above what was estimated."""
    assert made.receipt is not None
    assert estimate.highest_cost is not None
    cost: Money = made.receipt.cost
    assert Money(0) < cost <= estimate.highest_cost
    return cost


@pytest.mark.parametrize("language", BRIEFS)
def test_from_a_brief_to_texts_and_images_each_estimated_and_paid_to_the_cent(
    language: str, assistant: Assistant, funded: Platform, ledger: Ledger
) -> None:
    brief, costs = BRIEFS[language], []
    post = assistant.write_post(brief)
    costs.append(paid(post, assistant.estimate_post(brief)))
    shorter = assistant.refine(post, Refinement.SHORTER)
    costs.append(paid(shorter, assistant.estimate_refinement(post, Refinement.SHORTER)))
    assert len(shorter.text) < len(post.text)
    variants = assistant.variants(brief, 3)
    assert len({one.text for one in variants}) == 3
    adapted = assistant.adapt(shorter)
    assert [one.network.name for one in adapted] == ["linkedin", "x"]
    for one in (post, shorter, *variants, *adapted):
        assert one.fits
        assert brief.topic in one.text
        assert "Book" in one.text or "Prenota" in one.text
    costs += [paid(one, assistant.estimate_post(brief)) for one in (*variants, *adapted)]
    picture = assistant.draw(brief, post=post)
    costs.append(paid(picture, assistant.estimate_image(brief, post=post)))
    edited = assistant.edit(picture, "more light")
    costs.append(paid(edited, assistant.estimate_edit(picture, "more light")))
    alt = assistant.alt_text(edited)
    costs.append(paid(alt, assistant.estimate_alt_text(edited)))
    assert brief.topic in alt.text
    voice = assistant.brand_voice(SAMPLES, language)
    costs.append(paid(voice, assistant.estimate_voice(SAMPLES, language)))
    assert sum(costs, Money(0)) == ledger.totals().spent == CREDIT - funded.balance()


def test_an_image_is_the_networks_own_and_keeps_its_provenance(assistant: Assistant) -> None:
    for name in ("instagram", "tiktok", "pinterest"):
        network = networks()[name]
        picture = assistant.draw(Brief("Il mercato del sabato", name))
        with Image.open(io.BytesIO(picture.data)) as opened:
            assert (opened.format, "{}x{}".format(*opened.size)) == ("JPEG", network.size)
            assert b"trainedAlgorithmicMedia" in opened.info["xmp"]
        assert picture.for_network(network) is picture.data


@pytest.mark.parametrize(
    ("language", "seen"),
    [("it", "foto orizzontale, sui toni del verde"), ("en", "wide photo shows, in shades of green")],
)
def test_a_picture_alone_becomes_a_post_about_what_can_be_seen(
    language: str, seen: str, assistant: Assistant
) -> None:
    output = io.BytesIO()
    Image.new("RGB", (1600, 900), (20, 140, 60)).save(output, "JPEG")
    brief = Brief(picture=output.getvalue(), language=language, also_for=("x",))
    post = assistant.write_post(brief)
    assert seen in post.text
    text_alone = assistant.write_post(Brief("A", language=language)).receipt
    assert paid(post, assistant.estimate_post(brief)) > (text_alone.cost if text_alone else Money(0))
    assert post.receipt is not None
    assert post.receipt.usage.input_tokens > 500  # the picture counts
    shorter = assistant.refine(post, Refinement.SHORTER)
    assert paid(shorter, assistant.estimate_refinement(post, Refinement.SHORTER))
    assert seen in assistant.adapt(post)[0].text
    assert "We open" in assistant.write_post(Brief("We open", picture=output.getvalue())).text


def test_texts_and_images_can_be_watched_as_they_grow(assistant: Assistant) -> None:
    pieces: list[tuple[int, str]] = []
    posts = assistant.variants(BRIEFS["it"], 2, lambda number, piece: pieces.append((number, piece)))
    for number, post in enumerate(posts):
        assert "".join(piece for place, piece in pieces if place == number).strip() == post.text
    partial: list[bytes] = []
    picture = assistant.draw(BRIEFS["it"], on_partial=partial.append)
    assert len(partial) == 2
    assert paid(picture, assistant.estimate_image(BRIEFS["it"], watched=True))
    partial.clear()
    assistant.edit(picture, "più luce", on_partial=partial.append)
    assert len(partial) == 2


def test_a_stopped_text_is_counted_and_never_below_the_bill(
    assistant: Assistant, funded: Platform, ledger: Ledger
) -> None:
    pieces: list[str] = []
    post = assistant.write_post(BRIEFS["en"], pieces.append, lambda: len(pieces) > 3)
    assert not post.is_complete
    assert CREDIT - funded.balance() <= ledger.totals().spent


def test_a_mask_and_a_file_of_ones_own_are_taken(assistant: Assistant) -> None:
    output = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(output, "PNG")
    picture = assistant.edit(output.getvalue(), "un gatto", mask=output.getvalue())
    assert picture.size == "auto"
    assert assistant.estimate_edit(output.getvalue(), "un gatto", mask=output.getvalue()).highest_cost


def test_models_in_words_are_those_that_the_platform_lists(assistant: Assistant) -> None:
    economical, balanced, best = assistant.models()
    assert [one.model for one in (economical, balanced, best)] == [
        "gpt-6-luna",
        "gpt-6.1-terra",
        "gpt-6.1-sol",  # the first wish is not to be had there
    ]
    assert economical.cost
    assert balanced.cost
    assert economical.cost < balanced.cost
    assert not any(one.ends_soon for one in (economical, balanced, best))
    assert len(assistant.models("image")) == 3
    chosen = assistant.write_post(Brief("Ciao", model=best.model))
    assert chosen.model.startswith(best.model)


def test_the_page_about_the_assistant_runs_as_it_stands(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs/assistant.md").read_text("utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ppkit, "session", lambda: SimpleNamespace(assistant=assistant))
    exec(code, {})
    assert [path.name for path in tmp_path.glob("post.*")] == ["post.jpg"]
