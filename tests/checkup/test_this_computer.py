"""What fails on this computer before an answer: each setting has its diagnosis, its name and its place."""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from certificates import certificate

from ppkit.checkup import Diagnosis, diagnose, explain, trouble_in
from ppkit.checkup.hints import hints_for
from ppkit.checkup.this_computer import proxy_for
from ppkit.keys import ApiKey
from ppkit.look.texts import Texts
from ppkit.metering import sdk
from ppkit.sessions import Session
from ppkit.settings import KeyInSetting, load_settings

KEY = "sk-proj-" + "A1b2C3d4" * 9 + "T3Blbk" + "FJ" + "CANARY78" * 9
CLOSED = "http://127.0.0.1:9"
HERE = f"{CLOSED}/v1"
PASSWORD = "open" + "-sesame"

Check = Callable[[], Diagnosis]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """The ladder of live mode, with the settings that the test has made."""
    for name in list(os.environ):
        if name.startswith(("PPKIT_", "OPENAI_", "SSL_CERT")) or name.lower().endswith(
            ("_proxy", "_bundle", "_cert", "_certs")
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PPKIT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)

    def run() -> Diagnosis:
        try:
            found = trouble_in(Session(load_settings(mode="live")).checkup.run(ApiKey(KEY)))
        except KeyInSetting as error:  # before anything is made of the settings
            found = diagnose(error)
        assert found
        for language in ("it", "en"):
            told = explain(found, Texts(language))
            text = " ".join((told.what, told.why, told.now, *hints_for(found, Texts(language))))
            assert "CANARY" not in text + repr(found)
            assert PASSWORD not in text + repr(found)
            if "name" in found.facts:
                assert str(found.facts["name"]) in text
                assert "\u2026" not in text.replace("OPENAI_API_KEY=\u2026", "")
        assert found.code not in {"unexpected", "failed_here"}
        assert not found.recheck_minutes
        return found

    return run


ADDRESSES = [
    ("https:/api.openai.com/v1", "address_without_scheme", "https://api.openai.com/v1"),
    ("https//api.openai.com/v1", "address_without_scheme", "https://api.openai.com/v1"),
    ("https://https://api.openai.com/v1", "address_malformed", "https://api.openai.com/v1"),
    ("localhost:11434/v1", "address_without_scheme", "http://localhost:11434/v1"),
    ("127.0.0.1:8000/v1", "address_without_scheme", "http://127.0.0.1:8000/v1"),
    ("gateway:8000/v1", "address_without_scheme", "https://gateway:8000/v1"),
    ("None", "address_without_scheme", "https://api.openai.com/v1"),
    ('"https://api.openai.com/v1"', "address_in_quotes", "https://api.openai.com/v1"),
    ("\u201chttps://api.openai.com/v1\u201d", "address_in_quotes", "https://api.openai.com/v1"),
    ("https://api.openai.com/v1 ", "address_with_spaces", "https://api.openai.com/v1"),
    ("https://api.openai.com /v1", "address_with_spaces", "https://api.openai.com/v1"),
    ("https://api.openai.com/v1\u200b", "address_with_spaces", "https://api.openai.com/v1"),
    ("api.openai.com/v1", "address_without_scheme", "https://api.openai.com/v1"),
    ("//api.openai.com/v1", "address_without_scheme", "https://api.openai.com/v1"),
    ("gateway.example:8080/v1", "address_without_scheme", "https://gateway.example:8080/v1"),
    ("htps://api.openai.com/v1", "address_of_other_scheme", "https://api.openai.com/v1"),
    ("wss://api.openai.com/v1", "address_of_other_scheme", "https://api.openai.com/v1"),
    ("https://", "address_malformed", "https://api.openai.com/v1"),
    ("https://api.openai.com:port/v1", "address_malformed", "https://api.openai.com/v1"),
    ("https://api.op\u00e9nai.com/v1", "address_malformed", "https://api.openai.com/v1"),
    (f"https://anna:{PASSWORD}@gateway.example:port/v1", "address_malformed", "https://api.openai.com/v1"),
    ("https://my-name.openai.azure.com/openai/v1", "address_of_azure", "https://api.openai.com/v1"),
    ("https://platform.openai.com/v1", "address_of_page", "https://api.openai.com/v1"),
    ("https://chatgpt.com", "address_of_page", "https://api.openai.com/v1"),
    ("http://api.openai.com/v1", "address_not_encrypted", "https://api.openai.com/v1"),
    ("https://api.openai.com/v1/chat/completions", "address_with_route", "https://api.openai.com/v1"),
    ("https://gateway.example/v1/responses/", "address_with_route", "https://gateway.example/v1"),
    (
        f"https://anna:{PASSWORD}@gateway.example/v1/models",
        "address_with_route",
        "https://gateway.example/v1",
    ),
    ("https://api.openai.com", "address_without_version", "https://api.openai.com/v1"),
    ("https://eu.api.openai.com/", "address_without_version", "https://eu.api.openai.com/v1"),
    ("https://api.openai.com/v2", "address_without_version", "https://api.openai.com/v1"),
    (KEY, "key_in_setting", None),
]
OTHERS = [
    ("OPENAI_ORG_ID", "org-perch\u00e9", "account_id_malformed"),
    ("OPENAI_ORG_ID", '"org-abc"', "account_id_malformed"),
    ("OPENAI_ORG_ID", "org-abc\n", "account_id_malformed"),
    ("OPENAI_ORG_ID", "org\u2011abc", "account_id_malformed"),
    ("OPENAI_ORG_ID", "proj_abc", "account_id_of_other"),
    ("OPENAI_ORG_ID", KEY, "key_in_setting"),
    ("OPENAI_PROJECT_ID", "\u201cproj_abc\u201d", "account_id_malformed"),
    ("OPENAI_PROJECT_ID", "proj abc", "account_id_malformed"),
    ("OPENAI_PROJECT_ID", "org-abc", "account_id_of_other"),
]
TABLE = [("OPENAI_BASE_URL", value, code) for value, code, _ in ADDRESSES] + OTHERS


def toml(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


@pytest.mark.parametrize("place", ["environment", "dotenv", "config"])
@pytest.mark.parametrize(("name", "value", "code"), TABLE)
def test_each_setting_is_named_with_the_place_it_comes_from(
    check: Check,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    code: str,
    place: str,
) -> None:
    if place == "environment":
        monkeypatch.setenv(name, value)
    elif place == "config":
        (tmp_path / "home/config.toml").write_text(f"{name} = {toml(value)}\n", encoding="utf-8")
    else:
        escaped = toml(value) if value.isascii() else f"'{value}'"
        (tmp_path / ".env").write_text(f"# mine\n{name}={escaped}\n", encoding="utf-8")
        stripped = value.strip() != value or "\u200b" in value  # what only the environment keeps
        if stripped:
            return
    found = check()
    assert (found.code, found.facts["name"], found.facts["origin"]) == (code, name, place)
    assert found.facts.get("line") == (2 if place == "dotenv" else None)


@pytest.mark.parametrize(("value", "code", "better"), ADDRESSES)
def test_a_proposal_holds_nothing_secret(
    check: Check, monkeypatch: pytest.MonkeyPatch, value: str, code: str, better: str | None
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", value)
    found = check()
    assert (found.code, found.facts.get("better")) == (code, better)


@pytest.mark.processes
@pytest.mark.parametrize(
    "value", ["https://api.openai.com/v1", "https://api.openai.com/v1/", "https://eu.api.openai.com/v1"]
)
def test_a_right_address_is_taken(check: Check, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", value)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-abc")
    monkeypatch.setenv("HTTPS_PROXY", CLOSED)  # so that it does not leave this computer
    assert check().code == "proxy_unreachable"


ENVIRONMENT = [
    ({"OPENAI_BASE_URL": ""}, "address_empty", "OPENAI_BASE_URL"),
    ({"OPENAI_BASE_URL": HERE}, "address_refused", "OPENAI_BASE_URL"),
    ({"OPENAI_BASE_URL": "http://nowhere.invalid/v1"}, "address_not_found", "OPENAI_BASE_URL"),
    ({"OPENAI_CUSTOM_HEADERS": "X-Team: caff\u00e8"}, "custom_header_malformed", "OPENAI_CUSTOM_HEADERS"),
    ({"OPENAI_CUSTOM_HEADERS": '"X-Team: a"'}, "custom_header_malformed", "OPENAI_CUSTOM_HEADERS"),
    ({"OPENAI_CUSTOM_HEADERS": "no colon"}, "custom_header_malformed", "OPENAI_CUSTOM_HEADERS"),
    ({"HTTPS_PROXY": CLOSED}, "proxy_unreachable", "HTTPS_PROXY"),
    ({"https_proxy": f"http://anna:{PASSWORD}@127.0.0.1:9"}, "proxy_unreachable", "https_proxy"),
    ({"ALL_PROXY": "127.0.0.1:9"}, "proxy_unreachable", "ALL_PROXY"),
    ({"OPENAI_BASE_URL": HERE, "HTTP_PROXY": CLOSED}, "proxy_unreachable", "HTTP_PROXY"),
    ({"HTTPS_PROXY": "http://proxy.invalid:3128"}, "proxy_not_found", "HTTPS_PROXY"),
    ({"HTTP_PROXY": f"ftp://anna:{PASSWORD}@127.0.0.1:9"}, "proxy_scheme_unknown", "HTTP_PROXY"),
    ({"ALL_PROXY": "socks4://127.0.0.1:9"}, "proxy_scheme_unknown", "ALL_PROXY"),
    ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "proxy_needs_socks", "ALL_PROXY"),
    ({"HTTPS_PROXY": "http://127.0.0.1:notaport"}, "proxy_malformed", "HTTPS_PROXY"),
    ({"HTTPS_PROXY": '"http://127.0.0.1:9"'}, "proxy_malformed", "HTTPS_PROXY"),
    ({"HTTPS_PROXY": "http://"}, "proxy_malformed", "HTTPS_PROXY"),
    ({"SSL_CERT_FILE": "/nope/x.pem"}, "certificates_missing", "SSL_CERT_FILE"),
    ({"SSL_CERT_FILE": "."}, "certificates_missing", "SSL_CERT_FILE"),
    ({"SSL_CERT_FILE": "empty.pem"}, "certificates_unreadable", "SSL_CERT_FILE"),
    ({"SSL_CERT_FILE": "words.pem"}, "certificates_unreadable", "SSL_CERT_FILE"),
]


def test_an_empty_variable_in_small_letters_switches_the_other_one_off() -> None:
    request = httpx2.Request("GET", "https://api.openai.com/v1/models")
    assert proxy_for(request, {"HTTPS_PROXY": CLOSED}) is not None
    assert proxy_for(request, {"HTTPS_PROXY": CLOSED, "https_proxy": ""}) is None


@pytest.mark.processes
@pytest.mark.parametrize(("environment", "code", "name"), ENVIRONMENT)
def test_each_variable_of_the_environment_is_named(
    check: Check,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    code: str,
    name: str,
) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "words.pem").write_text("these are no certificates")
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    found = check()
    assert (found.code, found.facts["name"], found.facts["origin"]) == (code, name, "environment")


@pytest.mark.processes
def test_a_proxy_that_is_bypassed_is_not_blamed(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", HERE)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:11")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert check().code == "address_refused"


# --- answers at the door, from this computer


@contextmanager
def served(answer: bytes, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that gives everybody this answer; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                with plain:
                    try:
                        connection = context.wrap_socket(plain, server_side=True) if context else plain
                        connection.recv(65536)
                        connection.sendall(answer)
                        connection.close()
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(60)


def answer(status: str, kind: str = "application/json", body: str = "{}") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    head += "Connection: close\r\n\r\n"
    return (head + body).encode()


SIGN_IN = "407 Proxy Authentication Required"


@pytest.mark.processes
@pytest.mark.parametrize("address", ["https://api.openai.com/v1", HERE])
def test_a_proxy_that_asks_for_a_password_is_named(
    check: Check, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    with served(answer(SIGN_IN, "text/html", "<html></html>")) as port:
        monkeypatch.setenv("ALL_PROXY", f"http://anna:{PASSWORD}@127.0.0.1:{port}")
        found = check()
    assert (found.code, found.facts["name"]) == ("proxy_wants_sign_in", "ALL_PROXY")


@pytest.mark.processes
def test_a_proxy_that_refuses_is_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(answer("403 Forbidden")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        found = check()
    assert (found.code, found.facts["name"]) == ("proxy_failed", "HTTPS_PROXY")


@pytest.mark.processes
def test_an_address_without_the_api_is_named(check: Check, tmp_path: Path) -> None:
    with served(answer("404 Not Found")) as port:
        (tmp_path / ".env").write_text(f"OPENAI_BASE_URL=http://127.0.0.1:{port}\n")
        found = check()
    assert (found.code, found.facts["line"]) == ("address_leads_nowhere", 1)


@pytest.mark.processes
def test_https_to_what_speaks_http_is_named(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(answer("400 Bad Request")) as port:
        monkeypatch.setenv("OPENAI_BASE_URL", f"https://127.0.0.1:{port}/v1")
        assert check().code == "address_without_tls"
        monkeypatch.setenv("OPENAI_BASE_URL", "https://api.openai.com/v1")
        monkeypatch.setenv("HTTPS_PROXY", f"https://127.0.0.1:{port}")
        assert check().code == "proxy_without_tls"


DAY = timedelta(days=1)


@pytest.mark.processes
@pytest.mark.parametrize(
    ("starts", "ends", "host", "trusted", "variables", "code"),
    [
        (-DAY, DAY, "127.0.0.1", False, {}, "certificate_not_trusted"),
        (-DAY, DAY, "127.0.0.1", False, {"REQUESTS_CA_BUNDLE": "server.pem"}, "bundle_not_read"),
        (-DAY, DAY, "127.0.0.1", False, {"SSL_CERT_FILE": "other.pem"}, "certificate_not_in_bundle"),
        (-DAY, DAY, "127.0.0.1", False, {"SSL_CERT_DIR": "nope"}, "certificates_missing"),
        (-DAY, DAY, "127.0.0.1", False, {"SSL_CERT_DIR": "."}, "certificates_unreadable"),
        (-2 * DAY, -DAY, "127.0.0.1", True, {}, "certificate_expired"),
        (DAY, 2 * DAY, "127.0.0.1", True, {}, "certificate_not_yet_valid"),
        (-DAY, DAY, "127.0.0.2", True, {}, "certificate_of_other_name"),
    ],
)
def test_each_fault_of_a_certificate_has_its_own_advice(
    check: Check,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    starts: timedelta,
    ends: timedelta,
    host: str,
    trusted: bool,
    variables: dict[str, str],
    code: str,
) -> None:
    (tmp_path / "other").mkdir()
    certificate(tmp_path / "other", -DAY, DAY).rename(tmp_path / "other.pem")
    path = certificate(tmp_path, starts, ends, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    for name, value in {**variables, **({"SSL_CERT_FILE": str(path)} if trusted else {})}.items():
        monkeypatch.setenv(name, value)
    with served(answer("200 OK"), context) as port:
        monkeypatch.setenv("OPENAI_BASE_URL", f"https://127.0.0.1:{port}/v1")
        found = check()
    assert found.code == code
    if "valid" in code or "expired" in code:
        assert found.facts["today"] == datetime.now(UTC).date()


# --- the SDK


@pytest.mark.parametrize("version", ["2.54.0", "1.0", "3.49.9", "4.0.0", "strange"])
def test_an_sdk_of_another_version_is_told_with_both_versions(
    check: Check, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr("openai.__version__", version)
    found = check()
    assert (found.code, found.facts["found"]) == ("sdk_unfit", version)
    told = explain(found, Texts("en"))
    assert version in told.what
    assert sdk.NEEDED in told.what


@pytest.mark.parametrize("missing", ["openai", "httpx2", "jiter"])
def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    def gone(name: str) -> object:
        raise ModuleNotFoundError(f"No module named '{missing}'", name=missing)

    monkeypatch.setattr(sdk, "import_module", gone)
    with pytest.raises(sdk.SdkMissing) as raised:
        sdk.import_with_sdk("ppkit.metering.client")
    assert raised.value.facts["missing"] == missing


@pytest.mark.parametrize(
    "damage", [ImportError("cannot import"), AttributeError("no attribute"), TypeError("x")]
)
def test_an_sdk_that_does_not_fit_together_is_told(
    monkeypatch: pytest.MonkeyPatch, damage: Exception
) -> None:
    def broken(name: str) -> object:
        if name == "openai":
            return sys.modules["openai"]
        raise damage

    import openai  # noqa: F401

    monkeypatch.setattr(sdk, "import_module", broken)
    with pytest.raises(sdk.SdkUnfit) as raised:
        sdk.import_with_sdk("ppkit.metering.client")
    assert raised.value.facts["reason"] == type(damage).__name__


def test_the_versions_that_fit_are_those_of_the_package() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert f'"openai{sdk.NEEDED}"' in project.read_text(encoding="utf-8")
