"""The platform's own figures of usage and costs: imported, held against the ledger, and what follows."""

from ppkit.bill.bill_texts import causes_in_words, model_in_words
from ppkit.bill.csv_exports import CsvExport, read_export
from ppkit.bill.errors import ExportLineFaulty, FiguresError, NotAnExport
from ppkit.bill.figure_file import FigureFile
from ppkit.bill.figures import DATASETS, Dataset, Figure
from ppkit.bill.platform_bill import Imported, PlatformBill, Reconciliation
from ppkit.bill.reconciliation import CauseKind, DayModel, DifferenceCause
from ppkit.bill.settling import Settling

__all__ = [
    "DATASETS",
    "CauseKind",
    "CsvExport",
    "Dataset",
    "DayModel",
    "DifferenceCause",
    "ExportLineFaulty",
    "Figure",
    "FigureFile",
    "FiguresError",
    "Imported",
    "NotAnExport",
    "PlatformBill",
    "Reconciliation",
    "Settling",
    "causes_in_words",
    "model_in_words",
    "read_export",
]
