"""What a draft holds after a change of its texts or pictures; nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ppkit.ai_assistant import PaidText, Picture
from ppkit.drafts.draft import DraftContent, DraftImage, DraftText
from ppkit.drafts.draft_images import file_name
from ppkit.drafts.errors import InvalidDraft
from ppkit.keys import presentable


def texts_edited(texts: Mapping[str, DraftText], given: Mapping[str, str]) -> dict[str, DraftText]:
    """A text that a model wrote stays one, however it was edited."""
    edited = {name: replace(texts.get(name, DraftText("")), text=text) for name, text in given.items()}
    return {name: text for name, text in {**texts, **edited}.items() if text.text.strip()}


def images_with_words(
    images: tuple[DraftImage, ...], alt: Mapping[int, str], url: Mapping[int, str]
) -> tuple[DraftImage, ...]:
    """Raises InvalidDraft for a position at which there is no image."""
    if not {*alt, *url} <= set(range(len(images))):
        raise InvalidDraft(field="image")
    return tuple(
        replace(image, alt=alt.get(number, image.alt), url=url.get(number, image.url))
        for number, image in enumerate(images)
    )


def picture_swapped(found: DraftContent, before: Picture, after: Picture) -> DraftContent:
    """The one picture in the place of the other, or beside the others where that is not in the draft."""
    old, new = (file_name(picture.data) for picture in (before, after))
    known = next((image for image in found.images if image.file == new), None)
    shown = known or DraftImage(new, after.size, presentable(after.alt), after.model)
    if all(image.file != old for image in found.images):
        return found if known else replace(found, images=(*found.images, shown))
    others = [image for image in found.images if image.file != new]
    return replace(found, images=tuple(shown if image.file == old else image for image in others))


def picture_described(found: DraftContent, picture: Picture, words: str, by: PaidText | None) -> DraftContent:
    """The picture with words for who cannot see it; `by` is the answer of the model that wrote them."""
    name, alt = file_name(picture.data), presentable(words)
    return replace(
        found,
        images=tuple(
            replace(image, alt=alt, alt_model=by.model if by else image.alt_model)
            if image.file == name
            else image
            for image in found.images
        ),
    )
