"""An agency and its clients: one small file says whose money a call is and what is added to it."""

from ppkit.agency.agency import Agency, Client, Colours, Logo, OwnNotebook, PlanTerms, UnknownClient
from ppkit.agency.agency_file import FILE_NAME, AgencyFileInvalid, read_agency
from ppkit.agency.terms import Currency, Markup

__all__ = [
    "FILE_NAME",
    "Agency",
    "AgencyFileInvalid",
    "Client",
    "Colours",
    "Currency",
    "Logo",
    "Markup",
    "OwnNotebook",
    "PlanTerms",
    "UnknownClient",
    "read_agency",
]
