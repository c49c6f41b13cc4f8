"""Looks for other services' whole keys in a text, however long: first where any key can be, then for each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate

from ppkit.keys.vendors import CALLED, KINDS_BY_CALL, TELEGRAM, WHOLE

_LOOKED_FOR = tuple((vendor, whole) for vendor, whole in WHOLE if not vendor.begin.startswith("sk-"))
_IN_ONE_RUN = tuple((one.letters, one.kind, whole) for one, whole in _LOOKED_FOR if one.begins_in_run)
_OVER_RUNS = tuple((one.letters, one.kind, whole) for one, whole in _LOOKED_FOR if one.is_over_runs)
# Every key has a run of sixteen signs in it. Such runs are a tenth of a program's text: looking for each of
# the beginnings in these alone is what keeps a long list cheap. They are looked for where every other
# character is a blank, which takes half the time; the last match holds what follows the last run.
_BLANKED = bytes(sign if re.match(rb"[A-Za-z0-9_-]", bytes([sign])) else ord(" ") for sign in range(256))
_LONG_RUN = re.compile(rb"(?:[^ ]{0,15}+ ++)*+(?:([^ ]{16,}+)|[^ ]*+\Z)")
_GOES_ON = re.compile(r"[.+/=%][A-Za-z0-9_.+/=%-]*+")
_GOING_ON = (".", "+", "/", "=", "%")
_COMING_FROM = (".", "+", "/", "~", ":")
_BEFORE_RUN = 8  # characters: "xoxe.", "dp.pt.", "sha256~"
_BEFORE_BASE64 = 64
_SET_TO = (
    r"""(?i:[a-z0-9_.-]{0,24}(?:key|token|secret))["'\])]{0,3}[ \t]{0,4}(?:=|:|,)[ \t]{0,4}[("'`]{0,2}"""
)
_BY_CALL = tuple(
    (name, re.compile(rf"{cased}{_SET_TO}(?P<key>{form})(?![A-Za-z0-9_/+-])"))
    for name, word, form in CALLED
    for cased in (word, word.upper())
)
# Azure's keys of 84 characters carry this mark (the rule of Microsoft's own secret scanner).
_AZURE_MARK = re.compile(r"JQQJ9(?<=[0-9A-Za-z]{52}JQQJ9)[0-9A-Za-z]{27}(?![0-9A-Za-z])")
_AZURE_BEFORE_MARK = 52
# Telegram's begin with the bot's number.
_TELEGRAM_MARK = re.compile(r":A(?<=[0-9]{8}:A)[A-Za-z0-9_-]{34}(?![A-Za-z0-9_-])")
_TELEGRAM_NUMBER = re.compile(r"[0-9]{8,16}\Z")
_LONGEST_NUMBER = 16
_MAY_BE_CALLED = re.compile(r"[A-Za-z0-9/+]{32}")


def keys_of_vendors(text: str) -> Iterator[tuple[str, int, int]]:
    """The kind, beginning and end of whatever has the form of a whole key, but for those from "sk-" on, which
    are looked for with OpenAI's.

    What stands before it is for the caller to judge.
    """
    places, pieces = _long_runs(text)
    if not places:
        return
    yield from _keys_in(
        "\n".join(places), lambda: [(len(run), at) for run, at in places.items()], _IN_ONE_RUN
    )
    runs = "\n".join([text[start:end] for start, end in pieces])
    yield from _keys_in(runs, lambda: [(end - start, [start]) for start, end in pieces], _OVER_RUNS)
    if ":A" in runs:
        yield from _keys_of_telegram(text)
    if _MAY_BE_CALLED.search("\n".join(places)):
        yield from _keys_by_call(text)


def _keys_in(
    joined: str,
    pieces: Callable[[], list[tuple[int, list[int]]]],
    forms: tuple[tuple[str, str, re.Pattern[str]], ...],
) -> Iterator[tuple[str, int, int]]:
    """Every key in pieces of a text. `pieces` shows each one's length, and all the places where it stands."""
    where: list[tuple[int, list[int]]] = []
    begins: list[int] = []
    for letters, kind, whole in forms:
        for match in whole.finditer(joined) if letters in joined else ():
            where = where or pieces()
            begins = begins or [0, *accumulate(length + 1 for length, _places in where)]
            piece = bisect_right(begins, match.start()) - 1
            for place in where[piece][1]:
                moved = place - begins[piece]
                yield kind, match.start() + moved, match.end() + moved


def _long_runs(text: str) -> tuple[dict[str, list[int]], list[tuple[int, int]]]:
    """Each long run with the places where it stands, for a program says its names again and again; and pieces
    of the text with such runs and what stands before them, where that may belong to them.
    """
    places: dict[str, list[int]] = defaultdict(list)
    pieces: list[tuple[int, int]] = []
    last = 0
    for run in _LONG_RUN.finditer(text.encode("latin-1", "replace").translate(_BLANKED)):
        begin, end = run.span(1)
        if end < 0:
            break
        if begin < last:
            continue  # it belongs to what goes on from the run before, and is looked into with that
        goes_on = text[end : end + 1] in _GOING_ON
        if goes_on and (more := _GOES_ON.match(text, end)):
            end = more.end()
        last = end
        places[text[begin:end]].append(begin)
        sign = text[begin - 1 : begin]
        if goes_on or sign in _COMING_FROM:
            start = max(0, begin - (_BEFORE_BASE64 if sign in ("+", "/") else _BEFORE_RUN))
            if pieces and start <= pieces[-1][1]:
                pieces[-1] = (pieces[-1][0], end)
            else:
                pieces.append((start, end))
    return places, pieces


def _keys_by_call(text: str) -> Iterator[tuple[str, int, int]]:
    """Those that their name, or a mark inside of them, gives away."""
    for name, called in _BY_CALL:
        for match in called.finditer(text):
            yield KINDS_BY_CALL[name], match.start("key"), match.end("key")
    for match in _AZURE_MARK.finditer(text):
        yield KINDS_BY_CALL["Azure OpenAI"], match.start() - _AZURE_BEFORE_MARK, match.end()


def _keys_of_telegram(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _TELEGRAM_MARK.finditer(text):
        if number := _TELEGRAM_NUMBER.search(text, max(0, match.start() - _LONGEST_NUMBER), match.start()):
            yield TELEGRAM.kind, number.start(), match.end()
