"""After a load: the platform's own book against the ledger's entries, call by call, read with plain SQL.

No two calls of a load have the same size: so each line of the platform's bill is one call of one learner.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.open_loop import Ask, Signature

BOOK = "SELECT model, input_tokens, pico_usd FROM usage_event WHERE key_id = ?"
ENTRIES = """
SELECT e.call_id, e.kind, e.pico_usd, e.mark, e.usage, s.model, s.tags
FROM entry AS e JOIN series AS s ON s.id = e.series WHERE e.number = 1"""
HELD = "SELECT call_id, tags FROM reservation"


@dataclass(frozen=True, slots=True)
class Ended:
    """One call as the ledger tells it. `signature` is None where its usage is not known."""

    call_id: str
    kind: str
    pico_usd: int
    mark: str | None
    signature: Signature | None
    model: str
    learner: str


@dataclass(slots=True)
class Findings:
    """What the audit found. `wrong` is empty when every call was counted once, and no limit was passed."""

    billed: int = 0
    agreed: int = 0
    released: int = 0
    uncertain_and_billed: list[str] = field(default_factory=list)
    uncertain_only: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def platforms_book(database: Path, key_id: str, overhead: Mapping[str, int]) -> list[tuple[Signature, int]]:
    """The lines of the practice platform's bill for this key: which call each is, and what it cost.

    `overhead` is how many tokens of input the platform counts for each model beside the words.
    """
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as found:
        rows = found.execute(BOOK, (key_id,)).fetchall()
    return [((model, given - overhead[model]), cost) for model, given, cost in rows]


def ledgers_entries(connection: psycopg.Connection[Any], overhead: Mapping[str, int]) -> list[Ended]:
    found = []
    for call_id, kind, cost, mark, usage, model, tags in connection.execute(ENTRIES).fetchall():
        signature = None
        if usage is not None:
            signature = model, json.loads(usage)["input_tokens"] - overhead[model]
        learner = json.loads(tags).get("learner", "")
        found.append(Ended(call_id, kind, cost, mark, signature, model, learner))
    return found


def compared(
    book: Iterable[tuple[Signature, int]], entries: Sequence[Ended], asks: Sequence[Ask], names: Sequence[str]
) -> Findings:
    """Each line of the bill beside one entry of the ledger; `names` are the learners' tags in their order."""
    found, lines = Findings(), dict(book)
    senders = {ask.signature: names[ask.learner] for ask in asks}
    counted = Counter(signature for signature, _ in book)
    found.billed = sum(counted.values())
    found.wrong += [f"billed {count} times: {signature}" for signature, count in counted.items() if count > 1]
    found.released = sum(entry.kind == "release" for entry in entries)
    vague: dict[tuple[str, str], list[Ended]] = defaultdict(list)
    for entry in entries:
        if entry.kind == "release":
            continue
        if entry.signature is None:
            vague[entry.learner, entry.model].append(entry)
        elif (cost := lines.pop(entry.signature, None)) is None:
            found.wrong.append(f"counted, and not (or twice) billed: {entry}")
        elif (cost, senders[entry.signature]) != (entry.pico_usd, entry.learner):
            found.wrong.append(f"billed {cost} to {senders[entry.signature]}: {entry}")
        else:
            found.agreed += 1
    for signature, cost in lines.items():  # billed, and the ledger has not heard how much
        mine = vague[senders[signature], signature[0]]
        enough = sorted((one for one in mine if one.pico_usd >= cost), key=lambda one: one.pico_usd)
        if enough:
            mine.remove(enough[0])
            found.uncertain_and_billed.append(enough[0].call_id)
        else:
            found.wrong.append(f"billed, and in no entry: {signature} of {senders[signature]}, {cost}")
    for entry in (one for rest in vague.values() for one in rest):
        if entry.mark == "uncertain":
            found.uncertain_only.append(entry.call_id)
        else:
            found.wrong.append(f"counted, and not billed: {entry}")
    return found


def overshoots(entries: Sequence[Ended], per_learner: int, in_all: int) -> list[str]:
    """Who has more counted against them than their limit, in pico-USD; uncertain money counts."""
    sums: Counter[str] = Counter()
    for entry in entries:
        if entry.kind != "release":
            sums[entry.learner] += entry.pico_usd
    found = [f"{name} is over by {sums[name] - per_learner}" for name in sums if sums[name] > per_learner]
    total = sums.total()
    return found + ([f"the class is over by {total - in_all}"] if total > in_all else [])
