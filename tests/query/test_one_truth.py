"""The table of promises, the close look at one, and every sample counted: one truth, whatever the store is like."""

import dataclasses
import math
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from app.analysis.availability import adherence, parts
from app.analysis.tally import EXPECTED, TOTAL
from app.job import Job
from app.model.marking import Level
from app.model.objective import Exclusion, Indicator, Method, Missing, Objective, Selector, ServiceHours, Window
from app.model.register import AddExclusion, AddObjective, ApproveExclusion
from app.model.sample import Series
from app.model.series_key import SeriesKey
from app.model.time_range import TimeRange
from app.query import service_levels
from app.query.burn_pairs import read_burn_pairs
from app.query.judging import Bench, Question
from app.query.service_level import read_closely
from app.query.service_levels import read_service_levels
from app.store.settle import settle
from tests.fakes.fleets import DAY, HOUR, MINUTE, S1, U1, catalogue, endpoint
from tests.fakes.stores import bring, open_store
from tests.query.test_service_levels import BOB, STATION, decide

START = datetime(2026, 9, 1, tzinfo=UTC).timestamp()
NOW = datetime(2026, 11, 10, 7, 41, 13, tzinfo=UTC).timestamp()
STEP = 300.0
UP, WAIT = Selector("endpoint_up"), Selector("endpoint_latency_seconds", (("quantile", "0.95"),))
ALL, BAD = Selector("endpoint_requests"), Selector("endpoint_errors")
WITHIN = Selector("endpoint_requests_within", (("le", "1"),))
BERLIN = ServiceHours((0, 1, 2, 3, 4), "08:30", "18:00", "Europe/Berlin")
YEAR = Window("calendar", unit="year")
SLICES = {"method": Method.TIMESLICES, "slice_seconds": 300.0, "slice_target": 0.9}


LONGEST = 3 * 86400.0
"""Seconds of the longest window of the shipped pairs."""


def promise(name, indicator, target=0.995, **more):
    told = {"method": Method.OCCURRENCES, "window": YEAR} | more
    return Objective(name, name, "rag", "*", "*", indicator, target, **told)


PROMISES = (
    promise("up", Indicator("ratio", good=UP, total=UP)),
    promise("up-by-day", Indicator("ratio", good=UP, total=UP), hours=BERLIN, missing=Missing.BAD),
    promise("errors", Indicator("ratio", bad=BAD, total=ALL)),
    promise("errors-by-day", Indicator("ratio", bad=BAD, total=ALL), hours=BERLIN),
    promise("within", Indicator("ratio", good=WITHIN, total=ALL), 0.95),
    promise("slices", Indicator("ratio", bad=BAD, total=ALL), 0.99, **SLICES),
    promise("mean", Indicator("ratio", bad=BAD, total=ALL), method=Method.RATIO_TIMESLICES, slice_seconds=7200.0),
    promise("wait", Indicator("threshold", metric=WAIT, op="lte", value=0.5), 0.9, **SLICES),
)


def fleet(enclave, rng):
    """Two endpoints with gaps and outages; one of them has two versions and falls silent before the end."""
    for name, versions, end in (("rag", 1, NOW), ("stt", 2, NOW - 9 * DAY)):
        for version in range(versions):
            time = np.arange(START, end, STEP) + 41.0 + rng.integers(0, 900, math.ceil((end - START) / STEP)) / 1000.0
            there = np.ones(time.size, bool) if version == 0 else time > START + 50 * DAY
            down = np.zeros(time.size, bool)
            for mask, value in ((there, False), (down, True)):
                for first in rng.integers(0, time.size, 9):
                    mask[first : first + int(rng.integers(1, 60))] = value
            requests = rng.poisson(50, time.size) * (rng.random(time.size) < 0.95)
            errors = np.where(down, requests, rng.binomial(requests, 0.003))
            values = {
                UP: ~down,
                ALL: requests,
                BAD: errors,
                WITHIN: np.maximum(requests - errors - 1, 0),
                WAIT: np.where(down, 0.8, np.round(rng.uniform(0.2, 0.51, time.size), 3)),
            }
            for selector, value in values.items():
                labels = {"enclave": enclave.id, "endpoint": name, "version": f"v{version}", **dict(selector.labels)}
                group = f"mesh/{name}/{version}"
                yield Series(SeriesKey.of(selector.metric, labels), time[there], value[there].astype(np.float64), group)


def cut(row, start, end):
    inside = (row.time >= start) & (row.time < end)
    return Series(row.key, row.time[inside], row.value[inside], row.group)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Bundles by the week, of which the last are not settled yet and one came three weeks late."""
    store = open_store(tmp_path_factory.mktemp("base"), NOW)
    for one in PROMISES:
        decide(store, AddObjective(one, "x", START + 3 * DAY), at=START)
    decide(store, AddObjective(dataclasses.replace(PROMISES[0], target=0.9), "x", START + 41.4 * DAY), at=START)
    work = {
        "separate": (START + 10 * DAY + 1234.0, "FREQ=WEEKLY"),
        "exclude": (START + 55 * DAY - 1234.5, ""),
        "count": (START + 60 * DAY, ""),
    }
    for number, (treatment, (start, rule)) in enumerate(work.items()):
        made = Exclusion(
            f"cr-{number}", "*", "*", "*", start, start + 100 * MINUTE, rule, "Europe/Berlin", "planned", treatment,
            "x", "x", "", "",
        )  # fmt: skip
        decide(store, AddExclusion(made, "x"), at=START)
        decide(store, ApproveExclusion(made.id, "x"), author=BOB, at=START)
    for enclave in (U1, S1):
        rng = np.random.default_rng(enclave.level.value)
        rows = list(fleet(enclave, rng))
        declared = catalogue(enclave, *(endpoint(enclave, name, step=STEP) for name in ("rag", "stt")))
        weeks = np.append(np.arange(START, NOW, 7 * DAY), NOW).tolist()
        for seq, (start, end) in enumerate(pairwise(weeks), 1):
            late = 21 * DAY if seq == 5 else HOUR
            part = [cut(row, start, end) for row in rows]
            bring(store, declared, TimeRange(start, end), part, seq=seq, received=min(end + late, NOW))
            if seq < len(weeks) - 1:
                with store.writer() as writer:
                    settle(writer, Job(), always=True)
    return store


QUESTIONS = [
    Question("2026", NOW),
    Question("2026-10", NOW),
    Question("60d", NOW),
    Question("5h", NOW),
    Question("2026-11", NOW - 5 * DAY),
    Question("40d", NOW, as_known_at=START + 45 * DAY),
]


def figures(row):
    """All fields, as numbers where they are numbers."""
    told = dataclasses.asdict(dataclasses.replace(row, promise=None))
    return told | {"key": row.promise.key}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.period}/{one.at:.0f}/{one.as_known_at}")
def test_that_the_table_and_the_close_look_say_the_same(store, question, monkeypatch):
    monkeypatch.setattr(service_levels, "_CELLS", 3000)  # judged in several parts
    rows = read_service_levels(store, STATION, question, Job()).rows
    assert len(rows) >= 2 * 2 * len(PROMISES)
    close = read_closely(store, STATION, question, [row.promise.key for row in rows], Job())
    for row, one in zip(rows, close, strict=True):
        np.testing.assert_equal(figures(one.row), figures(row))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: f"{one.period}/{one.at:.0f}/{one.as_known_at}")
def test_that_both_say_what_every_sample_says(store, question):
    table = {row.promise.key: row for row in read_service_levels(store, STATION, question, Job()).rows}
    pairs = read_burn_pairs(store.paths)
    with store.reader(Level.TS) as reader:
        bench = Bench(store, reader, question)
        for case in map(bench.case, bench.promises()):
            row, frame, objective = table[case.promise.key], case.frame, case.promise.objective
            (evidence,) = bench.evidence([case], closely=True)
            found = parts(
                evidence, frame.where, np.array([frame.over.start, max(frame.over.end, frame.over.start + 0.001)])
            )
            judged = found.judged(objective.missing)[0]
            told = judged.amounts[EXPECTED] <= 0.0 or judged.amounts[TOTAL] > 0.0
            assert row.budget.spent == pytest.approx(float(judged.bad) if told else math.nan, abs=1e-6, nan_ok=True)
            assert row.budget.spent_most == pytest.approx(
                float(found.judged(Missing.UNKNOWN)[0].worst_bad), rel=1e-9, abs=1e-6
            )
            now, plain = row.found.now, adherence(service_levels._first(found), objective, 0.0, (0.0, 0.0)).now
            assert dataclasses.astuple(now)[:4] == pytest.approx(dataclasses.astuple(plain)[:4], abs=1e-12, nan_ok=True)
            assert (now.verdict, now.total) == (plain.verdict, pytest.approx(plain.total, abs=1e-6))
            track = bench.track(case, LONGEST)
            cells = track.grid.start + track.grid.step * np.arange(track.grid.count)
            known = np.flatnonzero((track.total > 0) & (cells >= frame.over.start))
            for pair, told in zip(pairs, row.pairs, strict=True):
                for width, rate in ((pair.long, told.long), (pair.short, told.short)):
                    exact = track.rates(width, objective.target)[known[-1]] if known.size else math.nan
                    assert rate == pytest.approx(float(exact), rel=1e-9, abs=1e-9, nan_ok=True)
