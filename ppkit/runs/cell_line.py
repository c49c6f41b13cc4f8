"""What stands behind `%%ppkit`: the limits and tags of a cell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from ppkit.errors import PpkitError
from ppkit.keys.key_refusal import refuse_keys
from ppkit.runs.metered_run import RunTerms, tags_in

LIMITS, TAG, UNPRICED = ("--soft", "--hard"), "--tag", "--allow-unpriced"


class CellLineUnclear(PpkitError):
    """The options of a cell cannot be understood. Facts: option, the first that is not clear."""

    code = "cell_line_unclear"


def terms_in(line: str) -> RunTerms:
    """`--hard 0.05 --soft 0.01 --tag client=a --allow-unpriced`, in any order; tags as often as wished.

    Raises CellLineUnclear, KeyInText, InvalidTag.
    """
    refuse_keys("cell", line)
    limits: dict[str, str] = {}
    tags: list[str] = []
    allow_unpriced = False
    words = iter(_words(line))
    for word in words:
        name, equals, value = word.partition("=")
        if name == UNPRICED and not equals:
            allow_unpriced = True
        elif name in LIMITS:
            limits[name.removeprefix("--")] = _value(name, value, words, given=bool(equals))
        elif name == TAG:
            tags.append(_value(name, value, words, given=bool(equals)))
        else:
            raise CellLineUnclear(option=word)
    return RunTerms(**limits, tags=tags_in(tuple(tags)), allow_unpriced=allow_unpriced)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quotation mark without its other half
        raise CellLineUnclear(option=line.strip()) from None


def _value(name: str, value: str, words: Iterator[str], *, given: bool) -> str:
    found = value if given else next(words, "")
    if not found or found.startswith("--"):
        raise CellLineUnclear(option=name)
    return found
