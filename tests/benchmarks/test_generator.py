"""What is measured: that the fleet is what the benchmarks say it is, and that each benchmark can be run."""

import numpy as np
import pytest

from tests.benchmarks.__main__ import BARS, load, names
from tests.benchmarks.generator import (
    CHART_KINDS,
    KINDS,
    LATE_SHARE,
    SERVICE_KINDS,
    STEP,
    Shape,
    columns_of,
    key_of,
    scrape,
    three_digits,
)
from tests.benchmarks.measure import Spent, Stopwatch, median
from tests.benchmarks.result import Line, Report, markdown
from tests.benchmarks.work import Work

SHAPE = Shape(3, 20.0)


@pytest.fixture(scope="module")
def fleet():
    return [scrape(SHAPE, number) for number in range(SHAPE.endpoints)]


def test_that_the_same_seed_gives_the_same_fleet(fleet):
    again = scrape(SHAPE, 1)
    assert all(np.array_equal(a, b) for a, b in zip(again.times, fleet[1].times, strict=True))
    assert all(np.array_equal(again.values[kind], fleet[1].values[kind]) for kind in again.values)


def test_that_another_seed_or_endpoint_gives_another(fleet):
    other = scrape(Shape(3, 20.0, seed=2), 1)
    assert not np.array_equal(other.values[4], fleet[1].values[4])
    assert not np.array_equal(fleet[0].values[4], fleet[1].values[4])


def test_that_an_endpoint_has_twenty_series_of_its_own(fleet):
    keys = [one.key for one in columns_of(fleet)]
    assert len(KINDS) == 20
    assert len(set(keys)) == 60
    assert {key.label("enclave") for key in keys} == {"alpha"}
    assert len({one.sid for one in columns_of(fleet)}) == 60


def test_that_three_scrape_groups_have_times_of_their_own(fleet):
    for one in fleet:
        phases = {int(np.median(time % (STEP * 1000))) for time in one.times}
        assert len(phases) == 3
        for time in one.times:
            assert (np.diff(time) > 0).all()
            assert SHAPE.start <= time[0]
            assert time[-1] < SHAPE.end


def test_that_about_three_scrapes_in_a_hundred_are_late(fleet):
    late = []
    for one in fleet:
        for time in one.times:
            within = time % (STEP * 1000)
            late.append((within != within.min()).mean())
    assert np.mean(late) == pytest.approx(LATE_SHARE, rel=0.2)


def test_that_there_are_gaps_and_outages(fleet):
    steps = SHAPE.steps * SHAPE.endpoints
    assert 0.9 < sum(one.times[1].size for one in fleet) / steps < 1.0
    assert any((one.values[0] == 0.0).any() for one in fleet)
    assert set(np.unique(np.concatenate([one.values[0] for one in fleet]))) == {0.0, 1.0}


def test_that_numbers_look_as_exporters_give_them(fleet):
    for one in fleet:
        counts = [one.values[kind] for kind in (1, 2, 3, 10, 12, 17, 19)]
        assert all(np.array_equal(values, np.rint(values)) for values in counts)
        assert (one.values[2] + one.values[3] <= one.values[1]).all()
        assert np.array_equal(one.values[5], [float(f"{value:.3g}") for value in one.values[5]])
        changed = np.diff(one.values[14]) != 0
        assert 0 < changed.mean() < 0.1


def test_that_counts_are_per_step_and_never_add_up(fleet):
    assert all((np.diff(one.values[1]) < 0).any() for one in fleet)


def test_that_a_part_of_the_kinds_has_the_same_numbers(fleet):
    part = scrape(Shape(3, 20.0, SERVICE_KINDS), 2)
    assert set(part.values) == set(SERVICE_KINDS)
    assert all(np.array_equal(part.values[kind], fleet[2].values[kind]) for kind in SERVICE_KINDS)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (0.0012345, 0.00123), (98.76, 98.8), (123456.0, 123000.0)])
def test_that_three_digits_are_the_nearest_double(value, expected):
    assert three_digits(np.array([value]))[0] == expected


def test_that_twelve_charts_show_twelve_series():
    assert len({key_of(0, kind) for kind in CHART_KINDS}) == 12


def test_that_kept_numbers_come_back_as_they_were(tmp_path):
    work, shape = Work(tmp_path), Shape(1, 2.0)
    made, kept = work.endpoint(shape, 0), work.endpoint(shape, 0)
    assert list(tmp_path.rglob("0000.i64"))
    assert all(np.array_equal(made.values[kind], kept.values[kind]) for kind in made.values)
    assert all(np.array_equal(a, b) for a, b in zip(made.times, kept.times, strict=True))


# --- the runner


def test_that_every_benchmark_declares_what_the_runner_needs():
    assert names()
    for name in names():
        module = load(name)
        assert module.__doc__
        assert callable(module.run)
        assert all(1 <= bar <= 14 for bar in module.BARS)


def test_that_every_bar_has_a_benchmark():
    assert {bar for name in names() for bar in load(name).BARS} == set(range(1, 15))


def test_that_no_benchmark_is_collected_as_a_test():
    assert not list(BARS.parent.rglob("bars/test_*.py"))


@pytest.mark.parametrize(
    ("line", "ratio", "met"),
    [
        (Line(1, "x", 2.0, 50.0, "ms", ask=25), 25.0, True),
        (Line(1, "x", 2.0, 49.0, "ms", ask=25), 24.5, False),
        (Line(1, "x", 50.0, 2.0, "M/s", "more", ask=25), 25.0, True),
        (Line(1, "x", 0.83, None, "B", limit=0.82), None, False),
        (Line(1, "x", 0.8, None, "B", limit=0.82), None, True),
        (Line(1, "x", 2.0, 50.0, "ms", ask=25, limit=1.0), 25.0, False),
        (Line(0, "x", 2.0, 1.0, "ms"), 0.5, None),
    ],
)
def test_that_a_line_knows_its_ratio_and_whether_its_bar_is_met(line, ratio, met):
    assert line.ratio == ratio
    assert line.met is met


def test_that_a_report_survives_its_file_and_stands_on_the_page():
    line = Line(8, "last values", 0.5, 100.0, "ms", ask=100, ours_cpu=0.4, peer_cpu=80.0, note="few")
    about = {"date": "today", "load": "1.0", "processor": "2 x one"}
    report = Report("last", "go bench last", about, (line,), seconds=1.0)
    assert Report.from_json(report.as_json()) == report
    page = markdown([report])
    assert "| 8 | last values | 200x (cpu 200x) | >= 100x | met | 0.5 ms (cpu 0.4) | 100 ms (cpu 80) | few |" in page


def test_that_a_stopwatch_leaves_out_what_it_is_paused_for(monkeypatch):
    moments = iter([10.0, 11.0, 15.0, 18.0])
    monkeypatch.setattr("tests.benchmarks.measure.time.perf_counter", lambda: next(moments))
    watch = Stopwatch()
    with watch.running(), watch.paused():
        pass
    assert watch.spent.wall == (18.0 - 10.0) - (15.0 - 11.0)


def test_that_the_median_is_taken_of_wall_and_processor_separately():
    assert median([Spent(1.0, 9.0), Spent(2.0, 1.0), Spent(3.0, 5.0)]) == Spent(2.0, 5.0)
