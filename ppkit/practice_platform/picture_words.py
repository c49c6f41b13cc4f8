"""What a picture says of itself and looks like, in words; and what practice pictures write into their files.

Real pictures carry signed provenance (C2PA) and XMP. Practice ones carry XMP alone, so that it can be tried
which program keeps it and which loses it.
"""

from __future__ import annotations

import colorsys
import html
import re
from xml.sax.saxutils import escape

XMP_CHUNK = "XML:com.adobe.xmp"
_ORIGIN = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    " Iptc4xmpExt:DigitalSourceType="
    '"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia">'
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{subject}</rdf:li></rdf:Alt></dc:description>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
_SUBJECT = re.compile(r'<rdf:li xml:lang="x-default">([^<]{1,1000})</rdf:li>')
_HUES = (
    (15, "red"),
    (45, "orange"),
    (70, "yellow"),
    (165, "green"),
    (200, "cyan"),
    (255, "blue"),
    (330, "purple"),
)
LEAST_COLOUR = 0.15  # of saturation; below it, a picture is grey
SQUARE = 0.05  # by so much the sides of a square may differ


def origin_of(subject: str) -> str:
    """XMP: a model made this, and what it shows."""
    return _ORIGIN.format(subject=escape("".join(one for one in subject if one.isprintable())))


def subject_in(xmp: str) -> str:
    """What the file says that it shows; empty where it says nothing."""
    found = _SUBJECT.search(xmp)
    return html.unescape(found[1]) if found else ""


def form_of(width: int, height: int) -> str:
    """ "square", "wide" or "tall"."""
    return "square" if abs(width / height - 1) <= SQUARE else "wide" if width > height else "tall"


def colour_of(pixel: object) -> str:
    """The name of a colour."""
    red, green, blue = pixel if isinstance(pixel, tuple) else (0, 0, 0)
    hue, saturation, _value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if saturation < LEAST_COLOUR:
        return "grey"
    return next((name for end, name in _HUES if hue * 360 < end), "red")
