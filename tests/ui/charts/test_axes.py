import math
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.model.time_range import TimeRange
from app.ui.charts.moments import ticks
from app.ui.charts.scale import Scale, fit, keep
from app.ui.charts.units import BYTES, PER_SECOND, PLAIN, SECONDS, SHARE, unit_of


def plain(text):
    return text.replace("\u00a0", " ")


def at(*when):
    return datetime(*when, tzinfo=UTC).timestamp()


# --- vertical -------------------------------------------------------------------------------------------------


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.integers(1, 12), st.sampled_from([2.0, 10.0]))
def test_that_a_scale_holds_what_is_visible_and_has_labels(low, length, lines, base):
    scale = fit(low, low + length, lines, base=base)
    room = 1e-6 * max(abs(scale.low), abs(scale.high))
    assert scale.low <= low + room
    assert low + length <= scale.high + room
    assert 2 <= len(scale.ticks()) <= 2 * lines + 4


@pytest.mark.parametrize("value", [5.0, -5.0, 0.0, 1e-9, 1e300])
def test_that_a_constant_is_neither_at_the_edge_nor_a_division_by_nothing(value):
    scale = fit(value, value, 4)
    assert scale.low <= value <= scale.high
    assert scale.low < scale.high


def test_that_a_narrow_range_is_shown_without_zero_unless_it_is_filled():
    assert fit(70.0, 74.0, 4).low == 70.0
    assert fit(70.0, 74.0, 4, zero=True).low == 0.0
    assert fit(20.0, 74.0, 4).low == 0.0


def test_that_the_scale_stands_still_while_what_is_visible_fits():
    first = fit(0.0, 9.0, 5)
    assert keep(first, fit(0.0, 7.0, 5), 0.0, 7.0) is first
    assert keep(first, fit(0.0, 15.0, 5), 0.0, 15.0).high >= 15.0
    assert keep(first, fit(0.0, 1.0, 5), 0.0, 1.0).high == 1.0, "the curve would be lost in it"
    assert keep(first, fit(math.nan, math.nan, 5), math.nan, math.nan) is first


def test_that_labels_share_a_unit_and_zero_is_bare():
    assert [plain(one) for one in SECONDS.labels([0.0, 0.5, 1.0])] == ["0", "0.5 s", "1.0 s"]
    assert [plain(one) for one in SECONDS.labels([0.0, 0.2, 0.4])] == ["0", "200 ms", "400 ms"]
    assert [plain(one) for one in SHARE.labels([0.0, 0.02, 0.04])] == ["0", "2 %", "4 %"]
    assert [plain(one) for one in PER_SECOND.labels([0.0, 40.0])] == ["0", "40/s"]
    assert [plain(one) for one in BYTES.labels([0.0, 2.0**30, 2.0**31])] == ["0", "1 GiB", "2 GiB"]
    assert [plain(one) for one in PLAIN.labels([-1000.0, 0.0, 1000.0])] == ["−1 000", "0", "1 000"]


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [
        (SECONDS, 0.662, "662 ms"),
        (SECONDS, 2.31, "2.31 s"),
        (SHARE, 0.0461, "4.61 %"),
        (SHARE, 1.0, "100 %"),
        (SHARE, 0.0, "0 %"),
        (PLAIN, 12.0, "12"),
        (PLAIN, math.nan, "no data"),
        (PLAIN, math.inf, "∞"),
        (PLAIN, -math.inf, "−∞"),
    ],
)
def test_that_a_value_is_said_with_three_digits(unit, value, said):
    assert plain(unit.say(value)) == said


def test_that_something_that_is_not_nothing_never_reads_as_nothing():
    assert SHARE.say(1e-6) not in ("0\u00a0%", "0.00\u00a0%")


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("endpoint_latency_seconds", "seconds"),
        ("gpu_utilisation_ratio", "per cent"),
        ("gpu_memory_used_bytes", "bytes"),
        ("endpoint_requests", ""),
    ],
)
def test_that_the_unit_is_the_ending_of_the_name(metric, name):
    assert unit_of(metric).name == name


# --- time -----------------------------------------------------------------------------------------------------


@given(st.floats(0, 4e9), st.floats(1, 3e8), st.integers(2, 14))
@example(1e-230, 172_801.0, 2)
def test_that_labels_stand_inside_in_order_and_are_not_too_many(start, length, most):
    span = TimeRange(start, start + length)
    moments = [tick.moment for tick in ticks(span, most)]
    assert moments == sorted(set(moments))
    assert all(span.start <= moment <= span.end for moment in moments)
    assert len(moments) <= most + 2


def test_that_hours_are_even_over_the_night_the_clocks_change():
    span = TimeRange(at(2026, 10, 24, 18), at(2026, 10, 25, 6))
    assert [tick.label for tick in ticks(span, 6)] == ["18:00", "20:00", "22:00", "25 Oct", "02:00", "04:00", "06:00"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Chatham"])
def test_that_the_zone_of_the_machine_moves_no_label(zone, monkeypatch):
    nights = [(2026, 3, 28), (2026, 10, 24), (2026, 3, 7), (2026, 10, 31), (2028, 2, 28), (2027, 12, 31)]
    spans = [TimeRange(at(*night, 18), at(*night, 18) + 12 * 3600.0) for night in nights]
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        found = [ticks(span, 6) for span in spans]
    finally:
        monkeypatch.undo()
        time.tzset()
    for each, night in zip(found, nights, strict=True):
        assert [one.moment - each[0].moment for one in each] == [7200.0 * number for number in range(7)]
        hours = [one.label for one in each if not one.strong]
        assert hours == ["18:00", "20:00", "22:00", "02:00", "04:00", "06:00"]
        after = datetime(*night, tzinfo=UTC) + timedelta(days=1)
        assert [one.label for one in each if one.strong] == [f"{after.day} {after:%b}"]


@given(st.integers(1971, 2198), st.integers(1, 12), st.integers(6, 10))
def test_that_months_begin_at_their_first_midnight_in_every_year(year, month, length):
    start = at(year, month, 1)
    found = ticks(TimeRange(start, start + length * 30.5 * 86400.0), 12)
    assert [datetime.fromtimestamp(one.moment, UTC) for one in found] == [
        datetime(year + (month - 1 + more) // 12, (month - 1 + more) % 12 + 1, 1, tzinfo=UTC)
        for more in range(len(found))
    ]
    assert len(found) >= length
    assert all(one.label == f"{datetime.fromtimestamp(one.moment, UTC):%Y}" for one in found if one.label.isdigit())


def test_that_a_leap_day_has_its_label():
    labels = [tick.label for tick in ticks(TimeRange(at(2028, 2, 27), at(2028, 3, 2)), 6)]
    assert labels == ["27 Feb", "28 Feb", "29 Feb", "1 Mar", "2 Mar"]


def test_that_months_begin_on_their_first_and_years_say_so():
    found = ticks(TimeRange(at(2027, 10, 15), at(2028, 4, 15)), 8)
    assert [tick.label for tick in found] == ["Nov", "Dec", "2028", "Feb", "Mar", "Apr"]
    assert [tick.moment for tick in found][4] == at(2028, 3, 1)


def test_that_a_new_day_stands_out_among_hours():
    found = ticks(TimeRange(at(2026, 11, 11, 18), at(2026, 11, 12, 6)), 4)
    assert [tick.label for tick in found if tick.strong] == ["12 Nov"]
    assert Scale(0.0, 1.0, 0.5).share(0.25) == 0.25
