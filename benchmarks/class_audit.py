"""After a load: the platform's own book against the ledger's entries, call by call, read with plain SQL.

No two calls of a load have the same size: so each line of the platform's bill is one call of one learner.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.open_loop import CUT_OFF, Ask, Sent, Signature

BOOK = "SELECT model, input_tokens, pico_usd FROM usage_event WHERE key_id = ?"
ENTRIES = """
SELECT e.call_id, e.kind, e.pico_usd, e.why, e.usage, s.model, s.tags
FROM entry AS e JOIN series AS s ON s.id = e.series WHERE e.number = 1"""
CORRECTED = "SELECT call_id FROM entry WHERE number > 1"
HELD = "SELECT call_id, owner FROM reservation"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"

ANSWERED, STOPPED, UNAVAILABLE = 200, 429, 503
DYING_SECONDS = 0.5
"""How long before its gateway was killed an answer may have come and not been counted any more."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One call as the ledger tells it. `signature` is None where its usage is not known."""

    call_id: str
    kind: str
    pico_usd: int
    why: str | None
    signature: Signature | None
    model: str
    learner: str


@dataclass(slots=True)
class Findings:
    """What the audit found. `wrong` is empty when every call was counted once, and no limit was passed."""

    billed: int = 0
    agreed: set[Signature] = field(default_factory=set)
    released: int = 0
    uncertain_and_billed: dict[Signature, str] = field(default_factory=dict)
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
    for call_id, kind, cost, why, usage, model, tags in connection.execute(ENTRIES).fetchall():
        signature = None
        if usage is not None:
            signature = model, json.loads(usage)["input_tokens"] - overhead[model]
        learner = json.loads(tags).get("learner", "")
        found.append(Ended(call_id, kind, cost, why, signature, model, learner))
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
        if entry.signature is None and entry.why != "process_gone":
            found.wrong.append(f"nobody knows what it cost, and its gateway was not killed: {entry}")
        elif entry.signature is None:
            vague[entry.learner, entry.model].append(entry)
        elif (cost := lines.pop(entry.signature, None)) is None:
            found.wrong.append(f"counted, and not (or twice) billed: {entry}")
        elif (cost, senders[entry.signature]) != (entry.pico_usd, entry.learner):
            found.wrong.append(f"billed {cost} to {senders[entry.signature]}: {entry}")
        else:
            found.agreed.add(entry.signature)
    for signature, cost in lines.items():  # billed, and the ledger has not heard how much
        mine = vague[senders[signature], signature[0]]
        enough = sorted((one for one in mine if one.pico_usd >= cost), key=lambda one: one.pico_usd)
        if enough:
            mine.remove(enough[0])
            found.uncertain_and_billed[signature] = enough[0].call_id
        else:
            found.wrong.append(f"billed, and in no entry: {signature} of {senders[signature]}, {cost}")
    found.uncertain_only += [entry.call_id for rest in vague.values() for entry in rest]
    return found


def unexplained(
    found: Findings, sent: Sequence[Sent], doomed: str, killed_at_seconds: float
) -> Iterator[str]:
    """Where the books and what the callers saw do not agree. `doomed` is the address that was killed.

    A call may be uncertain only where that gateway died before it was counted.
    """
    answered = {one.ask.signature for one in sent if one.status == ANSWERED}
    cut_off = {one.ask.signature for one in sent if (one.status, one.url) == (CUT_OFF, doomed)}
    dying = {
        one.ask.signature
        for one in sent
        if (one.status, one.url) == (ANSWERED, doomed)
        and one.ask.at_seconds + one.done_ms / 1000 > killed_at_seconds - DYING_SECONDS
    }
    for one in sent:
        if one.status == CUT_OFF and one.url != doomed:
            yield f"cut off, and its gateway was not killed: {one.ask.signature}"
        elif one.status not in {ANSWERED, STOPPED, UNAVAILABLE, CUT_OFF}:
            yield f"answered {one.status} ({one.code}): {one.ask.signature}"
    uncertain = found.uncertain_and_billed.keys()
    for one_lost in answered - found.agreed - (dying & uncertain):
        yield f"answered, and not counted: {one_lost}"
    for one_more in found.agreed - answered - cut_off:
        yield f"counted, and neither answered nor cut off: {one_more}"
    for vague in uncertain - cut_off - dying:
        yield f"billed and uncertain, and its gateway was not killed: {vague}"
    unavailable = sum(one.status == UNAVAILABLE for one in sent)
    most = len((cut_off | dying) - found.agreed - uncertain) + unavailable
    if len(found.uncertain_only) > most:
        yield f"{len(found.uncertain_only)} uncertain calls that were not billed, at most {most} were cut off"


def stranded(held: Iterable[tuple[str, str]], killed_pid: int, sent: Sequence[Sent]) -> Iterator[str]:
    """What a gateway still holds that has ended in peace; a reservation that broke off with the database's
    connection, and whose caller was told so, is none of it.
    """
    calls = [call_id for call_id, owner in held if owner.rsplit("/", 2)[1] != str(killed_pid)]
    if len(calls) > sum(one.status == UNAVAILABLE for one in sent):
        yield from (f"held by a gateway that was not killed: {call_id}" for call_id in calls)


def written_in_database(connection: psycopg.Connection[Any], secrets: Iterable[str]) -> Iterator[str]:
    """Tables with a secret in a row, as it is or in its bytes."""
    wanted = [f"%{text}%" for secret in secrets for text in (secret, secret.encode().hex())]
    for (table,) in connection.execute(TABLES).fetchall():
        rows = sql.SQL("SELECT 1 FROM {table} AS row WHERE row::text LIKE ANY(%s) LIMIT 1")
        if connection.execute(rows.format(table=sql.Identifier(table)), [wanted]).fetchone():
            yield f"a secret was written to the table {table}"


def overshoots(entries: Sequence[Ended], per_learner: int, in_all: int) -> list[str]:
    """Who has more counted against them than their limit, in pico-USD; uncertain money counts."""
    sums: Counter[str] = Counter()
    for entry in entries:
        if entry.kind != "release":
            sums[entry.learner] += entry.pico_usd
    found = [f"{name} is over by {sums[name] - per_learner}" for name in sums if sums[name] > per_learner]
    total = sums.total()
    return found + ([f"the class is over by {total - in_all}"] if total > in_all else [])
