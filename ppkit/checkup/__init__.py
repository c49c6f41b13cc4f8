"""The live check: a ladder of probes, and how an answer becomes a Diagnosis."""

from ppkit.checkup.diagnosis import Diagnosis, diagnose
from ppkit.checkup.explain import Explanation, explain
from ppkit.checkup.findings import Finding, Proposal, Rung, Skip, State, Verdict, verdict_of
from ppkit.checkup.ladder import Checkup
from ppkit.checkup.preferred_models import LiveModel, pick_model, preferred_models
from ppkit.checkup.situations import Link, Remedy, known_links

__all__ = [
    "Checkup",
    "Diagnosis",
    "Explanation",
    "Finding",
    "Link",
    "LiveModel",
    "Proposal",
    "Remedy",
    "Rung",
    "Skip",
    "State",
    "Verdict",
    "diagnose",
    "explain",
    "known_links",
    "pick_model",
    "preferred_models",
    "verdict_of",
]
