"""The form of a brief: what was typed and chosen, and the Brief that it makes."""

from __future__ import annotations

from collections.abc import MutableMapping
from hashlib import sha256
from typing import TYPE_CHECKING

from ppkit.ai_assistant import Brief, BriefPicture, Emoji, Tone, networks
from ppkit.ai_assistant.brief import MOST_VARIANTS
from ppkit.ai_assistant.own_pictures import brief_picture
from ppkit.errors import PpkitError
from ppkit.widgets.base.view import Fields

if TYPE_CHECKING:
    from ppkit.sessions import Session

TEXTS = ("topic", "tone", "language", "model", "audience", "call_to_action", "hashtags", "emoji", "source")
WISHES = (*TEXTS, "variants", "client")
USUAL = {"topic": "", "network": "instagram", "also_for": "", "tone": Tone.FRIENDLY.value, "client": ""}
IN_SIGHT = ("instagram", "facebook", "linkedin", "x")
"""Networks that most briefs are for; the others are folded away."""
HASHTAG_CHOICES = (0, 1, 3, 5, 10)


class BriefForm:
    """Wishes by name, all texts, shared by the Assistant's windows of a lesson; a topic is enough."""

    def __init__(self, session: Session, wishes: MutableMapping[str, str]) -> None:
        self.wishes = wishes
        self._session = session
        for name, usual in USUAL.items():
            wishes.setdefault(name, usual)
        self.voice = self._voice_of_client()
        self.picture: BriefPicture | None = None

    @property
    def known_clients(self) -> list[str]:
        """To choose from; another one may be typed."""
        try:
            return self._session.drafts.known_clients()
        except PpkitError:  # drafts out of reach are told where something is to be kept
            return []

    @property
    def has_subject(self) -> bool:
        """Whether it says what the post is about."""
        return bool(self.wishes["topic"].strip()) or self.picture is not None

    @property
    def picture_name(self) -> str:
        """Under which the page asks for it; another picture has another name."""
        return f"brief-{sha256(self.picture.data).hexdigest()[:16]}" if self.picture else ""

    def show(self, file: bytes) -> None:
        """What the post is about, as a picture. Raises NoPictureFile, PictureTooLarge."""
        self.picture = brief_picture(file)

    @property
    def networks(self) -> tuple[str, ...]:
        """Those that were chosen, the one to be written for first."""
        return (self.wishes["network"], *self.wishes["also_for"].split())

    @property
    def variants(self) -> int:
        number = self.wishes.get("variants", "1")
        return min(max(int(number), 1), MOST_VARIANTS) if number.isdecimal() else 1

    def take(self, fields: Fields) -> None:
        """Keep what was sent; what was not is as it was. Raises ValueError for an unknown network."""
        client = self.wishes["client"]
        self.wishes.update({name: fields[name] for name in WISHES if name in fields})
        if fields.get("network"):
            self._choose([fields["network"]])
        elif fields.get("form") == "brief":  # an unticked box is not sent
            self._choose([name for name in networks() if f"net-{name}" in fields])
            self.wishes["image"] = fields.get("image", "")
        if self.wishes["client"] != client:
            self.voice = self._voice_of_client()

    def _choose(self, names: list[str]) -> None:
        """The one written for stays that one as long as it is among them; without any, all is as it was."""
        if any(name not in networks() for name in names):
            raise ValueError("no such network")
        if names:
            first = self.wishes["network"] if self.wishes["network"] in names else names[0]
            self.wishes["network"] = first
            self.wishes["also_for"] = " ".join(name for name in names if name != first)

    def brief(self, example: str, language: str, **changes: str) -> Brief:
        """The brief as it stands; without a topic yet, about the example, so that a price can be shown.

        Raises InvalidBrief, KeyInText.
        """
        wishes = {"language": language, "emoji": Emoji.FEW.value, **self.wishes, **changes}
        hashtags = wishes.get("hashtags", "")
        return Brief(
            topic=wishes["topic"].strip() or ("" if self.picture else example),
            network=wishes["network"],
            tone=wishes["tone"],
            language=wishes["language"],
            call_to_action=wishes.get("call_to_action", ""),
            model=wishes.get("model") or None,
            also_for=self.networks[1:],
            audience=wishes.get("audience", ""),
            hashtags=int(hashtags) if hashtags.isdecimal() else None,
            emoji=wishes["emoji"],
            voice=self.voice,
            source=wishes.get("source", ""),
            variants=self.variants,
            with_image=bool(wishes.get("image")),
            picture=self.picture,
        )

    def keep_voice(self, voice: str, client: str) -> None:
        """Raises FileNotWritten, InvalidDraft."""
        self._session.drafts.voices.keep(client, voice)
        self.voice = self._voice_of_client()

    def _voice_of_client(self) -> str:
        return self._session.drafts.voices.of(self.wishes["client"])
