import pytest
from PySide6.QtGui import QImage

from app.cli import main
from app.commands import shot
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, write_station
from app.ui.shell.frame import LEAST


@pytest.fixture
def station(tmp_path):
    paths = Paths.under(tmp_path / "d")
    paths.make()
    write_station(paths, Station("s-1", "Desk 1", Level.S))
    return paths.base


@pytest.mark.parametrize("page", ["overview", "sync"])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_that_a_page_is_saved_at_its_size_with_its_banners(qapp, station, tmp_path, page, theme):
    out = tmp_path / "p.png"
    arguments = ["shot", page, "--base-dir", str(station), "--out", str(out), "--size", "1100x720", "--theme", theme]
    assert main(arguments) == 0
    picture = QImage(str(out))
    assert (picture.width(), picture.height()) == (1100, 720)
    assert picture.pixelColor(3, 3).name() == "#c8102e", "an empty cache shows the station's ceiling"
    assert picture.pixelColor(1096, 717).name() == "#c8102e"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere", "--size", "1100x720"], "There is no page 'nowhere'"),
        (["overview", "--size", "large"], "is no size"),
        (["overview", "--size", "800x600"], "at least 900x480"),
        (["overview", "--size", "1700x960", "--scale", "2"], "at least 900x480"),
    ],
)
def test_that_a_wrong_wish_is_refused_in_words(qapp, station, tmp_path, capsys, arguments, said):
    out = tmp_path / "p.png"
    assert main(["shot", *arguments, "--base-dir", str(station), "--out", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_that_the_least_size_of_a_picture_is_that_of_the_window():
    assert shot._LEAST == LEAST


def test_that_the_ranges_are_those_of_the_console():
    from app.commands.shot import _RANGES
    from app.ui.shell.time_range import RANGES

    hours = {"h": 1, "d": 24}
    told = [int(text[:-1]) * hours[text[-1]] * 3600 for text in _RANGES[:-1]]
    assert told == [choice.seconds for choice in RANGES[:-1]]
    assert (_RANGES[-1], RANGES[-1].words) == ("13mo", "Last 13 months")


def test_that_a_page_about_a_period_is_drawn_of_the_one_that_is_wished(qapp, station, tmp_path):
    pictures = []
    for period in ("2026-08", "2026-Q3"):
        out = tmp_path / f"{period}.png"
        told = ["--base-dir", str(station), "--out", str(out), "--size", "1200x720", "--at", "2026-09-16T00:00:00Z"]
        assert main(["shot", "service-levels", "--period", period, *told]) == 0
        pictures.append(QImage(str(out)))
    # the control names it; the rest of an empty station is alike
    differing = [
        (x, y)
        for x in range(0, 1200, 2)
        for y in range(0, 720, 2)
        if pictures[0].pixel(x, y) != pictures[1].pixel(x, y)
    ]
    assert differing
    assert {y < 26 + 64 for _, y in differing} == {True}


@pytest.mark.parametrize("period", ["2026-13", "31d", "yesterday"])
def test_that_a_period_that_is_none_is_refused(qapp, station, tmp_path, capsys, period):
    arguments = ["shot", "service-levels", "--period", period, "--size", "1100x720", "--out", str(tmp_path / "p.png")]
    assert main([*arguments, "--base-dir", str(station)]) == 2
    assert "is no period of the console's control" in capsys.readouterr().err
