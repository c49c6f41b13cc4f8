"""What on this computer kept an answer away: the variable at fault by name, looked up after the failure.

The SDK's HTTP library reads proxies and certificates from the environment. Facts: name and origin of the
setting, host (never with a user's name or password), today (as this computer has it).
"""

from __future__ import annotations

import os
import re
import ssl
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ppkit.clock import SystemClock
from ppkit.errors import PpkitError
from ppkit.settings import load_settings, origin_of

PROXY_SCHEMES = frozenset({"http", "https", "socks5", "socks5h"})
LARGEST_BUNDLE = 10_000_000  # bytes; the usual ones have a quarter of a million
NOT_READ_BY_THE_SDK = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "PIP_CERT")
_HASHED = re.compile(r"[0-9a-fA-F]{8}\.\d+")


@dataclass(frozen=True, slots=True)
class Cause:
    """A diagnosis code with its facts."""

    diagnosis: str
    facts: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProxySetting:
    """A proxy in force for one scheme: the variable that names it, and its address as it stands there."""

    scheme: str
    name: str
    origin: str
    address: str = field(repr=False)

    @property
    def facts(self) -> dict[str, object]:
        return {"name": self.name, "origin": self.origin}

    @property
    def host(self) -> str:
        """Host and port; "…" where there is none. Never who signs in there."""
        try:
            parts = urlsplit(self.address if "://" in self.address else f"http://{self.address}")
            shown = (parts.hostname or "") if parts.port is None else f"{parts.hostname}:{parts.port}"
        except ValueError:
            return "…"
        return shown if re.fullmatch(r"[A-Za-z0-9.:_-]+", shown) else "…"


def request_of(chain: list[BaseException]) -> Any:
    """The request that got no answer; None when there was not even a client to send it."""
    for link in chain:
        with suppress(Exception):  # the HTTP library's property raises where there is none
            request = getattr(link, "request", None)
            if request is not None and hasattr(request, "url"):
                return request
    return None


def refined(code: str, chain: list[BaseException], environment: Mapping[str, str] | None = None) -> Cause:
    """The cause behind what the chain of exceptions alone can show."""
    known = os.environ if environment is None else environment
    request = request_of(chain)
    if request is None:
        return _without_client(known) or Cause(code)
    if _stays_here(request):
        return Cause(code)
    proxy = proxy_for(request, known)
    if code in _OF_CERTIFICATES:
        return _of_certificate(code, proxy, request, known)
    if proxy:
        return _of_proxy(code, proxy)
    return _of_address(code, request)


def proxy_for(request: Any, environment: Mapping[str, str]) -> ProxySetting | None:
    """The proxy through which this request had to go."""
    bypassed = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed lacks it
    if request is None or bypassed(request.url.host, _as_urllib_has_it(environment)):
        return None
    found = {proxy.scheme: proxy for proxy in _proxies(environment)}
    return found.get(request.url.scheme) or found.get("all")


def address_in_settings(request: Any) -> Cause | None:
    """Where the host of this request was set; None when it was not set. Its diagnosis is empty."""
    if request is None:
        return None
    with suppress(PpkitError, OSError, ValueError):
        settings = load_settings()
        named = urlsplit(settings.base_url or "").hostname
        origin = origin_of("OPENAI_BASE_URL")
        if origin and named and named.lower() == request.url.host.lower():
            return Cause("", {"name": "OPENAI_BASE_URL", **origin.facts, "host": request.url.host})
    return None


def _stays_here(request: Any) -> bool:
    """Whether it was for the practice platform, to which no variable leads and no proxy."""
    return getattr(request.extensions.get("ppkit_meter"), "mode", None) == "practice"


# --- no client could be made


def _without_client(environment: Mapping[str, str]) -> Cause | None:
    faults = (_fault_of_proxy(proxy) for proxy in _proxies(environment))
    return next((fault for fault in faults if fault), None) or _fault_of_bundle(environment)


def _proxies(environment: Mapping[str, str]) -> Iterator[ProxySetting]:
    named = False
    for scheme in ("http", "https", "all"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            if environment.get(name):
                named = True
                yield ProxySetting(scheme, name, "environment", environment[name])
            if name in environment:
                break  # in small letters it counts even when it is empty: that switches the proxy off
    if not named and environment is os.environ:
        for scheme, address in urllib.request.getproxies().items():  # of Windows and macOS
            if scheme in {"http", "https", "all"}:
                yield ProxySetting(scheme, f"{scheme} proxy", "system", address)


def _as_urllib_has_it(environment: Mapping[str, str]) -> dict[str, str]:
    without = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return {"no": without}


def _fault_of_proxy(proxy: ProxySetting) -> Cause | None:
    scheme, separator, _ = proxy.address.partition("://")
    scheme = scheme.lower() if separator else "http"
    if scheme not in PROXY_SCHEMES and re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        return Cause("proxy_scheme_unknown", {**proxy.facts, "scheme": scheme})
    if scheme not in PROXY_SCHEMES or proxy.host == "…" or re.search(r"[\s\"']", proxy.address):
        return Cause("proxy_malformed", proxy.facts)
    if scheme.startswith("socks") and find_spec("socksio") is None:
        return Cause("proxy_needs_socks", proxy.facts)
    return None


def _fault_of_bundle(environment: Mapping[str, str]) -> Cause | None:
    """What is wrong with the certificates that a variable names; the SDK reads the file before the folder."""
    name = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environment.get(name)), None)
    if name is None:
        return None
    facts: dict[str, object] = {"name": name, "origin": "environment"}
    path = Path(environment[name])
    wanted = path.is_file() if name == "SSL_CERT_FILE" else path.is_dir()
    if not wanted:
        return Cause("certificates_missing", facts)
    try:
        usable = _holds_certificates(path)
    except OSError:
        return Cause("certificates_missing", facts)
    return None if usable else Cause("certificates_unreadable", facts)


def _holds_certificates(path: Path) -> bool:
    """Raises OSError where it may not be read."""
    if path.is_dir():
        return any(_HASHED.fullmatch(one.name) for one in path.iterdir())
    with path.open("rb") as file:
        file.read(1)
    try:
        return path.stat().st_size < LARGEST_BUNDLE and ssl.create_default_context(cafile=path) is not None
    except ssl.SSLError:
        return False


# --- a request was made, and no answer came


_OF_CERTIFICATES = frozenset({
    "certificate_not_trusted", "certificate_expired", "certificate_not_yet_valid",
    "certificate_of_other_name", "tls_not_spoken", "tls_failed",
})  # fmt: skip
_REACHED = {
    "refused_connection": "proxy_unreachable",
    "connect_timed_out": "proxy_unreachable",
    "no_network": "proxy_unreachable",
    "no_connection": "proxy_unreachable",
    "name_not_found": "proxy_not_found",
}
_SET = {"refused_connection": "address_refused", "name_not_found": "address_not_found"}


def _of_certificate(
    code: str, proxy: ProxySetting | None, request: Any, environment: Mapping[str, str]
) -> Cause:
    if code == "tls_not_spoken":
        return _not_spoken(proxy, request)
    facts: dict[str, object] = {"host": request.url.host, "today": SystemClock().now().date()}
    if code != "certificate_not_trusted":
        return Cause(code, facts)
    return _fault_of_bundle(environment) or _not_trusted(facts, environment)


def _not_spoken(proxy: ProxySetting | None, request: Any) -> Cause:
    if proxy and proxy.address.lower().startswith("https://"):
        return Cause("proxy_without_tls", {**proxy.facts, "host": proxy.host})
    found = address_in_settings(request)
    return Cause("address_without_tls", found.facts) if found else Cause("tls_not_spoken")


def _not_trusted(facts: dict[str, object], environment: Mapping[str, str]) -> Cause:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if environment.get(name):
            return Cause("certificate_not_in_bundle", {**facts, "name": name, "origin": "environment"})
    for name in NOT_READ_BY_THE_SDK:
        if environment.get(name):
            return Cause("bundle_not_read", {**facts, "name": name, "origin": "environment"})
    return Cause("certificate_not_trusted", facts)


def _of_proxy(code: str, proxy: ProxySetting) -> Cause:
    if code in {"name_not_found", "proxy_failed"} and (fault := _fault_of_proxy(proxy)):
        return fault
    told = {**proxy.facts, "host": proxy.host}
    if code in {"proxy_failed", "proxy_wants_sign_in"}:
        return Cause(code, told)
    return Cause(_REACHED[code], told) if code in _REACHED else Cause(code)


def _of_address(code: str, request: Any) -> Cause:
    found = address_in_settings(request) if code in _SET else None
    return Cause(_SET[code], found.facts) if found else Cause(code)
