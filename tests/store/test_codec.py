"""Values and times come back to the bit, and damage is found."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pcodec import standalone

from app.errors import StoreDamaged
from app.store import clock_code, codec, packing


def bits(values):
    return np.ascontiguousarray(values).view(np.int64)


any_float64 = npst.arrays(np.int64, st.integers(1, 200), elements=st.integers(-(2**63), 2**63 - 1)).map(
    lambda a: a.view(np.float64)
)
decimals = st.tuples(
    npst.arrays(np.int64, st.integers(1, 200), elements=st.integers(-(10**9), 10**9)), st.integers(0, 6)
).map(lambda pair: pair[0] / 10.0 ** pair[1])


@given(st.one_of(any_float64, decimals))
def test_that_any_float64_comes_back_to_the_bit(row):
    time = np.arange(row.size) * 1000
    _, values, present = codec.decode_body(codec.encode_body(time, row[None, :]))
    assert present is None
    assert np.array_equal(bits(values[0]), bits(row))


@pytest.mark.parametrize(
    "row",
    [
        [0.0, -0.0, 1.0],
        [float("nan"), 1.0, 2.0],
        [float("inf"), float("-inf"), 0.5],
        [5e-324, 1.7976931348623157e308, 1.0],
        [2.0**53, 2.0**53 + 2, 1.0],
        [-0.0, -0.0, -0.0],
    ],
)
def test_that_special_values_come_back_to_the_bit(row):
    row = np.array(row)
    _, values, _ = codec.decode_body(codec.encode_body(np.arange(row.size), row[None, :]))
    assert np.array_equal(bits(values[0]), bits(row))


def test_that_a_nan_keeps_its_payload():
    row = np.array([0x7FF8000000000123, 0x7FF0000000000001, 0x3FF0000000000000]).view(np.float64)
    _, values, _ = codec.decode_body(codec.encode_body(np.arange(3), row[None, :]))
    assert bits(values[0]).tolist() == [0x7FF8000000000123, 0x7FF0000000000001, 0x3FF0000000000000]


@given(st.integers(1, 6), st.integers(1, 40), st.randoms())
def test_that_absence_is_kept_apart_from_nan(k, n, random):
    present = np.array([[random.random() < 0.6 for _ in range(n)] for _ in range(k)])
    values = np.array([[random.choice([1.5, 2.0, float("nan")]) for _ in range(n)] for _ in range(k)])
    _, out, mask = codec.decode_body(codec.encode_body(np.arange(n), values, present))
    mask = np.ones((k, n), bool) if mask is None else mask
    assert np.array_equal(mask, present)
    assert np.array_equal(bits(out[mask]), bits(values[present]))


@given(npst.arrays(np.int64, st.integers(1, 300), elements=st.integers(1, 10**7)), st.integers(0, 2 * 10**12))
def test_that_any_increasing_times_come_back(steps, start):
    time = start + np.cumsum(steps)
    assert np.array_equal(clock_code.decode_clock(clock_code.encode_clock(time)), time)


def test_that_a_regular_month_of_times_costs_a_few_bytes():
    time = 1_700_000_000_000 + 60_000 * np.arange(43_200)
    time = np.delete(time, slice(1000, 1100))  # one gap
    assert len(clock_code.encode_clock(time)) < 150


def test_that_times_which_do_not_increase_are_refused():
    with pytest.raises(ValueError, match="increase"):
        clock_code.encode_clock(np.array([1, 1, 2]))


@given(st.data())
def test_that_one_flipped_bit_is_found(data):
    time = 1_700_000_000_000 + 60_000 * np.arange(50)
    body = codec.encode_body(time, np.round(np.sin(np.arange(50.0)), 3)[None, :])
    clock = clock_code.encode_clock(time)
    for blob, decode in ((body, codec.decode_body), (clock, clock_code.decode_clock)):
        at = data.draw(st.integers(0, len(blob) * 8 - 1))
        bad = bytearray(blob)
        bad[at // 8] ^= 1 << (at % 8)
        with pytest.raises(StoreDamaged):
            decode(bytes(bad))


@given(st.binary(max_size=200))
def test_that_foreign_bytes_are_refused_and_never_crash(blob):
    for decode in (codec.decode_body, clock_code.decode_clock, codec.body_header):
        with pytest.raises(StoreDamaged):
            decode(blob)


def test_that_a_sealed_header_with_an_impossible_size_is_refused():
    head = codec._BODY.pack(1, 0, 0, 0, 2**31, 2**31, 1, 0, 0, 0)
    with pytest.raises(StoreDamaged, match="impossible"):
        codec.decode_body(codec.seal(head, b"\0" * 8))


@pytest.mark.parametrize(
    "runs",
    [[[0, 5, 9], [2**63 - 1, 2**63 - 1, 4]], [[0], [-2]], [[0], [2**40]], [[-(2**63)], [2]]],
)
def test_that_sealed_runs_which_overflow_are_refused(runs):
    runs = np.array(runs, np.int64)
    grid = clock_code._GRID_HEAD.pack(1, 0, runs.shape[1], 0, runs.size * 8, 0)
    head = clock_code._CLOCK.pack(1, 0, 0, 2, 0, 12)
    with pytest.raises(StoreDamaged):
        clock_code.decode_clock(codec.seal(head, grid + runs.tobytes()))


def test_that_late_scrapes_and_gaps_cost_little():
    """30 days at 60 s, 3 % late, some gaps: the prototype's figure for it is 0.045 B a stamp."""
    rng = np.random.default_rng(7)
    time = 1_788_480_000_123 + 60_000 * np.arange(43_200)
    late = rng.random(time.size) < 0.03
    time = time + np.where(late, rng.integers(1, 999, time.size), 0)
    time = np.delete(time, rng.choice(time.size, 200, replace=False))
    blob = clock_code.encode_clock(time)
    assert np.array_equal(clock_code.decode_clock(blob), time)
    assert len(blob) / time.size < 0.12


def test_that_a_stream_which_claims_billions_costs_no_memory():
    """A few hundred bytes of pcodec can hold ten million zeros; only what the header allows is ever made."""
    bomb = bytes(standalone.simple_compress(np.zeros(10_000_000, np.int64), packing._INTEGERS))
    assert len(bomb) < 2000
    head = codec._BODY.pack(1, codec._DECIMAL, 0, 0, 1, 100, 100, 0, 0, 99)
    blob = codec.seal(head, bytes([8, 0]) + bomb)
    tracemalloc.start()
    with pytest.raises(StoreDamaged, match="number of samples"):
        codec.decode_body(blob)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
