"""Texts that are split by the marks of their form: XML (Word, Excel, LibreOffice, EPUB), HTML and RTF."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from ppkit.keys.scan.byte_streams import encoding_of
from ppkit.keys.scan.embedded import EmbeddedText, Inside
from ppkit.keys.scan.leaks import LeakPlace, PlaceUnit

TEXT = LeakPlace(PlaceUnit.TEXT)
_TAG = re.compile(r"<(?P<end>/?)(?P<prefix>[A-Za-z0-9]+:)?(?P<name>[A-Za-z0-9-]*)[^<>]*>")
# Tags within a word. Office puts any number of its own between two letters; of others these few are known.
_OFFICE = frozenset({"w:", "w14:", "w15:", "a:", "mc:", "m:"})
_BREAKS = frozenset({"p", "br", "cr", "tab", "tc", "tr", "sectpr"})
_WITHIN = re.compile(
    r"a|abbr|acronym|b|bdi|bdo|big|bookmark|bookmark-end|bookmark-start|charset|cite|code|color"
    r"|data|del|dfn|em|family|font|i|ins|kbd|label|mark|nobr|outline|phoneticpr|q|r|rfont|rph|rpr"
    r"|s|samp|scheme|shadow|small|soft-page-break|span|strike|strong|sub|sup|sz|t|time|tspan|tt|u"
    r"|var|vertalign|wbr"
)
_RTF_MARK = re.compile(
    r"\\'(?P<hex>[0-9a-fA-F]{2})|\\u(?P<code>-?\d{1,5}) ?\??|\\(?P<word>[a-z]{1,32})-?\d{0,10} ?|[{}\r\n]"
)
_RTF_BREAKS = frozenset({"par", "line", "cell", "row", "tab", "sect", "page"})


def is_markup(head: bytes) -> bool:
    """Whether this begins like XML or HTML."""
    begin = head[:64].decode(encoding_of(head), "replace")
    return begin.lstrip("\ufeffï»¿ \t\r\n").startswith("<")


def texts_of_markup(content: bytes) -> Iterator[Inside]:
    """What a reader sees: a key over two runs of text is one key there."""
    yield EmbeddedText(
        TEXT, html.unescape(_TAG.sub(_instead, content.decode(encoding_of(content[:4096]), "replace")))
    )


def _instead(tag: re.Match[str]) -> str:
    name, prefix = tag["name"].lower(), tag["prefix"]
    is_within = name not in _BREAKS if prefix in _OFFICE else bool(_WITHIN.fullmatch(name))
    return "" if is_within else "\n"


def is_rtf(head: bytes) -> bool:
    return head.startswith(b"{\\rtf")


def texts_of_rtf(content: bytes) -> Iterator[Inside]:
    yield EmbeddedText(TEXT, _RTF_MARK.sub(_instead_of_rtf, content.decode("latin-1")))


def _instead_of_rtf(mark: re.Match[str]) -> str:
    if mark["hex"]:
        return chr(int(mark["hex"], 16))
    if mark["code"]:
        return chr(int(mark["code"]) % 0x10000)
    return "\n" if mark["word"] in _RTF_BREAKS else ""
