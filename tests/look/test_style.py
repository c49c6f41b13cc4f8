"""The style sheet: contrast of colours that meet, in both themes; scope; icons; vendored files."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sweeps import sweep

from ppkit.look.brand_colours import GROUNDS, INKS, SOFT, brand_tokens
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
    "plate-ink": ("plate",),
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


# --- an agency's colour

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def with_tokens(brand: str, brand_dark: str | None = None) -> dict[str, dict[str, str]]:
    """The style sheet's tokens, the brand's among them."""
    found = {}
    for name, value in brand_tokens(brand, brand_dark).items():
        match = re.fullmatch(r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", value)
        assert match, value
        found[name.removeprefix("--pp-")] = {"light": match[1], "dark": match[2]}
    assert set(found) == {name for name in TOKENS if name.startswith("brand")}
    return TOKENS | found


@given(brand=COLOURS, brand_dark=st.none() | COLOURS)
@example("#ffffff", None)
@example("#000000", None)
@example("#ffff00", "#000080")
@example("#7f7f7f", None)
def test_every_pair_that_meets_can_be_read(brand: str, brand_dark: str | None) -> None:
    tokens = with_tokens(brand, brand_dark)
    for pairs, least in ((TEXT_ON, 4.5), (SHAPES_ON, 3)):
        for one, grounds in pairs.items():
            for ground in grounds:
                for theme in THEMES:
                    found = contrast(tokens[one][theme], tokens[ground][theme])
                    assert found >= least, (theme, one, ground, found)


@pytest.mark.parametrize("brand", ["#b3123d", "#4340c4", "#005a9c"])
def test_a_colour_that_can_be_read_stays_as_it_is(brand: str) -> None:
    assert with_tokens(brand)["brand"]["light"] == brand


def test_what_is_assumed_of_the_style_sheet_is_true() -> None:
    for theme in THEMES:
        assert GROUNDS[theme] == (TOKENS["paper"][theme], TOKENS["wash"][theme])
        assert INKS[theme][0] == TOKENS["brand-ink"][theme]
        assert SOFT[theme] == TOKENS["soft"][theme]
