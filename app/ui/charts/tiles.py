"""What charts have in memory: more than is visible, read ahead while one pans and zooms."""

import math
from collections.abc import Callable
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from app.job import Job
from app.model.time_range import TimeRange
from app.ui.charts.view import View
from app.ui.tasks import TaskRunner

_AHEAD = 1.0
"""Window lengths that are read before the visible one, and as much after it."""
_EDGE = 0.4
"""Share of a window's length that must be left on either side; with less, more is read."""
_COLUMNS = 2
"""Columns for each pixel, so that zooming in has something to show until more has come."""


class Read(Protocol):
    """What a reading answers with: over which span, and how wide its columns are."""

    @property
    def span(self) -> TimeRange:
        """What was read."""

    @property
    def width(self) -> float:
        """Seconds of the widest column; 0 where all samples stand as they are."""


class Tiles(QObject):
    """Keeps a tile of about three window lengths around a view.

    One reading runs at a time. What it brings is shown even where the view has moved on, for it is
    newer than what is there; where something else was asked for, it is dropped.

    Signals
    -------
    arrived(object)
        The answer of a reading; it covers the view unless that has moved far.
    failed(Exception)
        A reading raised. What was there before stays.
    """

    arrived = Signal(object)
    failed = Signal(Exception)

    def __init__(self, view: View, runner: TaskRunner) -> None:
        super().__init__()
        self._view, self._runner = view, runner
        self._read: Callable[[TimeRange, int, Job], Read] | None = None
        self._tile: Read | None = None
        self._pixels = 0
        self._number = 0
        self._job: Job | None = None
        self._asked: tuple[TimeRange, int] | None = None
        view.changed.connect(self._look)

    @property
    def tile(self) -> Read | None:
        """What is in memory."""
        return self._tile

    def show_pixels(self, pixels: int) -> None:
        """How many pixels of the device a chart is wide."""
        self._pixels = pixels
        self._look()

    def ask(self, read: Callable[[TimeRange, int, Job], Read]) -> None:
        """Read something else, or the same anew; answers to what was asked before are dropped."""
        self._read = read
        self._start()

    def drop(self) -> None:
        """Ask nothing any more and forget what is there."""
        self._number += 1
        self._read = self._tile = None
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def _look(self) -> None:
        # what was asked for just now would bring the same again
        if self._read is not None and self._job is None and self._short() and self._wanted() != self._asked:
            self._start()

    def _short(self) -> bool:
        """Whether the tile ends too near to the window, or is too coarse for it."""
        if self._tile is None:
            return True
        view, held, latest = self._view.span, self._tile.span, self._view.home.end
        edge = _EDGE * view.seconds
        if held.start > view.start - edge or held.end < min(view.end + edge, latest):
            return True
        return self._tile.width > view.seconds / max(1, self._pixels)

    def _wanted(self) -> tuple[TimeRange, int]:
        view = self._view.span
        ahead = _AHEAD * view.seconds
        end = min(view.end + ahead, self._view.home.end)
        span = TimeRange(view.start - ahead - (view.end + ahead - end), end)
        columns = max(64, math.ceil(self._pixels * _COLUMNS * span.seconds / view.seconds))
        return span, columns

    def _start(self) -> None:
        if self._read is None or self._pixels <= 0:
            return
        if self._job is not None:
            self._job.cancel()
        self._number += 1
        self._asked = span, columns = self._wanted()
        self._job = self._runner.run(
            partial(self._read, span, columns),
            receiver=self,
            on_done=partial(self._done, self._number),
            on_error=partial(self._error, self._number),
        )

    def _done(self, number: int, answer: Read) -> None:
        if number != self._number:
            return
        self._job, self._tile = None, answer
        self.arrived.emit(answer)
        self._look()

    def _error(self, number: int, error: Exception) -> None:
        if number == self._number:
            self._job = None
            self.failed.emit(error)
