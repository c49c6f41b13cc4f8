"""How a post will look on its network: where it folds, what is a link or a hashtag there, and its count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ppkit.ai_assistant import Breach, Count, Network, Post, breaches, count
from ppkit.ai_assistant.breaches import HASHTAG, MENTION
from ppkit.ai_assistant.counting import LONGEST_READ, graphemes, links_in

Kind = Literal["text", "link", "dead_link", "tag"]
SHORTEST_REST = 20  # characters: fewer are not worth a fold


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the text that looks alike: "tag" is a hashtag or a mention, "dead_link" cannot be clicked."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A post as its network shows it: `beginning`, then `rest` behind "more…" (empty: nothing is hidden)."""

    post: Post
    count: Count
    beginning: Sequence[Piece]
    rest: Sequence[Piece]
    breaches: Sequence[Breach]

    @property
    def network(self) -> Network:
        return self.post.network

    @property
    def is_taken(self) -> bool:
        return not any(breach.blocks for breach in self.breaches)

    @property
    def shape(self) -> tuple[str, str]:
        """The usual picture's ratio, width and height as in "4:5"."""
        width, _, height = self.network.image.shapes[0].partition(":")
        return width, height


def preview_of(post: Post, *, has_picture: bool | None = None) -> Preview:
    """What is longer than any network takes is shown up to there."""
    text = post.text[:LONGEST_READ] + ("…" if len(post.text) > LONGEST_READ else "")
    beginning, rest = _folded(text, post.network.fold)
    is_over_caption = bool(has_picture and post.network.limits_of("caption"))
    return Preview(
        post,
        count(post.text, post.network, "caption" if is_over_caption else "text"),
        list(_pieces(beginning, post.network)),
        list(_pieces(rest, post.network)),
        breaches(post.text, post.network, has_picture=has_picture),
    )


def _folded(text: str, fold: int | None) -> tuple[str, str]:
    """Cut after a whole word; both parts together are the text."""
    letters = graphemes(text) if fold else ()
    if not fold or len(letters) <= fold + SHORTEST_REST:
        return text, ""
    beginning = "".join(letters[:fold])
    end = max(beginning.rfind(space) for space in " \n")
    beginning = beginning[: end + 1] if end > 0 else beginning
    return beginning, text[len(beginning) :]


def _pieces(text: str, network: Network) -> Iterator[Piece]:
    """The text in runs, in order."""
    link: Kind = "link" if network.clickable_links else "dead_link"
    found: list[tuple[int, int, Kind]] = [(one.start, one.end, link) for one in links_in(text)]
    for pattern in (HASHTAG, MENTION):
        found += [(match.start(), match.end(), "tag") for match in pattern.finditer(text)]
    at = 0
    for start, end, kind in sorted(found):
        if start >= at:
            if start > at:
                yield Piece("text", text[at:start])
            yield Piece(kind, text[start:end])
            at = end
    if at < len(text):
        yield Piece("text", text[at:])
