"""Kinds of codes: each gives back the very bits, rises with the value, and is chosen where it pays."""

import contextlib
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pcodec import ChunkConfig, ModeSpec, standalone

from app.errors import StoreDamaged
from app.store.packing import pack, unpack
from app.store.values import CONSTANT, DECIMAL, FLOAT, ORDINAL, find_codes, lowest_decade, ordinal_integers, ordinals
from app.store.values import unpack_codes as read

three_digits = st.builds(
    lambda digits, power: float(f"{digits}e{power}"), st.integers(100, 999), st.integers(-9, 7)
) | st.just(0.0)
any_bits = st.integers(-(2**63), 2**63 - 1).map(lambda n: float(np.array(n).view(np.float64)))
rows = st.lists(st.one_of(three_digits, any_bits, st.integers(-(10**12), 10**12).map(float)), min_size=1, max_size=80)
alike = st.lists(three_digits, min_size=1, max_size=400)


def bits(values):
    return np.ascontiguousarray(values).view(np.int64).tolist()


@given(st.one_of(rows, alike))
def test_that_codes_come_back_to_the_bit_and_rise_with_the_value(row):
    values = np.array(row)
    codes = find_codes(values)
    again = read(codes.pack(), values.size)
    assert bits(again.floats()) == bits(values)
    assert bits(codes.floats()) == bits(values)
    if codes.kind in (DECIMAL, ORDINAL):
        order = np.argsort(values, kind="stable")
        assert (np.diff(codes.code[order].astype(np.int64)) >= 0).all()
    assert bits(codes.tail()) == bits(values[-1:])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([5.0, 5.0], CONSTANT),
        ([float("nan")] * 3, CONSTANT),
        ([1.0, 2.0, 3.0], DECIMAL),
        ([0.25, -0.5, 100.75], DECIMAL),
        ([1.23e-7, 4.56e-7, 9.99e9], ORDINAL),
        ([0.0, -0.0], FLOAT),
        ([1.0, -0.0, 2.0], FLOAT),
        ([1.0, float("inf")], FLOAT),
        ([1.0, float("nan")], FLOAT),
        ([1 / 3, 2 / 3], FLOAT),
        ([2.0**53, 1.0], FLOAT),
    ],
)
def test_that_each_kind_takes_what_it_can_hold(values, kind):
    assert find_codes(np.array(values)).kind == kind


def test_that_three_digits_over_a_wide_range_cost_less_as_ordinals():
    rng = np.random.default_rng(1)
    latency = np.array([float(f"{v:.2e}") for v in rng.lognormal(4, 0.8, 6000)])
    chosen = find_codes(latency)
    assert chosen.kind == ORDINAL
    decimal = np.rint(latency * 100).astype(np.int32)
    assert len(chosen.pack()) < len(pack(decimal))


def test_that_the_ordinals_are_every_decimal_of_three_digits_in_order():
    """By hand: nine hundred a decade, seventeen decades, and zero."""
    known = ordinals()
    assert known.size == 1 + 900 * 17
    assert (np.diff(known) > 0).all()
    assert [known[1], known[900], known[901], known[-1]] == [1e-7, 9.99e-7, 1e-6, 9.99e9]
    assert np.searchsorted(known, 612.0) == 1 + 900 * 9 + 512


def test_that_an_ordinal_is_a_whole_number_of_its_lowest_decade():
    known = ordinals()
    code = np.searchsorted(known, [0.0, 0.0612, 1.25, 98.7]).astype(np.int16)
    decade = lowest_decade(code)
    assert decade == -2
    assert ordinal_integers(decade)[code].tolist() == [0, 612, 12_500, 987_000]


arrays = st.one_of(
    npst.arrays(np.int16, st.integers(0, 300)),
    npst.arrays(np.int32, st.integers(0, 300)),
    npst.arrays(np.int64, st.integers(0, 300)),
    npst.arrays(np.int64, st.integers(0, 300)).map(lambda a: a.view(np.float64)),
)


@given(arrays, st.booleans())
def test_that_packed_arrays_come_back_whatever_codec_was_shorter(array, quick):
    quick = quick and array.dtype.kind == "i"
    again = unpack(pack(array, quick=quick), array.size, array.dtype.type)
    assert again.dtype == array.dtype
    assert again.tobytes() == array.tobytes()


@pytest.mark.parametrize("array", [np.repeat([3, 70_000], 3), np.array([2**62, -(2**61)]), np.arange(5000)])
def test_that_a_short_array_is_packed_by_whichever_codec_is_shorter(array):
    """Beside the libraries themselves; a long array is left to the first."""
    planes = zlib.compress(array.view(np.uint8).reshape(-1, 8).T.tobytes(), 6)
    one = bytes(standalone.simple_compress(array, ChunkConfig(compression_level=7, mode_spec=ModeSpec.classic())))
    shortest = min(map(len, (planes, one, array.tobytes()))) if array.size < 100 else len(one)
    assert len(pack(array)) == 1 + shortest


@given(st.binary(max_size=60), st.integers(0, 50))
def test_that_foreign_bytes_are_refused(blob, size):
    for kind in (np.int16, np.float64):
        try:
            found = unpack(blob, size, kind)
        except StoreDamaged:
            continue
        assert found.size == size
    with contextlib.suppress(StoreDamaged):
        assert read(blob, size).floats().size == size


def test_that_planes_which_inflate_to_more_than_claimed_are_refused():
    bomb = bytes([2]) + zlib.compress(bytes(10_000_000))
    with pytest.raises(StoreDamaged, match="another number"):
        unpack(bomb, 10, np.int64)
    with pytest.raises(StoreDamaged, match="codec 9"):
        unpack(bytes([9, 0, 0]), 1, np.int16)
