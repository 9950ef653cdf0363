"""Colours and type of both themes.

Values and their measured contrasts stand in the visual design, section 2. A part never names a
colour of its own: it asks the theme for a token.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF

from app.errors import SettingsError
from app.model.health import Health

_SURFACES = {
    # token: (dark, light)
    "canvas": ("#0F1317", "#EEF1F3"),
    "surface": ("#161B20", "#FFFFFF"),
    "raised": ("#1E242A", "#F3F5F7"),
    "inset": ("#0B0E11", "#F6F8F9"),
    "nav": ("#12171B", "#FFFFFF"),
    "hair": ("#262D34", "#E1E6EA"),
    "line": ("#3A444E", "#B4BEC7"),
    "text.hi": ("#F3F6F8", "#11171C"),
    "text.mid": ("#B9C3CC", "#46515C"),
    "text.low": ("#8A96A1", "#5D6975"),
    "faint": ("#57626D", "#95A0AA"),
    "accent": ("#6CB6FF", "#1B6EC2"),
    "accent.ink": ("#06131F", "#FFFFFF"),
    "accent.soft": ("#182A3C", "#E4EFFA"),
    "focus": ("#9CCEFF", "#1B6EC2"),
    "scrim": ("#9E05070A", "#9E05070A"),
    "spark": ("#8FA0AF", "#6F7D8A"),
    "arrival": ("#4A78A6", "#5B94CF"),
    "arrival.ink": ("#FFFFFF", "#11171C"),
    # no series has the colour of a status or a marking; quantiles are one hue in three lightnesses
    "series.1": ("#6CB6FF", "#1B6EC2"),
    "series.2": ("#E08BC0", "#B0468F"),
    "series.3": ("#B7C873", "#6B7F1E"),
    "series.4": ("#D3DCE4", "#2B3640"),
    "series.5": ("#3F7CC4", "#5B94CF"),
    "series.6": ("#A8795A", "#7A5A3C"),
    # amounts are one hue, darkest at zero on dark and lightest at zero on light
    "amount.0": ("#1B2229", "#EDF2F7"),
    "amount.1": ("#1B364E", "#BCD7F2"),
    "amount.2": ("#245C8C", "#74ABE0"),
    "amount.3": ("#3F87C6", "#2F72B8"),
    "amount.4": ("#86BFF0", "#123D6D"),
    "quantile.50": ("#3F7CC4", "#5B94CF"),
    "quantile.95": ("#6CB6FF", "#1B6EC2"),
    "quantile.99": ("#CFE6FF", "#0E3C6E"),
}

_STATUS = {
    # state: dark (symbol, edge, text, tint), light (symbol, edge, text, tint); no edge is drawn in dark
    Health.CRITICAL: (
        ("#FF7468", "#FF7468", "#FF8A80", "#2E1B1C"),
        ("#CE4A1C", "#A8320F", "#A8320F", "#FBEAE3"),
    ),
    Health.WARNING: (
        ("#F5CE80", "#F5CE80", "#F5CE80", "#2A2419"),
        ("#DDB04E", "#7A5600", "#7A5600", "#FBF3DF"),
    ),
    Health.HEALTHY: (
        ("#4CC2B5", "#4CC2B5", "#6FD0C5", "#14272A"),
        ("#1BA193", "#0A6B62", "#0A6B62", "#E2F3F1"),
    ),
    Health.MAINTENANCE: (
        ("#B7A9FF", "#B7A9FF", "#C3B8FF", "#221F33"),
        ("#7E57C8", "#7E57C8", "#5F3FA8", "#EFEAF8"),
    ),
    Health.UNKNOWN: (
        ("#808B96", "#808B96", "#9AA5AF", "#1E242A"),
        ("#56616B", "#56616B", "#4D5862", "#F3F5F7"),
    ),
    Health.OFF: (
        ("#6B7681", "#6B7681", "#8A96A1", "#1E242A"),
        ("#7A858F", "#7A858F", "#5D6975", "#F3F5F7"),
    ),
}


class StatusInk(NamedTuple):
    """Colours of one state of health; `edge` equals `symbol` where the theme draws none."""

    symbol: QColor
    edge: QColor
    text: QColor
    tint: QColor


@dataclass(frozen=True, slots=True, eq=False)
class Theme:
    """Tokens of one theme, by name."""

    name: str
    tokens: dict[str, QColor]
    status: dict[Health, StatusInk]

    def __getitem__(self, token: str) -> QColor:
        return self.tokens[token]

    @property
    def dark(self) -> bool:
        """Whether this is the dark theme."""
        return self.name == "dark"


def make_theme(name: str) -> Theme:
    """Theme ``dark`` or ``light``.

    Raises
    ------
    SettingsError
        If there is no theme of that name.
    """
    if name not in ("dark", "light"):
        msg = f"There is no theme {name!r}."
        raise SettingsError(msg, "Use dark or light.")
    side = ("dark", "light").index(name)
    tokens = {token: QColor(pair[side]) for token, pair in _SURFACES.items()}
    status = {state: StatusInk(*(QColor(value) for value in pair[side])) for state, pair in _STATUS.items()}
    return Theme(name, tokens, status)


_SANS = "IBM Plex Sans"
_MONO = "IBM Plex Mono"
_FALLBACK = "DejaVu Sans"

_ROLES = {
    # role: (family, pixel size, weight)
    "hero": (_SANS, 44, 400),
    "metric": (_SANS, 28, 500),
    "headline": (_SANS, 24, 400),
    "headline.strong": (_SANS, 24, 600),
    "headline.mid": (_SANS, 20, 400),
    "headline.mid.strong": (_SANS, 20, 600),
    "headline.small": (_SANS, 16, 400),
    "figure": (_SANS, 20, 600),
    "page": (_SANS, 18, 600),
    "crumb": (_SANS, 18, 400),
    "title": (_SANS, 16, 600),
    "body": (_SANS, 14, 400),
    "medium": (_SANS, 14, 500),
    "strong": (_SANS, 14, 600),
    "small": (_SANS, 13, 400),
    "smallstrong": (_SANS, 13, 600),
    "label": (_SANS, 12, 500),
    "caption": (_SANS, 12, 400),
    "mono": (_MONO, 13, 400),
    "mono.small": (_MONO, 12, 400),
    "banner": (_SANS, 14, 700),
    "block": (_SANS, 12, 700),
    "block.large": (_SANS, 14, 700),
}

_FILES = (
    "IBMPlexSans-Regular",
    "IBMPlexSans-Medium",
    "IBMPlexSans-SemiBold",
    "IBMPlexSans-Bold",
    "IBMPlexMono-Regular",
)


_MOST_WIDTHS = 4096


class Fonts:
    """Fonts of every role, made once.

    Vertical hinting keeps the baseline crisp and the spacing natural.
    """

    def __init__(self) -> None:
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetricsF] = {}
        self._widths: dict[tuple[str, str], float] = {}
        for role, (family, pixels, weight) in _ROLES.items():
            font = QFont()
            font.setFamilies([family, _FALLBACK])
            font.setPixelSize(pixels)
            font.setWeight(QFont.Weight(weight))
            font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
            self._fonts[role] = font
            self._metrics[role] = QFontMetricsF(font)

    @classmethod
    def load(cls, folder: Path) -> "Fonts":
        """Register the shipped files with Qt and make the fonts.

        Raises
        ------
        SettingsError
            If a file is missing or Qt refuses it. A console in a chance font is not an option:
            figures would no longer align and letters could be mistaken for digits.
        """
        files = {file.stem: file for file in sorted(folder.iterdir()) if file.suffix in (".otf", ".ttf")}
        for name in _FILES:
            if name not in files or QFontDatabase.addApplicationFont(str(files[name])) < 0:
                msg = f"The font {name} is missing from the program's resources, or cannot be read."
                raise SettingsError(msg, "Install the program again.")
        for name, extra in files.items():
            if name.startswith("DejaVuSans"):
                QFontDatabase.addApplicationFont(str(extra))
        return cls()

    def font(self, role: str) -> QFont:
        """Font of one role."""
        return self._fonts[role]

    def width(self, role: str, text: str) -> float:
        """Advance of `text` in logical pixels; the labels of axes are asked for again and again."""
        found = self._widths.get((role, text))
        if found is None:
            if len(self._widths) >= _MOST_WIDTHS:
                self._widths.clear()
            found = self._widths[role, text] = self._metrics[role].horizontalAdvance(text)
        return found

    def metrics(self, role: str) -> QFontMetricsF:
        """Metrics of one role, without a device."""
        return self._metrics[role]
