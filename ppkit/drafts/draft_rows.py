"""Drafts in the tables: each function is given a connection in which a transaction is open."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from ppkit.drafts.draft import Draft, DraftContent, DraftReceipt
from ppkit.drafts.errors import NoSuchDraft
from ppkit.money import Money

MOST_REVISIONS = 200
"""Of one draft; the oldest go first."""

_WORD = re.compile(r"\w+")
_DRAFTS = """
SELECT draft.*, (SELECT min(number) FROM revision WHERE draft_id = draft.id) AS first_revision,
       (SELECT max(number) FROM revision WHERE draft_id = draft.id) AS last_revision
FROM draft """


def insert(
    connection: sqlite3.Connection,
    content: DraftContent,
    at: datetime,
    *,
    brief: str = "",
    masked: bool = False,
) -> int:
    document = content.to_json()
    row = connection.execute(
        """INSERT INTO draft (content, created_at, changed_at, brief, masked)
           VALUES (?, ?, ?, ?, ?) RETURNING id""",
        (document, at.isoformat(), at.isoformat(), brief, masked),
    ).fetchone()
    connection.execute("INSERT INTO revision VALUES (?, 1, ?, ?)", (row["id"], at.isoformat(), document))
    _index(connection, row["id"], content)
    return int(row["id"])


def content_of(connection: sqlite3.Connection, draft_id: int) -> DraftContent:
    """Raises NoSuchDraft."""
    return DraftContent.from_json(_row(connection, draft_id)["content"])


def brief_of(connection: sqlite3.Connection, draft_id: int) -> str:
    """Raises NoSuchDraft."""
    return str(_row(connection, draft_id)["brief"])


def change(
    connection: sqlite3.Connection,
    draft_id: int,
    content: DraftContent,
    at: datetime,
    *,
    masked: bool = False,
) -> None:
    """Write a new revision over what was undone. The same content again is no change. Raises NoSuchDraft."""
    row = _row(connection, draft_id)
    document, number = content.to_json(), row["revision"] + 1
    connection.execute("UPDATE draft SET masked = masked OR ? WHERE id = ?", (masked, draft_id))
    if document == row["content"]:
        return
    connection.execute(
        "DELETE FROM revision WHERE draft_id = ? AND (number >= ? OR number <= ?)",
        (draft_id, number, number - MOST_REVISIONS),
    )
    connection.execute(
        "INSERT INTO revision VALUES (?, ?, ?, ?)", (draft_id, number, at.isoformat(), document)
    )
    _show(connection, draft_id, number, content, at)


def step(connection: sqlite3.Connection, draft_id: int, by: int, at: datetime) -> None:
    """Go back or on by so many revisions; nothing happens where there is none. Raises NoSuchDraft."""
    number = _row(connection, draft_id)["revision"] + by
    found = connection.execute(
        "SELECT content FROM revision WHERE draft_id = ? AND number = ?", (draft_id, number)
    ).fetchone()
    if found is not None:
        _show(connection, draft_id, number, DraftContent.from_json(found["content"]), at)


def add_receipt(connection: sqlite3.Connection, draft_id: int, receipt: DraftReceipt) -> None:
    connection.execute(
        """INSERT INTO receipt
           SELECT ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM receipt WHERE draft_id = ?""",
        (
            *(draft_id, receipt.kind, receipt.model, receipt.purse, receipt.credits, receipt.call_id),
            *(receipt.cost.pico_usd, receipt.mark, receipt.at.isoformat(), draft_id),
        ),
    )


def delete(connection: sqlite3.Connection, draft_id: int) -> list[str]:
    """Take the draft out; the image files that no other one uses. Raises NoSuchDraft."""
    _row(connection, draft_id)
    contents = connection.execute("SELECT content FROM revision WHERE draft_id = ?", (draft_id,)).fetchall()
    connection.execute("DELETE FROM draft_words WHERE rowid = ?", (draft_id,))
    connection.execute("DELETE FROM draft WHERE id = ?", (draft_id,))
    files = {image.file for row in contents for image in DraftContent.from_json(row["content"]).images}
    return sorted(name for name in files if not _is_used(connection, name))


def get(connection: sqlite3.Connection, draft_id: int) -> Draft:
    """Raises NoSuchDraft."""
    return _drafts(connection, [_row(connection, draft_id)])[0]


def among(connection: sqlite3.Connection, draft_ids: Iterable[int]) -> list[Draft]:
    """Those of these that are there, in this order."""
    asked = list(draft_ids)
    rows = connection.execute(
        f"{_DRAFTS} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
        (json.dumps(asked),),
    ).fetchall()
    found = {draft.id: draft for draft in _drafts(connection, rows)}
    return [found[draft_id] for draft_id in asked if draft_id in found]


def where(
    connection: sqlite3.Connection,
    client: str | None,
    status: str | None,
    since: str | None = None,
    before: str | None = None,
    *,
    most: int | None = None,
) -> list[Draft]:
    """By the hour they are planned for, those without one last; the newest first."""
    rows = connection.execute(
        _DRAFTS
        + """WHERE (:client IS NULL OR client = :client) AND (:status IS NULL OR status = :status)
               AND (:since IS NULL OR (planned >= :since AND planned < :before))
             ORDER BY planned IS NULL, planned, id DESC LIMIT :most""",
        {
            **{"client": client, "status": status, "since": since, "before": before},
            "most": -1 if most is None else most,
        },
    ).fetchall()
    return _drafts(connection, rows)


def search(
    connection: sqlite3.Connection,
    words: str,
    client: str | None,
    status: str | None = None,
    most: int | None = None,
) -> list[Draft]:
    """Drafts with all of these words, or words that begin so, the best match first; at most so many."""
    condition, asked = _matching(words)
    if not asked:
        return []
    rows = connection.execute(
        f"""{_DRAFTS} JOIN draft_words ON draft_words.rowid = draft.id
            WHERE {condition} AND (? IS NULL OR draft.client = ?) AND (? IS NULL OR draft.status = ?)
            ORDER BY rank, draft.changed_at DESC LIMIT ?""",
        (asked, client, client, status, status, -1 if most is None else most),
    ).fetchall()
    return _drafts(connection, rows)


def number(connection: sqlite3.Connection, words: str, client: str | None, status: str | None) -> int:
    """How many there are, without words or with all of them; none of them is read."""
    condition, asked = _matching(words) if words.strip() else ("? = ''", "")
    words_too = "JOIN draft_words ON draft_words.rowid = draft.id" if asked else ""
    row = connection.execute(
        f"""SELECT count(*) AS number FROM draft {words_too}
            WHERE {condition} AND (? IS NULL OR draft.client = ?) AND (? IS NULL OR draft.status = ?)""",  # noqa: S608
        (asked, client, client, status, status),
    ).fetchone()
    return int(row["number"])


def _matching(words: str) -> tuple[str, str]:
    """The condition on the index, and what is asked of it."""
    found = _WORD.findall(words)
    if found:
        return "draft_words MATCH ?", " ".join(f'"{word}"*' for word in found)
    # Signs alone, as an emoji, are no words to the index.
    return "instr(texts || topic || alt, ?)", words.strip()


def clients(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT DISTINCT client FROM draft WHERE client <> '' ORDER BY client")
    return [row["client"] for row in rows]


def _row(connection: sqlite3.Connection, draft_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(f"{_DRAFTS} WHERE id = ?", (draft_id,)).fetchone()
    if row is None:
        raise NoSuchDraft(id=draft_id)
    return row


def _show(
    connection: sqlite3.Connection, draft_id: int, number: int, content: DraftContent, at: datetime
) -> None:
    connection.execute(
        "UPDATE draft SET content = ?, revision = ?, changed_at = ? WHERE id = ?",
        (content.to_json(), number, at.isoformat(), draft_id),
    )
    connection.execute("DELETE FROM draft_words WHERE rowid = ?", (draft_id,))
    _index(connection, draft_id, content)


def _index(connection: sqlite3.Connection, draft_id: int, content: DraftContent) -> None:
    texts = "\n".join(text.text for text in content.texts.values())
    alt = "\n".join(image.alt for image in content.images)
    connection.execute(
        "INSERT INTO draft_words (rowid, client, topic, texts, alt) VALUES (?, ?, ?, ?, ?)",
        (draft_id, content.client, content.topic, texts, alt),
    )


def _is_used(connection: sqlite3.Connection, file: str) -> bool:
    sql = "SELECT 1 FROM revision WHERE instr(content, ?) LIMIT 1"
    return connection.execute(sql, (file,)).fetchone() is not None


def _drafts(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[Draft]:
    receipts: dict[int, list[DraftReceipt]] = {row["id"]: [] for row in rows}
    for row in connection.execute(
        """SELECT * FROM receipt WHERE draft_id IN (SELECT value FROM json_each(?))
           ORDER BY draft_id, number""",
        (json.dumps(list(receipts)),),
    ):
        receipts[row["draft_id"]].append(_receipt(row))
    return [_draft(row, tuple(receipts[row["id"]])) for row in rows]


def _draft(row: sqlite3.Row, receipts: tuple[DraftReceipt, ...]) -> Draft:
    return Draft(
        id=row["id"],
        content=DraftContent.from_json(row["content"]),
        receipts=receipts,
        created_at=datetime.fromisoformat(row["created_at"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
        can_undo=row["revision"] > row["first_revision"],
        can_redo=row["revision"] < row["last_revision"],
        has_masked_key=bool(row["masked"]),
    )


def _receipt(row: sqlite3.Row) -> DraftReceipt:
    return DraftReceipt(
        kind=row["kind"],
        model=row["model"],
        purse=row["purse"],
        credits=row["credits"],
        call_id=row["call_id"],
        cost=Money(row["pico_usd"]),
        mark=row["mark"],
        at=datetime.fromisoformat(row["at"]),
    )
