"""The four steps as a state machine; progress as facts."""

from ppkit.onboarding.account_note import AccountNote
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.key_check import KeyCheck
from ppkit.onboarding.practice_causes import cause_in_practice
from ppkit.onboarding.progress import (
    Facts,
    Progress,
    ProgressDamaged,
    ProgressNotWritten,
    ProgressTooNew,
    facts_from_json,
)
from ppkit.onboarding.steps import CHECKS, Check, StepName, checks_of
from ppkit.onboarding.wizard import CheckView, StepState, StepView, Wizard

__all__ = [
    "CHECKS",
    "AccountNote",
    "Check",
    "CheckView",
    "Evidence",
    "Fact",
    "Facts",
    "KeyCheck",
    "Progress",
    "ProgressDamaged",
    "ProgressNotWritten",
    "ProgressTooNew",
    "StepName",
    "StepState",
    "StepView",
    "Wizard",
    "cause_in_practice",
    "checks_of",
    "facts_from_json",
]
