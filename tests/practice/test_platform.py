"""The practice platform's domain: account, cards, credit, auto-recharge, keys, limits, mails, time."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ppkit.clock import ManualClock
from ppkit.money import Money
from ppkit.practice_platform.errors import (
    AlreadySignedUp,
    CardDeclined,
    InvalidAmount,
    InvalidField,
    InvalidStep,
    NoPaymentMethod,
    NotSignedUp,
    PracticeDatabaseTooNew,
    PracticeDatabaseUnreadable,
    RealCardRefused,
)
from ppkit.practice_platform.ids import new_secret
from ppkit.practice_platform.models import bill_for, practice_models
from ppkit.practice_platform.platform import Platform
from ppkit.practice_platform.rows import AutoRecharge, Bill
from ppkit.practice_platform.sample_posts import compose, language_of
from ppkit.practice_platform.tokens import count_tokens, pieces
from ppkit.practice_platform.wishes import topic_of

VISA, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
INSUFFICIENT, CHALLENGE = "4000 0000 0000 9995", "4000 0025 0000 3155"


@pytest.fixture
def anna(platform: Platform) -> Platform:
    platform.sign_up("Anna Bianchi", "anna@example.com", "Studio Bianchi")
    return platform


@pytest.fixture
def paying(anna: Platform) -> Platform:
    anna.add_payment_method(VISA, "12/30", "123", "Anna Bianchi")
    return anna


def switch_off_recharge(platform: Platform) -> None:
    rule = platform.billing.auto_recharge()
    platform.billing.set_auto_recharge(AutoRecharge(on=False, below=rule.below, to=rule.to, month_cap=None))


def charge(platform: Platform, amount: Money) -> None:
    """Bill one call of exactly this amount."""
    key = (platform.list_keys() or [platform.create_key("k")[0]])[0]
    bill = Bill(endpoint="completions", model="gpt-6-luna", lines=(("gpt-6-luna, input_tokens", 1, amount),))
    platform.usage.bill(key, platform.accounts.required().user_id, bill)


def test_signing_up_makes_an_organization_a_project_and_a_welcome(anna: Platform) -> None:
    account = anna.account()
    assert account is not None
    assert account.organization_id.startswith("org-")
    assert [project.is_default for project in anna.projects.projects()] == [True]
    assert [mail.kind for mail in anna.mails()] == ["welcome"]
    with pytest.raises(AlreadySignedUp):
        anna.sign_up("Bea", "bea@example.com", "Other")


@pytest.mark.parametrize("email", ["", "anna", "anna@", "a b@example.com", "a@b.c" * 100])
def test_an_address_that_is_none_is_refused(platform: Platform, email: str) -> None:
    with pytest.raises(InvalidField):
        platform.sign_up("Anna", email, "Studio")


def test_nothing_can_be_bought_or_made_before_signing_up(platform: Platform) -> None:
    for attempt in (
        lambda: platform.add_payment_method(VISA, "12/30", "123", "A"),
        lambda: platform.buy_credits(Money.usd(5)),
        lambda: platform.create_key("k"),
        lambda: platform.keys.create_admin("k"),
    ):
        with pytest.raises(NotSignedUp):
            attempt()


def test_a_real_card_is_refused_kept_nowhere_and_not_repeated(anna: Platform) -> None:
    number = "45390" + "14003" + "123456"  # has the form of a card, and is no test card
    with pytest.raises(RealCardRefused) as refusal:
        anna.add_payment_method(number, "12/30", "123", "Anna")
    assert number not in repr(refusal.value) + str(refusal.value.facts)
    anna.close()
    assert number.encode() not in Path(anna.database.path).read_bytes()


def test_the_test_cards_rehearse_what_they_are_published_for(anna: Platform) -> None:
    with pytest.raises(NoPaymentMethod):
        anna.buy_credits(Money.usd(5))
    with pytest.raises(CardDeclined):
        anna.add_payment_method(DECLINED, "12/30", "123", "Anna")
    poor = anna.add_payment_method(INSUFFICIENT, "12/30", "123", "Anna")
    with pytest.raises(CardDeclined):
        anna.buy_credits(Money.usd(5))
    assert [purchase.status for purchase in anna.purchases()] == ["declined"]
    assert anna.balance() == Money(0)
    anna.wallet.remove(poor.id)
    asked = anna.add_payment_method(CHALLENGE, "12/30", "123", "Anna")
    with pytest.raises(CardDeclined):
        anna.buy_credits(Money.usd(5))
    assert anna.wallet.confirm(asked.id).status == "ready"
    anna.buy_credits(Money.usd(5))
    assert anna.balance() == Money.usd(5)


@pytest.mark.parametrize(
    ("expires", "code"), [("13/30", "123"), ("12/20", "123"), ("soon", "123"), ("12/30", "x")]
)
def test_a_card_with_an_impossible_date_or_code_is_refused(anna: Platform, expires: str, code: str) -> None:
    with pytest.raises(InvalidField):
        anna.add_payment_method(VISA, expires, code, "Anna")


@pytest.mark.parametrize("amount", [0, -5, 4, 1001])
def test_credit_is_sold_between_five_and_a_thousand_dollars(paying: Platform, amount: int) -> None:
    with pytest.raises(InvalidAmount):
        paying.buy_credits(Money.usd(amount))


def test_a_purchase_comes_with_an_invoice_and_a_receipt(paying: Platform) -> None:
    purchase = paying.buy_credits(Money.usd(10))
    assert purchase.invoice == "PRACTICE-202611-0001"
    receipt = paying.mails()[0]
    assert (receipt.kind, receipt.facts["amount_pico_usd"]) == ("receipt", Money.usd(10).pico_usd)


def test_credit_that_takes_minutes_to_arrive_arrives(paying: Platform) -> None:
    paying.faults.switch("slow_credit", on=True)
    assert paying.buy_credits(Money.usd(5)).status == "pending"
    assert paying.balance() == Money(0)
    paying.advance(timedelta(minutes=10))
    assert paying.balance() == Money.usd(5)
    assert paying.purchases()[0].status == "credited"


def test_credit_expires_after_a_year_and_a_mail_says_so(paying: Platform) -> None:
    switch_off_recharge(paying)
    paying.buy_credits(Money.usd(5))
    paying.advance(timedelta(days=365))
    assert paying.balance() == Money(0)
    assert paying.mails()[0].kind == "credit_expired"


def test_the_oldest_credit_is_spent_first_and_a_debt_is_paid_by_the_next_purchase(paying: Platform) -> None:
    switch_off_recharge(paying)
    paying.buy_credits(Money.usd(5))
    paying.advance(timedelta(days=1))
    paying.buy_credits(Money.usd(5))
    charge(paying, Money.usd(6))
    assert [purchase.remaining for purchase in paying.purchases()] == [Money.usd(4), Money(0)]
    charge(paying, Money.usd(7))
    assert paying.balance() == Money.usd(-3)
    paying.buy_credits(Money.usd(5))
    assert paying.balance() == Money.usd(2)


def test_auto_recharge_is_on_by_default_and_fills_up_to_its_target(paying: Platform) -> None:
    paying.buy_credits(Money.usd(5))
    charge(paying, Money.usd("0.50"))
    assert paying.balance() == Money.usd(10)
    assert paying.purchases()[0].kind == "auto_recharge"
    assert paying.mails()[0].kind == "auto_recharge_done"


def test_auto_recharge_stops_at_its_monthly_cap_and_after_a_declined_card(anna: Platform) -> None:
    anna.add_payment_method(INSUFFICIENT, "12/30", "123", "Anna")
    anna.billing.give_credits(Money.usd(5))
    charge(anna, Money.usd(1))
    charge(anna, Money.usd(1))
    assert [mail.kind for mail in anna.mails()].count("auto_recharge_failed") == 1
    anna.wallet.remove(anna.payment_methods()[0].id)
    anna.add_payment_method(VISA, "12/30", "123", "Anna")
    anna.billing.set_auto_recharge(
        AutoRecharge(on=True, below=Money.usd(5), to=Money.usd(10), month_cap=Money.usd(10))
    )
    anna.advance(timedelta(days=1))
    for _ in range(4):
        charge(anna, Money.usd(5))
    recharged = [purchase for purchase in anna.purchases() if purchase.status == "credited"][:-1]
    assert sum(purchase.amount.pico_usd for purchase in recharged) <= Money.usd(10).pico_usd


@settings(deadline=None)
@given(amounts=st.lists(st.integers(min_value=0, max_value=3 * 10**12), max_size=12))
def test_balance_is_always_what_was_bought_less_what_was_billed(amounts: list[int]) -> None:
    platform = Platform.open(":memory:")
    platform.sign_up("Anna", "anna@example.com", "Studio")
    platform.billing.give_credits(Money.usd(5))
    platform.billing.give_credits(Money.usd(2))
    for amount in amounts:
        charge(platform, Money(amount))
    assert platform.balance() == Money.usd(7) - platform.usage.billed()
    assert platform.limits.spent() == platform.usage.billed() == Money(sum(amounts))
    lines = platform.database.number("SELECT sum(pico_usd) FROM charge_line")
    assert lines == sum(amounts)
    platform.close()


def test_a_secret_is_shown_once_and_only_its_hash_is_kept(anna: Platform) -> None:
    row, secret = anna.create_key("PostPickr-AI")
    assert secret.startswith("sk-practice-")
    assert len(secret) == len("sk-practice-") + 48
    assert "T3Blbk" + "FJ" not in secret
    assert secret not in repr(row)
    assert row.redacted.endswith(secret[-4:])
    anna.close()
    folder = Path(anna.database.path).parent
    assert not [file for file in folder.iterdir() if secret.encode() in file.read_bytes()]


def test_a_secret_with_the_infix_of_real_keys_is_thrown_away() -> None:
    tokens = iter(["T3Blbk" + "FJ" + "a" * 40, "b" * 48])
    assert new_secret("sk-practice-", lambda _length: next(tokens)) == "sk-practice-" + "b" * 48


def test_a_leaked_key_dies_and_a_mail_says_so(anna: Platform) -> None:
    row, secret = anna.create_key("k")
    anna.keys.report_leak(row.id)
    found = anna.keys.find(secret)
    assert found is not None
    assert not found.is_active(anna.clock.now())
    assert anna.mails()[0].kind == "key_leaked"


def test_usage_is_added_up_by_any_fields(anna: Platform) -> None:
    charge(anna, Money.usd(1))
    anna.advance(timedelta(days=1))
    charge(anna, Money.usd(2))
    days = anna.usage_by("day", "model")
    assert [(row.group["day"], row.cost) for row in days] == [
        ("2026-11-23", Money.usd(1)),
        ("2026-11-24", Money.usd(2)),
    ]
    assert anna.usage_by("key")[0].calls == 2
    with pytest.raises(InvalidField):
        anna.usage_by("colour")


def test_the_clock_only_moves_forward_and_is_remembered(platform: Platform, clock: ManualClock) -> None:
    with pytest.raises(InvalidStep):
        platform.advance(timedelta(days=-1))
    platform.advance(timedelta(days=1))
    with pytest.raises(InvalidStep):  # in all: many steps must not lead where there is no year any more
        platform.advance(timedelta(days=36_524))
    moved = platform.advance_to_next_month()
    assert (moved.month, moved.day, moved.hour) == (12, 1, 0)
    assert Platform(platform.database, clock).clock.now() == moved
    platform.reset()
    assert platform.clock.now() == clock.now()
    assert Platform(platform.database, clock).clock.now() == clock.now()


@pytest.mark.parametrize(
    ("number", "good"),
    [
        ("IT00743110157", True),
        ("IT00743110158", False),
        ("IT0074311015", False),
        ("DE136695976", True),
        ("DE123456789", False),
        ("X", False),
    ],
)
def test_a_vat_number_has_its_countrys_form_and_check_digits(anna: Platform, number: str, good: bool) -> None:
    if good:
        assert anna.accounts.set_business("Studio", "Via Roma 1", number).vat_number == number
    else:
        with pytest.raises(InvalidField):
            anna.accounts.set_business("Studio", "Via Roma 1", number)


def test_damaged_or_newer_data_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"not a database at all, but somebody's file" * 50)
    before = damaged.read_bytes()
    with pytest.raises(PracticeDatabaseUnreadable):
        Platform.open(damaged)
    assert damaged.read_bytes() == before
    newer = tmp_path / "newer.sqlite3"
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(PracticeDatabaseTooNew):
        Platform.open(newer)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_a_text_has_no_more_tokens_than_bytes_and_its_pieces_give_it_back(text: str) -> None:
    assert count_tokens(text) == len(pieces(text)) <= len(text.encode("utf-8", "surrogatepass"))
    assert "".join(pieces(text)) == text


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(0, 5))
def test_any_prompt_gets_a_marked_text_the_same_each_time(prompt: str, seed: int) -> None:
    text = compose(prompt, seed=seed)
    assert text == compose(prompt, seed=seed)
    assert text.startswith(("[Practice answer]", "[Risposta di esercitazione]"))


@pytest.mark.parametrize(
    ("prompt", "language", "topic"),
    [
        ("Scrivi un post sulla nuova gelateria di Bologna.", "it", "nuova gelateria di Bologna"),
        ("Write a post about our spring sale. Keep it short.", "en", "our spring sale"),
        ("Argomento: apertura domenicale\nTono: allegro", "it", "apertura domenicale"),
        ("Crea un testo per “Festa del raccolto” in tono caldo", "it", "Festa del raccolto"),
        ("Write in Italian about the harvest", "it", "the harvest"),
        ("È già primavera", "it", "È già primavera"),
    ],
)
def test_the_topic_and_the_language_of_a_prompt_are_found(prompt: str, language: str, topic: str) -> None:
    assert (language_of(prompt), topic_of(prompt)) == (language, topic)


def test_every_price_is_whole_at_every_tier_and_length(clock: ManualClock) -> None:
    for _name, model in practice_models().available(clock.now()):
        for tier in ("default", *model.tiers):
            for size in (1_000, 400_000):
                bill = Bill(
                    endpoint="completions",
                    model=model.id,
                    service_tier=tier,
                    input_tokens=size,
                    cached_tokens=size // 4,
                    cache_write_tokens=size // 4,
                    image_input_tokens=size // 4,
                    output_tokens=100,
                )
                billed = bill_for(model, bill)
                counted = sum(quantity for _item, quantity, _money in billed.lines)
                assert counted == size + 100  # every token on exactly one line
                assert billed.total > Money(0) or model.price.output == 0


def test_long_context_doubles_input_and_adds_half_to_output(clock: ManualClock) -> None:
    model = practice_models().find("gpt-6-luna", clock.now())
    assert model is not None
    short = bill_for(model, Bill("completions", model.id, input_tokens=272_000, output_tokens=100))
    long = bill_for(model, Bill("completions", model.id, input_tokens=272_001, output_tokens=100))
    assert short.lines[0][2] == Money(272_000 * 100_000)
    assert long.lines[0][2] == Money(272_001 * 200_000)
    assert Fraction(long.lines[1][2].pico_usd, short.lines[1][2].pico_usd) == Fraction(3, 2)
