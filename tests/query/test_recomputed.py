"""What late data changed of a month that is over, by hand: 600 of August's 44 640 minutes came a week after its end."""

from dataclasses import replace

import pytest

from app.analysis.availability import Verdict
from app.job import Job
from app.model.marking import Level
from app.model.register import AddObjective, ApproveExclusion
from app.query.judging import Question
from app.query.recomputed import figure_key, read_recomputed, settled_at
from tests.fakes.fleets import DAY, HOUR, MINUTE, S1, U1
from tests.fakes.levels import AT, AUGUST, BOB, START, Levels, probed, promise, work

MONTH = 44_640.0
SETTLED = START + 20 * MINUTE


@pytest.fixture
def desk(tmp_path):
    made = Levels(tmp_path)
    made.promise()
    made.probe(gone=[(6000, 6600)], start=AUGUST, end=START)
    return made


def late(desk, bad=300, enclave=U1, received=START + 7 * DAY):
    start, end = AUGUST + 6000 * MINUTE, AUGUST + 6600 * MINUTE
    row = probed("rag", [(0, bad)], enclave=enclave, start=start, end=end)
    desk.bring([row], "rag", enclave=enclave, start=start, end=end, received=received)


def recomputed(desk, since=SETTLED, period="2026-08", at=AT, **more):
    found = read_recomputed(desk.store, desk.station, Question(period, at, **more), since, Job())
    assert found.since == since
    return found.changes


def told(changes):
    return {one.field: (one.before, one.after) for one in changes}


def test_that_the_figures_that_late_data_changed_are_told_from_what_to_what(desk):
    # a scrape speaks for a minute and a half: half a minute of the gap was known
    late(desk)
    found = told(recomputed(desk))
    gap = 599.5
    assert found["worst"] == pytest.approx(((MONTH - gap) / MONTH, (MONTH - 300) / MONTH))
    assert found["known_only"] == pytest.approx((1.0, (MONTH - 300) / MONTH))
    assert found["best"] == pytest.approx((1.0, (MONTH - 300) / MONTH))
    assert found["coverage"] == pytest.approx(((MONTH - gap) / MONTH, 1.0))
    assert found["verdict"] == (Verdict.NOT_PROVABLE, Verdict.MET)  # 446.4 minutes may be lost
    assert found["known"] == pytest.approx(((MONTH - gap) * MINUTE, MONTH * MINUTE))
    assert not {"target", "method", "missing", "expected"} & set(found)


def test_that_nothing_is_told_where_nothing_came(desk):
    assert recomputed(desk) == ()


def test_that_what_came_before_the_moment_asked_about_is_no_change(desk):
    late(desk)
    assert recomputed(desk, since=START + 8 * DAY) == ()


def test_that_a_period_that_was_not_over_then_was_bound_to_change_and_is_left_out(desk):
    late(desk)
    assert recomputed(desk, since=START - HOUR) == ()
    desk.probe()
    assert recomputed(desk, since=START + DAY, period="2026-09") == ()


def test_that_an_approval_that_came_later_counts_for_both(desk):
    # 600 min of planned work over the gap: nothing unknown is left, and 600 fewer are judged
    desk.exclude(work(start=AUGUST + 6000 * MINUTE, minutes=600), approved=False, at=START - DAY)
    assert recomputed(desk) == ()
    desk.decide(ApproveExclusion("cr-1", "seen"), author=BOB, at=START + 3 * DAY)
    assert recomputed(desk) == ()


def test_that_a_promise_that_was_made_later_is_judged_by_for_both(tmp_path):
    desk = Levels(tmp_path)
    desk.probe(start=AUGUST, end=START)
    desk.promise()  # decided before August
    assert recomputed(desk) == ()
    desk.decide(*promised("rag-also"), at=START + 2 * DAY)
    assert recomputed(desk) == ()


def promised(name):
    return [AddObjective(promise(id=name), "as agreed", AUGUST - DAY)]


def test_that_two_versions_have_two_figures_of_their_own_parts(desk):
    desk.decide(AddObjective(promise(target=0.999), "stricter", AUGUST + 10 * DAY))
    late(desk)
    found = recomputed(desk)
    # the gap lies in the fifth day: only the first version's part changed
    assert {one.key.period for one in found} == {"2026-08 from 2026-08-01T00:00:00Z"}
    first = min(desk.levels("2026-08").rows, key=lambda row: row.promise.period.span.start)
    assert {one.key for one in found} == {figure_key(first.promise)}


def test_that_enclaves_that_are_hidden_or_above_the_ceiling_are_not_told(desk):
    desk.probe(enclave=S1, gone=[(6000, 6600)], start=AUGUST, end=START)
    late(desk)
    late(desk, enclave=S1)
    assert {one.key.enclave for one in recomputed(desk)} == {U1.id, S1.id}
    assert {one.key.enclave for one in recomputed(desk, hidden=frozenset({S1.id}))} == {U1.id}
    found = read_recomputed(desk.store, desk.station, Question("2026-08", AT), SETTLED, Job(), ceiling=Level.U)
    assert {one.key.enclave for one in found.changes} == {U1.id}


def test_that_everything_should_have_come_in_a_cadence_and_its_grace_after_the_end(desk):
    promise = desk.row("2026-08").promise
    assert settled_at(promise) == START + 900.0 + 300.0
    slow = replace(promise.picture.catalogue, enclave=replace(U1, cadence=7200.0, grace=0.0))
    assert settled_at(replace(promise, picture=replace(promise.picture, catalogue=slow))) == START + 7200.0


def test_that_a_bundle_within_that_time_is_no_change(desk):
    late(desk, received=START + 15 * MINUTE)
    assert recomputed(desk) == ()
