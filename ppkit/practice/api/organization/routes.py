"""The routes of the admin side."""

from __future__ import annotations

from ppkit.practice.api.answer import Handler

ADMIN_ROUTES: tuple[tuple[str, str, Handler], ...] = ()
