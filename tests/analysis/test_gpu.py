"""Counters that rose: expected values by hand, after PromQL's increase() without its extrapolation."""

import math

import numpy as np
import pytest

from app.analysis.gpu import idle_since, increase, xid_health
from app.analysis.health_policy import GpuPolicy
from app.model.health import Health

TIME = np.array([0.0, 60.0, 120.0, 180.0, 240.0])
POLICY = GpuPolicy(xid_critical=frozenset({79, 95, 74}), xid_warning=frozenset({63}))


@pytest.mark.parametrize(
    ("value", "since", "expected"),
    [
        ([5, 5, 5, 5, 5], 0.0, (0.0, math.nan)),
        ([5, 5, 6, 6, 8], 0.0, (3.0, 240.0)),
        ([5, 5, 6, 6, 8], 121.0, (2.0, 240.0)),  # the rise at 120 is before the window
        ([5, 6, 6, 6, 6], 121.0, (0.0, math.nan)),
        ([5, 5, 2, 3, 3], 0.0, (3.0, 180.0)),  # a restart: 2 since it, then 1 more
        ([5, math.nan, 6, math.nan, 6], 0.0, (1.0, 120.0)),
    ],
)
def test_that_an_increase_is_the_sum_of_rises_after_resets(value, since, expected):
    np.testing.assert_equal(increase(TIME, np.array(value, dtype=np.float64), since, 0.0), expected)


def test_that_a_counter_made_by_its_first_error_counts_it_where_the_node_was_known_before():
    born = np.array([120.0, 180.0]), np.array([1.0, 1.0])
    assert increase(*born, 0.0, 0.0) == (1.0, 120.0)
    # where the node itself comes into view only then, 1 may be old
    np.testing.assert_equal(increase(*born, 0.0, 120.0), (0.0, math.nan))
    np.testing.assert_equal(increase(*born, 0.0, math.nan), (0.0, math.nan))


def test_that_without_samples_nothing_rose():
    np.testing.assert_equal(increase(np.empty(0), np.empty(0), 0.0, 0.0), (0.0, math.nan))


def test_that_an_xid_is_judged_by_its_meaning():
    assert xid_health(79, POLICY) is Health.CRITICAL
    assert xid_health(63, POLICY) is Health.WARNING
    assert xid_health(31, POLICY) is None  # an application's own fault


MINUTES = np.arange(0.0, 8 * 3600.0, 60.0)
END = 8 * 3600.0
IDLE = GpuPolicy(idle_hours=4.0)


def idle(use, time=MINUTES, share=0.5):
    return idle_since(time, np.asarray(use, float), END, IDLE, share)


def test_that_a_gpu_is_idle_since_its_last_kernel():
    assert idle(np.where(MINUTES < 2 * 3600.0, 0.7, 0.0)) == 2 * 3600.0
    assert idle(np.zeros(MINUTES.size)) == 0.0


def test_that_one_kernel_in_the_last_hours_is_no_idleness():
    use = np.zeros(MINUTES.size)
    use[-30] = 0.01
    assert math.isnan(idle(use))


def test_that_a_short_pause_is_no_idleness():
    assert math.isnan(idle(np.where(MINUTES < 5 * 3600.0, 0.7, 0.0)))


def test_that_silence_is_no_idleness():
    known = MINUTES[MINUTES < 5 * 3600.0]  # a quarter of the last four hours
    assert math.isnan(idle(np.zeros(known.size), known))
    use = np.zeros(MINUTES.size)
    use[-200:] = np.nan
    assert math.isnan(idle(use))
    assert math.isnan(idle(np.zeros(0), np.zeros(0)))
