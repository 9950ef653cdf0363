"""The window in time that linked charts share, and the moment that is read out."""

import math

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.model.sample import FloatArray
from app.model.time_range import TimeRange

_LEAST = 30.0
"""Seconds of the narrowest window: no source is scraped more often than every few seconds."""
_MOST = 3653 * 86400.0


class View(QObject):
    """What linked charts show: a span that never runs past now, and a moment to read out.

    Signals
    -------
    changed()
        The span is another one.
    pointed()
        The moment is another one, or none.
    """

    changed = Signal()
    pointed = Signal()

    def __init__(self, home: TimeRange) -> None:
        super().__init__()
        self.home = home
        self.span = home
        self.moment = math.nan
        self._gutters: dict[object, float] = {}
        self._edged, self._edges = home, np.empty(0)

    @property
    def at_home(self) -> bool:
        """Whether the span is the one of the page."""
        return self.span == self.home

    def move_home(self, home: TimeRange) -> None:
        """Take another span of the page; a window that was moved by hand stays where it is."""
        follow = self.at_home or home.seconds != self.home.seconds
        self.home = home
        self._show(home if follow else self.span)

    def pan(self, seconds: float) -> None:
        """Move the window; later is positive."""
        self._show(TimeRange(self.span.start + seconds, self.span.end + seconds))

    def zoom(self, factor: float, around: float) -> None:
        """Make the window `factor` times as long; `around` (seconds UTC) stays where it is on the screen."""
        length = min(max(self.span.seconds * factor, _LEAST), _MOST)
        share = (around - self.span.start) / self.span.seconds
        start = around - share * length
        self._show(TimeRange(start, start + length))

    def show_span(self, span: TimeRange) -> None:
        """Show a span that somebody chose."""
        self._show(span)

    def reset(self) -> None:
        """Back to the span of the page."""
        self._show(self.home)

    def point(self, moment: float) -> None:
        """Read out the values at `moment`, seconds UTC; NaN reads out none."""
        if moment != self.moment and not (math.isnan(moment) and math.isnan(self.moment)):
            self.moment = moment
            self.pointed.emit()

    def gutter(self, chart: object, wanted: float) -> float:
        """Width of the labels left of all charts, so that one moment stands in one line; `chart` needs `wanted`."""
        before = max(self._gutters.values(), default=0.0)
        self._gutters[chart] = wanted
        now = max(self._gutters.values())
        if now != before:
            self.changed.emit()
        return now

    def edges(self, columns: int) -> FloatArray:
        """Edges of even columns over the span, shape (columns + 1,), seconds UTC; the same array for all charts."""
        if self._edges.size != columns + 1 or self._edged != self.span:
            self._edges = np.linspace(self.span.start, self.span.end, columns + 1)
            self._edged = self.span
        return self._edges

    def forget(self, chart: object, *_: object) -> None:
        """A chart went away, and its gutter with it."""
        self._gutters.pop(chart, None)

    def _show(self, span: TimeRange) -> None:
        if span.end > self.home.end:  # the future holds nothing to look at
            span = TimeRange(self.home.end - span.seconds, self.home.end)
        if span != self.span:
            self.span = span
            self.changed.emit()
