import pytest
from PySide6.QtGui import QColor

from app.errors import SettingsError
from app.model.marking import Level
from app.paths import resources
from app.ui.marking_table import MarkingTable
from app.ui.shell.marking import BANNER_HEIGHT, Banner
from tests.ui.test_contrast import contrast

# Astro UX classification component, as measured for the design
EXPECTED = {
    Level.U: ("#007a33", 5.5),
    Level.CUI: ("#502b85", 10.4),
    Level.C: ("#0033a0", 10.6),
    Level.S: ("#c8102e", 5.9),
    Level.TS: ("#ff8c00", 9.0),
    Level.TS_SCI: ("#fce83a", 16.7),
}


@pytest.fixture
def banner(look, qtbot):
    made = Banner(look, Level.S)
    qtbot.addWidget(made)
    made.resize(900, BANNER_HEIGHT)
    return made


@pytest.mark.parametrize("level", list(Level))
def test_that_every_level_has_its_colours(look, level):
    colour, ratio = EXPECTED[level]
    ink = look.markings.ink(level)
    assert ink.background.name() == colour
    assert contrast(ink.text, ink.background) == pytest.approx(ratio, abs=0.06)


def test_that_a_banner_is_solid_from_edge_to_edge(banner):
    banner.show_marking(Level.TS)
    picture = banner.grab().toImage()
    corners = [(0, 0), (899, 0), (0, BANNER_HEIGHT - 1), (899, BANNER_HEIGHT - 1)]
    assert {picture.pixelColor(*corner).name() for corner in corners} == {"#ff8c00"}
    assert any(picture.pixelColor(x, 13).lightness() < 60 for x in range(400, 500)), "its words are black"


def test_that_a_banner_that_was_told_nothing_fails_closed(banner):
    assert banner.words == "SECRET  ·  CLASSIFICATION NOT KNOWN"
    assert banner.grab().toImage().pixelColor(0, 0).name() == "#c8102e"
    assert "NOT KNOWN" in banner.accessibleName()


def test_that_an_unknown_ceiling_means_the_highest_level_there_is(look, qtbot):
    banner = Banner(look, None)
    qtbot.addWidget(banner)
    assert banner.words == "TOP SECRET//SCI  ·  CLASSIFICATION NOT KNOWN"
    assert banner.grab().toImage().pixelColor(0, 0).name() == "#fce83a"


def test_that_a_level_the_site_left_out_is_not_known(tmp_path):
    (tmp_path / "markings.toml").write_text('[U]\nbackground = "#00ff00"\ntext = "#000000"\n')
    table = MarkingTable.load(resources() / "policy", tmp_path)
    assert table.ink(Level.U).background.name() == "#00ff00", "the site's table replaces the shipped one"
    assert table.words(Level.TS, Level.U) == "UNCLASSIFIED  ·  CLASSIFICATION NOT KNOWN"


@pytest.mark.parametrize(
    "text",
    [
        "no toml =",
        '[X]\nbackground = "#000000"\ntext = "#ffffff"',
        '[U]\nbackground = "red-ish"\ntext = "#ffffff"',
        "[U]",
    ],
)
def test_that_a_wrong_table_is_refused_in_words(tmp_path, text):
    (tmp_path / "markings.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"markings\.toml cannot be used"):
        MarkingTable.load(resources() / "policy", tmp_path)


def test_that_a_banner_says_its_note(banner):
    banner.show_marking(Level.U, "Demonstration data")
    assert banner.accessibleName() == "Classification: UNCLASSIFIED. Demonstration data"
    assert banner.grab().toImage().pixelColor(0, 0) == QColor("#007a33")
