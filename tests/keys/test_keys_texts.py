"""Every repair, refusal and source has its sentences in both languages."""

import pytest

from ppkit.keys import PastedKey, PasteRefusal, RemarkKind, RepairKind, SourceName, parse_pasted_key
from ppkit.look.texts import Texts


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_name_has_its_texts(language: str) -> None:
    texts = Texts(language)
    facts = {
        "length": 12,
        "name": "CYRILLIC SMALL LETTER A",
        "place": 3,
        "character": "/",
        "vendor": "Anthropic",
    }
    for refusal in PasteRefusal:
        for part in ("what", "why", "now"):
            assert texts(f"keys.refusal.{refusal}.{part}", **facts)
    for repair in RepairKind:
        assert texts(f"keys.repair.{repair}", **facts, count=2)
    for remark in RemarkKind:
        assert texts(f"keys.remark.{remark}", **facts)
    for source in SourceName:
        assert texts(f"keys.source.{source}")


@pytest.mark.parametrize(
    "pasted",
    [
        "sk-proj-abc",
        "sk-ant-abcdefghijklmnopqrst",
        "sk-proj-" + "a" * 60 + "\u0430",
        "sk-" + "a" * 30 + "/",
        "x",
    ],
)
def test_a_refusal_brings_the_facts_its_texts_need(pasted: str) -> None:
    result: PastedKey = parse_pasted_key(pasted, "live")
    for language in ("it", "en"):
        for part in ("what", "why", "now"):
            assert "{" not in Texts(language)(f"keys.refusal.{result.refusal}.{part}", **result.facts)
