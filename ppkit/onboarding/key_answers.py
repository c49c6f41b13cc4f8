"""What the platform says to a key that is shown to it: that it lives, that there is none such, or neither."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from ppkit.checkup import Diagnosis, diagnose

if TYPE_CHECKING:
    import openai  # only the caller's client is used here: the SDK takes over half a second to import


def knock(client: openai.OpenAI) -> Diagnosis | None:
    """Ask the platform once, free of charge, whether it knows this client's key; None when it does.

    The client is closed afterwards.
    """
    try:
        with closing(client):
            client.models.with_raw_response.list()
    except Exception as error:  # whatever it is becomes a diagnosis: a traceback could quote the key
        return diagnose(error)
    return None


def is_alive(answer: Diagnosis | None) -> bool:
    """An answer, or a refusal that only a genuine key can get."""
    return answer is None or answer.proves_key


def is_no_such_key(answer: Diagnosis | None) -> bool:
    """The platform's own 401 "invalid_api_key"; silence, a web page or another refusal is no proof."""
    if answer is None or answer.code != "wrong_key":
        return False
    return (answer.details.get("status"), answer.details.get("code")) == (401, "invalid_api_key")
