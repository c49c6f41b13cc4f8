"""The costs window: the ledger's figures, and the two limits."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ppkit.agency import Agency, Client, Currency
from ppkit.look import formats
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.spending.ledger import Call, Totals
from ppkit.spending.price_list import price_list
from ppkit.spending.usage import Usage
from ppkit.widgets.base.amounts import spent_so_far
from ppkit.widgets.base.background_thread import at_once
from ppkit.widgets.base.ledger_watch import EVERY_SECONDS, RESTS, LedgerWatch
from ppkit.widgets.base.window_group import window_group_of
from ppkit.widgets.costs.costs_window import CostsWindow

from .fakes import PRACTICE_KEY, FakeSession, click, spend

LIMIT_FORM = r'name="limit" value="([^"]+)"'


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


def test_the_chart_has_a_column_for_each_day_that_cost_something_stacked_by_model(session: Any) -> None:
    spend(session, "0.40")
    spend(session, "0.10", model="gpt-image-2")
    session.clock.advance(timedelta(days=1))
    spend(session, "1.71")
    html = opened(session).html
    titles = re.findall(r'<g class="pp-series pp-series-(\d)"><title>([^<]+)</title>', html)
    assert titles == [
        ("1", "23/11, gpt-6-luna: 0,40 USD"),
        ("2", "23/11, gpt-image-2: 0,10 USD"),
        ("1", "24/11, gpt-6-luna: 1,71 USD"),
    ]
    assert re.findall(r"<span>(\d+/11)</span>", html) == ["1/11", "16/11", "30/11"]


def test_rows_can_be_grouped(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=1))
    spend(session, "0.60")
    window = opened(session)
    click(window, "group", grouping="model")
    table = window.html.split("<tbody>")[1]
    assert re.findall(r'<th scope="row">([^<]*)</th>', table) == ["gpt-6-luna"]
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
    assert html.count(f"{sign} 0,40 USD") == 3  # today, this month, the table
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


def test_without_a_limit_there_is_no_bar(session: Any) -> None:
    session.budget.set(soft=None, hard=None)
    assert "pp-limit-bar" not in opened(session).html
    session.budget.set(hard="10")
    assert "pp-limit-bar" in opened(session).html


def test_a_little_of_a_large_limit_is_seen_as_a_line_and_told_as_what_it_is(session: Any) -> None:
    session.budget.set(soft="0.01", hard="10")
    spend(session, "0.016")
    html = opened(session).html
    bar = html.partition("pp-limit-bar")[2].partition("</ul>")[0]
    assert '<rect class="pp-meter-fill pp-meter-seen" x="0" y="7" width="1"' in bar  # 1.6 of a thousand
    assert 'pp-meter-mark-soft" d="M1 ' in bar
    assert 'pp-meter-mark-hard" d="M1000 ' in bar
    for words in ("0,016 USD di 10,00 USD", "0,16%", "<span>0</span><span>10,00 USD</span>", "raggiunto"):
        assert words in bar


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


@pytest.mark.parametrize("grouping", ["all", "day", "model", "key", "other_models"])
def test_the_cost_is_the_second_column_where_no_narrow_page_cuts_it_off(session: Any, grouping: str) -> None:
    spend(session, "0.02")
    window = opened(session)
    click(window, "group", grouping=grouping)
    heads = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', window.html)
    assert heads[1] == "Costo"


def filled(html: str) -> list[str]:
    return re.findall(r'<button class="pp-button" [^>]*>(?:<svg.*?</svg>)?([^<]+)</button>', html)


def test_only_what_is_to_be_done_next_is_filled(session: Any) -> None:
    save = Texts("it")("costs.set")
    window = opened(session)
    assert filled(window.html) == [save]
    click(window, "set_limits", soft="", hard="10")
    assert Texts("it")("costs.saved") in window.html
    assert filled(window.html) == []
    click(window, "set_limits", soft="", hard="0.02")
    spend(session, "0.02")
    window.redraw_all()
    assert filled(window.html) == [save]  # calls are blocked: raising it is the way on


def test_the_month_s_end_is_forecast_and_says_how(session: Any) -> None:
    spend(session, "0.70")
    session.clock.advance(timedelta(days=1))
    spend(session, "0.10")
    html = opened(session).html
    assert "≈ 5,00 USD" in html  # 0.80, and six days like yesterday
    assert Texts("it").plural("costs.forecast_how", 1, days=6) in html


def test_other_days_and_filters_can_be_chosen_and_left_again(session: Any) -> None:
    spend(session, "0.40")
    session.clock.advance(timedelta(days=10))
    spend(session, "1.71", key="…AAAA")
    spend(session, "0.05", model="gpt-image-2", key="…BBBB")
    window = opened(session)
    click(
        window,
        "choose",
        range="own",
        first="2026-11-20",
        last="2026-12-05",
        model="",
        key="…AAAA",
        stack="key",
    )
    table = window.html.split("<tbody>")[1].split("</tbody>")[0]
    assert "1,71 USD" in table
    assert "0,40 USD" not in table
    assert "Dal 20 novembre 2026 al 5 dicembre 2026" in window.html
    click(window, "choose", range="own", first="2026-12-05", last="2026-11-20")
    assert "pp-problem" in window.html
    click(window, "usual")
    assert "1,76 USD" in window.html
    click(
        window,
        "choose",
        range="month",
        first="2026-11-23",
        last="2026-11-23",
        model="",
        key="",
        stack="model",
    )
    assert "Dal 23 novembre 2026 al 23 novembre 2026" in window.html  # typed, so meant
    assert 'value="own" selected' in window.html
    click(window, "usual")
    click(window, "choose", range="last_month", model="", key="", stack="model")
    assert "0,40 USD" in window.html.split("<tbody>")[1]


def test_the_dearest_calls_come_with_their_receipts(session: Any) -> None:
    for usd in ("0.01", "0.07", "0.03"):
        spend(session, usd)
    window = opened(session)
    click(window, "group", grouping="calls")
    calls = window.html.partition("pp-costs-calls")[2].partition("</ol>")[0]
    assert re.findall(r"<summary><b>([^<]+)</b>", calls) == ["0,07 USD", "0,03 USD", "0,01 USD"]
    assert "412 in ingresso, 96 in uscita" in calls


def test_another_model_is_priced_with_the_same_tokens_and_images_are_left_out(session: Any) -> None:
    spend(session, "0.07", model="gpt-5.4")
    session.ledger.reserve(Call("picture", "gpt-image-2", "…7Q2f", "images"), Money.usd("0.02"))
    session.ledger.settle("picture", Money.usd("0.02"), Usage(20, 4160, image_output_tokens=4160))
    window = opened(session)
    click(window, "group", grouping="other_models")
    rates = session.accounting.catalogue.price_of("gpt-6-luna", session.clock.now()).rates
    luna = formats.money(rates.input * 412 + rates.output * 96, "it")
    assert re.findall(r'<th scope="row">gpt-6-luna</th><td[^>]*>([^<]+)</td>', window.html) == [f"≈ {luna}"]
    assert "gpt-image-2</th>" not in window.html
    assert Texts("it")("costs.other_models_images", amount="0,02 USD") in window.html


def test_a_limit_of_a_day_for_one_client_is_added_changed_and_removed_in_the_window(session: Any) -> None:
    window = opened(session)
    click(
        window,
        "add_limit",
        period="day",
        subject="tag",
        name="client=rossi",
        soft="50%; 80%",
        hard="2",
        why="",
    )
    limits = session.budget.get(tag="client=rossi", period="day")
    assert limits.thresholds == (Money.usd("1"), Money.usd("1.6"))
    assert "Al giorno, l’etichetta client=rossi" in window.html
    assert Texts("it")("costs.limit_saved") in window.html
    (limit,) = re.findall(LIMIT_FORM, window.html)
    click(window, "change_limit", limit=limit, soft="", hard="3", why="Natale")
    assert session.budget.get(tag="client=rossi", period="day").hard == Money.usd("3")
    assert session.budget.changes()[-1].why == "Natale"
    click(window, "change_limit", limit=limit, soft="", hard="", why="finito")
    assert session.budget.status() == []
    assert Texts("it")("costs.limit_gone") in window.html


def test_a_form_changes_the_limit_it_shows_whatever_was_added_or_removed_meanwhile(session: Any) -> None:
    budget = session.budget
    budget.set(hard="1", tag="client=a", period="day")
    budget.set(hard="50", tag="team=b", period="day")
    window = opened(session)
    (mine, others) = re.findall(LIMIT_FORM, window.html)
    budget.set(
        hard="3", key="…WXYZ", period="day"
    )  # by another program; the window sees it and is drawn anew
    click(window, "look")
    click(window, "change_limit", limit=mine, soft="", hard="2", why="Natale")
    assert {one.scope: one.hard for one in budget.status()} == {
        "tag:client=a": Money.usd("2"), "tag:team=b": Money.usd("50"), "key:…WXYZ": Money.usd("3")
    }  # fmt: skip
    budget.set(hard=None, tag="team=b", period="day", why="finito")
    click(window, "change_limit", limit=others, soft="", hard="60", why="Natale")
    assert Texts("it")("error.limit_gone.what") in window.html
    assert {one.scope for one in budget.status()} == {"tag:client=a", "key:…WXYZ"}


def test_live_a_limit_is_raised_only_by_who_says_why(tmp_path: Any) -> None:
    live = FakeSession(tmp_path, mode="live")
    window = CostsWindow(live, run=at_once)
    click(window, "set_limits", soft="", hard="1")
    click(window, "set_limits", soft="", hard="2", why="")
    assert "pp-problem" in window.html
    assert live.budget.get().hard == Money.usd("1")
    click(window, "set_limits", soft="", hard="2", why="campagna")
    assert live.budget.get().hard == Money.usd("2")
    assert live.budget.changes()[-1].why == "campagna"
    live.ledger.close()


def test_the_window_follows_what_others_do_to_the_ledger_with_one_question(session: Any) -> None:
    window = opened(session)
    watch = LedgerWatch(window, session.clock.monotonic)
    assert watch.look() == EVERY_SECONDS
    before = window.html
    assert watch.look() == EVERY_SECONDS
    assert window.html == before
    spend(session, "0.42")
    assert watch.look() == EVERY_SECONDS
    assert "0,42 USD" in window.html
    session.budget.set(hard="77")  # by another program
    assert watch.look() == EVERY_SECONDS
    assert "77,00 USD" in window.html
    assert watch.look() == EVERY_SECONDS
    window.close()
    assert watch.look() is None


def test_a_ledger_out_of_reach_ends_no_watch(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = LedgerWatch(opened(session), session.clock.monotonic)
    monkeypatch.setattr(session.ledger, "change_mark", lambda: 1 // 0)
    assert watch.look() == EVERY_SECONDS * RESTS


def test_every_limit_that_blocks_calls_says_so_and_until_when(session: Any) -> None:
    session.budget.set(hard="0.02", period="day")
    session.budget.set(hard="0.02", period="total", key="…7Q2f")
    spend(session, "0.02")
    html = opened(session).html
    texts = Texts("it")
    scope = texts("spending.scope.all")
    day = {"scope": scope, "amount": "0,02 USD", "date": "24 novembre 2026"}
    assert texts("costs.other_reached.day", **day) in html
    key = {"scope": texts("spending.scope.key", name="…7Q2f"), "amount": "0,02 USD"}
    assert texts("costs.total_reached", **key) in html


def test_a_key_typed_anywhere_in_the_window_is_found_nowhere(session: Any, tmp_path: Path) -> None:
    spend(session, "0.02")
    window = opened(session)
    click(
        window,
        "add_limit",
        period="day",
        subject="key",
        name=PRACTICE_KEY,
        soft="",
        hard="2",
        why=PRACTICE_KEY,
    )
    click(window, "add_limit", period="day", subject="tag", name=f"a={PRACTICE_KEY}", soft="", hard="2")
    click(window, "set_limits", soft=PRACTICE_KEY, hard=PRACTICE_KEY, why=PRACTICE_KEY)
    click(
        window,
        "choose",
        range="own",
        first=PRACTICE_KEY,
        last=PRACTICE_KEY,
        client=PRACTICE_KEY,
        key=PRACTICE_KEY,
    )
    session.budget.set(hard="1", tag="client=a", period="day")
    click(window, "look")
    for form in ("usual", *re.findall(LIMIT_FORM, window.html)):
        click(window, "change_limit", limit=form, soft="", hard=PRACTICE_KEY)
    session.ledger.close()
    assert "CANARY" not in window.html
    assert [path for path in tmp_path.rglob("*") if path.is_file() and b"CANARY" in path.read_bytes()] == []


@pytest.mark.parametrize("form", ["html", "png", "pdf"])
def test_what_is_shown_can_be_taken_away_as_one_file(session: Any, form: str) -> None:
    spend(session, "0.42")
    window = opened(session)
    sent: list[tuple[Any, Any]] = []
    window.send = lambda content, buffers=None: sent.append((content, buffers))
    click(window, "download", form=form)
    [(message, buffers)] = [one for one in sent if one[0].get("type") == "download"]
    assert message["name"] == f"PRATICA-costi-2026-11-01-2026-11-30.{form}"
    assert len(buffers[0]) > 1000
    assert message["name"] in window.html


def test_the_agency_s_currency_stands_beside_the_month_with_its_rate_and_day(session: Any) -> None:
    spend(session, "2.00")
    assert "EUR" not in opened(session).html
    session.accounting.agency = Agency("Studio", currency=Currency("EUR", Decimal("0.92"), date(2026, 11, 1)))
    assert "1,84 EUR al cambio del 1 nov 2026 (1 USD = 0,92 EUR)" in opened(session).html


@pytest.mark.parametrize(
    ("form", "begins"), [("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!doctype html>")]
)
def test_the_statement_of_a_client_who_is_chosen_can_be_taken_away(
    session: Any, form: str, begins: bytes
) -> None:
    session.accounting.agency = Agency(
        "Studio", clients=(Client("rossi", "Pasticceria Rossi", "client=rossi"),)
    )
    session.ledger.reserve(Call("one", "m", "…7Q2f", "responses", {"client": "rossi"}), Money.usd("0.40"))
    session.ledger.settle("one", Money.usd("0.40"))
    window = opened(session)
    assert 'data-action="statement"' not in window.html
    click(window, "choose", range="month", client="rossi", model="", key="", stack="model")
    assert "<b>Pasticceria Rossi</b>" in window.html
    assert Texts("it")("costs.statement", month="novembre 2026") in window.html
    sent: list[tuple[Any, Any]] = []
    window.send = lambda content, buffers=None: sent.append((content, buffers))
    click(window, "statement", form=form)
    [(message, buffers)] = [one for one in sent if one[0].get("type") == "download"]
    assert message["name"] == f"PRATICA-rendiconto-2026-11-rossi.{form}"
    assert buffers[0].lstrip().startswith(begins)


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
    assert 'data-practice-path="clock?language=it"' in window.html  # for whoever will not wait for next month
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
    assert Texts("it")("costs.next_month") not in window.html


@pytest.mark.parametrize("amount", ["1000", "1.234", "1234567.5"])
@pytest.mark.parametrize("language", ["it", "en"])
def test_a_limit_saved_as_it_is_shown_stays_as_it_is(session: Any, amount: str, language: str) -> None:
    session.budget.set(soft=["1", amount], hard=amount)
    before = session.budget.get()
    window = opened(session)
    window.window_group.speak(language)
    window.redraw()
    shown = dict(re.findall(r'name="(soft|hard)"[^>]*? value="([^"]*)"', window.html.split("add_limit")[0]))
    click(window, "set_limits", soft=shown["soft"], hard=shown["hard"])
    assert session.budget.get() == before
    assert window.news == window.texts("costs.saved")


def test_an_amount_that_can_be_read_in_two_ways_is_told_and_changes_nothing(session: Any) -> None:
    window = opened(session)
    click(window, "set_limits", soft="", hard="1.000")
    assert window.card is not None
    assert window.card.code == "amount_ambiguous"
    assert "1000" in window.card.now
    assert session.budget.get().hard is None


def test_a_limit_that_is_added_leaves_what_was_not_typed_as_it_is(session: Any) -> None:
    window = opened(session)
    click(window, "set_limits", soft="", hard="5")
    click(window, "add_limit", period="month", subject="all", name="", soft="2", hard="")
    limits = session.budget.get()
    assert (limits.thresholds, limits.hard) == ((Money.usd("2"),), Money.usd("5"))
    click(window, "add_limit", period="month", subject="all", name="", soft="", hard="6")
    limits = session.budget.get()
    assert (limits.thresholds, limits.hard) == ((Money.usd("2"),), Money.usd("6"))


def test_a_name_for_a_limit_on_everything_is_told_and_sets_nothing(session: Any) -> None:
    window = opened(session)
    click(window, "add_limit", period="day", subject="all", name="client=rossi", soft="", hard="0.01")
    assert window.card is not None
    assert window.card.code == "limit_name_for_all"
    assert session.budget.status() == []


def test_live_a_limit_can_be_raised_by_the_form_that_adds_one(tmp_path: Any) -> None:
    live = FakeSession(tmp_path, mode="live")
    window = CostsWindow(live, run=at_once)
    assert 'id="pp-new-why"' not in window.html
    added = {"period": "day", "subject": "all", "name": "", "soft": ""}
    click(window, "add_limit", None, **added, hard="1")
    assert 'id="pp-new-why"' in window.html
    click(window, "add_limit", None, **added, hard="5", why="campagna")
    assert live.budget.get(period="day").hard == Money.usd("5")
    live.ledger.close()


def test_a_key_beside_a_client_with_another_is_refused_and_what_was_shown_stays(session: Any) -> None:
    clients = (Client("rossi", "Bar Rossi", "client=rossi", key="…7Q2f"),)
    session.accounting.agency = Agency(clients=clients)
    spend(session, "0.40")
    spend(session, "0.10", key="…9Zz9")
    window = opened(session)
    click(window, "choose", key="…9Zz9", client="rossi")
    assert window.card is not None
    assert window.card.code == "costs_key_of_another"
    assert window._choice.is_usual
    click(window, "choose", key="…7Q2f", client="rossi")
    assert window.card is None


def test_one_window_of_a_page_follows_the_ledger(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LedgerWatch, "start", lambda _watch: None)
    first, second = (LedgerWatch(opened(session), session.clock.monotonic) for _ in range(2))
    kept = first._window(), second._window()
    group = window_group_of(session)
    group.follow(first)
    group.follow(second)
    assert None not in kept
    assert first.look() is None
    assert second.look() == EVERY_SECONDS


def test_a_report_is_gathered_beside_the_kernels_main_thread(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend(session, "0.40")
    begun: list[Any] = []
    window = CostsWindow(session, run=lambda work, *_ends: begun.append(work))
    monkeypatch.setattr("ppkit.widgets.costs.costs_window.cost_report", lambda *_, **__: 1 // 0)
    click(window, "download", form="html")
    assert window.card is None
    with pytest.raises(ZeroDivisionError):
        begun[-1]()


def test_a_limit_of_nothing_is_not_said_to_be_saved(session: Any) -> None:
    window = opened(session)
    click(window, "add_limit", period="day", subject="all", name="", soft="", hard="")
    assert window.card is not None
    assert window.card.code == "limit_not_an_amount"


def test_whose_prices_these_are_and_how_old_stands_in_the_window(session: Any) -> None:
    prices, texts = price_list(), Texts("it")
    session.clock.advance(timedelta(days=(prices.read_on - session.clock.now().date()).days + 3))
    day = formats.date(prices.read_on, "it")
    assert texts.plural("costs.prices", 3, source=prices.source, day=day) in opened(session).html
