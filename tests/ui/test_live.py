import threading

import pytest

from app.errors import StoreBusy
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


def test_that_what_was_put_back_is_offered_again_ever_later_and_the_rest_is_not(tmp_path):
    inbox, made = Inbox(), bundle(tmp_path, "b-1")
    bundle(tmp_path, "b-2")
    looks = []
    for number in range(40):
        if made in inbox.ripe(bundles_in(tmp_path)):
            looks.append(number)
            inbox.put_back(made)
    assert looks == [1, 11, 31]


def test_that_what_was_put_back_but_never_offered_changes_nothing(tmp_path):
    inbox, made = Inbox(), bundle(tmp_path, "b-1")
    inbox.put_back(made)
    inbox.ripe(bundles_in(tmp_path))
    assert inbox.ripe(bundles_in(tmp_path)) == [made]


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


def test_that_a_bundle_that_cannot_be_looked_at_hides_no_other_and_comes_again(runner, qtbot, tmp_path, caplog):
    folder = tmp_path / "inbox"
    folder.mkdir()
    bad, good = bundle(folder, "a-bad"), bundle(folder, "b-good")
    failing = [StoreBusy("Another process is importing."), PermissionError("no")]

    def untried(paths):
        if bad in paths and failing:
            raise failing.pop(0)
        return list(paths)

    live, seen = Live(runner, lambda: (1,), folder, untried), []
    live.arrived.connect(lambda paths: seen.append((len(looks), paths)))
    looks = []
    for number in range(33):
        looks.append(number)
        live.look()
        qtbot.waitUntil(lambda: runner.idle)
    assert seen == [(2, [good]), (32, [bad])]


def test_that_what_is_put_back_arrives_again(live, runner, world, qtbot):
    seen = []
    live.arrived.connect(lambda paths: seen.append(number))
    for number in range(13):
        live.look()
        qtbot.waitUntil(lambda: runner.idle)
        if number == 1:
            live.put_back(world["folder"] / "b-1")
    assert seen == [1, 11]
