"""What of a chart's samples cannot be seen in its picture; with no arithmetic of the chart's own."""

import numpy as np
from PySide6.QtGui import QImage

from app.model.sample import TimeArray
from app.store.reduced import _Parts
from app.ui.charts.line import make_line


def ink_of(chart, image, token="series.1"):
    """How much of a pixel of the plot is the colour of a token, 0 to 1, shape (height, width)."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    seen = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(float)
    box, ratio = chart.plot, image.devicePixelRatio()
    left, top = round(box.left() * ratio), round(box.top() * ratio)
    seen = seen[top : top + round(box.height() * ratio), left : left + round(box.width() * ratio)]
    ground, colour = (np.array(chart.look.theme[name].getRgb()[:3], float) for name in ("surface", token))
    way = colour - ground
    return np.clip((seen - ground) @ way / (way @ way), 0.0, 1.0)


def row_of(chart, value, height):
    """Row of a value in a plot of so many pixels; not whole."""
    low, high = chart.scale.low, chart.scale.high
    return (1.0 - (value - low) / (high - low)) * height


def unseen(chart, image, time, value):
    """Columns of pixels in which the least, the most, or what lies between is not inked.

    `time` (seconds UTC) and `value` are the raw samples. An extreme counts as drawn where ink is within one pixel
    of the screen, in the column or beside it: a stroke has a width, and its edges are smoothed.
    """
    ink, span, near = ink_of(chart, image) > 0.3, chart.view.span, round(image.devicePixelRatio())
    height, width = ink.shape
    edges = np.linspace(span.start, span.end, width + 1)
    missing = []
    for column in range(width):
        inside = value[(time >= edges[column]) & (time < edges[column + 1])]
        if not inside.size:
            continue
        first, last = (row_of(chart, extreme, height) for extreme in (inside.max(), inside.min()))
        beside = ink[:, max(0, column - near) : column + near + 1].any(axis=1)
        for row in (first, last):
            at = min(max(int(row), 0), height - 1)
            if not beside[max(0, at - near) : at + near + 1].any():
                missing.append(column)
        if not beside[int(first) + near : max(0, int(last) - near + 1)].all():
            missing.append(column)
    return missing


def joined(chart, image, gaps, weight=1.5):
    """Columns of pixels that lie wholly inside of a gap (start, end) and have ink all the same."""
    ink, span = (ink_of(chart, image) > 0.3).any(axis=0), chart.view.span
    edge = (weight + 1.0) * image.devicePixelRatio()
    found = []
    for start, end in gaps:
        first, last = ((moment - span.start) / span.seconds * ink.size for moment in (start, end))
        inside = np.arange(max(0, int(np.ceil(first + edge))), min(ink.size, int(last - edge)))
        found += inside[ink[inside]].tolist()
    return found


def wild(seed, span, step, holes):
    """Samples with noise, spikes of one sample and `holes` gaps: their times, their values, and the gaps."""
    rng = np.random.default_rng(seed)
    time = np.arange(span.start, span.end, step)
    value = 50.0 + rng.normal(0.0, 2.0, time.size)
    spikes = rng.integers(0, time.size, 12)
    value[spikes] = rng.uniform(0.0, 100.0, spikes.size)
    keep = np.ones(time.size, bool)
    for _ in range(holes):
        first = int(rng.integers(1, time.size - 2))
        keep[first : first + int(rng.integers(1, max(2, time.size // 8)))] = False
    time, value = time[keep], value[keep]
    apart = np.flatnonzero(np.diff(time) > 1.5 * step)
    return time, value, list(zip(time[apart].tolist(), time[apart + 1].tolist(), strict=True))


def reduced_line(time, value, span, columns):
    """The line of samples as the store reduces them for so many columns."""
    parts = _Parts()
    milliseconds: TimeArray = np.round(time * 1000.0).astype(np.int64)
    parts.add_samples(milliseconds, value)
    reduced = parts.reduced(span.seconds / columns, columns, ())
    return make_line("p95", "series.1", reduced, span.end)
