"""How networks show a link that stands in a post: cut, without its scheme, or by a short address of theirs.

The look alone: what a link counts is another matter (ppkit.ai_assistant.counting), and where it leads stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_SCHEME = re.compile(r"(?i)^https?://")
_SCHEME_AND_WWW = re.compile(r"(?i)^https?://(?:www\.)?")
LONGEST_ON_LINKEDIN = 26
"""Characters; a longer link becomes LinkedIn's own address (its help page a521889, as quoted by others)."""
LONGEST_ON_MASTODON = 30
LONGEST_PATH_ON_BLUESKY, SHOWN_PATH_ON_BLUESKY = 15, 13
SHOWN_PATH_ON_X = 15
LONGEST_ON_YOUTUBE = 37
LONGEST_ON_THREADS = 25


def shown_link(link: str, network: str) -> str:
    """The link as it reads in a post on this network, by its name; elsewhere it is shown whole."""
    look = _LOOKS.get(network)
    return look(link) if look else link


def _on_x(link: str) -> str:
    """Any link goes through t.co and is shown as host and beginning of the path, as seen on the site."""
    host, path = _parts(_SCHEME_AND_WWW.sub("", link))
    return host + (path if len(path) <= SHOWN_PATH_ON_X else f"{path[:SHOWN_PATH_ON_X]}…")


def _on_bluesky(link: str) -> str:
    """As `toShortUrl` in bluesky-social/social-app (094a877) writes it, dots and all."""
    host, path = _parts(_SCHEME.sub("", link))
    return host + (path if len(path) <= LONGEST_PATH_ON_BLUESKY else f"{path[:SHOWN_PATH_ON_BLUESKY]}...")


def _on_mastodon(link: str) -> str:
    """As `shortened_link` in mastodon/mastodon's text formatter: one character too many is shown, too."""
    seen = _SCHEME_AND_WWW.sub("", link)
    return seen if len(seen) <= LONGEST_ON_MASTODON + 1 else f"{seen[:LONGEST_ON_MASTODON]}…"


def _on_linkedin(link: str) -> str:
    """The code behind the slash is known once the post is published."""
    return link if len(link) <= LONGEST_ON_LINKEDIN else "https://lnkd.in/…"


def _on_threads(link: str) -> str:
    """By eye; nothing first-hand was found."""
    seen = _SCHEME_AND_WWW.sub("", link)
    return seen if len(seen) <= LONGEST_ON_THREADS else f"{seen[:LONGEST_ON_THREADS]}…"


def _on_youtube(link: str) -> str:
    """By eye: whole with its scheme, cut with three dots."""
    return link if len(link) <= LONGEST_ON_YOUTUBE + 3 else f"{link[:LONGEST_ON_YOUTUBE]}..."


_LOOKS: Mapping[str, Callable[[str], str]] = {
    "x": _on_x,
    "bluesky": _on_bluesky,
    "mastodon": _on_mastodon,
    "linkedin": _on_linkedin,
    "threads": _on_threads,
    "youtube": _on_youtube,
}


def _parts(link: str) -> tuple[str, str]:
    """Host and all behind it; a lone slash is nothing."""
    found = re.search(r"[/?#]", link)
    host, path = (link[: found.start()], link[found.start() :]) if found else (link, "")
    return host, "" if path == "/" else path
