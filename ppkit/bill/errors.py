"""What can be wrong with the platform's figures, the files they come in and the file they are kept in."""

from __future__ import annotations

from ppkit.errors import PpkitError


class FiguresError(PpkitError):
    """Base of what is wrong with imported figures."""


class FiguresFileUnusable(FiguresError):
    """The file of the imported figures cannot be read or written, or is somebody else's. Facts: path."""

    code = "figures_file_unusable"


class FiguresFileTooNew(FiguresError):
    """A later ppkit wrote it. It is left as it is. Facts: path, found, known (schema versions)."""

    code = "figures_file_too_new"


class FiguresNotUnderstood(FiguresError):
    """The platform's answer has no figures as its document describes them. Facts: dataset, field."""

    code = "figures_not_understood"


class NotAnExport(FiguresError):
    """The file is no CSV export of the platform's usage page; nothing was imported. Facts: columns."""

    code = "not_an_export"


class ExportTooLarge(FiguresError):
    """The file is larger than any export; nothing was imported. Facts: megabytes."""

    code = "export_too_large"


class ExportLineFaulty(FiguresError):
    """Base of what is wrong with one line; nothing of the file was imported. Facts: line, column, value."""


class ExportNumberFaulty(ExportLineFaulty):
    """A whole number of zero or more should stand there, or an amount."""

    code = "export_number_faulty"


class ExportMomentFaulty(ExportLineFaulty):
    """A moment should stand there, and a period of a day at most."""

    code = "export_moment_faulty"


class ExportCurrencyOther(ExportLineFaulty):
    """The amount is not in US dollars."""

    code = "export_currency_other"


class ExportLineBroken(ExportLineFaulty):
    """The line does not have the header's columns, or a quotation mark is never closed."""

    code = "export_line_broken"
