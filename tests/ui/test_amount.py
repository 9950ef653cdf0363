import pytest

from app.ui.amount import Ramp, contrast
from app.ui.theme import make_theme


@pytest.mark.parametrize("name", ["dark", "light"])
def test_that_numbers_can_be_read_on_every_amount(name):
    ramp = Ramp(make_theme(name))
    assert min(contrast(ramp.ink(n / 100), ramp.colour(n / 100)) for n in range(101)) >= 4.5


@pytest.mark.parametrize(("name", "order"), [("dark", 1), ("light", -1)])
def test_that_more_is_further_from_the_background(name, order):
    ramp = Ramp(make_theme(name))
    lightness = [ramp.colour(n / 20).lightnessF() for n in range(21)]
    assert lightness == sorted(lightness, reverse=order < 0)


def test_that_the_stops_are_those_of_the_theme_and_nothing_lies_beyond_them():
    theme = make_theme("dark")
    ramp = Ramp(theme)
    assert ramp.colour(0.0) == ramp.colour(-3.0) == theme["amount.0"]
    assert ramp.colour(1.0) == ramp.colour(1.5) == theme["amount.4"]
