"""Contrast of every pair of tokens that may lie on each other, in both themes, by the formula of WCAG 2.2."""

import itertools

import pytest

from app.model.health import Health
from app.model.marking import Level
from app.ui.amount import Ramp
from app.ui.theme import make_theme

TEXT, SHAPE = 4.5, 3.0
"""Success criteria 1.4.3 (text of any size: large text is held to the same) and 1.4.11 (what is no text)."""

THEMES = ("dark", "light")
SURFACES = ("canvas", "surface", "raised", "inset", "nav", "accent.soft")
WORDS = ("text.hi", "text.mid", "text.low")
SHAPES = ("accent", "focus")
"""What must be seen without words wherever it lies: the ring of the keyboard, the bar of a chosen row, an icon."""
DECORATION = {"hair", "line", "faint", "scrim"}
"""Rules, grids, hatches and bars that say nothing alone; no text ever stands in them."""
INKED = {"accent": "accent.ink", "arrival": "arrival.ink"}
FAMILIES = ("series.", "quantile.", "amount.")


def luminance(colour):
    """WCAG 2.2, relative luminance."""

    def linear(value):
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return sum(
        share * linear(value)
        for share, value in zip((0.2126, 0.7152, 0.0722), (colour.redF(), colour.greenF(), colour.blueF()), strict=True)
    )


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def family(theme, prefix):
    return {token: colour for token, colour in theme.tokens.items() if token.startswith(prefix)}


@pytest.mark.parametrize("name", THEMES)
def test_that_every_token_has_a_place_in_these_tests(name):
    known = {*SURFACES, *WORDS, *SHAPES, *DECORATION, *INKED, *INKED.values(), "spark"}
    assert {
        token for token in make_theme(name).tokens if token not in known and not token.startswith(FAMILIES)
    } == set()


@pytest.mark.parametrize(("name", "token", "surface"), list(itertools.product(THEMES, WORDS, SURFACES)))
def test_that_every_text_is_readable_on_every_surface(name, token, surface):
    theme = make_theme(name)
    assert contrast(theme[token], theme[surface]) >= TEXT


@pytest.mark.parametrize("name", THEMES)
def test_that_text_stays_readable_below_the_pointer(name):
    theme = make_theme(name)
    assert contrast(theme["text.hi"], theme["hair"]) >= TEXT


@pytest.mark.parametrize(("name", "health", "surface"), list(itertools.product(THEMES, Health, SURFACES)))
def test_that_status_text_is_readable_and_its_symbol_visible_on_every_surface(name, health, surface):
    theme = make_theme(name)
    ink = theme.status[health]
    assert contrast(ink.text, theme[surface]) >= TEXT
    assert contrast(ink.edge, theme[surface]) >= SHAPE


@pytest.mark.parametrize(("name", "health"), list(itertools.product(THEMES, Health)))
def test_that_words_and_symbols_are_readable_on_the_tint_of_their_state(name, health):
    theme = make_theme(name)
    ink = theme.status[health]
    assert contrast(ink.text, ink.tint) >= TEXT
    assert contrast(ink.edge, ink.tint) >= SHAPE
    for token in WORDS:
        assert contrast(theme[token], ink.tint) >= TEXT, token


@pytest.mark.parametrize(("name", "ground"), list(itertools.product(THEMES, INKED)))
def test_that_words_on_a_colour_have_an_ink_of_their_own(name, ground):
    theme = make_theme(name)
    assert contrast(theme[INKED[ground]], theme[ground]) >= TEXT


@pytest.mark.parametrize(("name", "token", "surface"), list(itertools.product(THEMES, SHAPES, SURFACES)))
def test_that_what_is_no_text_is_seen_on_every_surface(name, token, surface):
    theme = make_theme(name)
    assert contrast(theme[token], theme[surface]) >= SHAPE


@pytest.mark.parametrize("name", THEMES)
def test_that_every_line_of_a_chart_is_seen_on_its_panel(name):
    theme = make_theme(name)
    for token, colour in {**family(theme, "series."), **family(theme, "quantile."), "spark": theme["spark"]}.items():
        assert contrast(colour, theme["surface"]) >= SHAPE, token


@pytest.mark.parametrize("name", THEMES)
def test_that_a_number_can_be_written_on_every_cell_of_a_heatmap(name):
    theme = make_theme(name)
    ramp, stops = Ramp(theme), list(family(theme, "amount.").items())
    for number, (token, colour) in enumerate(stops):
        assert contrast(colour, ramp.ink(number / (len(stops) - 1))) >= TEXT, token


@pytest.mark.parametrize("level", list(Level))
def test_that_the_words_of_every_marking_are_readable(look, level):
    ink = look.markings.ink(level)
    assert contrast(ink.text, ink.background) >= TEXT


def test_that_the_formula_is_that_of_the_standard():
    """Black on white is 21 to 1 by definition; #767676 is the lightest grey that passes on white (4.54)."""
    from PySide6.QtGui import QColor

    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21.0)
    assert contrast(QColor("#767676"), QColor("#ffffff")) == pytest.approx(4.54, abs=0.005)
    assert contrast(QColor("#777777"), QColor("#ffffff")) < TEXT
