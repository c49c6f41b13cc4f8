"""The platform's bill in the costs window: imported, every difference named, settled after consent."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ppkit.bill import FigureFile, Imported, PlatformBill
from ppkit.bill.figures import DATASETS, Figure
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.platform_account import NoAdminKey
from ppkit.spending.ledger import Call
from ppkit.spending.prices import PriceCatalogue
from ppkit.spending.usage import Usage
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.costs.costs_window import CostsWindow

from .fakes import PRACTICE_KEY, FakeSession, click

TEXTS = Texts("it")
DAY = date(2026, 11, 23)
MODEL = "gpt-6-luna"
ADMIN_KEY = "sk-practice-admin-" + "CANARY" * 8
CATALOGUE = PriceCatalogue().with_user_price(MODEL, input="0.000001", output="0")  # a token: a pico-dollar
COSTS = """start_time,end_time,amount_value,amount_currency,line_item,api_key_id
1795392000,1795478400,0.05,usd,"gpt-6-luna, input",key_1
"""


class Account:
    """The account of a platform that tells `figures`, and takes an hour to do so if `waits` says so."""

    def __init__(self, session: FakeSession, folder: Path) -> None:
        self._session = session
        self._file = FigureFile(folder / "figures.sqlite3")
        self.bill = PlatformBill(self._file, lambda: session.ledger, session.clock, lambda: CATALOGUE)
        self.figures: list[Figure] = []
        self.pages = 1
        self.asked_with: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def project_keys(self) -> None:
        return None

    def fetch_bill(self, on_page: Callable[[Any], None]) -> Imported:
        key = self._session.linking.admin_key
        if key is None:
            raise NoAdminKey(mode="practice")
        self.asked_with.append(key.masked)
        self._file.remember_keys({"key_1": "7Q2f", "key_2": "AAAA"})
        for _ in range(self.pages):
            for dataset in DATASETS:
                mine = [one for one in self.figures if one.dataset == dataset]
                told_at = datetime(2026, 11, 26, tzinfo=UTC)
                self._file.replace(dataset, [DAY], mine, source="platform", told_at=told_at)
            self.meanwhile()
            on_page(None)
        return Imported({"costs": 1}, len(self.figures))

    def bills(self, cost: int, key: str = "key_1", calls: int = 1) -> None:
        self.figures += [
            Figure("costs", DAY, f"{MODEL}, input", key, pico_usd=cost),
            Figure("completions", DAY, MODEL, key, calls=calls, input_tokens=cost, output_tokens=96),
        ]


@pytest.fixture
def account(session: Any, tmp_path: Path) -> Account:
    made = Account(session, tmp_path)
    session.platform_account = cast(Any, made)
    return made


def called(session: Any, cost: int, *, lost: bool = False) -> None:
    call = Call(f"call-{cost}", MODEL, "…7Q2f", "responses")
    session.ledger.reserve(call, Money(cost))
    if lost:
        session.ledger.give_up(call.id)
    else:
        session.ledger.settle(call.id, Money(cost), Usage(cost, 96))


def opened(session: Any) -> CostsWindow:
    return CostsWindow(session, run=at_once)


def section(window: CostsWindow) -> str:
    return window.html.partition('id="pp-bill"')[2]


def imported(window: CostsWindow) -> str:
    click(window, "bill_import", {"admin_key": ADMIN_KEY})
    return section(window)


def test_nothing_of_the_bill_is_read_before_it_is_asked_for(
    session: Any, account: Account, tmp_path: Path
) -> None:
    window = opened(session)
    assert TEXTS("costs.bill") in window.html
    assert not (tmp_path / "figures.sqlite3").exists()
    click(window, "bill_compare")
    assert TEXTS("costs.bill.nothing") in section(window)
    assert window.news == TEXTS("costs.bill.nothing")


def test_every_day_and_model_is_shown_with_its_difference_and_what_it_comes_from(
    session: Any, account: Account
) -> None:
    called(session, 40_000_000_000)
    account.bills(40_000_000_000)
    account.bills(20_000_000_000, key="key_2")
    html = imported(opened(session))
    cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", html.partition("<tbody>")[2].partition("</tbody>")[0])
    cause = TEXTS("reconcile.cause.elsewhere")
    assert cells == ["23 nov 2026", "0,02 USD", f"{cause} 0,02 USD", MODEL, "0,04 USD", "0,06 USD"]
    assert TEXTS("reconcile.cause.elsewhere.why") in html
    assert "<details" not in html.split("</details>")[0]  # what is told stands in the part that is open
    assert " open>" in html[:40]


def test_where_both_agree_it_says_so(session: Any, account: Account) -> None:
    called(session, 40_000_000_000)
    account.bills(40_000_000_000)
    window = opened(session)
    assert TEXTS("cli.reconcile.agree") in imported(window)
    assert window.news == TEXTS("cli.reconcile.agree")


def test_uncertain_calls_are_settled_only_once_that_was_agreed_to(session: Any, account: Account) -> None:
    called(session, 30_000_000_000)
    called(session, 50_000_000_000, lost=True)
    account.bills(30_000_000_000)
    account.bills(20_000_000_000)
    window = opened(session)
    html = imported(window)
    assert TEXTS.plural("cli.reconcile.to_settle", 1, cost="0,02 USD") in html
    assert len(session.ledger.uncertain()) == 1
    filled = re.findall(r'<button class="pp-button" [^>]*>(?:<svg.*?</svg>)?([^<]+)</button>', window.html)
    assert filled == [TEXTS("costs.bill.settle")]
    click(window, "bill_settle")
    assert session.ledger.uncertain() == []
    assert session.ledger.totals().spent == Money(50_000_000_000)
    assert TEXTS.plural("cli.reconcile.settled", 1) in section(window)
    click(window, "bill_settle")  # there is nothing left to agree to
    assert TEXTS.plural("cli.reconcile.settled", 1) in section(window)


def test_what_was_resolved_meanwhile_is_not_settled_again(session: Any, account: Account) -> None:
    called(session, 50_000_000_000, lost=True)
    account.bills(20_000_000_000)
    window = opened(session)
    imported(window)
    session.ledger.resolve("call-50000000000", Money(7), by="Anna", why="the invoice")
    click(window, "bill_settle")
    assert session.ledger.totals().spent == Money(7)


def test_an_import_that_is_stopped_shows_what_has_come(session: Any, account: Account) -> None:
    called(session, 40_000_000_000)
    account.bills(40_000_000_000)
    account.pages = 5
    window = opened(session)
    account.meanwhile = lambda: click(window, "stop")
    html = imported(window)
    assert TEXTS("cli.reconcile.agree") in html
    assert len(account.asked_with) == 1


def test_only_an_import_offers_to_be_stopped_and_settling_says_what_it_does(
    session: Any, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    called(session, 50_000_000_000, lost=True)
    account.bills(20_000_000_000)
    window = opened(session)
    seen: dict[str, str] = {}
    compared = account.bill.reconcile

    def watched() -> Any:
        window.redraw()
        seen[window.bill.asked] = section(window).partition('data-progress="bill"')[2].partition("</div>")[0]
        return compared()

    monkeypatch.setattr(account.bill, "reconcile", watched)
    imported(window)
    click(window, "bill_compare")
    click(window, "bill_settle")
    assert {name: 'data-action="stop"' in shown for name, shown in seen.items()} == {
        "bill_import": True,
        "bill_compare": False,
        "bill_settle": False,
    }
    assert TEXTS("costs.bill.settling") in seen["bill_settle"]
    assert TEXTS("costs.bill.working") in seen["bill_compare"]


def test_the_admin_key_in_use_is_used_until_another_is_typed(session: Any, account: Account) -> None:
    window = opened(session)
    click(window, "bill_import", {"admin_key": ""})
    assert window.card is not None
    assert window.card.code == "no_admin_key"
    assert "pp-problem" in section(window)
    assert "pp-problem" not in window.html.partition('id="pp-bill"')[0]
    imported(window)
    click(window, "bill_import", {"admin_key": ""})
    assert len(account.asked_with) == 2
    click(window, "bill_import", {"admin_key": PRACTICE_KEY})
    assert window.card is not None
    assert len(account.asked_with) == 2


def test_exported_files_are_read_each_by_its_name(session: Any, account: Account) -> None:
    called(session, 40_000_000_000)
    session.clock.advance(timedelta(days=5))
    window = opened(session)

    def sent(files: dict[str, bytes], **fields: str) -> str:
        window.files = files
        window.receive("bill_files", fields, {})
        window.files = {}
        return section(window)

    usage = "start_time,end_time,num_model_requests,model,api_key_id,input_tokens,output_tokens\n"
    usage += f"1795392000,1795478400,1,{MODEL},key_1,50000000000,96\n"
    html = sent(
        {"costs": COSTS.encode(), "activity": usage.encode()},
        costs_name="cost_2026.csv",
        activity_name="embeddings_usage_2026.csv",
    )
    assert TEXTS("cli.reconcile.imported", figures="2", days="1") in html
    assert "0,01 USD" in html
    day, told = date(2026, 11, 23), account._file.told_at(date(2026, 11, 1), date(2026, 11, 30))
    assert {dataset for dataset, _ in told} == {"costs", "embeddings"}
    assert all(at == day for _, at in told)


@pytest.mark.parametrize(
    ("fields", "text_id"), [({}, "costs.bill.no_file"), ({"too_large": "1"}, "costs.bill.too_large")]
)
def test_without_a_file_or_with_too_large_a_one_it_says_so_where_files_are_chosen(
    session: Any, account: Account, fields: dict[str, str], text_id: str
) -> None:
    window = opened(session)
    click(window, "bill_files", None, **fields)
    assert TEXTS(text_id) in section(window)


def test_a_file_that_is_no_export_is_told_in_the_same_place(session: Any, account: Account) -> None:
    window = opened(session)
    imported(window)
    window.files = {"costs": b"name,age\nAnna,7\n"}
    window.receive("bill_files", {"costs_name": "people.csv"}, {})
    assert window.card is not None
    assert window.card.code == "not_an_export"
    card = section(window).partition('"pp-problem"')[2].partition("</section>")[0]
    assert 'data-action="refresh"' in card  # importing with the key would be no second try of the file
    assert "bill_import" not in card
    click(window, "group", grouping="model")
    assert "pp-problem" not in window.html
    assert " open>" not in section(window)[:40]


def test_an_admin_key_typed_into_the_section_is_found_nowhere(
    session: Any, account: Account, tmp_path: Path, outbound: list[object]
) -> None:
    account.bills(40_000_000_000)
    window = opened(session)
    imported(window)
    click(window, "bill_import", {"admin_key": ADMIN_KEY + "x y"})
    click(window, "bill_files", None, costs_name=ADMIN_KEY)
    click(window, "bill_compare")
    session.ledger.close()
    assert account.asked_with
    assert "CANARY" not in repr((window.html, window.news, window.get_state(), outbound))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()] == []
