"""The live check: a ladder of probes, and how an answer becomes a Diagnosis."""

from ppkit.checkup.administration import USAGE_DAYS, Administration, lowest_controls
from ppkit.checkup.check_run import KeyClients
from ppkit.checkup.diagnosis import Diagnosis, diagnose
from ppkit.checkup.explain import Explanation, explain, is_situation, situation_in_words
from ppkit.checkup.findings import (
    Finding,
    Proposal,
    Rung,
    Skip,
    State,
    Verdict,
    trouble_in,
    verdict_of,
    was_stopped,
)
from ppkit.checkup.ladder import Checkup
from ppkit.checkup.limit_drift import LimitDrift, LimitStep, carry_out, drift_of, mirror_steps
from ppkit.checkup.noted_account import NO_ACCOUNT_NOTED, NotedAccount
from ppkit.checkup.platform_limits import LimitsAtPlatform, PlatformControls, ReportedSpendAlert
from ppkit.checkup.preferred_models import LiveModel, day_or_none, pick_model, preferred_models
from ppkit.checkup.remedies import Link, known_links
from ppkit.checkup.root_causes import CAUSES, with_root_cause

__all__ = [
    "CAUSES",
    "NO_ACCOUNT_NOTED",
    "USAGE_DAYS",
    "Administration",
    "Checkup",
    "Diagnosis",
    "Explanation",
    "Finding",
    "KeyClients",
    "LimitDrift",
    "LimitStep",
    "LimitsAtPlatform",
    "Link",
    "LiveModel",
    "NotedAccount",
    "PlatformControls",
    "Proposal",
    "ReportedSpendAlert",
    "Rung",
    "Skip",
    "State",
    "Verdict",
    "carry_out",
    "day_or_none",
    "diagnose",
    "drift_of",
    "explain",
    "is_situation",
    "known_links",
    "lowest_controls",
    "mirror_steps",
    "pick_model",
    "preferred_models",
    "situation_in_words",
    "trouble_in",
    "verdict_of",
    "was_stopped",
    "with_root_cause",
]
