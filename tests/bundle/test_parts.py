"""Lines of samples, events and catalogues: bounds, and the same numbers on both sides."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bundle.bounded_json import JsonRefused, canonical, loads, nesting
from app.bundle.parts import (
    LINE_BYTES,
    Bounds,
    PartRefused,
    catalogue_lines,
    chunk_lines,
    event_lines,
    plain_lines,
    read_blocks,
    read_catalogue,
    read_events,
)
from app.model.catalogue import Catalogue, Enclave, Node
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.store.block import block_from_series, decode_block, encode_block
from tests.fakes.bundles import catalogue_of, event_of, series_of

BOUNDS = Bounds("s-east", Level.S, 2_000_000_000.0)


def samples(blocks):
    """Every sample as (key, ms, bits or NaN), however it is cut into blocks."""
    found = []
    for block in blocks:
        decoded = decode_block(block)
        for row, key in enumerate(block.keys):
            kept = slice(None) if decoded.present is None else decoded.present[row]
            values = decoded.values[row][kept]
            found += [
                (block.group, str(key), ms, "NaN" if math.isnan(v) else v.hex())
                for ms, v in zip(decoded.time[kept].tolist(), values.tolist(), strict=True)
            ]
    return sorted(found)


values = st.one_of(
    st.floats(width=64), st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf])
)


@given(st.lists(st.lists(values, min_size=1, max_size=8), min_size=1, max_size=4), st.sampled_from(["chunks", "plain"]))
@settings(max_examples=80)
def test_that_numbers_come_back_to_the_bit(rows, schema):
    series = [
        Series(
            SeriesKey.of("m", {"enclave": "s-east", "endpoint": f"e{n}"}),
            60.0 * np.arange(len(row)),
            np.array(row),
            "g",
        )
        for n, row in enumerate(rows)
    ]
    blocks = list(block_from_series(series))
    lines = list((chunk_lines if schema == "chunks" else plain_lines)(blocks))
    assert samples(read_blocks(schema, [line.rstrip(b"\n") for line in lines], BOUNDS)) == samples(blocks)


def test_that_plain_numbers_are_text_that_people_and_guards_read():
    key = SeriesKey.of("m", {"enclave": "s-east"})
    (block,) = block_from_series(
        [Series(key, np.arange(6.0), np.array([0.1, 1e-7, math.nan, math.inf, -math.inf, -0.0]), "g")]
    )
    (line,) = plain_lines([block])
    told = json.loads(line)
    assert told["t"] == ["0", "1000", "2000", "3000", "4000", "5000"]
    assert told["v"] == ["0.1", "1e-07", "NaN", "+Inf", "-Inf", "-0.0"]
    assert nesting(line) <= 3


def test_that_long_series_are_cut_into_bounded_lines():
    lines = list(plain_lines(block_from_series([series_of("s-east", count=2500)])))
    assert [len(json.loads(line)["t"]) for line in lines] == [1000, 1000, 500]
    assert all(len(line) <= LINE_BYTES["plain"] for line in lines)


def test_that_a_block_too_wide_for_a_line_is_cut_in_two():
    keys = [SeriesKey.of("m", {"enclave": "s-east", "endpoint": f"{n:05d}", "x": "y" * 1500}) for n in range(8000)]
    present = np.ones((8000, 1), bool)
    present[5] = False
    block = encode_block("g", keys, np.array([1000]), np.arange(8000.0).reshape(8000, 1), present)
    lines = list(chunk_lines([block]))
    assert len(lines) > 1
    assert all(len(line) <= LINE_BYTES["chunks"] for line in lines)
    assert samples(read_blocks("chunks", [line.rstrip(b"\n") for line in lines], BOUNDS)) == samples([block])


def plain(**change):
    told = {"group": "g", "metric": "m", "labels": {"enclave": "s-east"}, "t": ["0", "1"], "v": ["1", "2"]} | change
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


@pytest.mark.parametrize(
    "change",
    [
        {"v": ["1"]},
        {"v": ["1", "1e999"]},
        {"v": ["1", "1_000"]},
        {"v": ["1", " 2"]},
        {"v": ["1", "nan"]},
        {"v": ["1", "inf"]},
        {"v": ["1", "0x10"]},
        {"v": ["1", "١"]},
        {"v": ["1", "1" * 33]},
        {"v": ["1", 2]},
        {"v": ["1", ["2"]]},
        {"t": ["1", "0"]},
        {"t": ["1", "1"]},
        {"t": ["0", "1.5"]},
        {"t": ["-5", "1"]},
        {"t": ["0", "9" * 15]},
        {"t": ["0", "9" * 30]},
        {"t": [], "v": []},
        {"t": ["0"] * 1001, "v": ["0"] * 1001},
        {"t": "01"},
        {"metric": "m m"},
        {"metric": ""},
        {"labels": {}},
        {"labels": {"enclave": "u-west"}},
        {"labels": {"enclave": "s-east", "x": ""}},
        {"labels": {"enclave": "s-east", "1x": "y"}},
        {"labels": {"enclave": "s-east", "x": "\u202e"}},
        {"labels": {"enclave": "s-east", "x": "y" * 2049}},
        {"labels": {"enclave": "s-east", "x": 5}},
        {"labels": {"enclave": "s-east"} | {f"l{n}": "x" for n in range(64)}},
        {"labels": [["enclave", "s-east"]]},
        {"labels": None},
        {"group": 5},
        {"extra": 1},
    ],
)
def test_that_a_row_of_samples_with_anything_odd_is_refused(change):
    with pytest.raises(PartRefused, match="line 1"):
        list(read_blocks("plain", [plain(**change)], BOUNDS))
    assert len(list(read_blocks("plain", [plain()], BOUNDS))) == 1


def chunk():
    (line,) = chunk_lines(block_from_series([series_of("s-east", count=20)]))
    return json.loads(line)


@pytest.mark.parametrize(
    "change",
    [
        {"clock": "AAAA"},
        {"body": "AAAA"},
        {"body": ""},
        {"body": "not base64!"},
        {"body": 5},
        {"series": []},
        {"series": [["m"]]},
        {"series": [["m", "enclave"]]},
        {"series": [["m", "x", "1", "enclave", "s-east"]]},
        {"series": [["m", "enclave", "s-east", "enclave", "s-east"]]},
        {"series": [["m", "enclave", "s-east"], ["n", "enclave", "s-east"]]},
        {"series": ["m"]},
        {"series": 5},
    ],
)
def test_that_a_chunk_with_anything_odd_is_refused(change):
    with pytest.raises(PartRefused, match="line 1"):
        list(read_blocks("chunks", [canonical(chunk() | change)], BOUNDS))


def test_that_every_flipped_bit_of_a_body_is_found():
    import base64

    told = chunk()
    body = base64.b64decode(told["body"])
    for at in range(len(body)):
        changed = bytearray(body)
        changed[at] ^= 1
        with pytest.raises(PartRefused):
            list(read_blocks("chunks", [canonical(told | {"body": base64.b64encode(changed).decode()})], BOUNDS))


def test_that_events_come_back():
    sent = [event_of("s-east"), event_of("s-east", "e2", end=1_762_999_999.25)]
    assert list(read_events(event_lines(sent), BOUNDS)) == sent


@pytest.mark.parametrize(
    "change",
    [
        {"enclave": "u-west"},
        {"end": 5.0},
        {"start": -1},
        {"start": None},
        {"kind": "Bad Kind"},
        {"labels": [["a"]]},
        {"labels": [["a", "b", "c"]]},
        {"labels": {"a": "b"}},
        {"text": "x" * 4001},
        {"text": "\x00"},
        {"row": "node"},
    ],
)
def test_that_an_event_with_anything_odd_is_refused(change):
    (line,) = event_lines([event_of("s-east")])
    with pytest.raises(PartRefused, match="line 1"):
        list(read_events([json.dumps(json.loads(line) | change).encode()], BOUNDS))


def test_that_a_catalogue_comes_back():
    sent = catalogue_of("s-east", Level.S)
    sent = Catalogue(sent.enclave, sent.endpoints, (Node("s-east", "gpu-01", 8, "H100", 5.0),), sent.as_of)
    assert read_catalogue(catalogue_lines(sent), BOUNDS) == sent


def lines_of(catalogue):
    return list(catalogue_lines(catalogue))


@pytest.mark.parametrize("level", [one for one in Level if one is not Level.S])
def test_that_a_catalogue_declares_the_level_of_the_label_and_no_other(level):
    with pytest.raises(PartRefused, match="declares another level than the label"):
        read_catalogue(lines_of(catalogue_of("s-east", level)), BOUNDS)


def test_that_a_catalogue_speaks_of_one_enclave():
    own, other = lines_of(catalogue_of("s-east", Level.S)), lines_of(catalogue_of("u-west", Level.S))
    for wrong in (other, [own[0], other[1]], [], own[1:], [*own, own[0]]):
        with pytest.raises(PartRefused):
            read_catalogue(wrong, BOUNDS)


@pytest.mark.parametrize(
    "change", [{"cadence": -1}, {"level": "x"}, {"id": "A B"}, {"grace": "5"}, {"name": "x" * 101}]
)
def test_that_an_enclave_with_anything_odd_is_refused(change):
    first, *rest = lines_of(Catalogue(Enclave("s-east", "East", Level.S, 60.0), ()))
    with pytest.raises(PartRefused):
        read_catalogue([json.dumps(json.loads(first) | change).encode(), *rest], BOUNDS)


# --- JSON within bounds


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_that_what_json_reads_is_read_the_same(value):
    data = json.dumps(value).encode()
    if "\\ud" not in data.decode():
        assert loads(data, size=10**6, depth=10**3) == json.loads(data)


@pytest.mark.parametrize(
    ("data", "depth"),
    [(b"1", 0), (b"[]", 1), (b'{"a":[1]}', 2), (b'"[[["', 0), (b'"\\"[["', 0), (b"[[]", 2), (b"]][", 0)],
)
def test_that_nesting_is_counted_outside_strings(data, depth):
    assert nesting(data) == max(depth, 0)


@pytest.mark.parametrize(
    "data", [b"[[1]]", b"12345678901", b'{"a":1,"a":1}', b"NaN", b"-Infinity", b"1e400", b'"\\ud800"', b"\xff"]
)
def test_that_json_out_of_bounds_is_refused(data):
    with pytest.raises(JsonRefused):
        loads(data, size=10, depth=1)
