"""The shared macros: what goes in is escaped, and no inline style or script comes out."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError

from ppkit.look.charts import bars
from ppkit.look.jinja_environment import environment
from ppkit.look.texts import LANGUAGES
from ppkit.money import Money

HOSTILE = "\"><script>alert(1)</script>'🌅\u202e{{ 7 * 7 }}"
EVERYTHING = """
{% import "macros.html" as ui %}
{{ ui.mode_band("practice") }}{{ ui.mode_band("live", x) }}{{ ui.breadcrumb([x, (x, "a"), x]) }}
{{ ui.steps([{"title": x, "evidence": "verified", "time": x, "current": false, "action": {"data-x": x}}]) }}
{% for state in ("todo", "running", "declared", "practised", "verified", "recheck") %}
{{ ui.badge(state) }}{% endfor %}
{% for state in ("passed", "failed", "skipped") %}
{{ ui.badge(state) }}{{ ui.badge(state, x, x) }}{% endfor %}
{{ ui.capsule(x, "good", "check") }}
{% call ui.problem(x, x, x, x) %}{{ ui.button(x, data={"data-x": x}) }}{% endcall %}
{% call ui.note("warn", "info", "status") %}{{ x }}{% endcall %}
{{ ui.button(x, "quiet", "plus", href=x) }}{{ ui.button(x, disabled=true, busy=true) }}
{{ ui.field("a", x, value=x, hint=x, wrong=x, placeholder=x, data={"data-x": x}) }}
{{ ui.field("b", x, type="password", value=x, secret=true) }}
{{ ui.textarea("c", x, value=x, hint=x) }}{{ ui.select("d", x, [(x, x)], value=x) }}
{{ ui.choice("e", x, x, x) }}{{ ui.ladder([{"title": x, "state": "todo", "word": x}]) }}
{{ ui.tiles([(x, x), (x, x, x)]) }}{{ ui.receipt([x, (x, x)]) }}{{ ui.meter(money, money, money, money) }}
{{ ui.bars(bars, x, x) }}
{{ ui.table([(x, false), (x, true)], [[x, ui.badge("todo")]], x) }}
{{ ui.tabs([{"text": x, "href": x, "current": true}, {"text": x, "current": false}], x) }}{{ ui.empty(x, x) }}
"""


def everything(words: str, language: str = "en") -> str:
    drawn = bars([(words, words, 3), (words, words, 0), (words, words, 5)])
    return environment(language).from_string(EVERYTHING).render(x=words, money=Money.usd(1), bars=drawn)


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_words_come_out_as_words(language: str) -> None:
    html = everything(HOSTILE, language)
    assert "<script" not in html
    assert "49" not in html
    assert html.count("&#34;&gt;&lt;script&gt;") > 40


def test_nothing_inline_comes_out() -> None:
    html = everything("words")
    assert re.findall(r"\sstyle=|\son[a-z]+=|javascript:", html) == []


def test_a_password_field_never_shows_what_was_typed() -> None:
    html = environment("en").from_string(
        '{% import "macros.html" as ui %}{{ ui.field("k", "Key", type="password", value="SECRET") }}'
    )
    assert "SECRET" not in html.render()


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        environment("en").from_string("{{ nothing }}").render()
