from xml.etree import ElementTree as ET

import pytest

from tests.conftest import ROOT

FONTS = sorted((ROOT / "resources" / "fonts").glob("*.ttf"))
ICONS = sorted((ROOT / "resources" / "icons").glob("*.svg"))

# Plex Mono has no thin space; DejaVu lends it.
WRITTEN = "→←↑↓≤≥−×·–…"
WRITTEN_IN_SANS = WRITTEN + "\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}σΔ"


@pytest.mark.parametrize("font", FONTS, ids=lambda path: path.stem)
def test_that_a_shipped_font_draws_what_the_console_writes(font, qapp):
    from PySide6.QtGui import QRawFont

    raw = QRawFont(str(font), 13)
    assert raw.isValid()
    wanted = WRITTEN if "Mono" in font.stem else WRITTEN_IN_SANS
    assert [c for c in wanted if not raw.supportsCharacter(ord(c))] == []


@pytest.mark.parametrize("icon", ICONS, ids=lambda path: path.stem)
def test_that_an_icon_is_a_drawing_that_takes_the_colour_of_its_text(icon):
    root = ET.parse(icon).getroot()
    assert root.get("viewBox") == "0 0 24 24"
    assert root.get("stroke") == "currentColor"


@pytest.mark.parametrize("licence", ["fonts/OFL.txt", "fonts/DejaVu-LICENSE.txt", "icons/LICENSE"])
def test_that_licences_travel_with_the_files(licence):
    assert "Copyright" in (ROOT / "resources" / licence).read_text(encoding="utf-8")
