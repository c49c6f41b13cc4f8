"""Every answer of the facts' table, through the real SDK, becomes its own diagnosis."""

from __future__ import annotations

import socket
import ssl
import traceback
from datetime import UTC, datetime

import httpx2
import openai
import pytest
from sweeps import sweep

from ppkit.checkup import Diagnosis, diagnose, explain, known_links
from ppkit.checkup.diagnosis_table import ROWS
from ppkit.checkup.explain import shown_facts
from ppkit.checkup.remedies import OWN_REMEDIES, REMEDIES
from ppkit.checkup.transport_causes import SIGNS
from ppkit.errors import PpkitError
from ppkit.keys import KeyFileUnreadable
from ppkit.look.texts import Texts
from ppkit.money import Money
from ppkit.practice_platform.errors import PracticePortTaken

from .conftest import KEY, Wire, error_answer

SCOPES = (
    "You have insufficient permissions for this operation. Missing scopes: {scope}. Check that you have the "
    "correct role in your organization (Reader, Writer, Owner) and project (Viewer, Member, Owner)."
)
INVALID = "invalid_request_error"
QUOTA = "insufficient_quota"
RATE = (
    "Rate limit reached for gpt-4 in organization org-x on tokens per min (TPM): Limit 10000, Used 9348, "
    "Requested 5086. Please try again in 26.604s. Visit https://example.org to learn more."
)
VERIFY = (
    "Your organization must be verified to use the model `gpt-image-2`. Please go to: https://example.org"
)

TABLE = [
    (401, "invalid_api_key", INVALID, "Incorrect API key provided: sk-proj-****ABCD.", "wrong_key", {}),
    (401, None, INVALID, "You didn't provide an API key. You need to provide…", "no_key", {}),
    (401, "account_deactivated", INVALID, "The OpenAI account … deactivated.", "account_deactivated", {}),
    (401, "not_authorized_invalid_project", None, "The project … has been archived", "project_archived", {}),
    (401, "mismatched_organization", INVALID, "header should match", "wrong_organization", {}),
    (401, "invalid_organization", INVALID, "No such organization", "wrong_organization", {}),
    (401, "mismatched_project", INVALID, "header should match", "wrong_project", {}),
    (401, None, None, "You must be a member of an organization to use the API", "not_a_member", {}),
    (401, None, None, "IP not authorized", "address_not_allowed", {}),
    (401, None, INVALID, SCOPES.format(scope="model.request"), "missing_scope", {"scope": "model.request"}),
    (
        401,
        None,
        INVALID,
        SCOPES.format(scope="api.responses.write"),
        "missing_scope",
        {"scope": "api.responses.write"},
    ),
    (401, "insufficient_scope", INVALID, "not enough", "missing_scope", {}),
    (
        401,
        None,
        INVALID,
        SCOPES.format(scope="api.usage.read"),
        "admin_key_needed",
        {"scope": "api.usage.read"},
    ),
    (
        403,
        "unsupported_country_region_territory",
        "request_forbidden",
        "Country…",
        "country_not_supported",
        {},
    ),
    (403, None, INVALID, VERIFY, "organization_not_verified", {"model": "gpt-image-2"}),
    (400, "unsupported_value", INVALID, "must be verified to stream", "organization_not_verified", {}),
    (
        403,
        "model_not_found",
        INVALID,
        "Project `proj_x` does not have access to model `gpt-6-luna`",
        "model_not_allowed",
        {"model": "gpt-6-luna"},
    ),
    (
        404,
        "model_not_found",
        INVALID,
        "The model `gpt-9` does not exist or you do not have access to it.",
        "model_not_found",
        {"model": "gpt-9"},
    ),
    (429, "credit_balance_exhausted", QUOTA, "You have no credits remaining.", "no_credit", {}),
    (429, "insufficient_quota", QUOTA, "You exceeded your current quota", "no_credit", {}),
    (429, "a_code_of_next_year", QUOTA, "You exceeded something", "no_credit", {}),
    (429, "organization_spend_limit_exceeded", QUOTA, "", "organization_spend_limit", {}),
    (429, "project_spend_limit_exceeded", QUOTA, "", "project_spend_limit", {}),
    (429, "organization_usage_limit_exceeded", QUOTA, "", "usage_limit", {}),
    (429, "billing_not_active", "billing_not_active", "Your account is not active", "billing_not_active", {}),
    (
        400,
        "billing_hard_limit_reached",
        "billing_limit_user_error",
        "Billing hard limit",
        "billing_limit",
        {},
    ),
    (429, "rate_limit_exceeded", "tokens", RATE, "rate_limited", {"seconds": 27}),
    (429, "rate_limit_exceeded", "requests", "Rate limit reached", "rate_limited", {}),
    (429, "slow_down", "rate_limit_error", "Reduce request rate", "slow_down", {}),
    (400, "moderation_blocked", "image_generation_user_error", "rejected", "content_refused", {}),
    (400, None, INVALID, "Invalid service_tier argument", "service_tier_not_allowed", {}),
    (400, None, INVALID, "Unknown parameter", "bad_request", {}),
    (503, "server_is_overloaded", "service_unavailable_error", "overloaded", "overloaded", {}),
    (500, None, "server_error", "The server had an error", "server_error", {}),
    (407, None, None, "Proxy Authentication Required", "proxy_wants_sign_in", {}),
    (418, None, None, "I am a teapot", "unexpected", {}),
]


def failure(wire: Wire, answer: httpx2.Response | Exception) -> Exception:
    """What comes out of the SDK for this answer: its own error, or a foreign one that it lets through."""
    wire.answers["/v1/models"] = answer
    try:
        wire.client_for(KEY).models.list()
    except Exception as error:
        return error
    raise AssertionError("the answer was taken for a good one")


@pytest.mark.parametrize(("status", "code", "error_type", "message", "expected", "facts"), TABLE)
def test_each_answer_has_its_own_diagnosis(
    wire: Wire,
    status: int,
    code: str | None,
    error_type: str | None,
    message: str,
    expected: str,
    facts: dict[str, object],
) -> None:
    diagnosis = diagnose(failure(wire, error_answer(status, code, error_type, message)))
    assert (diagnosis.code, diagnosis.facts) == (expected, facts)
    assert diagnosis.details["status"] == status
    assert diagnosis.details["request_id"] == "req_123"
    assert diagnosis.details.get("code") == code


def test_every_row_of_the_table_is_played() -> None:
    played = {expected for *_, expected, _ in TABLE}
    assert {row.diagnosis for row in ROWS} <= played


def test_a_missing_scope_told_as_a_bare_string_is_understood(wire: Wire) -> None:
    answer = httpx2.Response(403, json={"error": SCOPES.format(scope="api.model.read")})
    diagnosis = diagnose(failure(wire, answer))
    assert (diagnosis.code, diagnosis.facts) == ("missing_scope", {"scope": "api.model.read"})
    assert diagnosis.proves_key


def test_a_web_page_is_not_the_platform(wire: Wire) -> None:
    page = httpx2.Response(502, html="<html><body>Bad gateway</body></html>")
    diagnosis = diagnose(failure(wire, page))
    assert diagnosis.code == "not_the_platform"
    assert "html" not in str(diagnosis.details.get("message", ""))


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (httpx2.ConnectTimeout("slow"), "connect_timed_out"),
        (httpx2.ReadTimeout("slow"), "timed_out"),
        (TimeoutError(), "timed_out"),
        (httpx2.ProxyError("502 Bad gateway"), "proxy_failed"),
        (httpx2.ProxyError("407 Proxy Authentication Required"), "proxy_wants_sign_in"),
        (httpx2.ConnectError("[Errno 101] Network is unreachable"), "no_network"),
        (OSError(113, "No route to host"), "no_network"),
        (OSError(28, "No space left on device"), "disk_full"),
        (httpx2.UnsupportedProtocol("Request URL is missing an 'http://' protocol."), "address_unusable"),
        (httpx2.LocalProtocolError("Illegal header value b'org-\xe8'"), "header_unsendable"),
        (httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "tls_failed"),
        (ssl.SSLError("handshake"), "tls_failed"),
        (httpx2.ConnectError("[Errno -2] Name or service not known"), "name_not_found"),
        (socket.gaierror(-2, "unknown"), "name_not_found"),
        (httpx2.ConnectError("[Errno 111] Connection refused"), "refused_connection"),
        (ConnectionRefusedError(), "refused_connection"),
        (httpx2.RemoteProtocolError("gibberish"), "not_the_platform"),
        (httpx2.ConnectError("All attempts failed"), "no_connection"),
        (ConnectionResetError(), "no_connection"),
        (httpx2.RemoteProtocolError("Server disconnected without sending a response."), "no_connection"),
    ],
)
def test_each_trouble_on_the_way_has_its_own_diagnosis(wire: Wire, cause: Exception, expected: str) -> None:
    diagnosis = diagnose(failure(wire, cause))
    assert diagnosis.code == expected
    assert "message" not in diagnosis.details


@pytest.mark.processes
def test_a_key_that_the_transport_refuses_is_named_and_not_quoted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        client = openai.OpenAI(api_key=KEY.get_secret_value() + "\n", base_url=address, max_retries=0)
        with client, pytest.raises(openai.APIConnectionError) as caught:
            client.models.list()
    assert KEY.get_secret_value() in "".join(
        traceback.format_exception(caught.value)
    )  # the SDK's trap, still there
    diagnosis = diagnose(caught.value)
    assert diagnosis.code == "unusable_key"
    assert "CANARYCANARY" not in repr(diagnosis)


def test_a_key_echoed_by_the_platform_is_redacted(wire: Wire) -> None:
    message = f"Incorrect API key provided: {KEY.get_secret_value()}."
    diagnosis = diagnose(failure(wire, error_answer(401, "invalid_api_key", INVALID, message)))
    assert "CANARYCANARY" not in repr(diagnosis)
    assert "sk-…" in str(diagnosis.details["message"])


def test_an_error_of_our_own_keeps_its_code_even_inside_the_sdk(wire: Wire) -> None:
    class Refused(PpkitError, openai.OpenAIError):
        code = "ppkit_hard_limit_reached"

    limit = Refused(asked=Money.usd("1"), limit=Money.usd("10"))
    diagnosis = diagnose(limit)
    assert diagnosis.own
    assert diagnosis.code == "ppkit_hard_limit_reached"
    assert diagnose(failure(wire, KeyFileUnreadable(path="x"))).code == "key_file_unreadable"


def test_an_error_event_in_a_stream_is_diagnosed_by_its_code() -> None:
    request = httpx2.Request("POST", "http://platform.example/v1/responses")
    body = {"code": "credit_balance_exhausted", "message": "You have no credits remaining.", "type": QUOTA}
    assert diagnose(openai.APIError("stream", request, body=body)).code == "no_credit"


def test_anything_else_without_an_answer_stopped_here_and_nobody_answered() -> None:
    assert diagnose(ValueError("whatever")) == Diagnosis("failed_here", {}, {"exception": "ValueError"})
    assert "answer" not in explain(diagnose(ValueError("whatever")), Texts("en")).what.split(",")[0]


def all_codes() -> set[str]:
    return {row.diagnosis for row in ROWS} | {sign.diagnosis for sign in SIGNS} | set(REMEDIES)


def test_every_diagnosis_has_a_remedy() -> None:
    assert all_codes() == set(REMEDIES)


@sweep("language", ["it", "en"])
@sweep("code", sorted(all_codes()))
def test_every_diagnosis_explains_itself_without_facts(code: str, language: str) -> None:
    explanation = explain(Diagnosis(code), Texts(language))
    assert all((explanation.what, explanation.why, explanation.now))


def test_own_errors_are_explained_by_their_own_texts_with_amounts_as_written() -> None:
    facts: dict[str, object] = {
        "scope": "all",
        "period": "month",
        "asked": Money.usd("1.5"),
        "limit": Money.usd("10"),
        "spent": Money.usd("9"),
        "uncertain": Money(0),
        "reserved": Money(0),
        "resets_at": datetime(2026, 12, 1, tzinfo=UTC),
    }
    diagnosis = Diagnosis("ppkit_hard_limit_reached", facts, own=True)
    assert "1,50 USD" in explain(diagnosis, Texts("it")).what
    assert "$1.50" in explain(diagnosis, Texts("en")).what


def test_what_something_may_cost_is_never_understated() -> None:
    shown = shown_facts({"asked": Money(34_500_000), "spent": Money(34_400_000)}, "en")
    assert shown == {"asked": "$0.000035", "spent": "$0.000034"}


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_number_that_is_a_name_is_written_as_it_is(language: str) -> None:
    told = explain(diagnose(PracticePortTaken(port=42721)), Texts(language))
    assert "42721" in told.what
    names = {"port": 42721, "pid": 31337, "status": 1001, "year": 2026, "found": 1234, "known": 1235}
    assert shown_facts(names, language) == names
    assert shown_facts({"calls": 42721}, language)["calls"] in {"42.721", "42,721"}


def test_an_own_error_without_texts_still_says_something() -> None:
    assert "nobody_wrote_this" in explain(Diagnosis("nobody_wrote_this", own=True), Texts("en")).what


def test_every_link_that_a_remedy_names_is_known() -> None:
    names = {name for remedy in (*REMEDIES.values(), *OWN_REMEDIES.values()) for name in remedy.links}
    assert names <= set(known_links())
    assert all(link.url.startswith("https://") for link in known_links().values())


def test_what_heals_by_itself_has_times_to_look_again() -> None:
    assert Diagnosis("no_credit").recheck_minutes == (1, 2, 5, 10)
    assert Diagnosis("wrong_key").recheck_minutes == ()
