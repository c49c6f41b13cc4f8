"""What can go wrong with drafts, their files and batches, as facts."""

from __future__ import annotations

from ppkit.errors import PpkitError


class DraftsError(PpkitError):
    """Base of what can be wrong with the file of the drafts. Facts: path."""

    code = "drafts"


class DraftsUnreadable(DraftsError):
    """The file is damaged, or somebody else's. It is left as it is. Facts: path."""

    code = "drafts_unreadable"


class DraftsTooNew(DraftsError):
    """A later ppkit wrote this file. It is left as it is. Facts: path, found, known (schema versions)."""

    code = "drafts_too_new"


class DraftsFull(DraftsError):
    """The disk has no room; what was to be written was not, all that was there still is. Facts: path."""

    code = "drafts_full"


class DraftsNotWritable(DraftsError):
    """The file, or its folder, may not be read or written by this user. Facts: path."""

    code = "drafts_not_writable"


class DraftsLocked(DraftsError):
    """Another program has kept the file locked for longer than we wait. Facts: path."""

    code = "drafts_locked"


class NoSuchDraft(PpkitError):
    """There is no draft with this number. Facts: id."""

    code = "no_such_draft"


class InvalidDraft(PpkitError):
    """A field of a draft cannot be kept so; nothing was changed. Facts: field."""

    code = "invalid_draft"


class NoPicture(PpkitError):
    """These bytes are no JPEG, PNG, WebP or GIF; nothing was kept."""

    code = "no_picture"


class UnknownLayout(PpkitError):
    """An export was asked for a tool that is not known. Facts: name, known."""

    code = "unknown_layout"


class FormatNotTaken(PpkitError):
    """The tool does not take this kind of file. Facts: layout, format, taken."""

    code = "format_not_taken"


class TextTooLongForCell(PpkitError):
    """A text that no cell of a workbook holds; nothing was written. Facts: id, longest."""

    code = "text_too_long_for_cell"


class NothingToExport(PpkitError):
    """None of the drafts has a text for this; nothing was written. Facts: layout."""

    code = "nothing_to_export"


class FileNotWritten(PpkitError):
    """An exported file could not be written; one that was there is as it was. Facts: path, reason."""

    code = "file_not_written"


class BriefsUnreadable(PpkitError):
    """A quotation mark in a table of briefs is never closed; nothing was taken from it. Facts: line."""

    code = "briefs_unreadable"


class WorkbookUnreadable(PpkitError):
    """A workbook of briefs is damaged, of another kind than .xlsx, or far too large. No facts."""

    code = "workbook_unreadable"


class BriefsWithoutTopic(PpkitError):
    """A table has no column of topics, or one column twice; nothing was taken from it. Facts: known."""

    code = "briefs_without_topic"


class NoSuchBatch(PpkitError):
    """There is no batch with this number. Facts: id."""

    code = "no_such_batch"


class BatchIsRunning(PpkitError):
    """Another notebook or program is at work on a batch: only one runs at a time. No facts."""

    code = "batch_is_running"


class NotAgreed(PpkitError):
    """What is left of a batch may cost more than was agreed to, or another batch was; nothing was sent.

    Facts: asked, agreed (Money), credits, agreed_credits.
    """

    code = "not_agreed"
