"""How a post will look on its network: where it folds, what is a link or a hashtag there, and its count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ppkit.ai_assistant import Breach, Count, Network, Post, breaches, count
from ppkit.ai_assistant.breaches import HASHTAG, MENTION
from ppkit.ai_assistant.counting import LONGEST_READ, graphemes, links_in
from ppkit.widgets.assistant.link_looks import shown_link

Kind = Literal["text", "link", "dead_link", "tag"]
SHORTEST_REST = 20  # characters: fewer are not worth a fold


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of the text that looks alike: "tag" is a hashtag or a mention, "dead_link" cannot be clicked.

    `whole` is the link where the network shows it shortened, else empty.
    """

    kind: Kind
    text: str
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A post as its network shows it: `beginning`, then `rest` behind "more…" (empty: nothing is hidden)."""

    post: Post
    count: Count
    beginning: Sequence[Piece]
    rest: Sequence[Piece]
    breaches: Sequence[Breach]
    picture_height: float | None = None  # of a picture 100 wide; None: there is none

    @property
    def network(self) -> Network:
        return self.post.network

    @property
    def is_taken(self) -> bool:
        return not any(breach.blocks for breach in self.breaches)


def preview_of(post: Post, picture_size: str | None = None) -> Preview:
    """The post, beside a picture of this size ("WxH") if there is one.

    What is longer than any network takes is shown up to there.
    """
    text = post.text[:LONGEST_READ] + ("…" if len(post.text) > LONGEST_READ else "")
    beginning, rest = _folded(text, post.network.fold)
    has_picture = picture_size is not None or None  # without one, that is not settled yet
    has_caption = bool(has_picture and post.network.limits_of("caption"))
    return Preview(
        post,
        count(post.text, post.network, "caption" if has_caption else "text"),
        list(_pieces(beginning, post.network)),
        list(_pieces(rest, post.network)),
        breaches(post.text, post.network, has_picture=has_picture),
        None if picture_size is None else 100 * _frame(picture_size, post.network),
    )


def _frame(size: str, network: Network) -> float:
    """Height by width, as the network shows it: its own, within the ratios that the network keeps to."""
    width, _, height = size.partition("x")
    own = (
        int(height) / int(width)
        if width.isdecimal() and height.isdecimal()
        else _tallness(network.image.shapes[0])
    )
    kept = sorted(map(_tallness, network.image.ratios))
    return min(max(own, kept[0]), kept[-1]) if kept else own


def _tallness(ratio: str) -> float:
    """Of "4:5": 1.25."""
    width, _, height = ratio.partition(":")
    return float(height) / float(width)


def _folded(text: str, fold: int | None) -> tuple[str, str]:
    """Cut after a whole word; both parts together are the text."""
    letters = graphemes(text[:LONGEST_READ]) if fold else ()
    if not fold or len(letters) <= fold + SHORTEST_REST:
        return text, ""
    beginning = "".join(letters[:fold])
    end = max(beginning.rfind(space) for space in " \n")
    beginning = beginning[: end + 1] if end > 0 else beginning
    return beginning, text[len(beginning) :]


def _piece(kind: Kind, text: str, network: Network) -> Piece:
    seen = shown_link(text, network.name) if kind == "link" else text
    return Piece(kind, seen, "" if seen == text else text)


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
            yield _piece(kind, text[start:end], network)
            at = end
    if at < len(text):
        yield Piece("text", text[at:])
