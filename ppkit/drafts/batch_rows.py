"""Batches in the tables: which posts are to be written, which are, and which may have been paid for.

Each function is given a connection in which a transaction is open.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from ppkit.drafts.brief_table import WantedPost
from ppkit.drafts.errors import NoSuchBatch
from ppkit.drafts.written_briefs import brief_from_json, brief_to_json


class ItemState(StrEnum):
    """A post of a batch. "written": its text is kept, its image is still to be drawn.

    "doubtful": a call may have been paid for, and its text or image is lost.
    """

    WAITING = "waiting"
    WRITING = "writing"
    WRITTEN = "written"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"
    DOUBTFUL = "doubtful"


LEFT = (ItemState.WAITING, ItemState.WRITTEN)
UNDER_WAY = (ItemState.WRITING, ItemState.DRAWING)
"""While nobody is at work, their writer died: what it was doing may have been paid for."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A post that lacks something: its text, or, where there is a draft, its image."""

    position: int
    post: WantedPost
    draft_id: int | None


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How many posts of a batch are in each state, and the drafts that there are.

    `waiting` are those that still lack something, be it only their image.
    """

    id: int
    total: int
    waiting: int
    done: int
    failed: int
    doubtful: int
    draft_ids: tuple[int, ...]

    @property
    def is_finished(self) -> bool:
        return self.waiting == 0


def fingerprint_of(posts: Sequence[WantedPost]) -> str:
    return sha256("\n".join(map(_written, posts)).encode()).hexdigest()


def insert(connection: sqlite3.Connection, posts: Sequence[WantedPost], at: datetime) -> int:
    row = connection.execute(
        "INSERT INTO batch (fingerprint, created_at) VALUES (?, ?) RETURNING id",
        (fingerprint_of(posts), at.isoformat()),
    ).fetchone()
    connection.executemany(
        "INSERT INTO batch_item (batch_id, position, item) VALUES (?, ?, ?)",
        [(row["id"], position, _written(post)) for position, post in enumerate(posts)],
    )
    return int(row["id"])


def take_over(connection: sqlite3.Connection, batch_id: int) -> None:
    """What an earlier batch has written of these posts is done; what it left in doubt is doubtful.

    A table in which a row was corrected or added is another batch, and no reason to pay for the others again.
    """
    rows = connection.execute(
        "SELECT position, item FROM batch_item WHERE batch_id = ? ORDER BY position", (batch_id,)
    ).fetchall()
    known = {row["item"]: _known_of(connection, batch_id, row["item"]) for row in rows}
    for row in rows:
        if known[row["item"]]:
            state, draft_id = known[row["item"]].pop(0)
            set_state(connection, batch_id, row["position"], state, draft_id=draft_id)


def _known_of(connection: sqlite3.Connection, batch_id: int, item: str) -> list[tuple[ItemState, int | None]]:
    """How often this very post was written before, by its drafts, and how often one may have been."""
    written = connection.execute(
        """SELECT draft_id, state FROM batch_item
           WHERE item = ? AND batch_id < ? AND draft_id IS NOT NULL ORDER BY batch_id""",
        (item, batch_id),
    ).fetchall()
    doubtful = connection.execute(
        """SELECT count(*) AS times FROM batch_item
           WHERE item = ? AND batch_id < ? AND draft_id IS NULL AND state IN ('writing', 'doubtful')
           GROUP BY batch_id ORDER BY times DESC LIMIT 1""",
        (item, batch_id),
    ).fetchone()
    last = {row["draft_id"]: ItemState(row["state"]) for row in written}  # as the last batch knows it
    known: list[tuple[ItemState, int | None]] = [
        (ItemState.DOUBTFUL if state is ItemState.DRAWING else state, draft_id)
        for draft_id, state in sorted(last.items())
    ]
    return known + [(ItemState.DOUBTFUL, None)] * (doubtful["times"] if doubtful else 0)


def found(connection: sqlite3.Connection, posts: Sequence[WantedPost]) -> int | None:
    """The last batch of these very posts."""
    row = connection.execute(
        "SELECT max(id) AS id FROM batch WHERE fingerprint = ?", (fingerprint_of(posts),)
    ).fetchone()
    return None if row["id"] is None else int(row["id"])


def all_ids(connection: sqlite3.Connection) -> list[int]:
    return [row["id"] for row in connection.execute("SELECT id FROM batch ORDER BY id")]


def status(connection: sqlite3.Connection, batch_id: int) -> BatchStatus:
    """Raises NoSuchBatch. What is being written is among the doubtful: only its runner knows better."""
    rows = connection.execute(
        "SELECT state, draft_id FROM batch_item WHERE batch_id = ? ORDER BY position", (batch_id,)
    ).fetchall()
    if not rows:
        raise NoSuchBatch(id=batch_id)
    states = [ItemState(row["state"]) for row in rows]
    return BatchStatus(
        id=batch_id,
        total=len(rows),
        waiting=sum(map(states.count, LEFT)),
        done=states.count(ItemState.DONE),
        failed=states.count(ItemState.FAILED),
        doubtful=states.count(ItemState.DOUBTFUL) + sum(map(states.count, UNDER_WAY)),
        draft_ids=tuple(row["draft_id"] for row in rows if row["draft_id"] is not None),
    )


def left(connection: sqlite3.Connection, batch_id: int) -> list[BatchItem]:
    """All that still lack something, in order."""
    rows = connection.execute(
        """SELECT position, item, draft_id FROM batch_item
           WHERE batch_id = ? AND state IN ('waiting', 'written') ORDER BY position""",
        (batch_id,),
    ).fetchall()
    return [BatchItem(row["position"], _read(row["item"]), row["draft_id"]) for row in rows]


def set_state(
    connection: sqlite3.Connection,
    batch_id: int,
    position: int,
    state: ItemState,
    *,
    draft_id: int | None = None,
    problem: str = "",
) -> None:
    """A draft that is known stays known."""
    connection.execute(
        """UPDATE batch_item SET state = ?, draft_id = coalesce(?, draft_id), problem = ?
           WHERE batch_id = ? AND position = ?""",
        (state, draft_id, problem, batch_id, position),
    )


def give_up_under_way(connection: sqlite3.Connection, batch_id: int) -> None:
    connection.execute(
        """UPDATE batch_item SET state = 'doubtful', problem = ''
           WHERE batch_id = ? AND state IN ('writing', 'drawing')""",
        (batch_id,),
    )


def put_back_in_line(connection: sqlite3.Connection, batch_id: int) -> None:
    """What failed or is doubtful, for what it still lacks."""
    connection.execute(
        """UPDATE batch_item SET state = iif(draft_id IS NULL, 'waiting', 'written'), problem = ''
           WHERE batch_id = ? AND state IN ('failed', 'doubtful', 'writing', 'drawing')""",
        (batch_id,),
    )


def _written(post: WantedPost) -> str:
    planned = post.planned.isoformat(timespec="minutes") if post.planned else None
    image = {"image": post.image} if post.image else {}
    return json.dumps(
        {"brief": brief_to_json(post.brief), "client": post.client, "planned": planned, **image}
    )


def _read(text: str) -> WantedPost:
    item = json.loads(text)
    planned = datetime.fromisoformat(item["planned"]) if item["planned"] else None
    return WantedPost(brief_from_json(item["brief"]), item["client"], planned, image=item.get("image", ""))
