import itertools

import pytest

from app.errors import SettingsError
from app.model.health import Health
from app.ui.theme import Fonts, make_theme
from tests.ui.test_contrast import contrast

SURFACES = ("canvas", "surface", "raised")


@pytest.mark.parametrize(
    ("name", "token", "expected"),
    [
        ("dark", "text.hi", (17.2, 16.0, 14.4)),
        ("dark", "text.mid", (10.4, 9.7, 8.8)),
        ("dark", "text.low", (6.2, 5.7, 5.2)),
        ("dark", "accent", (8.7, 8.1, 7.3)),
        ("light", "text.hi", (15.9, 18.1, 16.5)),
        ("light", "text.mid", (7.1, 8.1, 7.4)),
        ("light", "text.low", (4.9, 5.6, 5.1)),
        ("light", "accent", (4.6, 5.2, 4.7)),
    ],
)
def test_that_contrasts_are_those_that_the_design_measured(name, token, expected):
    theme = make_theme(name)
    found = [contrast(theme[token], theme[surface]) for surface in SURFACES]
    assert found == pytest.approx(expected, abs=0.06)


def test_that_no_status_colour_is_a_marking_colour(look):
    markings = {ink.background.name() for ink in look.markings.inks.values()}
    for name, health in itertools.product(("dark", "light"), Health):
        ink = make_theme(name).status[health]
        assert not {ink.symbol.name(), ink.edge.name(), ink.text.name(), ink.tint.name()} & markings


def test_that_missing_fonts_are_said_clearly(qapp, tmp_path):
    with pytest.raises(SettingsError, match="IBMPlexSans-Regular is missing"):
        Fonts.load(tmp_path)


def test_that_figures_share_one_width(look):
    for role in ("body", "strong", "metric", "mono"):
        widths = {look.fonts.metrics(role).horizontalAdvance(digit) for digit in "0123456789"}
        assert len(widths) == 1, role


def test_that_another_theme_is_announced_once(look, qtbot):
    with qtbot.waitSignal(look.changed):
        look.toggle()
    assert look.theme.name == "light"
    with qtbot.assertNotEmitted(look.changed):
        look.use("light")
    with pytest.raises(SettingsError):
        look.use("sepia")
