"""`ppkit prices`: whose prices, how old; the user's own; another list beside them."""

from __future__ import annotations

import copy
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices import UpdatePrices
from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelPrice

from ppkit import current_session
from ppkit.look.texts import Texts
from ppkit.spending.own_prices import read_own_prices

from .conftest import Ppkit

OWN = '[[price]]\nmodels = ["my-model"]\ninput = "0.50"\noutput = "2.00"\nnote = "contract 2026"\n'


@pytest.fixture
def live(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PPKIT_MODE", "live")


def test_prices_are_shown_with_their_source_and_age(ppkit: Ppkit) -> None:
    out = ppkit("prices", "gpt-6-luna").out
    assert "$0.10" in out
    assert "$0.50" in out
    assert "genai-prices" in out
    assert "ago" in out
    document = ppkit("prices", "gpt-6-luna", "--json").json
    assert document["prices"][0]["input_pico_usd_per_token"] == 100_000
    assert document["list"]["age_days"] >= 0
    assert len(ppkit("prices", "--json").json["prices"]) > 50


def test_a_model_without_a_price_is_explained(ppkit: Ppkit) -> None:
    ran = ppkit("prices", "gpt-unheard-of")
    assert ran.code == 2
    assert Texts("en")("error.unknown_price.why") in ran.err
    assert "ppkit-prices.toml" in ran.err


@pytest.mark.usefixtures("live")
def test_own_prices_lie_in_the_working_folder_in_a_named_file_or_in_the_data_folder(
    ppkit: Ppkit, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def whose() -> str:
        current_session._open.clear()  # as another process: prices are read once
        return str(ppkit("prices", "my-model", "--json").json["prices"][0]["whose"])

    home.mkdir(exist_ok=True)
    (home / "ppkit-prices.toml").write_text(OWN.replace("2026", "home"))
    assert whose() == "contract home (ppkit-prices.toml)"
    Path("ppkit-prices.toml").write_text(OWN)
    assert whose() == "contract 2026 (ppkit-prices.toml)"
    (tmp_path / "named.toml").write_text(OWN)
    monkeypatch.setenv("PPKIT_PRICES", str(tmp_path / "named.toml"))
    assert whose() == "contract 2026 (named.toml)"
    assert str(tmp_path / "named.toml") in ppkit("prices", "my-model").out


def test_in_practice_own_prices_do_not_count_and_this_is_said(ppkit: Ppkit) -> None:
    Path("ppkit-prices.toml").write_text(OWN)
    assert ppkit("prices", "my-model").code == 2
    assert "only apply in live mode" in ppkit("prices", "gpt-6-luna").out
    assert ppkit("prices", "gpt-6-luna", "--json").json["list"]["own_in_force"] is False


@pytest.mark.usefixtures("live")
def test_a_faulty_file_is_a_sentence_with_its_place(ppkit: Ppkit) -> None:
    Path("ppkit-prices.toml").write_text('[[price]]\nmodels = ["m"]\n')
    ran = ppkit("prices", "gpt-6-luna")
    assert ran.code == 2
    assert "price 1, input" in ran.err


@pytest.mark.usefixtures("live")
def test_another_list_is_compared_and_a_price_taken_from_it(ppkit: Ppkit, tmp_path: Path) -> None:
    other = tmp_path / "litellm.json"
    entry = {
        "litellm_provider": "openai",
        "mode": "chat",
        "input_cost_per_token": 3e-06,
        "output_cost_per_token": 9e-06,
    }
    other.write_text(json.dumps({"gpt-9": entry, "gpt-6-luna": entry}))
    ran = ppkit("prices", "--compare", str(other))
    assert ran.code == 1
    assert "gpt-6-luna" in ran.out
    taken = ppkit("prices", "--compare", str(other), "--take", "gpt-9", "--json").json
    assert taken["taken"] == ["gpt-9"]
    current_session._open.clear()
    assert ppkit("prices", "gpt-9", "--json").json["prices"][0]["input_pico_usd_per_token"] == 3_000_000
    assert "gpt-9" in Path(taken["file"]).read_text()
    assert ppkit("prices", "--take", "gpt-9").code == 2
    other.write_text("{}")
    assert ppkit("prices", "--compare", str(other)).code == 2


def test_all_that_can_be_taken_is_taken_once_and_the_rest_is_named(ppkit: Ppkit, tmp_path: Path) -> None:
    other = tmp_path / "litellm.json"
    openai = {"litellm_provider": "openai", "mode": "chat"}
    whole = {"input_cost_per_token": 3e-06, "output_cost_per_token": 9e-06}
    as_here = {"input_cost_per_token": 1e-07, "output_cost_per_token": 5e-07}
    prices = {
        "gpt-9": whole,
        "gpt-9-halved": {"input_cost_per_token": 3e-06},
        "gpt-6-luna": {**as_here, "input_cost_per_token_flex": 4e-08},
    }
    other.write_text(json.dumps({model: {**openai, **amounts} for model, amounts in prices.items()}))
    arguments = ("prices", "--compare", str(other), "--take", "all")
    taken = ppkit(*arguments, "--json").json
    assert (taken["taken"], taken["skipped"]) == (["gpt-9"], ["gpt-6-luna", "gpt-9-halved"])
    written = Path(taken["file"]).read_text()
    told = ppkit(*arguments).out
    assert Texts("en")("cli.prices.skipped", models="gpt-6-luna, gpt-9-halved") in told
    assert Path(taken["file"]).read_text() == written


def test_the_newest_list_is_fetched_and_every_difference_taken_on_request(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = copy.deepcopy([one for one in providers if one.id == "openai"])
    changed = next(model for model in told[0].models if model.id == "gpt-4.1")
    changed.prices, changed.price_variants = (
        ModelPrice(input_mtok=Decimal("1.5"), output_mtok=Decimal("8")),
        None,
    )
    monkeypatch.setattr(UpdatePrices, "fetch", lambda _self: DataSnapshot(told, from_auto_update=True))
    assert ppkit("prices", "--refresh").code == 1
    taken = ppkit("prices", "--refresh", "--take", "all", "--json")
    assert taken.json["taken"] == ["gpt-4.1"]
    price = read_own_prices(Path(taken.json["file"])).row("gpt-4.1", "default", date.max)
    assert price is not None
    assert price[0].usual["input"] == 1_500_000


def test_without_a_network_the_newest_list_is_said_to_be_out_of_reach(
    ppkit: Ppkit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UpdatePrices, "fetch", lambda _self: (_ for _ in ()).throw(OSError("no network")))
    ran = ppkit("prices", "--refresh")
    assert ran.code == 2
    assert Texts("en")("error.price_list_out_of_reach.what", reason="OSError") in ran.err
