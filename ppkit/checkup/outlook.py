"""What a check run is given beside the key: the account written down, consent, patience, an admin key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ppkit.checkup.deadline import Deadline
from ppkit.checkup.findings import Proposal
from ppkit.clock import Clock
from ppkit.keys import ApiKey
from ppkit.money import Money

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import

Consent = bool | Callable[[Proposal], bool]
HighestCost = Callable[[str, Mapping[str, Any]], Money | None]


@dataclass(frozen=True, slots=True)
class NotedAccount:
    """The account that the person wrote down, where the credit was bought; ids like "org-…" and "proj_…"."""

    organization: str | None = None
    project: str | None = None

    def __bool__(self) -> bool:
        return bool(self.organization or self.project)


NO_ACCOUNT_NOTED = NotedAccount()


@dataclass(frozen=True, slots=True)
class Outlook:
    """`own_calls` counts our checkups' calls with a key; no admin key, no `make_admin_client`.

    `is_linked` tells whether the app already uses the key: before that, calls by others are strange.
    """

    make_client: Callable[[], openai.OpenAI]
    mode: str
    clock: Clock
    machine_clock: Clock
    highest_cost: HighestCost
    deadline: Deadline
    consent: Consent = False
    wants_image: bool = False
    written: NotedAccount = NO_ACCOUNT_NOTED
    make_admin_client: Callable[[], openai.OpenAI] | None = None
    own_calls: Callable[[ApiKey], int] = lambda _key: 0
    is_linked: bool = True
