import pytest

from app.demo import place
from app.errors import Refused
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, write_station


def station_at(base, *, demo):
    write_station(Paths.under(base), Station("st-1", "One", Level.TS, demo=demo))


def built_at(base):
    site = place.building_site(base)
    station_at(site, demo=True)
    place.move_in(base)


def test_that_a_new_folder_is_free(tmp_path):
    place.require_free(tmp_path / "new", rebuild=False)
    (tmp_path / "empty").mkdir()
    place.require_free(tmp_path / "empty", rebuild=False)


@pytest.mark.parametrize("rebuild", [False, True])
def test_that_a_real_station_is_refused_even_where_it_is_marked(tmp_path, rebuild):
    station_at(tmp_path / "real", demo=False)
    (tmp_path / "real" / "DEMONSTRATION.txt").write_text("")
    with pytest.raises(Refused, match="not a demonstration"):
        place.require_free(tmp_path / "real", rebuild=rebuild)


def test_that_somebodys_files_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Refused):
        place.require_free(tmp_path, rebuild=True)
    with pytest.raises(Refused):
        place.require_free(tmp_path / "notes.txt", rebuild=True)


def test_that_a_demonstration_gives_way_only_when_asked(tmp_path):
    built_at(tmp_path / "demo")
    with pytest.raises(Refused, match="already"):
        place.require_free(tmp_path / "demo", rebuild=False)
    place.require_free(tmp_path / "demo", rebuild=True)


def test_that_moving_in_replaces_the_old_one_and_leaves_nothing_beside(tmp_path):
    base = tmp_path / "demo"
    built_at(base)
    (base / "old.txt").write_text("")
    built_at(base)
    assert place.is_demo(base)
    assert not (base / "old.txt").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["demo"]


def test_that_what_a_killed_build_left_is_cleared(tmp_path):
    base = tmp_path / "demo"
    left = place.building_site(base)
    (left / "cache").mkdir()
    assert not place.is_demo(base)
    assert list(place.building_site(base).iterdir()) == [left / "DEMONSTRATION.txt"]
    place.abandon(base)
    assert list(tmp_path.iterdir()) == []


def test_that_a_folder_without_our_mark_is_never_cleared(tmp_path):
    site = place.building_site(tmp_path / "demo")
    (site / "DEMONSTRATION.txt").unlink()
    (site / "diary.txt").write_text("mine")
    with pytest.raises(Refused, match="not ours"):
        place.building_site(tmp_path / "demo")
    assert (site / "diary.txt").exists()


def test_that_the_old_one_stands_where_the_new_one_cannot_move_in(tmp_path):
    base = tmp_path / "demo"
    built_at(base)
    with pytest.raises(OSError, match="unfinished"):
        place.move_in(base)  # nothing was built
    assert place.is_demo(base)
