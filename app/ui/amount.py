"""Amounts as colours: one hue in five lightnesses, and the ink that can be read on each."""

from functools import lru_cache

from PySide6.QtGui import QColor

from app.ui.theme import Theme

STEPS = 256
_STOPS = 5
_INKS = (QColor("#FFFFFF"), QColor("#000000"))


class Ramp:
    """The colours of amounts from 0 to 1 in one theme, and the ink for each."""

    def __init__(self, theme: Theme) -> None:
        stops = [theme[f"amount.{number}"] for number in range(_STOPS)]
        self.colours = tuple(_between(stops, step / (STEPS - 1)) for step in range(STEPS))
        self.inks = tuple(_ink_on(colour) for colour in self.colours)

    def colour(self, share: float) -> QColor:
        """Colour of a share; what lies outside of 0 to 1 is drawn as the nearer of them."""
        return self.colours[_step(share)]

    def ink(self, share: float) -> QColor:
        """Black or white, whichever reads better on the colour of a share."""
        return self.inks[_step(share)]


@lru_cache(maxsize=2)
def ramp_of(theme: Theme) -> Ramp:
    """The ramp of a theme, made once."""
    return Ramp(theme)


def contrast(one: QColor, other: QColor) -> float:
    """Contrast of two colours (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _ink_on(colour: QColor) -> QColor:
    return max(_INKS, key=lambda ink: contrast(ink, colour))


def _step(share: float) -> int:
    return round(min(1.0, max(0.0, share)) * (STEPS - 1))


def _between(stops: list[QColor], share: float) -> QColor:
    place = share * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    rest = place - first
    one, other = stops[first], stops[first + 1]
    pairs = ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    return QColor(*(round(before + (after - before) * rest) for before, after in pairs))


def _luminance(colour: QColor) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
