"""Sheaves: whatever parts go in come out, and damage is found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import StoreDamaged
from app.store.origin import Origin
from app.store.sheaf import Part, Sheaf, encode_sheaf

METRICS = ("endpoint_up", "endpoint_requests", "endpoint_latency_seconds")


@st.composite
def sheaves(draw):
    parts, metrics, number = [], {}, 1
    for group in range(draw(st.integers(1, 5))):
        k, n = draw(st.integers(1, 4)), draw(st.integers(1, 6))
        ids = np.arange(number, number + k)
        number += k + draw(st.integers(0, 3))
        metrics |= {int(i): draw(st.sampled_from(METRICS)) for i in ids}
        time = np.cumsum(draw(st.lists(st.integers(1, 10**6), min_size=n, max_size=n)))
        value = np.array(draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=k * n, max_size=k * n)))
        present = np.array(draw(st.lists(st.booleans(), min_size=k * n, max_size=k * n))).reshape(k, n)
        present[:, 0] = True
        cut = draw(st.integers(1, n))
        pair = np.array([3, 4][: 1 if cut == n else 2], np.int64)
        origin = Origin(pair, pair - 1, np.array([n] if cut == n else [cut, n - cut], np.int64))
        values = value.view(np.float64).reshape(k, n)
        parts.append(Part(group * 70, ids, time, values, None if present.all() else present, origin))
    return parts, metrics


def kept(part):
    present = np.ones(part.values.shape, bool) if part.present is None else part.present
    return part.values[present].view(np.int64).tolist(), present.tolist()


@settings(max_examples=60)
@given(sheaves())
def test_that_parts_come_back_to_the_bit(made):
    parts, metrics = made
    opened = Sheaf(encode_sheaf(parts, metrics))
    for one, again in zip(parts, opened.parts(), strict=True):
        assert one.group == again.group
        assert one.ids.tolist() == again.ids.tolist()
        assert one.time.tolist() == again.time.tolist()
        assert kept(one) == kept(again)
        for before, after in zip(one.origin.expand(), again.origin.expand(), strict=True):
            assert before.tolist() == after.tolist()
    assert opened.span == (min(p.time[0] for p in parts), max(p.time[-1] for p in parts))


@settings(max_examples=60)
@given(sheaves())
def test_that_single_series_and_newest_samples_are_those_of_the_parts(made):
    parts, metrics = made
    opened = Sheaf(encode_sheaf(parts, metrics))
    expected = {}
    for part in parts:
        winner, _ = part.origin.expand()
        for row, series in enumerate(part.ids.tolist()):
            there = slice(None) if part.present is None else part.present[row]
            expected[series] = (part.time[there].tolist(), part.values[row][there].tobytes(), winner[there].tolist())
    wanted = np.isin(opened.ids, list(expected)[::2])
    found = dict(opened.layers(wanted))
    assert found.keys() == set(list(expected)[::2])
    for series, layer in found.items():
        assert (layer.time.tolist(), layer.value.tobytes(), layer.origin.expand()[0].tolist()) == expected[series]
    newest = {}
    for ids, time, value, winner in opened.newest():
        for n, t, v, w in zip(ids.tolist(), time.tolist(), value, winner.tolist(), strict=True):
            newest[n] = (t, v.tobytes(), w)
    assert newest == {n: (t[-1], v[-8:], w[-1]) for n, (t, v, w) in expected.items()}


@given(sheaves(), st.data())
def test_that_one_flipped_bit_is_found(made, data):
    blob = bytearray(encode_sheaf(*made))
    at = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[at // 8] ^= 1 << (at % 8)
    with pytest.raises(StoreDamaged):
        Sheaf(bytes(blob))


@given(st.binary(max_size=200))
def test_that_foreign_bytes_are_refused(blob):
    with pytest.raises(StoreDamaged):
        Sheaf(blob)


def test_that_thousands_of_series_of_five_samples_cost_little_more_than_their_numbers():
    """12,000 series: with a block for each scrape group the headers alone would be six bytes a sample."""
    rng = np.random.default_rng(3)
    parts, metrics = [], {}
    for group in range(1800):
        ids = np.arange(1 + group * 7, 8 + group * 7)
        metrics |= {int(i): f"m{place}" for place, i in enumerate(ids)}
        time = 1_790_000_000_000 + int(rng.integers(60_000)) + 60_000 * np.arange(5)
        level = np.rint(rng.lognormal(3, 1, 7))
        values = np.rint(level[:, None] * rng.normal(1, 0.03, (7, 5)))
        parts.append(Part(group, ids, time, values, None, Origin.of(1, 5)))
    blob = encode_sheaf(parts, metrics)
    assert len(blob) / (1800 * 7 * 5) < 1.25
