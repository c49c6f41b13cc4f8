"""What is taken away: hand-over sheet, certificate, report of costs, statement; as page, PDF or picture."""

from ppkit.papers.certificate import Certificate, CourseNotFinished, NameMissing, certificate_for
from ppkit.papers.certificate_text import certificate_paper
from ppkit.papers.client_statement import ClientStatement, client_statement, of_no_client
from ppkit.papers.cost_report import CostReport, cost_report
from ppkit.papers.costs_text import costs_paper, letterhead_of
from ppkit.papers.handing_over import HandOver, KeyOnPaper, Proof, hand_over
from ppkit.papers.paper import Paper
from ppkit.papers.paper_file import FORMS, Form, PaperFile, file_of
from ppkit.papers.platform_view import PlatformLimits, PlatformView, look_at_platform
from ppkit.papers.sheet_text import sheet_paper
from ppkit.papers.statement_text import statement_paper

__all__ = [
    "FORMS",
    "Certificate",
    "ClientStatement",
    "CostReport",
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
    "client_statement",
    "cost_report",
    "costs_paper",
    "file_of",
    "hand_over",
    "letterhead_of",
    "look_at_platform",
    "of_no_client",
    "sheet_paper",
    "statement_paper",
]
