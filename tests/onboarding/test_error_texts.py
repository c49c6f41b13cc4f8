"""Every error of these rooms explains itself, in both languages, with the facts it carries."""

from __future__ import annotations

from sweeps import sweep

from ppkit.ai_assistant import InvalidBrief, NeedsKey, NothingWritten
from ppkit.checkup import diagnose, explain
from ppkit.classroom import ExportUnreadable
from ppkit.errors import PpkitError
from ppkit.keys import KeyFileNotWritten, KeyFileUnreadable, MalformedKey
from ppkit.look.texts import Texts
from ppkit.onboarding import (
    AccountNotWritten,
    NotAnAccountId,
    ProgressDamaged,
    ProgressNotWritten,
    ProgressTooNew,
)
from ppkit.onboarding.progress_code import NotAProgressCode

ERRORS: list[PpkitError] = [
    MalformedKey(),
    KeyFileUnreadable(path="/p"),
    KeyFileNotWritten(path="/p", reason="No space left on device"),
    ProgressDamaged(path="/p", reason="ValueError"),
    ProgressTooNew(path="/p", found=2, known=1),
    ProgressNotWritten(path="/p", reason="No space left on device"),
    *(NotAProgressCode(reason=reason) for reason in ("form", "check_digits", "version", "mode")),
    NotAnAccountId(field="project"),
    AccountNotWritten(path="/p", reason="No space left on device"),
    InvalidBrief(field="topic", longest=2000),
    NeedsKey(kind="image", credits=10, left=3),
    NothingWritten(reason="refusal"),
    ExportUnreadable(path="/p", reason="too_large"),
]


@sweep("language", ["it", "en"])
@sweep("error", ERRORS)
def test_an_error_explains_itself(error: PpkitError, language: str) -> None:
    texts = Texts(language)
    assert f"error.{error.code}.what" in texts
    told = explain(diagnose(error), texts)
    assert all((told.what, told.why, told.now))
    assert "{" not in told.what + told.why + told.now
