"""Other services' keys, one list for three uses: refused by name when pasted, reported when they are exposed,
hidden from what is shown.

Lengths are no more than published rules ask for (which ones, and of what date, says the decision below):
exact ones would miss tomorrow's key. No scanner can be a dependency (docs/decisions/0010-leak-scan.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SOME = r"[A-Za-z0-9_-]{16}"
_BASE64 = r"[A-Za-z0-9+/]"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PLAIN = r"[A-Za-z0-9]{16}"  # where words of a program begin alike ("hf_hub_download")


def _long_or_plain(long: int, plain: int) -> str:
    """So many signs that no word of a program is as long, or fewer letters and digits."""
    return rf"(?:[A-Za-z0-9_-]{{{long},}}|[A-Za-z0-9]{{{plain},}})"


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
        return re.sub("[^a-z0-9]+", "_", self.name.lower())

    @property
    def letters(self) -> str:
        """Those that every key of this form begins with: a text without them need not be searched."""
        return re.split(r"(?<!\\)[(\[]", self.begin, maxsplit=1)[0].replace("\\", "")

    @property
    def begins_in_run(self) -> bool:
        """Whether the letters and what follows them may be one run of a key's signs."""
        return bool(re.fullmatch("[A-Za-z0-9_-]+", self.letters))

    @property
    def is_over_runs(self) -> bool:
        """Whether other signs may stand between the letters and the sixteen that any key has in a row."""
        return not self.begins_in_run or "+" in self.rest.replace("}+", "")


VENDORS: tuple[Vendor, ...] = (
    Vendor("Anthropic", "sk-ant-", r"[A-Za-z0-9_-]{24,}", sure=""),
    Vendor("OpenRouter", "sk-or-", r"[A-Za-z0-9_-]{32,}", sure=""),
    Vendor("Langfuse", "sk-lf-", r"[A-Za-z0-9-]{32,}", sure=""),
    Vendor("Kimi", "sk-kimi-", r"[A-Za-z0-9]{32,}", sure=""),
    Vendor("Helicone", "sk-helicone-", r"[A-Za-z0-9-]{24,}", sure=""),
    Vendor("MiniMax", "sk-api-", r"[A-Za-z0-9_-]{100,}", r"[A-Za-z0-9_-]{100}"),
    Vendor("Google", "AIza", r"[A-Za-z0-9_-]{35}"),
    Vendor("Google", r"AQ\.", r"[A-Za-z0-9_-]{40,}"),
    Vendor("Google", "GOCSPX-", r"[A-Za-z0-9_-]{28}"),
    Vendor("Google", r"ya29\.", r"[A-Za-z0-9_-]{32,}"),
    Vendor("Google", r"1//0", r"[A-Za-z0-9_-]{40,}", r"[A-Za-z0-9_-]{40}"),
    Vendor("Groq", "gsk_", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Hugging Face", "hf_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("Hugging Face", "api_org_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("xAI", "xai-", _long_or_plain(70, 40), _long_or_plain(70, 16)),
    Vendor("Perplexity", "pplx-", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Jina AI", "jina_", r"[A-Za-z0-9_-]{40,}"),
    Vendor("LlamaCloud", "llx-", r"[A-Za-z0-9]{40,}", _PLAIN),
    Vendor("Firecrawl", "fc-", r"[0-9a-f]{32}", r"[0-9a-f]{32}"),
    Vendor("RunPod", "rpa_", r"[A-Z0-9]{32,}[A-Za-z0-9]{0,16}", r"[A-Z0-9]{16}"),
    Vendor("Apify", "apify_api_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("Weights & Biases", "wandb_v1_", r"[A-Za-z0-9_]{40,}"),
    Vendor("Replicate", "r8_", _long_or_plain(37, 30), _long_or_plain(37, 16)),
    Vendor("Cerebras", "csk-", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("NVIDIA", "nvapi-", r"[A-Za-z0-9_-]{40,}"),
    Vendor("Fireworks AI", "fw_", r"[A-Za-z0-9]{22,}", _PLAIN),
    Vendor("Together AI", "tgp_v1_", r"[A-Za-z0-9_-]{40,}"),
    Vendor("Tavily", "tvly-", r"[A-Za-z0-9-]{30,}"),
    Vendor("Pinecone", "pcsk_", r"[A-Za-z0-9_]{40,}"),
    Vendor("LangSmith", "lsv2_", r"(?:pt|sk)_[a-z0-9]{32}_[a-z0-9]{10}"),
    Vendor("ElevenLabs", "sk_", r"[0-9a-f]{48}", r"[0-9a-f]{48}"),
    Vendor("Cursor", "key_", r"[0-9a-f]{64}", r"[0-9a-f]{64}"),
    Vendor("Devin", "cog_", r"[a-z2-7]{52}", r"[a-z2-7]{52}"),
    Vendor("Devin", "apk_", rf"(?:user_)?{_BASE64}{{80,}}={{0,2}}", rf"(?:user_)?{_BASE64}{{80}}"),
    Vendor("GitHub", r"gh[pousr]_", r"[A-Za-z0-9]{30,}", _PLAIN),
    Vendor("GitHub", "github_pat_", r"[A-Za-z0-9_]{40,}"),
    *(
        Vendor("GitLab", f"gl{use}-", r"[A-Za-z0-9_-]{20,}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?")
        for use in ("pat", "dt", "rt", "oas", "cbt", "ffct", "ft", "imt", "agent", "ptt", "soat")
    ),
    Vendor("GitLab", "GR1348941", r"[A-Za-z0-9_-]{20,}"),
    Vendor("Bitbucket", "ATBB", r"[A-Za-z0-9]{32,}", r"[A-Za-z0-9]{32}"),
    Vendor(
        "Sourcegraph", "sgp_", r"(?:[0-9a-fA-F]{16}_|local_)?[0-9a-fA-F]{40}", r"(?:local_)?[0-9a-fA-F]{16}"
    ),
    Vendor("Docker", r"dckr_[po]at_", r"[A-Za-z0-9_-]{24,}"),
    Vendor("PyPI", "pypi-AgE", r"[A-Za-z0-9_-]{50,}"),
    Vendor("npm", "npm_", r"[A-Za-z0-9]{36}", _PLAIN),
    Vendor("RubyGems", "rubygems_", r"[0-9a-f]{48}", r"[0-9a-f]{16}"),
    Vendor("Deno", "ddp_", r"[A-Za-z0-9]{36,}", _PLAIN),
    Vendor("JFrog", "AKCp", r"[A-Za-z0-9]{68,}", r"[A-Za-z0-9]{68}"),
    *(
        Vendor("Stripe", f"{who}k_{where}_", r"[A-Za-z0-9]{16,}", r"[A-Za-z0-9]{8}")
        for who in "sr"
        for where in ("live", "prod")
    ),
    Vendor("Stripe", "whsec_", r"[A-Za-z0-9]{32,}", _PLAIN),
    *(
        Vendor("AWS", begin, r"[A-Z2-7]{16}(?![A-Za-z0-9])", r"[A-Z0-9]{16}")
        for begin in ("AKIA", "ASIA", "ABIA", "ACCA")
    ),
    *(Vendor("Square", f"sq0{use}-", r"[A-Za-z0-9_-]{22,}") for use in ("atp", "csp")),
    Vendor("Plaid", r"access-(?:sandbox|development|production)-", _UUID, r"[0-9a-f]{8}-"),
    Vendor("Flutterwave", "FLWSECK", r"(?:_TEST)?-[a-h0-9]{32}-X", r"(?:_TEST)?-[a-h0-9]{12}"),
    # In a picture's base64 these letters stand by chance, but not after a sign that base64 has not.
    Vendor("Amazon Bedrock", "ABSK", rf"(?<![+/]ABSK){_BASE64}{{109,269}}={{0,2}}", rf"{_BASE64}{{60}}"),
    Vendor("Amazon Bedrock", "bedrock-api-key-", rf"{_BASE64}{{40,}}={{0,2}}", rf"{_BASE64}{{16}}"),
    Vendor("Slack", r"xox[abceoprs]-", r"[A-Za-z0-9-]{24,}"),
    Vendor("Slack", "xoxd-", r"[A-Za-z0-9_%+/-]{40,}={0,2}", r"[A-Za-z0-9_%+/-]{16}"),
    Vendor("Slack", r"xoxe\.", r"xox[bp]-[A-Za-z0-9-]{24,}", r"xox[bp]-[A-Za-z0-9-]{16}"),
    Vendor("Slack", "xapp-", r"[0-9]-[A-Za-z0-9-]{24,}"),
    Vendor("Slack", r"hooks\.slack\.com/(?:services|workflows|triggers)/", rf"{_BASE64}{{40,}}", ""),
    Vendor("Discord", r"discord\.com/api/webhooks/", r"[0-9]{17,20}/[A-Za-z0-9_-]{60,}", r"[0-9]{17}"),
    # Pictures' base64 has a plus or a slash in between.
    Vendor("Meta", "EAA", r"(?<![+/]EAA)[A-Za-z0-9]{100,}", r"[A-Za-z0-9]{40}"),
    *(Vendor("Notion", begin, r"[A-Za-z0-9]{40,}", r"[A-Za-z0-9]{40}") for begin in ("ntn_", "secret_")),
    Vendor("SendGrid", r"SG\.", r"[A-Za-z0-9_-]{16,}+\.[A-Za-z0-9_-]{16,}"),
    *(Vendor("Shopify", f"shp{use}_", r"[0-9a-fA-F]{32}", _PLAIN) for use in ("at", "ss", "ca", "pa")),
    *(Vendor("DigitalOcean", f"do{use}_v1_", r"[0-9a-f]{64}", r"[0-9a-f]{16}") for use in "por"),
    Vendor("Alibaba Cloud", "LTAI", r"[A-Za-z0-9]{17,26}(?![A-Za-z0-9])", r"[A-Za-z0-9]{17}"),
    Vendor("Yandex Cloud", "AQVN", r"[A-Za-z0-9_-]{35,}", r"[A-Za-z0-9_-]{35}"),
    Vendor("Heroku", "HRKU-AA", r"[A-Za-z0-9_-]{50,}"),
    Vendor("Fly.io", "fo1_", r"[A-Za-z0-9_-]{43}", r"[A-Za-z0-9_-]{43}"),
    *(
        Vendor("Fly.io", begin, rf"{_BASE64}{{100,}}={{0,3}}", rf"{_BASE64}{{60}}")
        for begin in ("fm1a_", "fm1r_", "fm2_")
    ),
    Vendor("UpCloud", "ucat_", r"[A-Za-z0-9]{24,}", _PLAIN),
    Vendor("Cloudflare", r"v1\.0-", r"[0-9a-f]{24}-[0-9a-f]{146}", r"[0-9a-f]{24}-"),
    Vendor("OpenShift", "sha256~", r"[A-Za-z0-9_-]{43}"),
    Vendor("Pulumi", "pul-", r"[0-9a-f]{40}", r"[0-9a-f]{40}"),
    Vendor("Doppler", r"dp\.(?:pt|ct|sa)\.", r"[A-Za-z0-9]{40,}", _PLAIN),
    Vendor("1Password", "ops_eyJ", rf"{_BASE64}{{250,}}={{0,3}}", rf"{_BASE64}{{60}}"),
    Vendor(
        "1Password",
        "A3-",
        r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
        r"[A-Z0-9]{6}-",
    ),
    Vendor("Dropbox", r"sl\.", r"(?:u\.)?[A-Za-z0-9_=-]{130,}", r"(?:u\.)?[A-Za-z0-9_=-]{60}"),
    Vendor("Airtable", "pat", r"[A-Za-z0-9]{14}\.[0-9a-f]{64}", r"[A-Za-z0-9]{14}\.[0-9a-f]{16}"),
    Vendor("Typeform", "tfp_", r"[A-Za-z0-9_.=-]{50,}", r"[A-Za-z0-9_.=-]{50}"),
    *(Vendor("PlanetScale", f"pscale_{use}_", r"[A-Za-z0-9_.=-]{32,}") for use in ("tkn", "oauth", "pw")),
    Vendor("MongoDB Atlas", "mdb_sa_sk_", r"[A-Za-z0-9_-]{40,}"),
    Vendor("CockroachDB", "CCDB1_", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{40}", _PLAIN),
    Vendor("Elastic Cloud", "essu_", r"[A-Za-z0-9_-]{60,}={0,2}"),
    Vendor("Prefect", "pnu_", r"[A-Za-z0-9]{36}", _PLAIN),
    Vendor("PostHog", "phx_", r"[A-Za-z0-9_-]{43,}", r"[A-Za-z0-9_-]{43}"),
    *(Vendor("SonarQube", f"sq{use}_", r"[0-9a-f]{40}", r"[0-9a-f]{16}") for use in "upa"),
    Vendor("New Relic", "NRAK-", r"[A-Z0-9]{27}", r"[A-Z0-9]{16}"),
    Vendor("Dynatrace", r"dt0c01\.", r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}", r"[A-Za-z0-9]{24}\."),
    Vendor("42 School", r"s-s4t2(?:ud|af)-", r"[0-9a-f]{64}", r"[0-9a-f]{16}"),
    Vendor("Databricks", "dapi", r"[0-9a-f]{32}", r"[0-9a-f]{32}"),
    Vendor("Linear", "lin_api_", r"[A-Za-z0-9]{32,}", _PLAIN),
    Vendor("Postman", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}", r"[0-9a-f]{16}"),
    *(Vendor("Sentry", begin, r"[A-Za-z0-9_+/=-]{40,}") for begin in ("sntrys_", "sntryu_")),
    *(Vendor("Vault", begin, r"[A-Za-z0-9_-]{24,}", r"[A-Za-z0-9_-]{24}") for begin in (r"hvs\.", r"hvb\.")),
    *(Vendor("Grafana", begin, r"[A-Za-z0-9_+/=-]{32,}") for begin in ("glsa_", "glc_")),
    Vendor("Grafana", "eyJrIjoi", rf"{_BASE64}{{40,}}={{0,3}}", rf"{_BASE64}{{40}}"),
    Vendor("Figma", "figd_", r"[A-Za-z0-9_-]{32,}"),
    Vendor("Atlassian", "ATATT3", r"[A-Za-z0-9_=-]{60,}"),
    Vendor("HubSpot", r"pat-(?:na|eu)[0-9]-", r"[0-9a-f]{8}-[0-9a-f-]{27}", r"[0-9a-f]{8}-"),
    Vendor("Brevo", "xkeysib-", r"[A-Za-z0-9_-]{64,}"),
    *(
        Vendor("Supabase", begin, r"[A-Za-z0-9_-]{28,}", r"[A-Za-z0-9_-]{28}")
        for begin in ("sbp_", "sb_secret_")
    ),
    *(
        Vendor("Vercel", f"vc{use}_", _long_or_plain(56, 24), _long_or_plain(56, 16))
        for use in ("k", "p", "a", "r", "i")
    ),
)

# Named when pasted, but not looked for in files: no secret, without letters to search for, or with
# letters that stand by chance in a picture's base64.
PASTED: tuple[tuple[str, str], ...] = (
    ("Langfuse", r"pk-lf-"),
    ("Stripe", r"pk_(?:live|test)_|[sr]k_test_[A-Za-z0-9]{8}"),
    ("Twilio", r"(?:AC|SK)[0-9a-f]{32}(?![0-9A-Za-z])"),
    ("Telegram", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{30}"),
    ("Azure OpenAI", r"[0-9A-Za-z]{52}JQQJ9[0-9A-Za-z]{27}"),
)

BEGINNINGS: tuple[tuple[str, str], ...] = (
    *((vendor.name, vendor.begin + vendor.sure) for vendor in VENDORS),
    *PASTED,
)
"""Service and pattern, for whatever begins like a key of its own."""
ANY_BEGINNING = "|".join(pattern for _name, pattern in BEGINNINGS)

# Keys without a beginning of their own are known by what they are called where they are set: a word of the
# name, in its usual cases, and the form of what it is set to.
CALLED = (
    ("Mistral", "mistral", r"[A-Za-z0-9]{32}"),
    ("Cohere", "cohere", r"[A-Za-z0-9]{40}"),
    ("Azure OpenAI", "azure", r"(?:[0-9a-f]{32}|[0-9A-Za-z]{84})"),
    ("AWS", "aws_secret", r"[A-Za-z0-9/+]{40}"),
)
TELEGRAM = Vendor("Telegram", r"[0-9]{8,16}:", r"A[A-Za-z0-9_-]{34}")
KINDS_BY_CALL = {name: Vendor(name, "", "").kind for name, _word, _form in CALLED}
NAMES = (
    {vendor.kind: vendor.name for vendor in VENDORS}
    | {kind: name for name, kind in KINDS_BY_CALL.items()}
    | {TELEGRAM.kind: TELEGRAM.name}
)

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

_BEGINNING = re.compile(rf"(?<![A-Za-z0-9_-])(?:{'|'.join(f'({pattern})' for _name, pattern in BEGINNINGS)})")
WHOLE = tuple((vendor, re.compile(vendor.begin + vendor.rest)) for vendor in VENDORS)
"""Each with the pattern of a whole key."""


def foreign_vendor(text: str) -> str | None:
    """The other service whose key stands in the text, known by a beginning that is that service's alone."""
    found = _BEGINNING.search(text)
    return BEGINNINGS[(found.lastindex or 1) - 1][0] if found else None


def vendor_of_form(text: str) -> str | None:
    """A service whose keys have the form of this text; other things may have it too."""
    return next((vendor for vendor, form in _FORMS if form.fullmatch(text)), None)


def vendor_of_whole_key(value: str) -> Vendor | None:
    """The service that gave out the whole key with which this text begins."""
    return next((vendor for vendor, whole in WHOLE if whole.match(value)), None)
