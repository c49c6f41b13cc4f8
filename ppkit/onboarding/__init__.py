"""The four steps and the drill "replace the key" as state machines; progress as facts."""

from ppkit.onboarding.account_note import AccountNote, AccountNotWritten, NotAnAccountId
from ppkit.onboarding.evidence import Evidence, Fact
from ppkit.onboarding.key_answers import knock
from ppkit.onboarding.key_check import KeyCheck
from ppkit.onboarding.key_rotation import KeyRotation, Stage, StageView
from ppkit.onboarding.key_rotation_errors import (
    KeyInUse,
    NewKeyGone,
    NotProvenYet,
    OldKeyAlive,
    OldKeyGoneEarly,
    OldKeyNotWorking,
    SameKeyAgain,
    WrongEnd,
)
from ppkit.onboarding.practice_causes import cause_in_practice, is_rehearsed, with_practice_cause
from ppkit.onboarding.progress import (
    Facts,
    Progress,
    ProgressDamaged,
    ProgressNotWritten,
    ProgressTooNew,
    facts_from_json,
)
from ppkit.onboarding.project_keys import AdminProjectKeys, PlatformKey, ProjectKeys, keys_in_practice
from ppkit.onboarding.real_account import KeyUse, RealAccount
from ppkit.onboarding.steps import BY_NAME, CHECKS, Check, StepName, checks_of
from ppkit.onboarding.wizard import CheckView, StepState, StepView, Wizard

__all__ = [
    "BY_NAME",
    "CHECKS",
    "AccountNotWritten",
    "AccountNote",
    "AdminProjectKeys",
    "Check",
    "CheckView",
    "Evidence",
    "Fact",
    "Facts",
    "KeyCheck",
    "KeyInUse",
    "KeyRotation",
    "KeyUse",
    "NewKeyGone",
    "NotAnAccountId",
    "NotProvenYet",
    "OldKeyAlive",
    "OldKeyGoneEarly",
    "OldKeyNotWorking",
    "PlatformKey",
    "Progress",
    "ProgressDamaged",
    "ProgressNotWritten",
    "ProgressTooNew",
    "ProjectKeys",
    "RealAccount",
    "SameKeyAgain",
    "Stage",
    "StageView",
    "StepName",
    "StepState",
    "StepView",
    "Wizard",
    "WrongEnd",
    "cause_in_practice",
    "checks_of",
    "facts_from_json",
    "is_rehearsed",
    "keys_in_practice",
    "knock",
    "with_practice_cause",
]
