"""Other services' keys: what is pasted, what is exposed and what is shown go by one list."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from sweeps import sweep

from ppkit.keys import PasteRefusal, parse_pasted_key, redact
from ppkit.keys.key_search import keys_in
from ppkit.keys.scan import lines_about, scan
from ppkit.keys.vendors import NAMES, VENDORS, Vendor
from ppkit.look.texts import Texts

from .canaries import LETTERS, OTHERS, key_of

HEX = "0123456789abcdef"


def some(signs: str, count: int) -> str:
    chance = random.Random(f"{signs} {count}")
    return "".join(chance.choice(signs) for _ in range(count))


UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
UUID = "-".join(some(HEX, count) for count in (8, 4, 4, 4, 12))
# What follows a beginning, where it is not forty-eight letters and digits; a beginning with a choice in it.
BODIES = {
    "AIza": some(LETTERS, 35),
    "GOCSPX-": some(LETTERS, 28),
    "lsv2_": f"pt_{some(HEX, 32)}_{some(HEX, 10)}",
    "sk_": some(HEX, 48),
    "npm_": some(LETTERS, 36),
    "AKIA": some(UPPER, 16),
    "ASIA": some(UPPER, 16),
    "xapp-": f"1-{some(LETTERS, 48)}",
    r"SG\.": f"{some(LETTERS, 22)}.{some(LETTERS, 43)}",
    **{f"shp{use}_": some(HEX, 32) for use in ("at", "ss", "ca", "pa")},
    "dop_v1_": some(HEX, 64),
    "doo_v1_": some(HEX, 64),
    "dor_v1_": some(HEX, 64),
    "ABIA": some(UPPER, 16),
    "ACCA": some(UPPER, 16),
    "ABSK": some(LETTERS + "+/", 128),
    r"1//0": some(LETTERS, 60),
    "fc-": some(HEX, 32),
    "rpa_": some(UPPER, 40),
    "pypi-AgE": some(LETTERS, 160),
    r"xoxe\.": f"xoxp-{some(LETTERS, 60)}",
    "dapi": some(HEX, 32),
    "PMAK-": f"{some(HEX, 24)}-{some(HEX, 34)}",
    "ATATT3": some(LETTERS, 180),
    r"pat-(?:na|eu)[0-9]-": UUID,
    "xkeysib-": f"{some(HEX, 64)}-{some(LETTERS, 16)}",
    "sk-api-": some(LETTERS + "_-", 119),
    "xai-": some(LETTERS + "_", 80),
    "r8_": "a_-" + some(LETTERS + "_-", 34),
    "sb_secret_": "a_-" + some(LETTERS + "_-", 28),
    **{f"vc{use}_": "a_-" + some(LETTERS + "_-", 53) for use in "kpari"},
    "key_": some(HEX, 64),
    "cog_": some("abcdefghijklmnopqrstuvwxyz234567", 52),
    "apk_": "user_" + some(LETTERS + "+/", 150),
    "glpat-": f"{some(LETTERS, 44)}.01.{some('0123456789abcdefghij', 9)}",
    "glcbt-": "64_" + some(LETTERS, 20),
    "sgp_": f"{some(HEX, 16)}_{some(HEX, 40)}",
    "rubygems_": some(HEX, 48),
    "AKCp": some(LETTERS, 69),
    "access-(?:sandbox|development|production)-": UUID,
    "FLWSECK": f"-{some(HEX, 32)}-X",
    "xoxd-": some(LETTERS + "+/", 20) + "%2F" + some(LETTERS + "+/", 100),
    r"hooks\.slack\.com/(?:services|workflows|triggers)/": (
        f"T{some(UPPER, 10)}/B{some(UPPER, 10)}/{some(LETTERS, 24)}"
    ),
    r"discord\.com/api/webhooks/": f"{some('0123456789', 19)}/{some(LETTERS + '_-', 68)}",
    "EAA": some(LETTERS, 180),
    "LTAI": some(LETTERS, 20),
    "fo1_": some(LETTERS + "_-", 43),
    "fm1a_": some(LETTERS + "+/", 400),
    "fm1r_": some(LETTERS + "+/", 400),
    "fm2_": some(LETTERS + "+/", 400),
    "AQVN": some(LETTERS + "_-", 36),
    "HRKU-AA": some(LETTERS + "_-", 58),
    r"v1\.0-": f"{some(HEX, 24)}-{some(HEX, 146)}",
    "sha256~": some(LETTERS + "_-", 43),
    "pul-": some(HEX, 40),
    "ops_eyJ": some(LETTERS + "+/", 400),
    "A3-": "-".join(some(UPPER[:26], count) for count in (6, 6, 5, 5, 5, 5)),
    r"sl\.": "u." + some(LETTERS + "_-", 200),
    "pat": f"{some(LETTERS, 14)}.{some(HEX, 64)}",
    "tfp_": f"{some(LETTERS, 44)}_{some(LETTERS, 14)}",
    "CCDB1_": f"{some(LETTERS, 22)}_{some(LETTERS, 40)}",
    "essu_": some(LETTERS + "_-", 100),
    "pnu_": some(LETTERS, 36),
    **{f"sq{use}_": some(HEX, 40) for use in "upa"},
    "NRAK-": some(UPPER, 27),
    r"dt0c01\.": f"{some(UPPER, 24)}.{some(UPPER, 64)}",
    r"s-s4t2(?:ud|af)-": some(HEX, 64),
    "eyJrIjoi": some(LETTERS, 80),
}
CHOICES = {
    r"gh[pousr]_": "ghu_",
    r"dckr_[po]at_": "dckr_pat_",
    r"pat-(?:na|eu)[0-9]-": "pat-eu1-",
    r"xox[abceoprs]-": "xoxc-",
    "access-(?:sandbox|development|production)-": "access-production-",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/": "hooks.slack.com/services/",
    r"dp\.(?:pt|ct|sa)\.": "dp.pt.",
    r"s-s4t2(?:ud|af)-": "s-s4t2ud-",
}


def whole_key(vendor: Vendor) -> str:
    begin = CHOICES.get(vendor.begin, vendor.begin.replace("\\", ""))
    return begin + BODIES.get(vendor.begin, some(LETTERS, 48))


for_every_vendor = sweep(("vendor", "key"), [(vendor, whole_key(vendor)) for vendor in VENDORS])


@for_every_vendor
def test_what_is_refused_as_a_services_key_is_reported_as_its_key_and_hidden(
    vendor: Vendor, key: str
) -> None:
    read = parse_pasted_key(f'API_KEY="{key}"', "live")
    assert (read.refusal, read.facts) == (PasteRefusal.OTHER_VENDOR, {"vendor": vendor.name})
    (found,) = keys_in(f"token: {key}\n")
    assert (found.value, NAMES[found.kind]) == (key, vendor.name)
    assert key[8:-4] not in redact(f"token: {key}\n")


@for_every_vendor
def test_a_whole_key_begins_with_what_makes_it_this_services(vendor: Vendor, key: str) -> None:
    assert re.fullmatch(vendor.begin + vendor.rest, key)
    assert re.match(vendor.begin + vendor.sure, key)


@for_every_vendor
def test_every_form_of_key_has_letters_of_its_own_to_be_searched_for(vendor: Vendor, key: str) -> None:
    assert key.startswith(vendor.letters)
    assert len(vendor.letters) >= 2


@for_every_vendor
def test_a_key_on_its_own_beginning_is_told_by_no_other_service(vendor: Vendor, key: str) -> None:
    telling = {other.name for other in VENDORS if re.match(other.begin + other.sure, key)}
    assert telling == {vendor.name}


def test_every_service_of_the_canaries_is_on_the_list() -> None:
    assert {kind for kind in OTHERS if not kind.startswith("practice")} <= set(NAMES)


NEWER = {
    "google": "AQ." + "Ab8" + some(LETTERS + "_-", 47),
    "kimi": "sk-" + "kimi-" + some(LETTERS, 64),
    "amazon_bedrock": "ABSK" + some(LETTERS + "+/", 128),
    "github": "github_" + "pat_" + some(LETTERS, 22) + "_" + some(LETTERS, 59),
    "weights_biases": "wandb_" + "v1_" + some(LETTERS, 60),
}


@sweep("kind", NEWER)
@sweep("written", ["{}", "K={}\n", '{{"key": "{}"}}', "Bearer {}", "https://e.org/?key={}&b=1"])
def test_a_newer_form_of_key_is_found_wherever_it_stands(kind: str, written: str) -> None:
    (found,) = keys_in(written.format(NEWER[kind]))
    assert (found.kind, found.value) == (kind, NEWER[kind])


CALLED = {
    "mistral": ("MISTRAL_API_KEY", some(LETTERS, 32)),
    "cohere": ("cohere_api_key", some(LETTERS, 40)),
    "azure_openai": ("AZURE_OPENAI_API_KEY", some(HEX, 32)),
    "aws": ("aws_secret_access_key", some(LETTERS + "+/", 40)),
}


@sweep("kind", CALLED)
@sweep("written", ["{}={}", "{} = '{}'", '"{}": "{}",', 'os.environ["{}"] = "{}"', "{}: {}\n"])
def test_a_key_without_a_beginning_is_known_by_what_it_is_called(kind: str, written: str) -> None:
    name, key = CALLED[kind]
    assert [(found.kind, found.value) for found in keys_in(written.format(name, key))] == [(kind, key)]
    assert list(keys_in(f"commit {key}")) == []


def test_a_key_of_azure_is_known_by_the_mark_inside_of_it() -> None:
    key = some(LETTERS, 52) + "JQQJ9" + "9" + some(LETTERS, 26)
    assert [(found.kind, found.value) for found in keys_in(f"key: {key}")] == [("azure_openai", key)]


@sweep(
    "text",
    [
        "mistral_tokenizer = load(path)",
        "MISTRAL_API_KEY=os.environ['MISTRAL_API_KEY']",
        "azure_key_vault_secret_name = azure-key-vault-secret-name",
        "from hf_hub import hf_hub_download_and_extract_everything",
        "sk_learn_pipeline_with_many_steps_and_words_in_it",
        "npm_config_registry_of_the_whole_organization_2026",
        "secret_sharing_scheme_with_forty_two_participants_in_it",
        "SG.de/2026/a-page-with-a-very-long-name.html",
        "vcr_cassette_library_dir_of_all_recorded_answers",
        "r8_unorm_block_of_sixteen_pixels",
        "xai-platform-documentation-and-examples-for-everybody",
        "sk_live_stream_of_the_lesson",
        "https://hooks.slack.com/services/your/webhook/goes-here",
        "apk_builder_for_android_packages/with/paths/of/all/kinds/of/files",
        "key_press_handler_of_the_window",
        "pathological.example",
        "access-production-environment-of-the-customer",
    ],
)
def test_names_in_a_program_are_no_keys(text: str) -> None:
    assert list(keys_in(text)) == []
    assert redact(text) == text


@pytest.mark.parametrize("language", ["it", "en"])
def test_a_report_names_the_service(tmp_path: Path, language: str) -> None:
    (tmp_path / "notes.txt").write_text(key_of("hugging_face"))
    first, *_ = lines_about(scan([tmp_path]), Texts(language))
    assert "Hugging Face" in first
