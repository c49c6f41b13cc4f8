"""Somebody is forgotten: the tag that told whose calls these were gets a name that tells nothing, everywhere.

Entries and the sums by month stay as they are, to the last pico-dollar, under the new name. Limits of the tag
end, with what was noted of them: when they were set tells when, and after whom, somebody came.
"""

from __future__ import annotations

import re

from ppkit.errors import PpkitError
from ppkit.spending.ledger.packing import packed_tags, unpacked_tags
from ppkit.spending.ledger.scopes import tag_scope
from ppkit.spending.ledger.transaction import Transaction

_FORGOTTEN = re.compile(r"(?:.*[ /])?forgotten [0-9a-f]{8}")
"""What the schema lets a noted change of a limit become before it goes."""


class TagInUse(PpkitError):
    """Calls with this tag are under way, which would end under the old name. Facts: calls."""

    code = "tag_in_use"


def forget_tag(tx: Transaction, name: str, value: str, now_called: str) -> None:
    """Rename the tag's value; nothing happens where no row has it.

    `now_called` ends with "forgotten " and eight hexadecimal digits; nobody else is called so. Raises
    TagInUse, ValueError for another form, InvalidTag.
    """
    if not _FORGOTTEN.fullmatch(now_called):
        raise ValueError("not the name of somebody forgotten")
    before, after = tag_scope(name, value), tag_scope(name, now_called)
    under_way = sum(unpacked_tags(call.tags).get(name) == value for call in tx.open_calls())
    if under_way:
        raise TagInUse(calls=under_way)
    known = tx.series()
    taken = {series[1:] for series in known}
    for series in known:
        tags = unpacked_tags(series.tags)
        if tags.get(name) == value:
            renamed = series._replace(tags=packed_tags({**tags, name: now_called}))
            # Of an earlier time: entries never change their series, but JSON may have spaces.
            while renamed[1:] in taken:
                renamed = renamed._replace(tags=f"{renamed.tags} ")
            tx.retag_series(series.id, renamed.tags)
    tx.forget_scope(before, after)
