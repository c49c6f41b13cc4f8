"""What keys look like: OpenAI's and the practice platform's, whole or not, and those of other services."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ppkit.keys.apikey import OPENAI_INFIX

RUN = re.compile(r"[A-Za-z0-9_-]+")  # no key seen so far has any other character

# --- OpenAI's keys, and the practice platform's

PRACTICE_BODY = 48  # letters and digits after "sk-practice-" or "sk-practice-admin-"
# Characters on the two sides of the infix: gitleaks' rule of July 2026 takes either length on either side.
KNOWN_SIDES = ((20, 20), (58, 58), (74, 74), (58, 74), (74, 58))
KEY_START = re.compile(r"sk-(?:practice-(?:admin-)?|proj-|svcacct-|service-|admin-)?")
LONG_START = re.compile(r"sk-(?:practice|proj|svcacct|service|admin)-")
_BODY = "|".join(
    rf"[A-Za-z0-9_-]{{{left}}}{OPENAI_INFIX}[A-Za-z0-9_-]{{{right}}}" for left, right in KNOWN_SIDES
)
COMPLETE = re.compile(
    rf"sk-practice-(?:admin-)?[A-Za-z0-9]{{{PRACTICE_BODY}}}|sk-(?:(?:proj|svcacct|service|admin)-)?(?:{_BODY})"
)


_OPENED = re.compile(r"(?<![A-Za-z0-9])_")  # Markdown's emphasis; no key begins with it, but one may end so


def runs(text: str) -> Iterator[tuple[str, str | None]]:
    """Every run of key characters, and the key in it if it is whole and of a known format.

    Where emphasis was opened, underscores at the end may close it: they are taken off one by one, only as far
    as it needs to make the key whole.
    """
    for found in RUN.finditer(text):
        run = found[0]
        key = run.lstrip("_-")
        if _OPENED.search(text, 0, found.end() - len(key)):
            while key.endswith("_") and not COMPLETE.fullmatch(key):
                key = key[:-1]
        yield run, key if COMPLETE.fullmatch(key) else None


def whole_keys(text: str) -> list[str]:
    """Every whole key of a known format in the text, in order, repeated ones too."""
    return [key for _run, key in runs(text) if key]


def with_its_beginning(run: str) -> str | None:
    """A key whose first letters were not copied ("proj-…", "k-proj-…"): they are the same in every key."""
    for lost in ("s", "sk", "sk-"):
        if COMPLETE.fullmatch(lost + run) and not run.startswith("sk-"):
            return lost + run
    return None


# --- other services: by a beginning that is theirs alone

FOREIGN_STARTS: tuple[tuple[str, str], ...] = (
    (r"sk-ant-", "Anthropic"),
    (r"sk-or-", "OpenRouter"),
    (r"[sp]k-lf-", "Langfuse"),
    (r"AIza[A-Za-z0-9_-]{10}|GOCSPX-|ya29\.", "Google"),
    (r"gsk_", "Groq"),
    (r"hf_[A-Za-z0-9]{10}", "Hugging Face"),
    (r"xai-", "xAI"),
    (r"pplx-", "Perplexity"),
    (r"r8_", "Replicate"),
    (r"csk-", "Cerebras"),
    (r"nvapi-", "NVIDIA"),
    (r"fw_[A-Za-z0-9]{10}", "Fireworks AI"),
    (r"tgp_v1_", "Together AI"),
    (r"tvly-", "Tavily"),
    (r"pcsk_", "Pinecone"),
    (r"lsv2_", "LangSmith"),
    (r"sk_[0-9a-f]{48}", "ElevenLabs"),
    (r"gh[pousr]_[A-Za-z0-9]{10}|github_pat_", "GitHub"),
    (r"glpat-", "GitLab"),
    (r"npm_[A-Za-z0-9]{10}", "npm"),
    (r"[srp]k_(?:live|test)_", "Stripe"),
    (r"(?:AKIA|ASIA)[0-9A-Z]{16}", "AWS"),
    (r"xox[abeprs]-|xapp-", "Slack"),
    (r"(?:ntn|secret)_[A-Za-z0-9]{40}", "Notion"),
    (r"SG\.[A-Za-z0-9_-]{16}", "SendGrid"),
    (r"(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])", "Twilio"),
    (r"shpat_|shpss_", "Shopify"),
    (r"EAA[A-Za-z0-9]{40}", "Meta"),
    (r"dop_v1_", "DigitalOcean"),
    (r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30}", "Telegram"),
    # Azure's keys of 84 characters carry this mark (the rule of Microsoft's own secret scanner).
    (r"[0-9A-Za-z]{52}JQQJ9[0-9A-Za-z]{27}", "Azure OpenAI"),
)
_FOREIGN = re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(f'({start})' for start, _vendor in FOREIGN_STARTS)})")

# By a form that others may have too.
FOREIGN_FORMS: tuple[tuple[str, str], ...] = (
    (r"[0-9a-f]{32}", "Azure OpenAI"),
    (r"[0-9a-f]{64}", "Together AI"),
    (r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{32}", "Mistral"),
    (r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9]{40}", "Cohere"),
    (r"(?=.*[0-9])(?=.*[A-Z])(?=.*[/+])[A-Za-z0-9/+]{40}", "AWS"),
)
_FORMS = tuple((re.compile(form), vendor) for form, vendor in FOREIGN_FORMS)
DEEPSEEK_FORM = re.compile(r"sk-[0-9a-f]{32}")  # others use it too, so it is tried


def foreign_vendor(text: str) -> str | None:
    """The other service whose key stands in the text, known by a beginning that is that service's alone."""
    found = _FOREIGN.search(text)
    return FOREIGN_STARTS[(found.lastindex or 1) - 1][1] if found else None


def vendor_of_form(text: str) -> str | None:
    """A service whose keys have the form of this text; other things may have it too."""
    return next((vendor for form, vendor in _FORMS if form.fullmatch(text)), None)
