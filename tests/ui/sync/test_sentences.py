from dataclasses import replace

from app.model.health import Freshness
from app.query.sync import PutAway
from app.ui.sync.sentences import sync_below, sync_figures, sync_sentence
from tests.fakes import answers


def said(state):
    return "".join(span.words for span in sync_sentence(state)).replace("\u00a0", " ").strip()


def calm():
    state = answers.sync_state()
    lanes = tuple(replace(lane, freshness=Freshness.FRESH, overdue=0.0, missing=(), age=300.0) for lane in state.lanes)
    rows = tuple(row for row in state.bundles if not row.problem)
    return replace(state, lanes=lanes, bundles=rows, missing=0, held=0)


def test_that_the_picture_of_the_design_has_its_sentence():
    assert said(answers.sync_state()) == (
        "Top Secret is 1 h 12 m overdue and lacks bundle 116. One bundle is not accepted."
    )


def test_that_a_complete_chain_is_said():
    assert said(calm()) == "Everything that should have arrived is here, and every signature is trusted."
    assert sync_below(calm()).replace("\u00a0", " ") == "The oldest data is 5 min old, within its cadence."


def test_that_an_empty_station_knows_nothing():
    assert said(answers.empty_state()).startswith("No bundle has arrived yet.")
    assert "trusts nobody" in sync_below(answers.empty_state())


def test_that_a_gap_alone_is_said():
    state = calm()
    lanes = (*state.lanes[:2], replace(state.lanes[2], missing=(116,)))
    assert said(replace(state, lanes=lanes, missing=1)) == "Top Secret lacks bundle 116."
    assert said(replace(state, lanes=lanes, missing=3)) == "Three bundles are missing."


def test_that_several_late_lanes_share_one_statement():
    state = calm()
    lanes = (state.lanes[0], *(replace(lane, overdue=600.0 * n) for n, lane in enumerate(state.lanes[1:], 1)))
    assert said(replace(state, lanes=lanes)) == "Secret and Top Secret are overdue, up to 20 min."


def test_that_a_locked_source_is_named_before_anything_else():
    state = answers.locked_state()
    assert said(state) == (
        "Source relay-s is locked. Top Secret is 1 h 12 m overdue and lacks bundle 116. One bundle is not accepted."
    )
    two = replace(state, locks=(*state.locks, replace(state.locks[0], source="relay-ts")))
    assert said(two).startswith("Sources relay-s and relay-ts are locked. ")


def test_that_a_lock_is_named_where_nothing_else_is_known():
    assert said(replace(answers.empty_state(), locks=answers.locked_state().locks)) == "Source relay-s is locked."


def test_that_bundles_that_wait_are_not_called_refused():
    state = calm()
    held = replace(state.bundles[0], code="HELD", problem=True)
    assert said(replace(state, bundles=(held,))) == "One bundle waits for a decision."
    assert said(replace(state, bundles=(held, replace(held, id="2")))) == "Two bundles wait for a decision."


def test_that_the_cache_is_shown_against_its_volume():
    cache = sync_figures(answers.sync_state(), 86400.0)[-1]
    assert (cache.value, cache.unit.replace("\u00a0", " ")) == ("41.0", "GB of 200 GB")


def test_that_a_problem_of_a_hidden_enclave_is_never_hidden_silently():
    secret, top = (lane.enclave for lane in answers.sync_state().lanes[1:3])
    late, well = PutAway(top, 5400.0, 1, 2), PutAway(secret, 0.0, 0, 0)
    below = sync_below(replace(calm(), hidden=(late,))).replace("\u00a0", " ")
    assert below.startswith(
        "Top Secret hidden by the filter: 1 h 30 m overdue, one bundle missing, two not accepted. The oldest data"
    )
    assert sync_below(replace(calm(), hidden=(well,))).startswith(
        "Secret hidden by the filter: nothing overdue or missing. "
    )
    both = sync_below(replace(calm(), hidden=(replace(well, overdue=60.0), late))).replace("\u00a0", " ")
    assert both.startswith("Secret and Top Secret hidden by the filter: up to 1 h 30 m overdue")
    nothing = replace(calm(), lanes=(), bundles=(), locks=(), hidden=(late, well))
    assert said(nothing) == "Every enclave is hidden by the filter."
