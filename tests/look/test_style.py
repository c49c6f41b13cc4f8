"""The style sheet: contrast of colours that meet, in both themes; scope; icons; vendored files."""

from __future__ import annotations

import hashlib
import re

import pytest
from sweeps import sweep

from ppkit.look.icons import NAMES, icon
from ppkit.look.jinja_environment import STATIC, VENDORED

SHEET = (STATIC / "ppkit.css").read_text(encoding="utf-8")
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        r"--pp-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", SHEET
    )
}
TEXT_ON = {
    "ink": ("paper", "wash", "brand-wash", "good-wash", "warn-wash", "bad-wash"),
    "soft": ("paper", "wash", "brand-wash"),
    "brand": ("paper", "wash", "brand-wash"),
    "brand-strong": ("paper", "wash", "brand-wash"),
    "brand-ink": ("brand", "brand-strong"),
    "good": ("paper", "good-wash"),
    "warn": ("paper", "warn-wash"),
    "bad": ("paper", "bad-wash"),
    "bad-ink": ("bad",),
}
SHAPES_ON = {
    "edge": ("paper", "wash"),
    "brand": ("paper", "wash"),
    "warn": ("paper",),
    "bad": ("paper",),
    "teal": ("paper",),
    "orange": ("paper",),
    "pink": ("paper",),
}
THEMES = ("light", "dark")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@sweep("theme", THEMES)
@sweep(("text", "ground"), [(t, g) for t, grounds in TEXT_ON.items() for g in grounds])
def test_text_stands_out_from_its_ground(theme: str, text: str, ground: str) -> None:
    assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


@sweep("theme", THEMES)
@sweep(("shape", "ground"), [(s, g) for s, grounds in SHAPES_ON.items() for g in grounds])
def test_edges_and_bars_stand_out_from_their_ground(theme: str, shape: str, ground: str) -> None:
    assert contrast(TOKENS[shape][theme], TOKENS[ground][theme]) >= 3


def test_the_luminance_formula_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_rule_stays_under_the_root_class() -> None:
    rules = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.S)
    rules = re.sub(r"@keyframes[^{]*\{.*?\}\s*\}", "", rules, flags=re.S)
    selectors = re.findall(r"(?:^|[{};])\s*([^{}@;]+)\{", rules)
    assert len(selectors) > 100
    stray = [
        part.strip()
        for selector in selectors
        for part in re.split(r",(?![^()]*\))", selector)
        if ".ppkit" not in part
    ]
    assert stray == []


def test_no_colour_stands_outside_the_tokens() -> None:
    body = re.sub(r"--pp-[a-z-]+:[^;]+;", "", SHEET)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgb|\bhsl", body) == []


def test_every_token_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"(--pp-[a-z-]+):", SHEET))
    assert set(re.findall(r"var\((--pp-[a-z-]+)", SHEET)) - defined == set()


@sweep("name", NAMES)
def test_an_icon_is_silent_unless_it_has_a_label(name: str) -> None:
    assert 'aria-hidden="true"' in icon(name)
    assert 'aria-label="&lt;b&gt;"' in icon(name, "<b>")


def test_the_vendored_script_is_the_published_one() -> None:
    digest = hashlib.sha256((VENDORED / "idiomorph.esm.js").read_bytes()).hexdigest()
    assert digest == "e1e2c7dbd606233d302bac48074fd1307c15609b77ea485c18f1b13d6be67c14"
