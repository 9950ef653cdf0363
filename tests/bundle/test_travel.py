"""What may travel is asked of a station's own readers."""

from dataclasses import replace

import numpy as np
import pytest

from app.bundle.parts import Bounds, PartRefused, chunk_lines, event_lines, plain_lines, read_blocks, read_events
from app.bundle.travel import not_below_zero, travelling_event, travels, until_now
from app.model.marking import Level
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.store.block import block_from_series
from tests.fakes.bundles import START, event_of

BOUNDS = Bounds("s-east", Level.S, START)
KEYS = [
    ("m", {}, "g"),
    ("m:n_0", {"a": "x" * 2048, "b": "\u00e9\t\n"}, "g" * 256),
    ("m", {"a": "x" * 2049}, "g"),
    ("m", {"a": "\u2066"}, "g"),
    ("m", {"a.b": "1"}, "g"),
    ("http.requests", {}, "g"),
    ("m", {}, "g" * 257),
    ("m", {}, "\x00"),
    ("m", {f"a{n:02}": "x" for n in range(63)}, "g"),
    ("m", {f"a{n:02}": "x" for n in range(64)}, "g"),
]


@pytest.mark.parametrize(("metric", "labels", "group"), KEYS)
@pytest.mark.parametrize(("lines", "schema"), [(chunk_lines, "chunks"), (plain_lines, "plain")])
def test_that_a_series_travels_if_a_station_takes_it(metric, labels, group, lines, schema):
    key = SeriesKey.of(metric, labels | {"enclave": "s-east"})
    series = Series(key, np.array([START]), np.array([1.0]), group)
    try:
        taken = [block.keys for block in read_blocks(schema, _bare(lines(block_from_series([series]))), BOUNDS)]
    except PartRefused:
        taken = []
    assert travels(series, "s-east") == (taken == [(key,)])
    assert not travels(series, "u-west")


def _bare(lines):
    return (line.removesuffix(b"\n") for line in lines)


def test_that_labels_too_many_for_one_line_of_plain_text_do_not_travel():
    """63 of 2048 characters stand in a line of chunks; with a thousand samples they are too long for a plain one."""
    labels = {f"a{n:02}": "\u00e9" * 2048 for n in range(63)} | {"enclave": "s-east"}
    assert not travels(Series(SeriesKey.of("m", labels), np.array([START]), np.array([1.0]), "g"), "s-east")


def test_that_the_last_moment_is_the_one_that_a_station_takes():
    series = Series(SeriesKey.of("m", {"enclave": "s-east"}), START + np.array([-9e9, 0.0, 299.9, 300.1]), np.ones(4))
    kept = until_now(series, START)
    assert kept.time.tolist() == [START, START + 299.9]
    assert list(read_blocks("chunks", _bare(chunk_lines(block_from_series([kept]))), BOUNDS))
    assert until_now(kept, START) is kept


@pytest.mark.parametrize("beside", [[], ["endpoint_requests"], ["m", "endpoint_requests"], ["m", "endpoint_up", "z"]])
@pytest.mark.parametrize("place", [0, -1])
@pytest.mark.parametrize(("lines", "schema"), [(chunk_lines, "chunks"), (plain_lines, "plain")])
def test_that_nothing_is_counted_below_zero(lines, schema, place, beside):
    """A count, or a value that a metric of its own may have, with its neighbours in one scrape group."""
    time, odd = START + np.arange(-3.0, 0.0), np.array([np.nan, 0.0, -1.0])
    keys = [SeriesKey.of(name, {"enclave": "s-east"}) for name in ["endpoint_errors", *beside]]
    series = [Series(key, time, odd if row == 0 else np.arange(3.0), "g") for row, key in enumerate(keys)]
    series = series if place == 0 else [*series[1:], series[0]]
    with pytest.raises(PartRefused, match="endpoint_errors is counted below zero"):
        list(read_blocks(schema, _bare(lines(block_from_series(series))), BOUNDS))
    series[place] = not_below_zero(series[place])
    assert series[place].time.tolist() == time[:2].tolist()
    taken = [block.keys for block in read_blocks(schema, _bare(lines(block_from_series(series))), BOUNDS)]
    assert {key for some in taken for key in some} == set(keys)
    temperature = Series(SeriesKey.of("m", {"enclave": "s-east"}), time, odd, "g")
    assert not_below_zero(temperature) is temperature
    assert list(read_blocks(schema, _bare(lines(block_from_series([temperature]))), BOUNDS))


@pytest.mark.parametrize(
    "change",
    [
        {"text": "a\u202eb"},
        {"text": "x" * 4001},
        {"text": "\u202e" * 4000},
        {"key": "k" * 513},
        {"subject": "\x1b[31m"},
        {"labels": (("v", "y" * 2049),)},
        {"labels": tuple((f"l{n}", "v") for n in range(65))},
        {"text": "\ud83d"},
        {"end": START - 1.0},
    ],
)
def test_that_an_event_is_mended_until_a_station_takes_it(change):
    event = replace(event_of("s-east"), **change)
    mended = travelling_event(event)
    assert list(read_events(_bare(event_lines([mended])), BOUNDS)) == [mended]
    assert (mended.enclave, mended.kind, mended.start) == (event.enclave, event.kind, event.start)
    assert travelling_event(mended) == mended


def test_that_a_sound_event_stays_as_it_is_and_a_hopeless_one_does_not_travel():
    assert travelling_event(event_of("s-east")) == event_of("s-east")
    assert travelling_event(replace(event_of("s-east"), text="a\u202eb")).text == "a\\u202eb"
    assert travelling_event(replace(event_of("s-east"), start=5e9)) is None
    huge = tuple((f"{n:02}" + "\u00e9" * 2000, "\u00e9" * 2000) for n in range(64))
    assert travelling_event(replace(event_of("s-east"), labels=huge)) is None
