"""The account where the credit was bought, as the user wrote it down in step 1."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotedAccount:
    """Ids like "org-…" and "proj_…"; false when neither is known."""

    organization: str | None = None
    project: str | None = None

    def __bool__(self) -> bool:
        return bool(self.organization or self.project)


NO_ACCOUNT_NOTED = NotedAccount()
