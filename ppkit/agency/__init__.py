"""An agency and its clients: one small file says whose money a call is and what is added to it."""

from ppkit.agency.agency import Agency, Client, Colours, Logo, OwnNotebook, PlanTerms, UnknownClient
from ppkit.agency.agency_file import FILE_NAME, AgencyFileInvalid, read_agency
from ppkit.agency.learners_part import (
    AgencyFolderTaken,
    copy_whole,
    is_open_with_business,
    remove_copies,
    whole_agency,
    write_learners_part,
)
from ppkit.agency.terms import Currency, Markup

__all__ = [
    "FILE_NAME",
    "Agency",
    "AgencyFileInvalid",
    "AgencyFolderTaken",
    "Client",
    "Colours",
    "Currency",
    "Logo",
    "Markup",
    "OwnNotebook",
    "PlanTerms",
    "UnknownClient",
    "copy_whole",
    "is_open_with_business",
    "read_agency",
    "remove_copies",
    "whole_agency",
    "write_learners_part",
]
