import numpy as np

from app.clock import from_iso
from app.demo import recording
from app.demo.fleet import sites
from app.model.time_range import TimeRange

NOW = from_iso("2026-11-12T14:32:00Z")


def test_that_a_stretch_is_what_lies_in_its_window_and_nothing_is_copied():
    for series in recording.scrapes(sites(2)[0], 1, NOW, 0.5):
        window = TimeRange(NOW - 7200.0, NOW - 3600.0)
        cut = {one.key: one for one in recording.stretch(series, window)}
        for one in series:
            inside = (one.time >= window.start) & (one.time < window.end)
            assert (one.key in cut) == inside.any()
            if inside.any():
                assert np.array_equal(cut[one.key].time, one.time[inside])
                assert np.array_equal(cut[one.key].value, one.value[inside])
                assert np.shares_memory(cut[one.key].value, one.value)


def test_that_series_that_share_their_times_share_them_in_a_stretch_too():
    for series in recording.scrapes(sites(2)[1], 1, NOW, 0.5):
        before = {id(one.time) for one in series}
        after = {id(one.time) for one in recording.stretch(series, TimeRange(NOW - 7200.0, NOW))}
        assert len(after) <= len(before) <= 8
