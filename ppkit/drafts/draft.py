"""Draft: a post on its way, with its texts, images, receipts, and what of it a model made."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from ppkit.ai_assistant import networks
from ppkit.drafts.errors import InvalidDraft
from ppkit.money import ZERO, Money

LONGEST_TEXT = 100_000  # characters; the longest post that a network takes has 63,206
LONGEST_NAME = 200  # characters of a client's name
LONGEST_LINK = 2_048
FIRST_YEAR, LAST_YEAR = 2000, 2199  # of an hour that is planned
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


class DraftStatus(StrEnum):
    """How far a draft is; the texts are "drafts.status.<name>"."""

    IDEA = "idea"
    DRAFT = "draft"
    APPROVED = "approved"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class DraftText:
    """The text for one network. `model` wrote it, though it was edited since; empty: a person did."""

    text: str
    model: str = ""
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class DraftImage:
    """An image file beside the drafts. `model` drew it and `alt_model` wrote its words; empty: a person did.

    `url` is where the file is public, once somebody has put it there: schedulers take images from there only.
    """

    file: str
    size: str
    alt: str = ""
    model: str = ""
    alt_model: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class DraftReceipt:
    """One paid text or image. `credits` are the plan's, `cost` that of a call with the linked key."""

    kind: str
    model: str
    purse: str
    credits: int
    call_id: str
    cost: Money
    mark: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class DraftContent:
    """What of a draft can be edited and undone. `planned` is the hour where the client is, without zone."""

    topic: str
    client: str = ""
    status: DraftStatus = DraftStatus.DRAFT
    language: str = "it"
    link: str = ""
    planned: datetime | None = None
    texts: Mapping[str, DraftText] = field(default_factory=dict)
    images: tuple[DraftImage, ...] = ()

    def to_json(self) -> str:
        planned = self.planned.isoformat(timespec="minutes") if self.planned else None
        document = {
            "topic": self.topic,
            "client": self.client,
            "status": self.status,
            "language": self.language,
            "link": self.link,
            "planned": planned,
            "texts": {name: asdict(text) for name, text in self.texts.items()},
            "images": [asdict(image) for image in self.images],
        }
        return json.dumps(document, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> DraftContent:
        document: dict[str, Any] = json.loads(text)
        planned = document.pop("planned")
        texts = {name: DraftText(**found) for name, found in document.pop("texts").items()}
        images = tuple(DraftImage(**image) for image in document.pop("images"))
        return cls(
            **{**document, "status": DraftStatus(document["status"])},
            planned=datetime.fromisoformat(planned) if planned else None,
            texts=MappingProxyType(texts),
            images=images,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it is kept. `has_masked_key`: a key stood in what a model wrote, and was taken out."""

    id: int
    content: DraftContent
    receipts: tuple[DraftReceipt, ...]
    created_at: datetime
    changed_at: datetime
    can_undo: bool
    can_redo: bool
    has_masked_key: bool = False

    @property
    def topic(self) -> str:
        return self.content.topic

    @property
    def client(self) -> str:
        return self.content.client

    @property
    def status(self) -> DraftStatus:
        return self.content.status

    @property
    def planned(self) -> datetime | None:
        return self.content.planned

    @property
    def texts(self) -> Mapping[str, DraftText]:
        return self.content.texts

    @property
    def images(self) -> tuple[DraftImage, ...]:
        return self.content.images

    @property
    def cost(self) -> Money:
        """What its calls have cost, uncertain ones at the most that it can be."""
        return sum((receipt.cost for receipt in self.receipts), ZERO)

    @property
    def credits(self) -> int:
        return sum(receipt.credits for receipt in self.receipts)

    @property
    def made_by_ai(self) -> tuple[str, ...]:
        """Which of "text", "image" and "alt" a model made."""
        made = {
            "text": any(text.model for text in self.texts.values()),
            "image": any(image.model for image in self.images),
            "alt": any(image.alt_model for image in self.images),
        }
        return tuple(name for name, holds in made.items() if holds)

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that has made a part of it, each once."""
        of_texts = [text.model for text in self.texts.values()]
        of_images = [name for image in self.images for name in (image.model, image.alt_model)]
        return tuple(dict.fromkeys(name for name in (*of_texts, *of_images) if name))


def clean(text: str) -> str:
    """Text that every file takes: one kind of line end, no control characters, no halves of signs."""
    return _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def checked(content: DraftContent) -> DraftContent:
    """The content as it can be kept, its texts cleaned. Raises InvalidDraft with the field."""
    found = replace(
        content,
        topic=clean(content.topic).strip(),
        client=" ".join(clean(content.client).split()),
        link=clean(content.link).strip(),
        texts=MappingProxyType({
            name: replace(text, text=clean(text.text).strip("\n")) for name, text in content.texts.items()
        }),
        images=tuple(
            replace(image, alt=clean(image.alt).strip(), url=clean(image.url).strip())
            for image in content.images
        ),
    )  # fmt: skip
    holds = (
        ("topic", 0 < len(found.topic) <= LONGEST_TEXT),
        ("client", len(found.client) <= LONGEST_NAME),
        ("status", found.status in list(DraftStatus)),
        ("language", found.language in ("it", "en")),
        ("planned", found.planned is None or _is_plain_hour(found.planned)),
        ("texts", all(name in networks() for name in found.texts)),
        ("texts", all(len(text.text) <= LONGEST_TEXT for text in found.texts.values())),
        ("alt", all(len(image.alt) <= LONGEST_TEXT for image in found.images)),
        ("link", is_address(found.link)),
        ("url", all(is_address(image.url) for image in found.images)),
    )
    for name, it_holds in holds:
        if not it_holds:
            raise InvalidDraft(field=name)
    return replace(found, status=DraftStatus(found.status))


def _is_plain_hour(planned: datetime) -> bool:
    """Without a zone, and in a year whose calendar has months before and after it."""
    return planned.tzinfo is None and FIRST_YEAR <= planned.year <= LAST_YEAR


def is_address(link: str) -> bool:
    """Whether it is empty, or an address of the web that a scheduler and a browser can open."""
    if not link:
        return True
    begins = link.lower().startswith(("https://", "http://"))
    return begins and len(link) <= LONGEST_LINK and not any(sign.isspace() for sign in link)
