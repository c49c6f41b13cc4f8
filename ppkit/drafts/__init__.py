"""Drafts: kept, found, planned, exported; briefs in a table, written in a batch; models side by side."""

from ppkit.drafts.batch import Batch
from ppkit.drafts.batch_rows import BatchStatus
from ppkit.drafts.batch_values import BatchConsent, BatchEstimate, BatchOutcome, BatchProgress, Ending
from ppkit.drafts.brief_table import BriefTable, FaultyRow, WantedPost
from ppkit.drafts.disclosure import Disclosure, disclosure_of
from ppkit.drafts.draft import Draft, DraftImage, DraftReceipt, DraftStatus, DraftText
from ppkit.drafts.drafting_assistant import AsyncBatch, AsyncDraftingAssistant, DraftingAssistant
from ppkit.drafts.drafts import Drafts
from ppkit.drafts.exports import Export, ExportRemark
from ppkit.drafts.layouts import Layout, layouts
from ppkit.drafts.model_comparison import ModelComparison, ModelTrial

__all__ = [
    "AsyncBatch",
    "AsyncDraftingAssistant",
    "Batch",
    "BatchConsent",
    "BatchEstimate",
    "BatchOutcome",
    "BatchProgress",
    "BatchStatus",
    "BriefTable",
    "Disclosure",
    "Draft",
    "DraftImage",
    "DraftReceipt",
    "DraftStatus",
    "DraftText",
    "DraftingAssistant",
    "Drafts",
    "Ending",
    "Export",
    "ExportRemark",
    "FaultyRow",
    "Layout",
    "ModelComparison",
    "ModelTrial",
    "WantedPost",
    "disclosure_of",
    "layouts",
]
