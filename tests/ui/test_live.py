import threading

import pytest

from app.model.changes import Topic
from app.ui.live import Inbox, Live, bundles_in


def bundle(folder, name, content=b"{}"):
    made = folder / name
    made.mkdir(exist_ok=True)
    (made / "manifest.json").write_bytes(content)
    return made


def test_that_folders_and_zip_files_are_bundles_and_nothing_else(tmp_path):
    bundle(tmp_path, "b-2")
    bundle(tmp_path, ".hidden")
    (tmp_path / "empty").mkdir()
    (tmp_path / "b-1.ZIP").write_bytes(b"PK")
    (tmp_path / "notes.txt").write_text("x")
    assert [path.name for path, _ in bundles_in(tmp_path)] == ["b-1.ZIP", "b-2"]
    assert bundles_in(tmp_path / "gone") == ()


def test_that_a_bundle_is_tried_once_and_only_when_it_stopped_growing(tmp_path):
    inbox, made = Inbox(), bundle(tmp_path, "b-1")
    assert inbox.ripe(bundles_in(tmp_path)) == [], "seen for the first time"
    assert inbox.ripe(bundles_in(tmp_path)) == [made]
    assert inbox.ripe(bundles_in(tmp_path)) == [], "tried"
    (made / "p0001.ndjson").write_bytes(b"more")
    assert inbox.ripe(bundles_in(tmp_path)) == [], "still being copied"
    assert inbox.ripe(bundles_in(tmp_path)) == [made], "complete now, perhaps"


def test_that_a_bundle_that_went_and_came_back_is_tried_again(tmp_path):
    inbox, made = Inbox(), bundle(tmp_path, "b-1")
    for _ in range(2):
        inbox.ripe(bundles_in(tmp_path))
    found = bundles_in(tmp_path)
    inbox.ripe(())
    assert inbox.ripe(found) == []
    assert inbox.ripe(found) == [made]


@pytest.fixture
def world(tmp_path):
    bundle(tmp_path, "b-1")
    return {"token": (1,), "threads": [], "folder": tmp_path}


@pytest.fixture
def live(runner, world):
    def token():
        world["threads"].append(threading.current_thread())
        return world["token"]

    def untried(paths):
        world["threads"].append(threading.current_thread())
        return [path for path in paths if path.name != "old"]

    return Live(runner, token, world["folder"], untried)


def test_that_a_change_is_told_once_and_off_the_gui_thread(live, runner, world, qtbot):
    seen = []
    live.store_changed.connect(seen.append)
    for token in ((1,), (1,), (2,), (2,)):
        world["token"] = token
        live.look()
        qtbot.waitUntil(lambda: runner.idle)
    assert [changes.topics for changes in seen] == [frozenset(Topic)]
    assert threading.main_thread() not in world["threads"]


def test_that_arrivals_are_told_unless_the_station_knows_them(live, runner, world, qtbot):
    bundle(world["folder"], "old")
    seen = []
    live.arrived.connect(seen.append)
    for _ in range(4):
        live.look()
        qtbot.waitUntil(lambda: runner.idle)
    assert [[path.name for path in paths] for paths in seen] == [["b-1"]]


def test_that_a_look_that_fails_is_taken_again(runner, qtbot, tmp_path, caplog):
    looks = []

    def token():
        looks.append(1)
        if len(looks) == 1:
            raise OSError
        return (len(looks),)

    live, seen = Live(runner, token, None, list), []
    live.store_changed.connect(seen.append)
    for _ in range(3):
        live.look()
        qtbot.waitUntil(lambda: runner.idle)
    assert len(seen) == 1
