"""The cards in which time is excluded, on a real store: what is wrong is said in words, what is decided is kept."""

from dataclasses import replace

import pytest

from app.analysis.exclusion_request import Known
from app.clock import from_iso
from app.job import Job
from app.model.register import ExclusionRecord
from app.model.time_range import TimeRange
from app.store import audit, register
from app.ui.exclusions.deciding import Asked, Deciding
from app.ui.exclusions.form import ExcludeCard, Proposal, Scope
from app.ui.exclusions.record_card import RecordCard, facts
from tests.fakes.fleets import DAY, HOUR, S1, U1, endpoint
from tests.fakes.levels import AT, START, Levels, work

SCOPES = [
    Scope("this promise", "rag-up", "enc-u1", "rag"),
    Scope("all of this endpoint", "*", "enc-u1", "rag"),
    Scope("the whole enclave", "*", "enc-u1", "*"),
]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    sign_in(monkeypatch, "alice (1000)")
    made = Levels(tmp_path)
    made.promise()
    made.probe(bad=[(1440, 1540)])
    return made


def sign_in(monkeypatch, account):
    monkeypatch.setattr(audit, "os_account", lambda: account)


@pytest.fixture
def card(desk, look, runner, show_in):
    """The form, filled in but for the reason: an hour of tomorrow."""
    deciding = Deciding(lambda: desk.store, desk.station)
    span = TimeRange(AT + DAY, AT + DAY + HOUR)
    made = ExcludeCard(look, runner, deciding, Proposal("rag", span, SCOPES, AT))
    made.reference.setText("CR-2231")
    return show_in(made, 672, 644)


def records(desk):
    with desk.store.state() as state:
        return register.exclusions(state)


def click(card, qtbot, runner, button=None):
    (button or card.button).click()
    qtbot.waitUntil(lambda: runner.idle)


# --- asking ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("start", "yesterday", "From: write 2026-11-12 05:00, in UTC."),
        ("end", "2026-09-31 05:00", "Until: write 2026-11-12 05:00, in UTC."),
        ("end", "2026-09-17 00:00", "It must end after it begins."),
        ("end", "2026-09-16 23:00", "It must end after it begins."),
        ("reason", "  ", "Say what happens in this time."),
        ("reference", "", "Name the change record, the ticket or the clause."),
        ("start", "2026-09-15 23:59", "This time has begun: say in the note why it is asked for only now."),
    ],
)
def test_that_what_is_wrong_is_said_and_nothing_can_be_asked(card, field, text, words):
    card.reason.setText("Storage failover test")
    assert (card.start.text(), card.end.text()) == ("2026-09-17 00:00", "2026-09-17 01:00")
    assert card.button.isEnabled()
    getattr(card, field).setText(text)
    assert card.remark.words == words
    assert not card.button.isEnabled()
    assert card.remark._wrong


def test_that_a_note_says_why_time_that_has_begun_is_asked_for_so_late(card):
    card.reason.setText("Storage failover test")
    card.start.setText("2026-09-15 23:00")
    card.note.setText("The change was entered late")
    assert card.remark.words == "A second person must approve it before it changes a figure."
    assert card.button.isEnabled()


def test_that_time_that_begins_at_this_very_moment_needs_no_note(card):
    card.reason.setText("Storage failover test")
    card.start.setText("2026-09-16 00:00")
    assert card.button.isEnabled()


def test_that_what_is_asked_for_is_kept_as_it_was_chosen_and_waits(card, desk, qtbot, runner):
    card.reason.setText(" Storage failover test ")
    card.kind.choose(2)
    card.treatment.choose(1)
    card.repeat.choose(2)
    card.scope.choose(1)
    card.note.setText("asked on the phone")
    with qtbot.waitSignal(card.decided) as told:
        click(card, qtbot, runner)
    (record,) = records(desk)
    one = record.exclusion
    assert (one.id, one.reference, one.reason) == ("cr-2231", "CR-2231", "Storage failover test")
    assert (one.kind, one.treatment, one.rule, one.zone) == ("force-majeure", "separate", "FREQ=WEEKLY", "UTC")
    assert (one.objective_glob, one.enclave_glob, one.endpoint_glob) == ("*", "enc-u1", "rag")
    assert (one.start, one.end) == (from_iso("2026-09-17T00:00:00Z"), from_iso("2026-09-17T01:00:00Z"))
    assert (one.requested_by, one.approved_by, one.stands) == ("alice (1000)", "", False)
    assert record.why == "asked on the phone"
    assert told.args[0].said == "CR-2231 is asked for; it counts when a second person has approved it"
    assert told.args[0].entry == record.entry


def test_that_the_first_choices_are_planned_work_of_this_promise_once(card, desk, qtbot, runner):
    card.reason.setText("Storage failover test")
    click(card, qtbot, runner)
    one = records(desk)[0].exclusion
    assert (one.kind, one.treatment, one.rule, one.objective_glob) == ("planned", "exclude", "", "rag-up")
    assert records(desk)[0].why == "Storage failover test"


def test_that_a_reference_that_was_used_makes_another_name(card, desk, qtbot, runner):
    desk.exclude(work("cr-2231"), approved=False)
    card.reason.setText("Again")
    click(card, qtbot, runner)
    assert [one.exclusion.id for one in records(desk)] == ["cr-2231", "cr-2231-2"]


def test_that_the_very_same_is_not_asked_for_twice_and_what_was_typed_stays(card, desk, qtbot, runner):
    desk.exclude(work("cr-1", AT + DAY, 60, objective_glob="rag-up", enclave_glob="enc-u1"), approved=False)
    card.reason.setText("Again")
    click(card, qtbot, runner)
    assert card.remark.words == (
        "Exclusion 'cr-1' has the same time, scope and treatment."
        " It waits for a second person; withdraw it to ask anew."
    )
    assert (card.reason.text(), card.reference.text(), card.button.isEnabled()) == ("Again", "CR-2231", True)
    card.end.setText("2026-09-17 02:00")
    click(card, qtbot, runner)
    assert [one.exclusion.id for one in records(desk)] == ["cr-1", "cr-2231"]


@pytest.mark.parametrize(
    ("end", "repeat", "words"),
    [
        # the form's first time is 17 September 2026 00:00, one day from now
        ("2036-09-17 00:00", 0, "It lasts 3,653 days."),
        ("2026-09-18 00:01", 1, "Its occurrences overlap; shared time is taken once."),
        ("2026-09-24 00:01", 2, "Its occurrences overlap; shared time is taken once."),
        ("2026-09-24 00:00", 2, "A second person must approve it before it changes a figure."),
    ],
)
def test_that_what_is_rarely_meant_is_said_and_may_be_asked(card, end, repeat, words):
    card.reason.setText("Storage failover test")
    card.repeat.choose(repeat)
    card.end.setText(end)
    assert card.remark.words == words
    assert card.remark._wrong is not words.startswith("A second")
    assert card.button.isEnabled()


def test_that_two_presses_ask_once(card, desk, qtbot, runner):
    card.reason.setText("Storage failover test")
    card.reason.returnPressed.emit()
    card.reason.returnPressed.emit()
    card.reason.setText("Storage failover test!")  # somebody types on while it is being written
    card.reason.returnPressed.emit()
    qtbot.waitUntil(lambda: runner.idle)
    assert len(records(desk)) == 1


def test_that_what_the_register_refuses_is_said_in_the_card(card, desk, qtbot, runner, monkeypatch):
    sign_in(monkeypatch, "")
    card.reason.setText("Storage failover test")
    click(card, qtbot, runner)
    assert "neither a name nor a number" in card.remark.words
    assert card.remark._wrong
    assert card.button.isEnabled()
    assert not records(desk)


# --- what it would come to ------------------------------------------------------------------------------------------


@pytest.fixture
def previewed(desk, look, runner, show_in, qtbot):
    """A form whose preview says which stretch it was asked about."""

    def held(span, job):
        return f"Asked about {round((span.end - span.start) / 60)} min."

    deciding = Deciding(lambda: desk.store, desk.station)
    hour = TimeRange(AT + DAY, AT + DAY + HOUR)
    made = ExcludeCard(look, runner, deciding, Proposal("rag", hour, SCOPES, AT, held))
    made.reference.setText("CR-1")
    made.reason.setText("Test")
    show_in(made, 672, 644)
    qtbot.waitUntil(lambda: "60 min" in made.remark.words)
    return made


def test_that_the_preview_follows_what_is_typed(previewed, qtbot):
    assert previewed.remark.words == "Asked about 60 min. A second person must approve it."
    previewed.end.setText("2026-09-17 00:30")
    qtbot.waitUntil(lambda: "30 min" in previewed.remark.words)
    previewed.reason.setText("")
    qtbot.waitUntil(lambda: previewed.remark.words.startswith("Asked about 30 min. Say what happens"))


def test_that_a_preview_does_not_hide_what_is_doubtful(previewed, qtbot, runner):
    previewed.end.setText("2036-09-17 00:00")
    previewed._wait.timeout.emit()
    qtbot.waitUntil(lambda: runner.idle)
    assert previewed.remark.words == "It lasts 3,653 days."


def test_that_a_preview_of_another_stretch_that_comes_late_is_dropped(previewed, qtbot, runner):
    late = previewed.span
    previewed.end.setText("never")
    previewed._show_preview(late, "Asked about 60 min.")
    assert previewed.remark.words == "Until: write 2026-11-12 05:00, in UTC."


# --- one that was asked for -----------------------------------------------------------------------------------------


@pytest.fixture
def record_card(desk, look, runner, show_in):
    def make():
        (record,) = records(desk)
        deciding = Deciding(lambda: desk.store, desk.station)
        return show_in(RecordCard(look, runner, deciding, Asked(record, Known())), 592, 500)

    return make


def test_that_without_a_reason_nothing_is_decided(desk, record_card):
    desk.exclude(work(), approved=False)
    card = record_card()
    assert not card.approve.isEnabled()
    assert not card.withdraw.isEnabled()
    card.why.setText(" ")
    assert not card.approve.isEnabled()
    card.why.setText("agreed")
    assert card.approve.isEnabled()
    assert card.remark.words == ""


def test_that_whoever_asked_cannot_approve_and_is_told_so(desk, record_card, qtbot, runner):
    desk.exclude(work(), approved=False)
    card = record_card()
    card.why.setText("agreed")
    click(card, qtbot, runner, card.approve)
    assert "A second person must approve exclusion 'cr-1': alice (1000) asked" in card.remark.words
    assert not records(desk)[0].exclusion.stands
    assert card.approve.isEnabled(), "somebody else may sit down"


def test_that_somebody_else_approves_and_the_figure_changes(desk, record_card, qtbot, runner, monkeypatch):
    # 100 min bad of the 432; once they do not count nothing is bad, and no more is allowed of what is left
    desk.exclude(work(), approved=False)
    assert desk.row().budget.share_left == pytest.approx(1 - 100 / 432)
    sign_in(monkeypatch, "bob (1001)")
    card = record_card()
    card.why.setText("agreed")
    with qtbot.waitSignal(card.decided) as told:
        click(card, qtbot, runner, card.approve)
    assert told.args[0].said == "CR-1 is approved"
    assert desk.row().budget.share_left == 1.0
    assert desk.row().budget.allowed == pytest.approx(0.01 * (30 * DAY - 6000.0))
    assert records(desk)[0].exclusion.approved_by == "bob (1001)"


def test_that_what_is_withdrawn_counts_again_and_can_be_decided_no_more(desk, record_card, qtbot, runner):
    desk.exclude(work())
    assert desk.row().budget.share_left == 1.0
    card = record_card()
    assert not card.approve.isVisible()
    card.why.setText("it did not happen")
    click(card, qtbot, runner, card.withdraw)
    assert desk.row().budget.share_left == pytest.approx(1 - 100 / 432)
    card = record_card()
    assert (card.approve.isVisible(), card.withdraw.isVisible()) == (False, False)


def test_that_a_decision_is_made_once_though_somebody_types_on(desk, record_card, qtbot, runner):
    desk.exclude(work())
    card = record_card()
    card.why.setText("it did not happen")
    card.withdraw.click()
    card.why.setText("it did not happen!")
    card.withdraw.click()
    qtbot.waitUntil(lambda: runner.idle)
    assert card.remark.words == "", "a second one would be refused"
    assert records(desk)[0].withdrawn is not None


def test_that_a_card_tells_everything_that_became_of_it(desk):
    desk.exclude(work(start=START + DAY), at=AT - DAY)
    (record,) = records(desk)
    told = {name: value.replace("\N{NO-BREAK SPACE}", " ") for name, value in facts(Asked(record, Known()))}
    assert told == {
        "When": "2 Sep 00:00 to 01:40 Z",
        "Kind": "Planned work; the time does not count",
        "For": "every objective, endpoint rag, every enclave",
        "Reference": "CR-1",
        "Asked for": "15 Sep 2026 00:00 Z by alice (1000)",
        "Note": "as agreed",
        "Approved": "15 Sep 2026 00:00 Z by bob (1001)",
        "Entry": "station-04/2",
    }
    assert isinstance(record, ExclusionRecord)


def test_that_whoever_approves_sees_what_is_rarely_meant(desk):
    desk.exclude(work(start=AT, minutes=1441, rule="FREQ=DAILY"), approved=False)
    (record,) = records(desk)
    overlap = ("Check this", "Its occurrences overlap; shared time is taken once.")
    everywhere = ("Check this", "It is for all 2 endpoints.")
    known = Known((), (endpoint(S1, "rag"), endpoint(U1, "rag")))
    assert [one for one in facts(Asked(record, known)) if one[0] == "Check this"] == [everywhere, overlap]
    assert overlap not in facts(Asked(replace(record, withdrawn=AT), known))


def test_that_a_card_is_opened_with_what_the_station_knows(desk):
    desk.exclude(work(), approved=False)
    deciding = Deciding(lambda: desk.store, desk.station)
    asked = deciding.record("cr-1", Job())
    assert (asked.record.exclusion.id, [one.id for one in asked.known.endpoints]) == ("cr-1", ["rag"])
    assert deciding.record("cr-2", Job()) is None
