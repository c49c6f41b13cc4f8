"""The live check: a ladder of probes, and how an answer becomes a Diagnosis."""

from ppkit.checkup.diagnosis import Diagnosis, diagnose
from ppkit.checkup.explain import Explanation, explain
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
from ppkit.checkup.narrowing import CAUSES, narrowed
from ppkit.checkup.outlook import NOTHING_WRITTEN, Written
from ppkit.checkup.preferred_models import LiveModel, pick_model, preferred_models
from ppkit.checkup.situations import Link, known_links

__all__ = [
    "CAUSES",
    "NOTHING_WRITTEN",
    "Checkup",
    "Diagnosis",
    "Explanation",
    "Finding",
    "Link",
    "LiveModel",
    "Proposal",
    "Rung",
    "Skip",
    "State",
    "Verdict",
    "Written",
    "diagnose",
    "explain",
    "known_links",
    "narrowed",
    "pick_model",
    "preferred_models",
    "trouble_in",
    "verdict_of",
    "was_stopped",
]
