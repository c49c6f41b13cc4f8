"""The two modes. Each has its own folder, ledger, keys and progress; nothing of one is shown in the other."""

from __future__ import annotations

from typing import Literal

Mode = Literal["practice", "live"]
