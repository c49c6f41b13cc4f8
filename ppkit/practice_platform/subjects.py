"""What a prompt is about, and what it merely asks for: its first line without a label, and the rest."""

from __future__ import annotations

import re

LABEL = r"(?:topic|subject|title|about|brief|argomento|tema|soggetto|titolo|idea)"
_LABEL = re.compile(rf"^[\W_]*{LABEL}\s*:[\s*_]*", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=\S)")
LONGEST_HEADLINE = 120


def subject_and_rest(prompt: str) -> tuple[str, str]:
    """(subject, rest): the first line that says something, without a label ("Topic:"), and what follows.

    Of a line too long for a headline only the first sentence is the subject, or its beginning.
    """
    lines = [
        line for line in (_LABEL.sub("", " ".join(line.split())) for line in prompt.splitlines()) if line
    ]
    if not lines:
        return "", ""
    first, rest = lines[0], lines[1:]
    if len(first) > LONGEST_HEADLINE:
        sentence, *others = _SENTENCE_END.split(first, maxsplit=1)
        first, rest = sentence, [*others, *rest]
    return shortened(first, LONGEST_HEADLINE), " ".join(rest)


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters: whole words and an ellipsis when there is more."""
    if len(text) <= longest:
        return text
    cut = text[: max(longest - 1, 0)]
    whole = cut if text[len(cut) : len(cut) + 1].isspace() else (cut.rsplit(" ", 1)[0] if " " in cut else cut)
    return whole.rstrip(" ,;:-–—.") + "…"
