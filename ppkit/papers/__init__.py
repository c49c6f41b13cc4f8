"""What a learner takes away: the hand-over sheet and the certificate, as a web page and as a PDF."""

from ppkit.papers.certificate import Certificate, CourseNotFinished, NameMissing, certificate_for
from ppkit.papers.certificate_text import certificate_paper
from ppkit.papers.handing_over import HandOver, KeyOnPaper, Proof, hand_over
from ppkit.papers.paper import Paper
from ppkit.papers.paper_file import FORMS, Form, PaperFile, file_of
from ppkit.papers.platform_view import PlatformLimits, PlatformView, look_at_platform
from ppkit.papers.sheet_text import sheet_paper

__all__ = [
    "FORMS",
    "Certificate",
    "CourseNotFinished",
    "Form",
    "HandOver",
    "KeyOnPaper",
    "NameMissing",
    "Paper",
    "PaperFile",
    "PlatformLimits",
    "PlatformView",
    "Proof",
    "certificate_for",
    "certificate_paper",
    "file_of",
    "hand_over",
    "look_at_platform",
    "sheet_paper",
]
