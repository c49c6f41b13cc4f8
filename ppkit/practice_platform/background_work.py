"""Work that goes on after its request was answered: it takes its time by the practice clock, and is billed
once, when it is done.

What will be answered is known from the start; how far it has come follows from the hour alone. So nothing is
lost when the process ends: the next one finds the work where the hour has brought it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from ppkit.practice_platform.database import Database
from ppkit.practice_platform.holds import Holds
from ppkit.practice_platform.models import bill_for, practice_models
from ppkit.practice_platform.practice_clock import PracticeClock, moment
from ppkit.practice_platform.rows import Bill
from ppkit.practice_platform.secret_keys import SecretKeys
from ppkit.practice_platform.usage_book import UsageBook

QUEUED_MILLISECONDS = 1_000
LEAST_WORK_MILLISECONDS = 2_000
MILLISECONDS_PER_TOKEN = 20
SLOW_MILLISECONDS = 600_000
"""How long work takes at least while `slow_background` is rehearsed."""
KIND = "background"
"""Of the rows that work under way has among the stored answers, beside the answer's own."""

Status = Literal["queued", "in_progress"]


@dataclass(frozen=True, slots=True)
class Work:
    """One answer under way. `body` is what it will be, `bill` what it will cost; moments in milliseconds."""

    id: str
    project_id: str
    key_id: str
    user_id: str
    created: int
    begins: int
    ends: int
    body: Mapping[str, Any]
    bill: Bill

    def status(self, now: int) -> Status:
        return "queued" if now < self.begins else "in_progress"

    def written(self, now: int) -> int:
        """Output tokens that have been written by this moment."""
        share = min(max(now - self.begins, 0), self.ends - self.begins)
        return self.bill.output_tokens * share // (self.ends - self.begins)

    def moment_of(self, tokens: int) -> int:
        """When so many output tokens have been written."""
        return self.begins + (self.ends - self.begins) * tokens // max(self.bill.output_tokens, 1)

    def bill_by(self, now: int) -> Bill:
        """What it costs when it is stopped at this moment: the whole input, and what has been written."""
        written = self.written(now)
        thought = min(self.bill.reasoning_tokens, written)
        return _priced(replace(self.bill, output_tokens=written, reasoning_tokens=thought))


class Background:
    """The work under way, by the id of the answer that it makes."""

    def __init__(
        self, database: Database, clock: PracticeClock, keys: SecretKeys, usage: UsageBook, holds: Holds
    ) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._usage = usage
        self._holds = holds
        self._running: dict[str, Work] = {}
        for row in database.rows("SELECT body FROM stored_response WHERE kind = ?", KIND):
            self._add(_from_json(json.loads(row[0])))

    def now(self) -> int:
        """The practice hour in milliseconds."""
        return int(self._clock.now().timestamp() * 1000)

    def start(self, body: Mapping[str, Any], bill: Bill, key: tuple[str, str, str], *, slow: bool) -> Work:
        """Begin; to be called in the transaction that stores the answer. `key` is (project, key, user)."""
        created = self.now()
        begins = created + QUEUED_MILLISECONDS
        lasts = max(LEAST_WORK_MILLISECONDS, bill.output_tokens * MILLISECONDS_PER_TOKEN)
        ends = begins + (max(lasts, SLOW_MILLISECONDS) if slow else lasts)
        work = Work(body["id"], *key, created, begins, ends, body, bill)
        self._database.run(
            "INSERT INTO stored_response VALUES (?, ?, ?, ?, ?, '{}')",
            f"work_{work.id}",
            KIND,
            work.project_id,
            created // 1000,
            json.dumps(_to_json(work), ensure_ascii=False),
        )
        self._add(work)
        return work

    def find(self, response_id: str) -> Work | None:
        """The work on this answer, None when it is done (or never went on in the background)."""
        return self._running.get(response_id)

    def settle_time(self) -> None:
        """Finish what is done by now, as of the moment when it was: the clock may have jumped over it."""
        if self._running:
            now = self.now()
            for work in sorted(self._running.values(), key=lambda each: each.ends):
                if work.ends <= now:
                    self.finish(work, work.ends)

    def finish(self, work: Work, at: int) -> dict[str, Any]:
        """The answer is there: kept and billed."""
        completed = at // 1000 if work.body["status"] == "completed" else None
        return self.end(work, dict(work.body) | {"completed_at": completed}, work.bill, at)

    def end(self, work: Work, body: dict[str, Any], bill: Bill, at: int) -> dict[str, Any]:
        """The work is over with this answer and this bill, as of this moment. Ends only once."""
        if self._running.pop(work.id, None) is None:
            return body
        with self._database.write():
            self._usage.bill(self._keys.key(work.key_id), work.user_id, bill, moment(at // 1000))
            text = json.dumps(body, ensure_ascii=False)
            self._database.run("UPDATE stored_response SET body = ? WHERE id = ?", text, work.id)
            self._database.run("DELETE FROM stored_response WHERE id = ?", f"work_{work.id}")
        self._holds.release(work.id)
        return body

    def forget(self) -> None:
        """None of it, after the data has been cleared."""
        self._running.clear()

    def _add(self, work: Work) -> None:
        self._running[work.id] = work
        self._holds.hold(work.id, work.project_id, work.bill.total)


def _priced(bill: Bill) -> Bill:
    return bill_for(practice_models().named(bill.model), bill)


def _to_json(work: Work) -> dict[str, Any]:
    found = {field.name: getattr(work, field.name) for field in fields(work)}
    bill = {
        field.name: getattr(work.bill, field.name) for field in fields(work.bill) if field.name != "lines"
    }
    return found | {"bill": bill}


def _from_json(found: dict[str, Any]) -> Work:
    return Work(**(found | {"bill": _priced(Bill(**found["bill"]))}))
