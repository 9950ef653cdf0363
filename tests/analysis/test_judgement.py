"""What must hold of every judgement, whatever the data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.analysis.availability import Verdict, figure, parts, scopes
from app.analysis.intervals import spans
from app.analysis.slices import Slices
from app.analysis.tally import Counts, Flag
from app.model.objective import Method, Missing

STEP, LENGTH = 60.0, 30
EDGES = np.array([0.0, LENGTH * STEP])
EVERYTHING = spans([(0.0, LENGTH * STEP)])

CELLS = st.lists(
    st.one_of(st.none(), st.tuples(st.integers(0, 20), st.integers(0, 20))), min_size=LENGTH, max_size=LENGTH
)
STRETCHES = st.lists(
    st.tuples(
        st.sampled_from(["count", "separate", "exclude"]),
        st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH)).map(
            lambda pair: spans([(pair[0] * STEP, pair[1] * STEP)])
        ),
    ),
    max_size=5,
)
METHODS = st.sampled_from(["flag", "counts", "bounded", "flag slices", "count slices", "ratio slices"])


def evidence(cells, method):
    there = [n for n, cell in enumerate(cells) if cell is not None]
    time = np.array(there, float) * STEP
    total = np.array([float(sum(cells[n])) for n in there])
    good = np.array([float(cells[n][0]) for n in there])
    flag = Flag.of(time, (good > 6).astype(float), STEP)
    return {
        "flag": flag,
        "counts": Counts.of(time, good, total, STEP),
        "bounded": Counts.of(time, good, total, STEP, 40 / STEP),
        "flag slices": Slices(flag, 5 * STEP, 0.6),
        "count slices": Slices(Counts.of(time, good, total, STEP), 5 * STEP, 0.6),
        "ratio slices": Slices(Counts.of(time, good, total, STEP), 5 * STEP),
    }[method]


def judged(cells, method, exclusions=(), missing=Missing.UNKNOWN):
    found = parts(evidence(cells, method), scopes(EVERYTHING, exclusions), EDGES)
    return figure(found.judged(missing)[0], 0.7, Method.OCCURRENCES)


@given(CELLS, METHODS, STRETCHES, st.sampled_from(Missing))
def test_that_what_is_known_lies_between_the_worst_and_the_best(cells, method, exclusions, missing):
    found = judged(cells, method, exclusions, missing)
    if not np.isnan(found.known_only):
        assert 0.0 <= found.worst <= found.known_only + 1e-9
        assert found.known_only - 1e-9 <= found.best <= 1.0
    assert not found.coverage > 1.0


@given(CELLS, METHODS, st.sets(st.integers(0, LENGTH - 1)))
def test_that_taking_data_away_only_widens_the_range(cells, method, lost):
    # "bounded" holds 40 events a minute at most, and none of these cells has more
    before = judged(cells, method)
    after = judged([None if n in lost else cell for n, cell in enumerate(cells)], method)
    if np.isnan(before.worst):  # nothing took place at all
        return
    if method in ("count slices", "ratio slices"):
        cells = [(0, 1) if cell is not None and not sum(cell) else cell for cell in cells]
        before = judged(cells, method)
        after = judged([None if n in lost else cell for n, cell in enumerate(cells)], method)
    assert after.worst <= before.worst + 1e-9
    assert after.best >= before.best - 1e-9
    assert after.coverage <= before.coverage + 1e-9


@given(CELLS, METHODS, st.sets(st.integers(0, LENGTH - 1)))
def test_that_late_data_never_turns_a_proof_round(cells, method, late):
    cells = [(0, 1) if cell is not None and not sum(cell) else cell for cell in cells]
    early = judged([None if n in late else cell for n, cell in enumerate(cells)], method)
    now = judged(cells, method)
    if early.verdict is not Verdict.NOT_PROVABLE:
        assert now.verdict is early.verdict


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=LENGTH, max_size=LENGTH), METHODS)
def test_that_with_all_the_data_there_is_one_number(cells, method):
    found = judged(cells, method)
    assert found.worst == pytest.approx(found.best) == pytest.approx(found.known_only)
    assert found.coverage == 1.0
    assert found.verdict is not Verdict.NOT_PROVABLE


@given(CELLS, METHODS, STRETCHES, st.randoms(use_true_random=False))
def test_that_the_order_of_exclusions_makes_no_difference(cells, method, exclusions, random):
    other = random.sample(exclusions, len(exclusions))
    one, two = (parts(evidence(cells, method), scopes(EVERYTHING, some), EDGES) for some in (exclusions, other))
    assert one.judged(Missing.UNKNOWN).amounts.tolist() == two.judged(Missing.UNKNOWN).amounts.tolist()


@given(CELLS, METHODS, STRETCHES)
def test_that_an_exclusion_twice_is_an_exclusion_once(cells, method, exclusions):
    one, two = (
        parts(evidence(cells, method), scopes(EVERYTHING, some), EDGES) for some in (exclusions, exclusions * 2)
    )
    assert one.judged(Missing.UNKNOWN).amounts.tolist() == two.judged(Missing.UNKNOWN).amounts.tolist()


@given(CELLS, METHODS, STRETCHES, st.sets(st.integers(1, LENGTH // 5 - 1)))
def test_that_splitting_a_period_and_adding_it_up_changes_nothing(cells, method, exclusions, cuts):
    where, found = scopes(EVERYTHING, exclusions), evidence(cells, method)
    edges = np.array([0, *(5 * cut for cut in sorted(cuts)), LENGTH]) * STEP
    whole = parts(found, where, EDGES).judged(Missing.UNKNOWN).sum().amounts
    split = parts(found, where, edges).judged(Missing.UNKNOWN).sum().amounts
    alone = sum(
        parts(found, where, edges[n : n + 2]).judged(Missing.UNKNOWN).sum().amounts for n in range(len(edges) - 1)
    )
    assert split == pytest.approx(whole)
    assert alone == pytest.approx(whole)


@given(CELLS, STRETCHES)
def test_that_setting_aside_never_makes_a_figure_worse(cells, exclusions):
    aside = [("separate", covered) for _, covered in exclusions]
    with_it, without = judged(cells, "flag", aside), judged(cells, "flag")
    assert with_it.worst >= without.worst - 1e-9
    assert with_it.best >= without.best - 1e-9
