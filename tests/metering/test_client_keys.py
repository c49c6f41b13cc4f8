"""One client's key does no work for another: refused before anything leaves."""

from __future__ import annotations

import pytest

from ppkit.agency import Agency, Client
from ppkit.checkup import diagnose, explain
from ppkit.keys.masking import masked_end
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.metering import Meter, tags
from ppkit.metering.refusals import KeyOfOtherClient
from ppkit.spending.ledger import Ledger

from .callers import KEY, Caller
from .fake_platform import MODEL, FakePlatform

ASKED = {"model": MODEL, "input": "Ciao"}


@pytest.fixture
def meter(meter: Meter) -> Meter:
    meter.clients = Agency(
        clients=(
            Client("rossi", "Pasticceria Rossi", "client=rossi", masked_end(KEY)),
            Client("verdi", "Verdi Fiori", "client=verdi"),
        )
    )
    return meter


def test_a_call_for_one_client_with_the_key_of_another_is_not_sent(
    caller: Caller, platform: FakePlatform, ledger: Ledger
) -> None:
    with tags(client="verdi"), pytest.raises(KeyOfOtherClient) as refused:
        caller.call("responses.create", **ASKED)
    assert refused.value.facts == {"owner": "Pasticceria Rossi", "client": "Verdi Fiori"}
    assert platform.requests == []
    assert ledger.report().rows == []
    assert "CANARY" not in repr(refused.value) + str(refused.value)


@pytest.mark.parametrize("labels", [{"client": "rossi"}, {"client": "nobody"}, {"lesson": "verdi"}])
def test_a_client_s_own_work_and_work_for_nobody_known_go_through(
    caller: Caller, platform: FakePlatform, labels: dict[str, str]
) -> None:
    with tags(**labels):
        caller.call("responses.create", **ASKED)
    assert len(platform.requests) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_refusal_names_both_clients_on_its_card(caller: Caller, language: str) -> None:
    with tags(client="verdi"), pytest.raises(KeyOfOtherClient) as refused:
        caller.call("responses.create", **ASKED)
    told = explain(diagnose(refused.value), Texts(language))
    assert "Pasticceria Rossi" in told.what
    assert "Verdi Fiori" in told.what
