import threading
from dataclasses import dataclass

import pytest

from app.errors import StoreBusy
from app.model.time_range import TimeRange
from app.ui.charts.tiles import Tiles
from app.ui.charts.view import View

HOME = TimeRange(0.0, 1000.0)


@dataclass
class Tile:
    span: TimeRange
    width: float
    name: str = ""


class Slow:
    """A reading that waits until it is let go, once for each time it is asked."""

    def __init__(self, name="", width=0.0):
        self.name, self.width = name, width
        self.asked, self._go = [], threading.Semaphore(0)

    def __call__(self, span, columns, job):
        self.asked.append((span, columns))
        assert self._go.acquire(timeout=5)
        job.check()
        return Tile(span, self.width or span.seconds / columns, self.name)

    def let_go(self, times=1):
        self._go.release(times)


@pytest.fixture
def view(qapp):
    return View(HOME)


@pytest.fixture
def tiles(view, runner):
    return Tiles(view, runner)


@pytest.fixture
def seen(tiles):
    found = []
    tiles.arrived.connect(found.append)
    return found


def begin(tiles, read, qtbot, seen):
    tiles.show_pixels(100)
    tiles.ask(read)
    read.let_go()
    qtbot.waitUntil(lambda: len(seen) == 1)


def test_that_a_tile_is_three_windows_long_with_two_columns_a_pixel(tiles, view, qtbot, seen):
    read = Slow()
    begin(tiles, read, qtbot, seen)
    span, columns = read.asked[0]
    assert (span.seconds, span.end) == (3000.0, HOME.end), "nothing lies after now, so more is read before"
    assert columns == 600


def test_that_nothing_is_read_before_the_width_is_known(tiles, runner, qtbot):
    read = Slow()
    tiles.ask(read)
    qtbot.waitUntil(lambda: runner.idle)
    assert read.asked == []
    tiles.show_pixels(100)
    read.let_go()
    qtbot.waitUntil(lambda: runner.idle)
    assert len(read.asked) == 1


def test_that_what_is_in_memory_stays_while_more_is_read(tiles, view, runner, qtbot, seen):
    read = Slow()
    begin(tiles, read, qtbot, seen)
    held = tiles.tile
    view.pan(-1700.0)
    assert held.span.start < view.span.start, "the edge is near, not passed: there is something to show"
    qtbot.waitUntil(lambda: len(read.asked) == 2)
    assert tiles.tile is held
    read.let_go()
    qtbot.waitUntil(lambda: runner.idle)
    assert tiles.tile is not held
    assert tiles.tile.span.start < view.span.start - 0.9 * view.span.seconds


def test_that_a_small_move_reads_nothing(tiles, view, runner, qtbot, seen):
    read = Slow()
    begin(tiles, read, qtbot, seen)
    for _ in range(5):
        view.pan(-100.0)
    qtbot.waitUntil(lambda: runner.idle)
    assert len(read.asked) == 1


def test_that_zooming_in_reads_finer_columns_and_stops_at_the_samples(tiles, view, runner, qtbot, seen):
    read = Slow()
    begin(tiles, read, qtbot, seen)
    view.zoom(0.4, 500.0)
    qtbot.waitUntil(lambda: len(read.asked) == 2)
    read.width = 0.0
    read.let_go()
    qtbot.waitUntil(lambda: runner.idle)
    assert tiles.tile.width <= view.span.seconds / 100


def test_that_columns_that_cannot_be_finer_are_not_asked_for_again_and_again(tiles, view, runner, qtbot, seen):
    read = Slow(width=50.0)
    begin(tiles, read, qtbot, seen)
    qtbot.waitUntil(lambda: runner.idle)
    assert len(read.asked) == 1


def test_that_one_reading_runs_at_a_time_and_the_last_place_is_read_in_the_end(tiles, view, runner, qtbot, seen):
    read = Slow()
    begin(tiles, read, qtbot, seen)
    view.pan(-1700.0)
    qtbot.waitUntil(lambda: len(read.asked) == 2)
    for _ in range(20):
        view.pan(-1000.0)
    assert len(read.asked) == 2
    read.let_go(5)
    qtbot.waitUntil(lambda: runner.idle)
    assert len(read.asked) == 3
    assert tiles.tile.span.start <= view.span.start <= view.span.end <= tiles.tile.span.end


def test_that_an_answer_to_what_was_asked_before_is_dropped(tiles, runner, qtbot, seen):
    old, new = Slow("old"), Slow("new")
    tiles.show_pixels(100)
    tiles.ask(old)
    qtbot.waitUntil(lambda: len(old.asked) == 1)
    tiles.ask(new)
    new.let_go()
    qtbot.waitUntil(lambda: len(seen) == 1)
    old.let_go()
    qtbot.waitUntil(lambda: runner.idle)
    assert [tile.name for tile in seen] == ["new"]
    tiles.ask(Slow())
    tiles.drop()
    assert tiles.tile is None


def test_that_after_a_failure_what_was_there_stays_and_the_next_move_tries_again(tiles, view, runner, qtbot, seen):
    read, wrong = Slow(), []
    tiles.failed.connect(wrong.append)
    begin(tiles, read, qtbot, seen)
    held = tiles.tile

    def broken(span, columns, job):
        raise StoreBusy("Another process writes.")

    tiles.ask(broken)
    qtbot.waitUntil(lambda: len(wrong) == 1)
    assert tiles.tile is held
    view.pan(-1700.0)
    qtbot.waitUntil(lambda: len(wrong) == 2)
