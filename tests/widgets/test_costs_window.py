"""The costs window: the ledger's figures, and the two limits."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.ledger import Call, Totals
from ppkit.widgets.amounts import spent_so_far
from ppkit.widgets.background_thread import at_once
from ppkit.widgets.costs_window import CostsWindow

from .fakes import FakeSession, click, spend


def opened(session: Any) -> CostsWindow:
    return CostsWindow(session, run=at_once)


def test_without_spending_it_says_where_to_begin(session: Any) -> None:
    assert "Ancora nessuna spesa" in opened(session).html


def test_it_shows_today_and_the_month_by_day_model_and_key(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=1))
    spend(session, "1.71", model="gpt-image-2")
    html = opened(session).html
    for shown in ("1,71 USD", "2,11 USD", "23 nov 2026", "24 nov 2026", "gpt-6-luna", "gpt-image-2", "…7Q2f"):
        assert shown in html


def test_the_chart_has_a_bar_for_each_day_that_cost_something(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=1))
    spend(session, "1.71")
    html = opened(session).html
    titles = re.findall(r'<rect class="pp-chart-bar"[^>]*><title>([^<]+)</title>', html)
    assert titles == ["23 nov 2026: 0,40 USD", "24 nov 2026: 1,71 USD"]
    assert re.findall(r"<span>(\d+/11)</span>", html) == ["1/11", "16/11", "30/11"]


def test_rows_can_be_grouped(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=1))
    spend(session, "0.60")
    window = opened(session)
    click(window, "group", grouping="model")
    table = window.html.split("<tbody>")[1]
    assert table.count("<tr>") == 1
    assert "1,00 USD" in table
    click(window, "group", grouping="password")
    assert window.html.split("<tbody>")[1] == table


def test_money_under_way_is_shown_beside_what_is_spent(session: Any) -> None:
    session.ledger.reserve(Call("open", "gpt-6-luna", "…7Q2f", "responses"), Money.usd("0.006"))
    assert Texts("it")("costs.under_way", amount="0,006 USD") in opened(session).html


@pytest.mark.parametrize(("mark", "sign"), [("estimated", "~"), ("ceiling", "≤"), ("overrun", "!")])
def test_a_cost_that_is_not_exact_is_marked_and_the_mark_explained(
    session: Any, mark: Any, sign: str
) -> None:
    session.ledger.reserve(Call("marked", "gpt-6-luna", "…7Q2f", "responses"), Money.usd("0.40"))
    session.ledger.settle("marked", Money.usd("0.40"), mark=mark)
    html = opened(session).html
    assert html.count(f"{sign} 0,40 USD") == 4  # today, this month, the chart's bar, the table
    assert f"<li>{sign} Di questi, 0,40 USD" in html


def test_what_is_uncertain_stands_apart_and_counts_against_the_limit(session: Any) -> None:
    session.budget.set(soft="0.5", hard="1")
    spend(session, "0.40")
    session.ledger.reserve(Call("lost", "gpt-6-luna", "…7Q2f", "responses"), Money.usd("0.60"))
    session.ledger.give_up("lost", "no_answer")
    html = opened(session).html
    assert "più fino a 0,60 USD di incerti" in html
    assert "Al massimo 0,60 USD sono incerti" in html
    assert "pp-meter-uncertain" in html
    assert "Le chiamate sono bloccate" in html
    assert "<td class=pp-number>0,40 USD</td>" in html.replace('"', "")
    assert "<td class=pp-number>0,60 USD</td>" in html.replace('"', "")


def test_the_band_of_every_live_window_tells_marks_and_what_is_uncertain() -> None:
    totals = Totals(Money.usd("1"), Money(0), 3, Money.usd("0.5"), estimated=Money(1), overrun=Money(1))
    assert spent_so_far(totals, Texts("en")) == "~! $1.00, plus up to $0.50 uncertain"
    assert spent_so_far(Totals(Money.usd("1"), Money(0), 1, Money(0)), Texts("it")) == "1,00 USD"


def test_a_new_month_starts_from_nothing(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=20))
    assert "Ancora nessuna spesa" in opened(session).html


@pytest.mark.parametrize(("soft", "hard"), [("5,00", "10,00"), ("5.00", "10"), ("$5.00", "10 USD")])
def test_both_limits_are_set_as_they_are_typed(session: Any, soft: str, hard: str) -> None:
    click(opened(session), "set_limits", soft=soft, hard=hard)
    limits = session.budget.get()
    assert (limits.soft, limits.hard) == (Money.usd("5"), Money.usd("10"))


def test_an_empty_field_takes_the_limit_away(session: Any) -> None:
    session.budget.set(soft="5", hard="10")
    click(opened(session), "set_limits", soft="", hard="")
    assert session.budget.get().hard is None


@pytest.mark.parametrize(("soft", "hard"), [("-1", ""), ("20", "10"), ("five", "10")])
def test_an_impossible_limit_is_refused_and_the_old_one_stays(session: Any, soft: str, hard: str) -> None:
    session.budget.set(soft="5", hard="10")
    window = opened(session)
    click(window, "set_limits", soft=soft, hard=hard)
    assert "pp-problem" in window.html
    assert session.budget.get().hard == Money.usd("10")
    form = window.html.partition("<form")[2].partition("</form>")[0]
    assert "pp-problem" in form  # where it is to be mended, with what was typed
    assert f'value="{soft}"' in form
    click(window, "refresh")
    assert 'value="10' in window.html
    click(window, "set_limits", soft="5", hard="11")
    assert "pp-problem" not in window.html
    assert 'value="11' in window.html


def test_without_a_limit_there_is_no_bar_that_looks_full(session: Any) -> None:
    session.budget.set(soft=None, hard=None)
    assert "pp-meter-fill" not in opened(session).html
    session.budget.set(hard="10")
    assert "pp-meter-fill" in opened(session).html


def test_a_refused_limit_is_told_as_an_amount(session: Any) -> None:
    window = opened(session)
    click(window, "set_limits", soft="-1", hard="")
    assert "(-1,00 USD)" in window.html
    assert "pico_usd" not in window.html


def test_the_alert_says_that_nothing_is_blocked_and_the_limit_that_calls_are(session: Any) -> None:
    session.budget.set(soft="1", hard="10")
    spend(session, "2")
    window = opened(session)
    assert "Niente è bloccato" in window.html
    session.budget.set(soft="1", hard="2")
    click(window, "refresh")
    assert "Le chiamate sono bloccate" in window.html


@pytest.mark.parametrize("grouping", ["all", "day", "model", "key"])
def test_the_cost_is_the_second_column_where_no_narrow_page_cuts_it_off(session: Any, grouping: str) -> None:
    spend(session, "0.02")
    window = opened(session)
    click(window, "group", grouping=grouping)
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', window.html)
    assert heads[1] == "Costo"


def test_in_practice_the_alerts_mail_is_seen_in_the_inbox_and_the_window_leads_there(session: Any) -> None:
    window = opened(session)
    click(window, "set_limits", soft="1", hard="")
    assert Texts("it")("costs.soft_mailed") not in window.html
    spend(session, "1.00")
    window.redraw_all()
    assert [str(mail["subject"]) for mail in session.platform.mails] == [
        "[PRATICA] Avviso di spesa: raggiunti 1,00 USD"
    ]
    assert Texts("it")("costs.soft_mailed") in window.html
    assert 'data-practice-path="inbox?language=it"' in window.html
    window.redraw_all()
    assert len(session.platform.mails) == 1


def test_a_mail_that_did_not_arrive_is_not_told_as_if_it_had_and_is_tried_again(session: Any) -> None:
    window = opened(session)
    click(window, "set_limits", soft="1", hard="")
    session.platform.is_down = True
    spend(session, "1.00")
    window.redraw_all()
    assert Texts("it")("costs.soft_mailed") not in window.html
    session.platform.is_down = False
    click(window, "refresh")
    assert Texts("it")("costs.soft_mailed") in window.html


def test_in_live_mode_no_inbox_is_asked(tmp_path: Any) -> None:
    live = FakeSession(tmp_path, mode="live")
    window = CostsWindow(live, run=at_once)
    click(window, "set_limits", soft="1", hard="")
    spend(live, "1.00")
    window.redraw_all()
    assert live.platform.mails == []
    assert Texts("it")("costs.soft_mailed") not in window.html
