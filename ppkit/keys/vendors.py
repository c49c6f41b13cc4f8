"""Other services' keys, one list for three uses: refused by name when pasted, reported when they lie open,
hidden from what is shown.

Lengths are no more than published rules ask for (gitleaks, trufflehog, or other projects'): exact ones would
miss tomorrow's key. No scanner can be a dependency (docs/decisions/0010-leak-scan.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SOME = r"[A-Za-z0-9_-]{16}"
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
        return self.name.lower().replace(" ", "_")


VENDORS: tuple[Vendor, ...] = (
    Vendor("Anthropic", "sk-ant-", r"[A-Za-z0-9_-]{24,}", sure=""),
    Vendor("OpenRouter", "sk-or-", r"[A-Za-z0-9_-]{32,}", sure=""),
    Vendor("Langfuse", "sk-lf-", r"[A-Za-z0-9-]{32,}", sure=""),
    Vendor("Google", "AIza", r"[A-Za-z0-9_-]{35}"),
    Vendor("Google", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    Vendor("Google", r"ya29\.", r"[A-Za-z0-9_-]{32,}"),
    Vendor("Groq", "gsk_", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Hugging Face", "hf_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("xAI", "xai-", r"[A-Za-z0-9]{40,}", _PLAIN),
    Vendor("Perplexity", "pplx-", r"[A-Za-z0-9]{32,}", _PLAIN),
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
    Vendor("GitLab", "glpat-", r"[A-Za-z0-9_-]{20,}"),
    Vendor("npm", "npm_", r"[A-Za-z0-9]{36}", _PLAIN),
    *(Vendor("Stripe", f"{who}k_live_", r"[A-Za-z0-9]{16,}", r"[A-Za-z0-9]{8}") for who in "sr"),
    *(Vendor("AWS", f"A{use}IA", r"[A-Z2-7]{16}(?![A-Za-z0-9])", r"[A-Z0-9]{16}") for use in "KS"),
    Vendor("Slack", r"xox[abeprs]-", r"[A-Za-z0-9-]{24,}"),
    Vendor("Slack", "xapp-", r"[0-9]-[A-Za-z0-9-]{24,}"),
    *(Vendor("Notion", begin, r"[A-Za-z0-9]{40,}", r"[A-Za-z0-9]{40}") for begin in ("ntn_", "secret_")),
    Vendor("SendGrid", r"SG\.", r"[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}"),
    Vendor("Shopify", r"shp(?:at|ss)_", r"[0-9a-fA-F]{32}", _PLAIN),
    Vendor("DigitalOcean", "dop_v1_", r"[0-9a-f]{64}", r"[0-9a-f]{16}"),
)

# Told by name when pasted, but not looked for in files: no secret, without letters to search for, or with
# letters that stand by chance in a picture's base64.
PASTED: tuple[tuple[str, str], ...] = (
    ("Langfuse", r"pk-lf-"),
    ("Stripe", r"pk_(?:live|test)_|[sr]k_test_[A-Za-z0-9]{8}"),
    ("Twilio", r"(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("Meta", r"EAA[A-Za-z0-9]{40}"),
    ("Telegram", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30}"),
    # Azure's keys of 84 characters carry this mark (the rule of Microsoft's own secret scanner).
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
NAMES = {vendor.kind: vendor.name for vendor in VENDORS}

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


def whole_keys_of_vendors(text: str) -> Iterator[tuple[Vendor, re.Match[str]]]:
    """Whatever has the form of a whole key, but for those from "sk-" on, which are looked for with OpenAI's.

    What stands before it is for the caller to judge.
    """
    for vendor, whole in _WHOLE:
        if not vendor.begin.startswith("sk-"):
            for match in whole.finditer(text):
                yield vendor, match


def vendor_of_whole_key(value: str) -> Vendor | None:
    """The service that gave out the whole key with which this text begins."""
    return next((vendor for vendor, whole in _WHOLE if whole.match(value)), None)
