"""A first visit, page by page: account, billing, keys, usage, limits, inbox, clock, failures, language."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ppkit.clock import ManualClock
from ppkit.look.texts import LANGUAGES, Texts
from ppkit.money import Money
from ppkit.practice import mailbox
from ppkit.practice.cards import TEST_CARDS
from ppkit.practice.console.card_pages import SHOWN_CARDS
from ppkit.practice.console.inbox_pages import letter
from ppkit.practice.console.pages import PAGES
from ppkit.practice.console.usage_pages import add_up, bounds, days_of, series_of, total
from ppkit.practice.errors import PracticeError
from ppkit.practice.faults import FAULTS
from ppkit.practice.platform import Platform
from ppkit.practice.rows import ApiKeyRow, Bill, Mail, UsageRow

from .person import Person, words

SECRET = re.compile(r"sk-practice-[A-Za-z0-9]{48}")
CARD = {"expires": "12/29", "security_code": "123", "holder": "Anna Bianchi"}


def spend(platform: Platform, key: ApiKeyRow, usd: str, model: str = "gpt-6-luna") -> None:
    lines = ((f"{model}, output_tokens", 100, Money.usd(usd)),)
    platform.usage.bill(
        key, "user-1", Bill("completions", model, input_tokens=40, output_tokens=100, lines=lines)
    )


# --- the account


@pytest.mark.parametrize("page", sorted(name for name, page in PAGES.items() if page.needs_account))
def test_without_an_account_every_page_leads_to_sign_up(visitor: Person, page: str) -> None:
    answer = visitor.read(page)
    assert (answer.status_code, answer.headers["location"]) == (303, "sign-up")


def test_signing_up_makes_the_account_and_leads_home(visitor: Person, platform: Platform) -> None:
    answer = visitor.send(
        "sign-up", "sign_up", name="Anna", email="anna@example.com", organization_name="Studio"
    )
    assert answer.headers["location"] == "./?done=signed_up"
    account = platform.account()
    assert account is not None
    assert account.organization_name == "Studio"
    assert "Anna" in words(visitor.read())


def test_a_field_that_is_wrong_is_named_and_the_others_are_kept(visitor: Person) -> None:
    answer = visitor.send("sign-up", "sign_up", name="Anna", email="anna", organization_name="Studio")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'value="Anna"' in answer.text
    assert "This does not look like an e-mail address." in words(answer)


def test_after_signing_out_only_the_accounts_address_opens_the_door(person: Person) -> None:
    person.send("sign-out", "sign_out")
    assert person.read("billing").headers["location"] == "sign-in"
    assert person.send("sign-in", "sign_in", email="somebody@example.com").status_code == 422
    assert person.send("sign-in", "sign_in", email="ANNA@example.com").status_code == 303
    assert person.read("billing").status_code == 200


def test_chatgpt_is_another_product_without_api_credit(visitor: Person, platform: Platform) -> None:
    page = visitor.read("chatgpt")
    assert "ChatGPT Plus active subscription" in words(page)
    assert "API credit $0.00" in words(page)
    assert 'class="console-menu"' not in page.text
    assert "· PRACTICE</title>" in page.text
    assert 'href="chatgpt"' in visitor.read("sign-up").text
    platform.sign_up("Anna", "anna@example.com", "Studio")
    assert 'href="chatgpt"' in visitor.read().text


# --- language


def test_the_browsers_language_is_spoken_until_one_is_chosen(person: Person) -> None:
    page = person.web.get("/", headers={"accept-language": "it-IT,it;q=0.9"})
    assert '<html lang="it">' in page.text
    person.send("language", "language", language="en", back="billing")
    assert '<html lang="en">' in person.web.get("/", headers={"accept-language": "it"}).text


def test_choosing_a_language_leads_back_to_the_same_page(person: Person) -> None:
    answer = person.send("language", "language", language="it", back="billing")
    assert answer.headers["location"] == "billing"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "../x", "javascript:alert(1)"])
def test_choosing_a_language_never_leads_elsewhere(person: Person, back: str) -> None:
    answer = person.send("language", "language", language="it", back=back)
    assert answer.headers["location"] == "./"


def test_an_address_can_carry_the_language(person: Person) -> None:
    assert '<html lang="it">' in person.read("?language=it").text
    assert '<html lang="it">' in person.read("billing").text
    assert '<html lang="it">' in person.read("?language=xx").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", sorted(PAGES))
def test_every_page_opens_in_both_languages(
    buyer: Person, platform: Platform, page: str, language: str
) -> None:
    key, _secret = platform.create_key("PostPickr-AI", expires_in=timedelta(days=7))
    platform.buy_credits(Money.usd(5))
    spend(platform, key, "0.0123")
    answer = buyer.web.get(f"/{page}?language={language}", follow_redirects=True)
    assert answer.status_code == 200


# --- billing


def test_the_form_offers_exactly_the_published_test_cards(person: Person) -> None:
    page = person.read("payment-method").text
    offered = re.findall(r'data-fill-number="([^"]+)"', page)
    assert offered == [card.number for card in SHOWN_CARDS]
    assert [number.replace(" ", "") for number in offered] == [card.number for card in TEST_CARDS]


@pytest.mark.parametrize(
    "number", ["4111 1111 1111 1111", "378282246310005", "4242424242424241", "", "x" * 500]
)
def test_any_other_card_is_refused_never_shown_never_kept(
    person: Person, tmp_path: Path, platform: Platform, number: str
) -> None:
    answer = person.send("payment-method", "add_card", number=number, **CARD)
    assert answer.status_code == 422
    assert "Never type a real card here" in words(answer)
    assert platform.payment_methods() == []
    if number:
        assert number not in answer.text
        assert number.replace(" ", "") not in answer.text
        kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert number.encode() not in kept


def test_a_test_card_is_added_and_leads_to_buying(person: Person, platform: Platform) -> None:
    answer = person.send("payment-method", "add_card", number="4242 4242 4242 4242", **CARD)
    assert answer.headers["location"] == "buy-credits?done=card_added"
    assert [method.last4 for method in platform.payment_methods()] == ["4242"]


def test_even_a_test_card_is_not_shown_again_when_something_else_is_wrong(person: Person) -> None:
    answer = person.send(
        "payment-method", "add_card", number="4242424242424242", **{**CARD, "expires": "1/20"}
    )
    assert answer.status_code == 422
    assert "This date is in the past." in words(answer)
    assert re.findall(r"<input[^>]*4242", answer.text) == []


def test_a_declined_card_says_so(person: Person) -> None:
    answer = person.send("payment-method", "add_card", number="4000000000000002", **CARD)
    assert "The card was declined." in words(answer)


@pytest.mark.parametrize(("reply", "added"), [("approve", 1), ("refuse", 0)])
def test_a_card_with_3d_secure_waits_for_the_bank(
    person: Person, platform: Platform, reply: str, added: int
) -> None:
    person.send("payment-method", "add_card", number="4000002500003155", **CARD)
    assert "The bank asks you to confirm" in words(person.read("payment-method"))
    method = platform.payment_methods()[0]
    person.send("payment-method", "answer_bank", method=method.id, answer=reply)
    assert len([method for method in platform.payment_methods() if method.status == "ready"]) == added


@pytest.mark.parametrize(
    ("fields", "usd"),
    [({"amount": "5"}, "5"), ({"amount": "20"}, "20"), ({"amount": "other", "other_amount": "7,50"}, "7.50")],
)
def test_credit_is_bought_for_the_chosen_amount(
    buyer: Person, platform: Platform, fields: dict[str, str], usd: str
) -> None:
    answer = buyer.send("buy-credits", "buy", **fields)
    assert answer.headers["location"] == "billing?done=credit_bought"
    assert platform.balance() == Money.usd(usd)


@pytest.mark.parametrize("amount", ["4.99", "1000.01", "0", "-5", "5.001", "abc", "", "٥", "1e3"])
def test_an_amount_outside_the_rules_buys_nothing(buyer: Person, platform: Platform, amount: str) -> None:
    answer = buyer.send("buy-credits", "buy", amount="other", other_amount=amount)
    assert answer.status_code == 422
    assert platform.purchases() == []


def test_a_purchase_without_funds_is_on_record_and_explained(person: Person, platform: Platform) -> None:
    person.send("payment-method", "add_card", number="4000000000009995", **CARD)
    answer = person.send("buy-credits", "buy", amount="10")
    assert "insufficient funds" in words(answer)
    assert [purchase.status for purchase in platform.purchases()] == ["declined"]


def test_without_a_card_the_problem_leads_to_adding_one(person: Person) -> None:
    answer = person.send("buy-credits", "buy", amount="10")
    assert 'href="payment-method"' in answer.text
    assert "There is no card yet." in words(answer)


def test_auto_recharge_is_ticked_until_somebody_unticks_it(buyer: Person, platform: Platform) -> None:
    assert re.search(r'name="auto_recharge" value="on" checked', buyer.read("buy-credits").text)
    buyer.send("buy-credits", "buy", amount="5")
    assert platform.billing.auto_recharge().on is False


def test_auto_recharge_is_saved_as_typed(buyer: Person, platform: Platform) -> None:
    buyer.send("billing", "save_recharge", auto_recharge="on", below="6,50", to="20.00", month_cap="50")
    rule = platform.billing.auto_recharge()
    assert (rule.below, rule.to, rule.month_cap) == (Money.usd("6.50"), Money.usd(20), Money.usd(50))


def test_a_refused_recharge_rule_keeps_the_old_one_and_says_the_bounds(
    buyer: Person, platform: Platform
) -> None:
    answer = buyer.send("billing", "save_recharge", auto_recharge="on", below="20", to="10")
    assert "Amounts from $5.00 to $1,000.00" in words(answer)
    assert platform.billing.auto_recharge().to == Money.usd(10)


def test_a_wrong_vat_number_is_named_and_kept_for_correction(person: Person, platform: Platform) -> None:
    answer = person.send("preferences", "save", company="Studio", address="", vat_number="IT00743110158")
    assert answer.status_code == 422
    assert "IT00743110158" in answer.text
    assert person.send("preferences", "save", company="Studio", vat_number="IT00743110157").status_code == 303


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("it 00743 110157", "IT00743110157"),
        ("DE 136.695.976", "DE136695976"),
        ("FR40303265045", "FR40303265045"),
        ("NL004495445B01", "NL004495445B01"),
        ("", ""),
    ],
)
def test_vat_numbers_of_the_whole_union_are_kept_in_one_piece(
    person: Person, platform: Platform, typed: str, kept: str
) -> None:
    assert person.send("preferences", "save", company="Studio", vat_number=typed).status_code == 303
    account = platform.account()
    assert account is not None
    assert account.vat_number == kept


@pytest.mark.parametrize(
    "typed", ["DE136695977", "00743110157", "XX123456789", "ITxyz", "IT٠٠٧٤٣١١٠١٥٧", "?"]
)
def test_what_no_country_of_the_union_gives_out_is_refused(person: Person, typed: str) -> None:
    answer = person.send("preferences", "save", company="Studio", vat_number=typed)
    assert answer.status_code == 422
    assert "This number does not add up" in words(answer)


# --- keys


def test_a_new_key_is_shown_once_and_nowhere_else(person: Person, platform: Platform, tmp_path: Path) -> None:
    answer = person.send("new-key", "create", name="PostPickr-AI", permissions="all")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    secrets = SECRET.findall(answer.text)
    assert len(secrets) == 1
    assert platform.keys.find(secrets[0]) is not None
    for page in PAGES:
        assert not SECRET.search(person.read(page).text)
    assert secrets[0] not in "".join(f"{name}: {value}" for name, value in answer.headers.items())
    assert secrets[0].encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_list_shows_a_key_masked(person: Person, platform: Platform) -> None:
    key, secret = platform.create_key("PostPickr-AI")
    page = words(person.read("api-keys"))
    assert key.redacted in page
    assert "PostPickr-AI" in page
    assert secret[16:-4] not in page


@pytest.mark.parametrize(
    ("fields", "permissions", "scopes", "days"),
    [
        ({"permissions": "all"}, "all", (), None),
        ({"permissions": "read_only", "expires_in": "30"}, "read_only", (), 30),
        ({"permissions": "restricted", "scope:model.request": "on"}, "restricted", ("model.request",), None),
        ({"permissions": "all", "expires_in": "99999"}, "all", (), None),
    ],
)
def test_a_key_gets_the_rights_and_the_expiry_that_were_chosen(
    person: Person,
    platform: Platform,
    fields: dict[str, str],
    permissions: str,
    scopes: tuple[str, ...],
    days: int | None,
) -> None:
    person.send("new-key", "create", name="K", **fields)
    key = platform.list_keys()[0]
    assert (key.permissions, key.scopes) == (permissions, scopes)
    assert key.expires_at == (key.created_at + timedelta(days=days) if days else None)


def test_reloading_the_page_of_a_new_key_makes_no_second_one(person: Person, platform: Platform) -> None:
    fields = {"name": "PostPickr-AI", "permissions": "all", "attempt": "first"}
    assert person.send("new-key", "create", **fields).status_code == 200
    again = person.send("new-key", "create", **fields)
    assert (again.status_code, again.headers["location"]) == (303, "api-keys")
    assert len(platform.list_keys()) == 1
    assert person.send("new-key", "create", **{**fields, "attempt": "second"}).status_code == 200


def test_a_key_without_a_name_is_not_made(person: Person, platform: Platform) -> None:
    answer = person.send("new-key", "create", name=" ", permissions="all")
    assert answer.status_code == 422
    assert not SECRET.search(answer.text)
    assert platform.list_keys() == []


def test_revoking_asks_first_and_then_ends_the_key(person: Person, platform: Platform) -> None:
    key, secret = platform.create_key("PostPickr-AI")
    assert "Revoke this key?" in words(person.read(f"api-keys?revoke={key.id}"))
    assert len(platform.list_keys()) == 1
    person.send("api-keys", "revoke", key=key.id)
    assert platform.list_keys() == []
    found = platform.keys.find(secret)
    assert found is not None
    assert found.revoked_at is not None


def test_revoking_twice_is_explained(person: Person, platform: Platform) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    person.send("api-keys", "revoke", key=key.id)
    assert "This item is no longer there." in words(person.send("api-keys", "revoke", key=key.id))


def test_the_default_project_cannot_be_archived(person: Person, platform: Platform) -> None:
    answer = person.send("projects", "archive", project=platform.projects.default().id)
    assert answer.status_code == 422


# --- usage


def row(day: str, model: str, usd: str) -> UsageRow:
    return UsageRow({"day": day, "model": model, "key": "K", "project": "P"}, 1, 10, 20, 0, Money.usd(usd))


def test_usage_adds_up_to_the_same_sum_whatever_the_group() -> None:
    rows = [row("2026-11-01", "a", "0.1"), row("2026-11-02", "a", "0.2"), row("2026-11-02", "b", "0.4")]
    for by in ("day", "model", "key"):
        assert sum(line.cost.pico_usd for line in add_up(rows, by)) == total(rows).cost.pico_usd
    assert [line.name for line in add_up(rows, "model")] == ["a", "b"]


def test_every_day_of_the_period_is_there(clock: ManualClock) -> None:
    days = days_of(*bounds("this_month", clock.now()))
    assert len(days) == 30
    assert (days[0].isoformat(), days[-1].isoformat()) == ("2026-11-01", "2026-11-30")


def test_the_chart_shows_up_to_five_models_and_the_rest_together() -> None:
    rows = [row("2026-11-01", f"m{number}", f"0.{number}") for number in range(1, 8)]
    assert list(series_of(rows, "others").values()) == ["m7", "m6", "m5", "m4", "others", "others", "others"]
    assert list(series_of(rows[:5], "others").values()) == ["m5", "m4", "m3", "m2", "m1"]


def test_the_legend_names_each_model_with_its_cost(person: Person, platform: Platform) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    for number in range(1, 8):
        spend(platform, key, f"0.0{number}", model=f"m{number}")
    html = person.read("usage").text
    legend = html[html.index('<ul class="pp-legend">') :].partition("</ul>")[0]
    named = re.findall(r"<span>([^<]+)</span> <b>([^<]+)</b>", legend)
    assert named == [
        ("m7", "$0.07"),
        ("m6", "$0.06"),
        ("m5", "$0.05"),
        ("m4", "$0.04"),
        ("Other models", "$0.06"),
    ]
    assert "Nov 23, 2026, m7: $0.07" in html


@pytest.mark.parametrize(("period", "days"), [("this_month", 30), ("last_month", 31), ("last_30_days", 30)])
def test_a_period_has_its_days(clock: ManualClock, period: str, days: int) -> None:
    since, until = bounds(period, clock.now())
    assert (until - since).days == days


@pytest.mark.parametrize("by", ["day", "model", "key", "project", "nonsense"])
def test_the_usage_page_shows_what_calls_cost(person: Person, platform: Platform, by: str) -> None:
    key, _secret = platform.create_key("PostPickr-AI")
    spend(platform, key, "0.0123")
    spend(platform, key, "0.2", model="gpt-image-2")
    page = words(person.read(f"usage?by={by}"))
    assert "$0.21" in page
    filtered = words(person.read(f"usage?by={by}&model=gpt-6-luna"))
    assert "$0.0123" in filtered
    assert "$0.2000" not in filtered


# --- limits, inbox


def test_alert_and_limit_are_set_and_their_mails_arrive(person: Person, platform: Platform) -> None:
    person.send("limits", "add_alert", threshold="5,00", recipients="anna@example.com, capo@example.com")
    person.send("limits", "save_limit", limit="10", enforced="on")
    key, _secret = platform.create_key("PostPickr-AI")
    spend(platform, key, "10.5")
    assert "calls blocked" in words(person.read("limits"))
    subjects = words(person.read("inbox"))
    assert "[PRACTICE] Spend alert: $5.00 passed" in subjects
    assert "[PRACTICE] Spend limit reached: $10.00" in subjects
    assert [mail.recipients for mail in platform.mails() if mail.kind == "spend_alert"] == [
        ("anna@example.com", "capo@example.com")
    ]


def test_a_limit_blocks_only_when_enforced(person: Person, platform: Platform) -> None:
    person.send("limits", "save_limit", limit="10")
    limit = platform.limits.limit()
    assert limit is not None
    assert limit.enforced is False


def test_a_projects_limit_and_alert_count_its_own_calls_alone(person: Person, platform: Platform) -> None:
    client = platform.projects.create("Client A")
    address = f"limits?project={client.id}"
    answer = person.send(address, "save_limit", limit="1", enforced="on")
    assert answer.headers["location"] == f"limits?project={client.id}&done=limit_saved"
    person.send(
        address, "add_alert", threshold="0,50", recipients="a@example.com; b@example.com a@example.com"
    )
    spend(platform, platform.create_key("default")[0], "3")
    assert "calls blocked" not in words(person.read(address))
    spend(platform, platform.create_key("A", client.id)[0], "1.5")
    assert "calls blocked" in words(person.read(address))
    assert "calls blocked" not in words(person.read("limits"))
    assert "With a limit of their own: Client A." in words(person.read("limits"))
    mails = [mail for mail in platform.mails() if mail.kind == "spend_alert"]
    assert [mail.recipients for mail in mails] == [("a@example.com", "b@example.com")]
    assert "This is about the project “Client A”." in words(person.read(f"inbox?mail={mails[0].id}"))
    person.send(address, "remove_limit")
    person.send(address, "remove_alert", alert=platform.limits.alerts(client.id)[0].id)
    assert platform.limits.limit(client.id) is None
    assert platform.limits.alerts(client.id) == []


def test_a_projects_page_says_when_the_organizations_limit_counts_or_blocks(
    person: Person, platform: Platform
) -> None:
    project = platform.projects.default()
    platform.limits.set_limit(1000)
    assert "The organization’s limit counts too: $10.00" in words(person.read(f"limits?project={project.id}"))
    spend(platform, platform.create_key("K")[0], "10")
    page = words(person.read(f"limits?project={project.id}"))
    assert "The organization’s limit blocks" in page
    assert "calls blocked" in page


@pytest.mark.parametrize("gone", ["archived", "unknown"])
def test_a_form_for_a_project_that_has_gone_never_changes_the_organization(
    person: Person, platform: Platform, gone: str
) -> None:
    client = platform.projects.create("Client A")
    platform.projects.archive(client.id)
    address = f"limits?project={client.id if gone == 'archived' else 'proj_none'}"
    for do, fields in {
        "save_limit": {"limit": "1", "enforced": "on"},
        "add_alert": {"threshold": "1", "recipients": "a@example.com"},
        "remove_limit": {},
    }.items():
        assert person.send(address, do, **fields).status_code == 422
    assert platform.limits.limit() is None
    assert platform.limits.alerts() == []


def test_rate_limits_are_listed_for_each_model_that_still_answers(person: Person, platform: Platform) -> None:
    project = platform.projects.default()
    platform.database.run(
        "INSERT INTO rate_limit VALUES (?, ?, ?)",
        project.id,
        "gpt-6-luna",
        json.dumps({"max_requests_per_1_minute": 7}),
    )
    assert "gpt-6-luna 30,000 150,000,000 tokens" in words(person.read("limits"))
    assert "gpt-image-2 30,000 1,000 images" in words(person.read("limits"))
    changed = words(person.read(f"limits?project={project.id}"))
    assert "gpt-6-luna changed 7 150,000,000 tokens" in changed


@pytest.mark.parametrize("amount", ["-1", "0", "", "ten"])
def test_a_limit_that_is_no_amount_is_refused(person: Person, platform: Platform, amount: str) -> None:
    assert person.send("limits", "save_limit", limit=amount, enforced="on").status_code == 422
    assert platform.limits.limit() is None


def test_an_opened_mail_counts_as_read(buyer: Person, platform: Platform) -> None:
    unread = platform.mailbox.unread()
    mail = platform.mails()[0]
    assert "Studio Bianchi" in words(buyer.read(f"inbox?mail={mail.id}"))
    assert platform.mailbox.unread() == unread - 1


MAILS: dict[str, dict[str, str | int]] = {
    "welcome": {"name": "A", "organization": "O"},
    "receipt": {"amount_pico_usd": 5, "invoice": "I", "purchase": "P"},
    "auto_recharge_done": {"amount_pico_usd": 5, "invoice": "I", "purchase": "P"},
    "auto_recharge_failed": {"amount_pico_usd": 5, "last4": "9995"},
    "spend_alert": {
        "scope": "organization",
        "threshold_pico_usd": 5,
        "spent_pico_usd": 6,
        "subject_prefix": "X",
    },
    "limit_reached": {"scope": "organization", "threshold_pico_usd": 5, "spent_pico_usd": 6},
    "credit_expired": {"amount_pico_usd": 5},
    "key_leaked": {"name": "N", "redacted": "sk-practice-...abcd"},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MAILS)
def test_every_mail_has_its_words(clock: ManualClock, kind: str, language: str) -> None:
    written = letter(Mail(1, kind, ("a@example.com",), MAILS[kind], clock.now(), None), Texts(language))
    assert "[PRACTICE]" in written.subject
    assert all(written.paragraphs)


def test_every_mail_the_platform_sends_is_known_here() -> None:
    folder = Path(mailbox.__file__).parent
    sent = {
        kind
        for path in folder.glob("*.py")
        for kind in re.findall(r'mailbox\.send\(\s*"([a-z_]+)"', path.read_text())
    }
    assert sent <= MAILS.keys()
    assert sent


# --- what goes wrong


def test_every_reason_for_refusing_a_field_has_its_words() -> None:
    folder = Path(mailbox.__file__).parent
    sources = [
        path.read_text()
        for path in (*folder.glob("*.py"), *folder.glob("console/*.py"))
        if path.name != "control.py"  # a room for programs, which get the bare reason
    ]
    reasons = {
        reason
        for source in sources
        for call in re.findall(r"InvalidField\([^)]*\)", source)
        for reason in re.findall(r'"([a-z_0-9]+)"', call.partition("reason=")[2])
    }
    assert len(reasons) > 8
    assert [reason for reason in sorted(reasons) if f"console.wrong.{reason}" not in Texts("en")] == []


def test_every_refusal_of_the_platform_has_its_words() -> None:
    codes = {error.code for error in PracticeError.__subclasses__()}
    codes -= {code for code in codes if re.search("database|started|running|port", code)}  # before any page
    codes -= {"practice_card_declined"}
    codes |= {
        f"practice_card_declined.{reason}"
        for reason in ("card_declined", "insufficient_funds", "needs_confirmation")
    }
    missing = [
        f"{code}.{part}"
        for code in sorted(codes)
        for part in ("what", "why", "now")
        if f"console.problem.{code}.{part}" not in Texts("en")
    ]
    assert missing == []


def test_a_full_disk_is_a_page_and_changes_nothing(
    buyer: Person, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(platform.billing.database, "run", full)
    answer = buyer.send("buy-credits", "buy", amount="10")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert "the disk may be full" in words(answer)
    assert platform.purchases() == []


# --- the rehearsal room


def test_the_clock_moves_forward_and_the_band_says_so(person: Person, platform: Platform) -> None:
    before = platform.clock.now()
    person.send("clock", "advance", step="next_month")
    assert platform.clock.now() > before
    assert "Practice clock: Dec 1, 2026" in person.read("billing").text


def test_a_failure_is_switched_on_and_off(person: Person, platform: Platform) -> None:
    person.send("faults", "switch", fault="rate_limit", on="yes")
    assert platform.faults.names_on() == {"rate_limit"}
    assert "1 failure switched on" in person.read("billing").text
    person.send("faults", "all_off")
    assert platform.faults.names_on() == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_failure_has_its_words(person: Person, language: str) -> None:
    page = person.read(f"faults?language={language}").text
    assert [name for name in FAULTS if f"<code>{name}</code>" not in page] == []


def test_a_leaked_key_dies_and_a_mail_says_so(person: Person, platform: Platform) -> None:
    assert "Make a key" in words(person.read("faults"))
    key, _secret = platform.create_key("PostPickr-AI")
    assert person.send("faults", "leak", key=key.id).headers["location"] == "inbox?done=key_leaked"
    assert platform.list_keys() == []
    assert "[PRACTICE] Your key was found in public" in words(person.read("inbox"))


def test_starting_over_needs_the_tick_and_keeps_the_language(person: Person, platform: Platform) -> None:
    person.read("?language=it")
    assert person.send("clock", "start_over").status_code == 422
    assert platform.account() is not None
    assert person.send("clock", "start_over", sure="on").headers["location"] == "sign-up?done=started_over"
    assert platform.account() is None
    assert '<html lang="it">' in person.read("sign-up").text


def test_a_form_from_before_starting_over_is_refused(person: Person, platform: Platform) -> None:
    person.send("clock", "start_over", sure="on")
    answer = person.send("sign-up", "sign_up", name="A", email="a@example.com", organization_name="O")
    assert answer.status_code == 403
    assert platform.account() is None


def test_an_unknown_page_is_a_page_too(person: Person, web: TestClient) -> None:
    answer = web.get("/no/such/page")
    assert answer.status_code == 404
    assert 'href="../.././"' in answer.text or 'href="../../"' in answer.text
