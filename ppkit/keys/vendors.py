"""Other services' keys, one list for three uses: refused by name when pasted, reported when they lie open,
hidden from what is shown.

Lengths are no more than published rules ask for (which ones, and of what date, says the decision below):
exact ones would miss tomorrow's key. No scanner can be a dependency (docs/decisions/0010-leak-scan.md).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

_SOME = r"[A-Za-z0-9_-]{16}"
_BASE64 = r"[A-Za-z0-9+/]"
_PLAIN = r"[A-Za-z0-9]{16}"  # where words of a program begin alike ("hf_hub_download")


@dataclass(frozen=True, slots=True)
class Vendor:
    """A service and a beginning of its keys; `rest` is what follows in a whole one. All three are patterns.

    `sure` is what must follow at least for the beginning to be this service's alone. A beginning begins with
    letters of its own, so that it is searched for as fast as they are.
    """

    name: str
    begin: str
    rest: str
    sure: str = _SOME

    @property
    def kind(self) -> str:
        """As a program reads it: "hugging_face"."""
        return self.name.lower().replace(" & ", "_").replace(" ", "_")


VENDORS: tuple[Vendor, ...] = (
    Vendor("Anthropic", "sk-ant-", r"[A-Za-z0-9_-]{24,}", sure=""),
    Vendor("OpenRouter", "sk-or-", r"[A-Za-z0-9_-]{32,}", sure=""),
    Vendor("Langfuse", "sk-lf-", r"[A-Za-z0-9-]{32,}", sure=""),
    Vendor("Kimi", "sk-kimi-", r"[A-Za-z0-9]{32,}", sure=""),
    Vendor("Helicone", "sk-helicone-", r"[A-Za-z0-9-]{24,}", sure=""),
    Vendor("Google", "AIza", r"[A-Za-z0-9_-]{35}"),
    Vendor("Google", r"AQ\.", r"[A-Za-z0-9_-]{40,}"),
    Vendor("Google", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    Vendor("Google", r"ya29\.", r"[A-Za-z0-9_-]{32,}"),
    Vendor("Google", r"1//0", r"[A-Za-z0-9_-]{40,}", r"[A-Za-z0-9_-]{40}"),
    Vendor("Groq", "gsk_", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Hugging Face", "hf_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("Hugging Face", "api_org_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("xAI", "xai-", r"[A-Za-z0-9]{40,}", _PLAIN),
    Vendor("Perplexity", "pplx-", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Jina AI", "jina_", r"[A-Za-z0-9_-]{40,}"),
    Vendor("LlamaCloud", "llx-", r"[A-Za-z0-9]{40,}", _PLAIN),
    Vendor("Firecrawl", "fc-", r"[0-9a-f]{32}", r"[0-9a-f]{32}"),
    Vendor("RunPod", "rpa_", r"[A-Z0-9]{32,}[A-Za-z0-9]{0,16}", r"[A-Z0-9]{16}"),
    Vendor("Apify", "apify_api_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("Weights & Biases", "wandb_v1_", r"[A-Za-z0-9_]{40,}"),
    Vendor("Replicate", "r8_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("Cerebras", "csk-", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("NVIDIA", "nvapi-", r"[A-Za-z0-9_-]{40,}"),
    Vendor("Fireworks AI", "fw_", r"[A-Za-z0-9]{22,}", _PLAIN),
    Vendor("Together AI", "tgp_v1_", r"[A-Za-z0-9_-]{40,}"),
    Vendor("Tavily", "tvly-", r"[A-Za-z0-9-]{30,}"),
    Vendor("Pinecone", "pcsk_", r"[A-Za-z0-9_]{40,}"),
    Vendor("LangSmith", "lsv2_", r"(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    Vendor("ElevenLabs", "sk_", r"[0-9a-f]{48}", r"[0-9a-f]{48}"),
    Vendor("GitHub", r"gh[pousr]_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("GitHub", "github_pat_", r"[A-Za-z0-9_]{40,}"),
    *(Vendor("GitLab", begin, r"[A-Za-z0-9_-]{20,}") for begin in ("glpat-", "gldt-", "glrt-", "gloas-")),
    Vendor("Docker", r"dckr_[po]at_", r"[A-Za-z0-9_-]{24,}"),
    Vendor("PyPI", "pypi-AgE", r"[A-Za-z0-9_-]{50,}"),
    Vendor("npm", "npm_", r"[A-Za-z0-9]{36}", _PLAIN),
    *(Vendor("Stripe", f"{who}k_live_", r"[A-Za-z0-9]{16,}", r"[A-Za-z0-9]{8}") for who in "sr"),
    Vendor("Stripe", "whsec_", r"[A-Za-z0-9]{32,}", _PLAIN),
    *(
        Vendor("AWS", begin, r"[A-Z2-7]{16}(?![A-Za-z0-9])", r"[A-Z0-9]{16}")
        for begin in ("AKIA", "ASIA", "ABIA", "ACCA")
    ),
    # In a picture's base64 these letters stand by chance, but not after a sign that base64 has not.
    Vendor("Amazon Bedrock", "ABSK", rf"(?<![+/]ABSK){_BASE64}{{109,269}}={{0,2}}", rf"{_BASE64}{{60}}"),
    Vendor("Amazon Bedrock", "bedrock-api-key-", rf"{_BASE64}{{40,}}={{0,2}}", rf"{_BASE64}{{16}}"),
    Vendor("Slack", r"xox[abeprs]-", r"[A-Za-z0-9-]{24,}"),
    Vendor("Slack", r"xoxe\.", r"xox[bp]-[A-Za-z0-9-]{24,}", r"xox[bp]-[A-Za-z0-9-]{16}"),
    Vendor("Slack", "xapp-", r"[0-9]-[A-Za-z0-9-]{24,}"),
    *(Vendor("Notion", begin, r"[A-Za-z0-9]{40,}", r"[A-Za-z0-9]{40}") for begin in ("ntn_", "secret_")),
    Vendor("SendGrid", r"SG\.", r"[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}"),
    Vendor("Shopify", r"shp(?:at|ss)_", r"[0-9a-fA-F]{32}", _PLAIN),
    *(Vendor("DigitalOcean", f"do{use}_v1_", r"[0-9a-f]{64}", r"[0-9a-f]{16}") for use in "por"),
    Vendor("Databricks", "dapi", r"[0-9a-f]{32}", r"[0-9a-f]{32}"),
    Vendor("Linear", "lin_api_", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Postman", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}", r"[0-9a-f]{16}"),
    *(Vendor("Sentry", begin, r"[A-Za-z0-9_+/=-]{40,}") for begin in ("sntrys_", "sntryu_")),
    *(Vendor("Vault", begin, r"[A-Za-z0-9_-]{24,}", r"[A-Za-z0-9_-]{24}") for begin in (r"hvs\.", r"hvb\.")),
    *(Vendor("Grafana", begin, r"[A-Za-z0-9_+/=-]{32,}") for begin in ("glsa_", "glc_")),
    Vendor("Figma", "figd_", r"[A-Za-z0-9_-]{32,}"),
    Vendor("Atlassian", "ATATT3", r"[A-Za-z0-9_=-]{60,}"),
    Vendor("HubSpot", r"pat-(?:na|eu)[0-9]-", r"[0-9a-f]{8}-[0-9a-f-]{27}", r"[0-9a-f]{8}-"),
    Vendor("Brevo", "xkeysib-", r"[0-9a-f]{64}-[A-Za-z0-9]{16}", r"[0-9a-f]{16}"),
    *(Vendor("Supabase", begin, r"[A-Za-z0-9_-]{28,}", _PLAIN) for begin in ("sbp_", "sb_secret_")),
    *(Vendor("Vercel", begin, r"[A-Za-z0-9]{24,}", _PLAIN) for begin in ("vck_", "vcp_")),
)

# Told by name when pasted, but not looked for in files: no secret, without letters to search for, or with
# letters that stand by chance in a picture's base64.
PASTED: tuple[tuple[str, str], ...] = (
    ("Langfuse", r"pk-lf-"),
    ("Stripe", r"pk_(?:live|test)_|[sr]k_test_[A-Za-z0-9]{8}"),
    ("Twilio", r"(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("Meta", r"EAA[A-Za-z0-9]{40}"),
    ("Telegram", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30}"),
    ("Azure OpenAI", r"[0-9A-Za-z]{52}JQQJ9[0-9A-Za-z]{27}"),
)

BEGINNINGS: tuple[tuple[str, str], ...] = (
    *((vendor.name, vendor.begin + vendor.sure) for vendor in VENDORS),
    *PASTED,
)
"""Service and pattern, for whatever begins like a key of its own."""
ANY_BEGINNING = "|".join(pattern for _name, pattern in BEGINNINGS)
_BEGINNING = re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(f'({pattern})' for _name, pattern in BEGINNINGS)})")
_WHOLE = tuple((vendor, re.compile(vendor.begin + vendor.rest)) for vendor in VENDORS)
_LOOKED_FOR = tuple((vendor, whole) for vendor, whole in _WHOLE if not vendor.begin.startswith("sk-"))
# Every key has a run of sixteen signs in it. Such runs are a tenth of a program's text: looking for each of
# the beginnings in these alone is what keeps a long list cheap. They are looked for where every other
# character is a blank, which takes half the time; the last match holds what follows the last run.
_BLANKED = bytes(sign if re.match(rb"[A-Za-z0-9_-]", bytes([sign])) else ord(" ") for sign in range(256))
_LONG_RUN = re.compile(rb"(?:[^ ]{0,15}+ ++)*+(?:([^ ]{16,}+)|[^ ]*+\Z)")
_GOES_ON = re.compile(r"[.+/=][A-Za-z0-9_.+/=-]*+")
_GOING_ON = (".", "+", "/", "=")
_BEFORE_RUN = 8  # characters: "xoxe.", "ya29."
_BEFORE_BASE64 = 64
# Keys without a beginning of their own are known by what they are called where they are set: a word of the
# name, in its usual cases, and the form of what it is set to.
_CALLED = (
    ("Mistral", "mistral", r"[A-Za-z0-9]{32}"),
    ("Cohere", "cohere", r"[A-Za-z0-9]{40}"),
    ("Azure OpenAI", "azure", r"(?:[0-9a-f]{32}|[0-9A-Za-z]{84})"),
    ("AWS", "aws_secret", r"[A-Za-z0-9/+]{40}"),
)
_SET_TO = (
    r"""(?i:[a-z0-9_.-]{0,24}(?:key|token|secret))["'\])]{0,3}[ \t]{0,4}(?:=|:|,)[ \t]{0,4}[("'`]{0,2}"""
)
_BY_CALL = tuple(
    (name, re.compile(rf"{cased}{_SET_TO}(?P<key>{form})(?![A-Za-z0-9_/+-])"))
    for name, word, form in _CALLED
    for cased in (word, word.upper())
)
# Azure's keys of 84 characters carry this mark (the rule of Microsoft's own secret scanner).
_AZURE_MARK = re.compile(r"JQQJ9(?<=[0-9A-Za-z]{52}JQQJ9)[0-9A-Za-z]{27}(?![0-9A-Za-z])")
_AZURE_BEFORE_MARK = 52
_MAY_BE_CALLED = re.compile(r"[A-Za-z0-9/+]{32}")
_KINDS_BY_CALL = {name: Vendor(name, "", "").kind for name, _word, _form in _CALLED}
NAMES = {vendor.kind: vendor.name for vendor in VENDORS} | {
    kind: name for name, kind in _KINDS_BY_CALL.items()
}

# By a form that others may have too.
_FORMS = tuple(
    (vendor, re.compile(form))
    for vendor, form in (
        ("Azure OpenAI", r"[0-9a-f]{32}"),
        ("Together AI", r"[0-9a-f]{64}"),
        ("Mistral", r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{32}"),
        ("Cohere", r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{40}"),
        ("AWS", r"(?=.*[0-9])(?=.*[A-Z])(?=.*[/+])[A-Za-z0-9/+]{40}"),
    )
)
DEEPSEEK_FORM = re.compile(r"sk-[0-9a-f]{32}")  # others use it too, so it is tried


def foreign_vendor(text: str) -> str | None:
    """The other service whose key stands in the text, known by a beginning that is that service's alone."""
    found = _BEGINNING.search(text)
    return BEGINNINGS[(found.lastindex or 1) - 1][0] if found else None


def vendor_of_form(text: str) -> str | None:
    """A service whose keys have the form of this text; other things may have it too."""
    return next((vendor for vendor, form in _FORMS if form.fullmatch(text)), None)


def keys_of_vendors(text: str) -> Iterator[tuple[str, int, int]]:
    """The kind, beginning and end of whatever has the form of a whole key, but for those from "sk-" on, which
    are looked for with OpenAI's.

    What stands before it is for the caller to judge.
    """
    pieces = _long_runs(text)
    places = [start for start, _end in pieces]
    runs = "\n".join(text[start:end] for start, end in pieces)
    begins = [0, *accumulate(end - start + 1 for start, end in pieces)]
    for vendor, whole in _LOOKED_FOR if pieces else ():
        for match in whole.finditer(runs):
            piece = bisect_right(begins, match.start()) - 1
            moved = places[piece] - begins[piece]
            yield vendor.kind, match.start() + moved, match.end() + moved
    if _MAY_BE_CALLED.search(runs):
        yield from _keys_by_call(text)


def _long_runs(text: str) -> list[tuple[int, int]]:
    """Where the long runs stand, each with the few characters before it that may belong to it."""
    pieces: list[tuple[int, int]] = []
    for run in _LONG_RUN.finditer(text.encode("latin-1", "replace").translate(_BLANKED)):
        begin, end = run.span(1)
        if end < 0:
            break
        if text[end : end + 1] in _GOING_ON and (more := _GOES_ON.match(text, end)):
            end = more.end()
        before = _BEFORE_BASE64 if text[begin - 1 : begin] in ("+", "/") else _BEFORE_RUN
        start = max(0, begin - before)
        if pieces and start <= pieces[-1][1]:
            start, last = pieces.pop()
            end = max(last, end)
        pieces.append((start, end))
    return pieces


def _keys_by_call(text: str) -> Iterator[tuple[str, int, int]]:
    """Those that their name, or a mark inside of them, gives away."""
    for name, called in _BY_CALL:
        for match in called.finditer(text):
            yield _KINDS_BY_CALL[name], match.start("key"), match.end("key")
    for match in _AZURE_MARK.finditer(text):
        yield _KINDS_BY_CALL["Azure OpenAI"], match.start() - _AZURE_BEFORE_MARK, match.end()


def vendor_of_whole_key(value: str) -> Vendor | None:
    """The service that gave out the whole key with which this text begins."""
    return next((vendor for vendor, whole in _WHOLE if whole.match(value)), None)
