"""`watchfloor exclusions`: words, JSON, markings and exit codes."""

import os
import re
import sys
from datetime import UTC, datetime
from functools import partial

import pytest

from app.clock import FrozenClock
from app.model.objective_form import plain_exclusion
from app.model.register import ApproveExclusion, Author
from app.model.time_range import TimeRange
from app.register import apply
from app.store import audit, register
from app.store.audit import os_account
from app.store.ledger import recording
from tests.fakes.fleets import DAY, S1, U1, catalogue, endpoint
from tests.fakes.objectives import asked, exclusion
from tests.fakes.schemas import valid
from tests.fakes.stores import bring, open_store

NOW = 1_790_000_000.0
OTHER = Author("station-04", f"other ({os.getuid() + 1})")
"""Not whoever runs the tests."""

PLANNED = {
    "--kind": "planned", "--treatment": "exclude", "--enclave": "enc-s1", "--endpoint": "rag-*",
    "--from": "2190-03-14T01:30:00Z", "--until": "2190-03-14T03:30:00Z",
    "--reason": "Storage failover test", "--reference": "CR-2214",
}  # fmt: skip
"""Two hours of a Sunday far ahead; from 02:30 by the clock of Berlin."""


FAR = r"It ends on 2190-03-14, [0-9]{2},[0-9]{3} days ahead\."
"""What is doubtful about it."""


def at(*moment):
    return datetime(*moment, tzinfo=UTC).timestamp()


@pytest.fixture
def run(watchfloor):
    return partial(watchfloor, "exclusions")


@pytest.fixture
def add(run):
    """Asks for planned work with some options changed; None leaves one out, and `code` is what it must come to."""

    def ask(*flags, code=0, **options):
        changed = {f"--{name.rstrip('_').replace('_', '-')}": value for name, value in options.items()}
        words = [word for pair in (PLANNED | changed).items() if pair[1] is not None for word in pair]
        return run("add", *words, *flags, code=code)

    return ask


@pytest.fixture
def decided(base):
    """Lets somebody decide at the station, and returns nothing."""

    def decide(command, author=OTHER):
        store = open_store(base, NOW)
        with store.state() as state:
            apply(command, state, author, FrozenClock(NOW))

    return decide


def entries(base):
    with open_store(base, NOW).state() as state:
        assert audit.verify(state) is None
        assert register.verify(state) is None
        return list(register.entries(state))


# --- asking ---------------------------------------------------------------------------------------------------------


def test_that_what_is_asked_for_waits_under_a_name_made_of_its_reference(add, base):
    told = valid(add("--json").out)
    assert told.pop("requested").startswith("20")
    (doubt,) = told["doubts"]
    assert re.fullmatch(FAR, doubt)
    told["doubts"] = [FAR]
    assert told == {
        "id": "cr-2214", "state": "waiting for approval", "kind": "planned", "treatment": "exclude",
        "objective_glob": "*", "enclave_glob": "enc-s1", "endpoint_glob": "rag-*",
        "from": "2190-03-14T01:30:00Z", "until": "2190-03-14T03:30:00Z", "rule": "", "zone": "UTC",
        "next": {"from": "2190-03-14T01:30:00Z", "until": "2190-03-14T03:30:00Z"}, "trouble": "", "doubts": [FAR],
        "reason": "Storage failover test", "reference": "CR-2214", "why": "Storage failover test",
        "retroactive": False, "entry": "station-04/1", "requested_by": os_account(),
        "approved_by": "", "approved": None, "withdrawn_by": "", "withdrawn": None,
    }  # fmt: skip
    lines = add(why="the vendor can only then", until="2190-03-14T05:00:00+02:00").out.splitlines()
    assert lines[0] == lines[-1] == "SECRET"
    assert lines[1] == "cr-2214-2  waiting for approval  planned, exclude, CR-2214, * at enc-s1/rag-*"
    assert lines[2] == "  2190-03-14T01:30:00Z to 2190-03-14T03:00:00Z"
    assert lines[3].startswith(f"  asked for by {os_account()} 20")
    assert re.fullmatch(f"  Check this: {FAR}", lines[4])
    assert lines[5] == "A second person approves it with: watchfloor exclusions approve cr-2214-2 --why TEXT"
    assert [entry.why for entry in entries(base)] == ["Storage failover test", "the vendor can only then"]
    assert valid(add("--json", id="failover", objective="rag-p95").out)["objective_glob"] == "rag-p95"


def test_that_the_very_same_is_not_asked_for_twice(add, run, base, decided):
    add()
    told = add(reference="CR-9", reason="Another", kind="customer", code=4).err
    assert "Exclusion 'cr-2214' has the same time, scope and treatment." in told
    assert "It waits for a second person; withdraw it to ask anew." in told
    decided(ApproveExclusion("cr-2214", "seen"), Author("station-05", "boris (999999)"))
    assert "It is approved; withdraw it to ask anew." in add(zone="Europe/Berlin", code=4).err
    assert [entry.kind for entry in entries(base)] == ["add", "approve"]
    run("withdraw", "cr-2214", "--why", "wrong reason")
    assert valid(add("--json").out)["id"] == "cr-2214-2"


def test_that_what_is_doubtful_is_told_to_who_asks_and_who_approves(add, run, decided):
    weeks = {"from_": "2190-03-14", "until": "2190-03-22", "repeat": "FREQ=WEEKLY", "reference": "weeks"}
    overlap = "Its occurrences overlap; shared time is taken once."
    assert valid(add("--json", **weeks).out)["doubts"][1:] == [overlap]
    decided(asked("ages", start=at(2026, 1, 1), end=at(2036, 1, 1)))
    decided(asked("soon", start=NOW, end=NOW + 3600.0))
    # ten years with the 29 February of 2028 and 2032
    told = {one["id"]: one["doubts"] for one in valid(run("list", "--json").out)}
    assert (told["ages"], told["soon"], told["weeks"][1:]) == (["It lasts 3,652 days."], [], [overlap])
    assert "  Check this: It lasts 3,652 days." in run("show", "ages").out.splitlines()
    assert (
        "  Check this: It lasts 3,652 days." in run("approve", "ages", "--why", "the clause says so").out.splitlines()
    )
    assert "Check this" not in run("withdraw", "ages", "--why", "no").out


def test_that_what_is_for_nothing_or_everything_here_is_told_to_who_asks_and_who_approves(add, run, base, decided):
    fleet = [(U1, "rag-gateway"), (S1, "rag-gateway")]
    store = open_store(base, NOW)
    for enclave, name in fleet:
        bring(store, catalogue(enclave, endpoint(enclave, name)), TimeRange(NOW - DAY, NOW), level=enclave.level)
    assert (
        "  Check this: It matches nothing here: there is no enclave enc-x9." in add(enclave="enc-x9").out.splitlines()
    )
    decided(asked("all", enclave_glob="*", endpoint_glob="*"))
    everywhere = "It is for all 2 endpoints."
    assert {one["id"]: one["doubts"] for one in valid(run("list", "--json").out)}["all"] == [everywhere]
    assert f"  Check this: {everywhere}" in run("approve", "all", "--why", "agreed").out.splitlines()


def test_that_time_that_has_begun_needs_a_note(add, base):
    for until in ("2001-01-01T00:00:00Z", "2190-01-01T00:00:00Z"):
        told = add(from_="2000-01-01T00:00:00Z", until=until, code=2).err
        assert "begun already" in told
        assert "--why" in told
    for empty in ("", " "):
        assert "words are needed" in add(from_="2000-01-01T00:00:00Z", why=empty, code=3).err
    assert entries(base) == []
    told = valid(add("--json", from_="2000-01-01T00:00:00Z", why="the storm took the phones too").out)
    assert (told["retroactive"], told["why"]) == (True, "the storm took the phones too")


EVERY = ",".join(str(number) for number in range(60))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"id": "CR 2214"}, "--id: 'CR 2214' is no identifier"),
        ({"id": "../x"}, "--id: '../x' is no identifier"),
        ({"endpoint": "rag gateway"}, "--endpoint: 'rag gateway' is neither"),
        ({"objective": ""}, "--objective: '' is neither"),
        ({"until": "2190-03-14T01:30:00Z"}, "--until: an exclusion ends after it starts"),
        ({"until": "2190-03-14T01:00:00Z"}, "--until: an exclusion ends after it starts"),
        ({"from_": "1970-01-01T00:00:00+14:00"}, "--until: an exclusion ends after it starts, between the years 1970"),
        ({"zone": "Mars/Base"}, "--zone: 'Mars/Base' is no zone"),
        ({"zone": "../../etc/localtime"}, "--zone: '../../etc/localtime' is no zone"),
        ({"reason": "x" * 10_000}, "--reason: 10000 characters are too many"),
        ({"reason": " "}, "--reason: words are needed"),
        ({"reason": "a\x1b]0;b\x07"}, "--reason: characters that cannot be printed"),
        ({"reference": "CR\n2214"}, "--reference: characters that cannot be printed"),
        ({"reference": ""}, "--reference: words are needed"),
        ({"why": "a\x1b[31mb"}, "why: characters that cannot be printed"),
        ({"why": "x" * 10_000}, "why: 10000 characters are too many"),
        (
            {"zone": "Europa/Berlin"},
            "--zone: 'Europa/Berlin' is no zone of the IANA database; the nearest is 'Europe/B",
        ),
        ({"reference": " "}, "Name the change record, the ticket or the clause"),
        ({"repeat": "weekly"}, "--repeat: 'WEEKLY' alone is no rule; write FREQ=WEEKLY."),
        ({"repeat": "FREQ=DAILY;COUNT=10001"}, "--repeat: COUNT is at most 10,000."),
        ({"repeat": "FREQ=SECONDLY"}, "--repeat: A rule needs a FREQ"),
        ({"repeat": "FREQ=DAILY\x1b[2J"}, "--repeat: characters that cannot be printed"),
        ({"repeat": "FREQ=WEEKLY;BYDAY=MO"}, "--repeat: The first occurrence, Sun 14 Mar 2190 01:30, does not follow"),
        ({"repeat": "FREQ=DAILY;" * 1000}, "--repeat: 11000 characters are too many"),
        ({"repeat": f"FREQ=DAILY;BYHOUR=1;BYMINUTE={EVERY}"}, "comes up more than 10,000 times"),
        ({"repeat": f"FREQ=YEARLY;BYHOUR=1;BYMINUTE={EVERY};BYSECOND={EVERY}"}, "comes up more than 10,000 times"),
        ({"repeat": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, "does not follow the rule"),
    ],
)
def test_that_what_cannot_be_judged_by_is_refused_by_the_name_of_its_option(add, base, options, words):
    told = add(**options, code=3)
    assert words in told.err
    assert (told.out, "\x1b" in told.err) == ("", False)
    assert entries(base) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from_": "next week"}, "--from 'next week' is no ISO 8601 time"),
        ({"until": "2200-01-01T00:00:00Z"}, "--until '2200-01-01T00:00:00Z' is no ISO 8601 time"),
        ({"from_": "1" * 10_000}, "is no ISO 8601 time"),
        # Berlin in 2190: forward at 02:00 on 28 March, back at 03:00 on 31 October
        (
            {"zone": "Europe/Berlin", "from_": "2190-03-28T02:30"},
            "--from 2190-03-28T02:30: the clock of Europe/Berlin never shows this time; it is put forward to 03:00 then"
            ".\n  Write a time that it shows, or one with its offset, such as 2190-03-28T03:00:00+02:00.\n",
        ),
        (
            {"zone": "Europe/Berlin", "until": "2190-10-31T02:30"},
            "--until 2190-10-31T02:30: the clock of Europe/Berlin shows this time twice, for it is put back then.\n"
            "  Write 2190-10-31T02:30:00+02:00 for the first of the two or 2190-10-31T02:30:00+01:00 for the second.",
        ),
    ],
)
def test_that_a_time_that_is_none_never_shown_or_shown_twice_is_refused(add, base, options, words):
    told = add(**options, code=2).err
    assert words in told
    assert len(told) < 400
    assert entries(base) == []


@pytest.mark.parametrize(
    ("from_", "until", "start", "end"),
    [
        # winter in Berlin is one hour before UTC, summer two; what names its offset or Z is not read by the zone
        ("2190-03-14T02:30", "2190-03-14T04:30:00", "2190-03-14T01:30:00Z", "2190-03-14T03:30:00Z"),
        ("2190-06-14", "2190-06-15", "2190-06-13T22:00:00Z", "2190-06-14T22:00:00Z"),
        ("2190-03-28T01:30", "2190-03-28T03:30", "2190-03-28T00:30:00Z", "2190-03-28T01:30:00Z"),
        ("2190-03-28T02:30Z", "2190-03-28T03:30-05:00", "2190-03-28T02:30:00Z", "2190-03-28T08:30:00Z"),
    ],
)
def test_that_times_without_an_offset_are_read_by_the_clock_of_the_zone(add, from_, until, start, end):
    told = valid(add("--json", zone="Europe/Berlin", from_=from_, until=until).out)
    assert (told["from"], told["until"], told["zone"]) == (start, end, "Europe/Berlin")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from_": "2190-02-29T02:00"}, "The calendar has no 2190-02-29; write a day that there is."),
        pytest.param(
            {"from_": "2190-02-28T24:00"},
            "write 00:00 of the next: 2190-03-01T00:00.",
            marks=pytest.mark.skipif(sys.version_info >= (3, 13), reason="newer Pythons read 24:00"),
        ),
        ({"from_": "tomorrow"}, "Write for example 2026-11-12T14:32:00Z."),
        ({"repeat": ""}, "Leave it out for what happens once"),
        ({"repeat": " "}, "Leave it out for what happens once"),
    ],
)
def test_that_what_to_write_instead_is_said(add, base, options, words):
    assert words in add(**options, code=2).err
    assert entries(base) == []


def test_that_without_a_zone_times_are_utc(add):
    told = valid(add("--json", from_="2190-03-28T02:30", until="2190-03-28T03:30").out)
    assert (told["from"], told["until"], told["zone"]) == ("2190-03-28T02:30:00Z", "2190-03-28T03:30:00Z", "UTC")


def test_that_what_must_be_said_is_asked_for(add, run):
    for name in ("kind", "treatment", "from", "until", "reason", "reference"):
        with pytest.raises(SystemExit):
            add(**{name + "_": None})
    for words in (["approve", "x"], ["withdraw", "x"], ["show"], []):
        with pytest.raises(SystemExit):
            run(*words)
    with pytest.raises(SystemExit):
        add(kind="holiday")


def test_that_a_name_is_never_used_twice(add, run, watchfloor):
    add()
    assert "a name is never used twice" in add(id="cr-2214", code=4).err
    watchfloor("journal", "undo", "station-04/1", "--why", "slip")
    assert "a name is never used twice" in add(id="cr-2214", code=4).err
    assert valid(add("--json").out)["id"] == "cr-2214-2"
    shown = valid(run("show", "cr-2214", "--json").out)
    assert (shown["exclusion"], shown["coming"], len(shown["entries"])) == (None, [], 2)
    assert run("show", "cr-2214").out.splitlines()[1] == "cr-2214  taken back"
    assert [one["id"] for one in valid(run("list", "--json").out)] == ["cr-2214-2"]


# --- the second person ----------------------------------------------------------------------------------------------


def test_that_nobody_approves_what_they_asked_for(add, run, base, decided):
    add()
    told = run("approve", "cr-2214", "--why", "fine", code=4).err
    assert f"A second person must approve exclusion 'cr-2214': {os_account()} asked for it" in told
    # the same number under another name is the same person
    decided(asked("x"), Author("station-04", f"somebody else ({os.getuid()})"))
    assert "A second person must approve" in run("approve", "x", "--why", "fine", code=4).err
    assert [one.kind for one in entries(base)] == ["add", "add"]


def test_that_a_second_person_approves_and_anybody_withdraws(run, base, decided):
    decided(asked("x", start=at(2190, 3, 14), end=at(2190, 3, 15)))
    told = valid(run("approve", "x", "--why", "seen in the change record", "--json").out)
    assert (told["state"], told["requested_by"], told["approved_by"]) == ("in force", OTHER.account, os_account())
    assert told["requested"] == "2026-09-21T14:13:20Z"  # 1,790,000,000 s
    assert told["approved"] is not None
    assert "approved already" in run("approve", "x", "--why", "again", code=4).err
    lines = run("withdraw", "x", "--why", "it did not happen").out.splitlines()
    assert lines[1].startswith("x  withdrawn  ")
    assert f", approved by {os_account()} 20" in lines[3]
    assert f", withdrawn by {os_account()} 20" in lines[3]
    (listed,) = valid(run("list", "--json").out)
    assert (listed["state"], listed["withdrawn_by"], listed["next"]) == ("withdrawn", os_account(), None)
    assert "withdrawn already" in run("withdraw", "x", "--why", "again", code=4).err
    assert "nothing is left to approve" in run("approve", "x", "--why", "again", code=4).err
    assert [one.why for one in entries(base)][1:] == ["seen in the change record", "it did not happen"]


def test_that_approving_and_withdrawing_need_a_known_name_and_a_reason(run, decided, base):
    decided(asked("failover"))
    for action in ("approve", "withdraw"):
        assert "Did you mean 'failover'?" in run(action, "failovr", "--why", "x", code=3).err
        assert "why: words are needed" in run(action, "failover", "--why", "\t", code=3).err
        assert "cannot be printed" in run(action, "failover", "--why", "a\x00b", code=3).err
    assert len(entries(base)) == 1


# --- showing --------------------------------------------------------------------------------------------------------

SUNDAYS = {
    "start": at(2190, 3, 14, 1, 30), "end": at(2190, 3, 14, 3, 30), "rule": "FREQ=WEEKLY;BYDAY=SU",
    "zone": "Europe/Berlin",
}  # fmt: skip


def test_that_the_next_occurrences_follow_the_clock_on_the_wall(run, decided):
    decided(asked("sundays", **SUNDAYS))
    shown = valid(run("show", "sundays", "--json").out)
    # on 28 March 2190 the clock is put forward at 02:00: 02:30 is skipped and counts as 03:30
    starts = ["14T01:30", "21T01:30", "28T01:30"]
    assert [one["from"] for one in shown["coming"]] == [
        *(f"2190-03-{one}:00Z" for one in starts), "2190-04-04T00:30:00Z", "2190-04-11T00:30:00Z",
    ]  # fmt: skip
    assert shown["coming"][3]["until"] == "2190-04-04T02:30:00Z"
    assert shown["exclusion"]["next"] == shown["coming"][0]
    lines = run("show", "sundays").out.splitlines()
    assert lines[2] == (
        "  2190-03-14T01:30:00Z to 2190-03-14T03:30:00Z, again by FREQ=WEEKLY;BYDAY=SU (Europe/Berlin),"
        " comes up 2190-03-14T01:30:00Z to 2190-03-14T03:30:00Z"
    )
    # 59,708.55 days after the request
    assert lines[4] == "  Check this: It ends on 2190-03-14, 59,709 days ahead."
    assert lines[5] == "  Storage failover test"
    assert lines[10] == "  comes up 2190-04-11T00:30:00Z to 2190-04-11T02:30:00Z"
    assert lines[11] == f"  entry station-04/1  2026-09-21T14:13:20Z  {OTHER.account}  add: planned work"
    assert (lines[0], lines[12:]) == ("SECRET", ["SECRET"])
    run("withdraw", "sundays", "--why", "never")
    assert valid(run("show", "sundays", "--json").out)["coming"] == []


def test_that_a_repeat_cannot_begin_at_the_second_of_two_equal_times(add):
    # 31 October 2190, Berlin: 02:30 is shown at 00:30 and at 01:30 UTC
    twice = {"until": "2190-10-31T05:00:00Z", "zone": "Europe/Berlin", "repeat": "FREQ=WEEKLY;BYDAY=SU"}
    told = add(from_="2190-10-31T02:30:00+01:00", **twice, code=3).err
    assert "--repeat: The first occurrence begins when the clock shows 02:30 for the second time that day." in told
    told = valid(add("--json", from_="2190-10-31T02:30:00+02:00", **twice).out)
    assert told["next"]["from"] == "2190-10-31T00:30:00Z"


def test_that_list_tells_what_became_of_each_and_what_comes_next(run, decided):
    assert "Nobody has asked" in run("list").out
    past, ahead = {"start": NOW - 7200.0, "end": NOW - 3600.0}, {"start": at(2190, 1, 1), "end": at(2190, 1, 2)}
    for name, when in (("b-past", past), ("a-ahead", ahead), ("c-waits", past), ("d-gone", ahead)):
        decided(asked(name, endpoint_glob=name, **when))
    decided(asked("e-thrice", start=at(2000, 1, 1), end=at(2000, 1, 2), rule="FREQ=YEARLY;COUNT=3"))
    for name in ("b-past", "a-ahead", "e-thrice"):
        decided(ApproveExclusion(name, "seen"), Author("station-04", "third (999999)"))
    run("withdraw", "d-gone", "--why", "no")
    listed = valid(run("list", "--json").out)
    assert [(one["id"], one["state"], one["next"] is None) for one in listed] == [
        ("a-ahead", "in force", False), ("b-past", "over", True), ("c-waits", "waiting for approval", True),
        ("d-gone", "withdrawn", True), ("e-thrice", "over", True),
    ]  # fmt: skip
    assert listed[0]["approved_by"] == "third (999999)"
    lines = run("list").out.splitlines()
    assert (lines[0], lines[-1], len(lines)) == ("SECRET", "SECRET", 2 + 5 * 3 + 1)  # the one ahead is far ahead
    assert lines[-3] == "  2000-01-01T00:00:00Z to 2000-01-02T00:00:00Z, again by FREQ=YEARLY;COUNT=3 (UTC), no more"


def test_that_a_rule_from_elsewhere_that_cannot_be_followed_is_told_and_stops_nothing(run, base):
    with open_store(base, NOW).state() as state, recording(state):
        body = {"exclusion": plain_exclusion(exclusion("odd", rule="FREQ=HOURLY"))}
        register.append(state, OTHER, NOW, ("exclusion", "odd"), "add", "because", body)
    run("approve", "odd", "--why", "seen")
    (listed,) = valid(run("list", "--json").out)
    assert (listed["state"], listed["next"]) == ("in force", None)
    assert listed["trouble"] == "A rule needs a FREQ of DAILY, WEEKLY, MONTHLY or YEARLY."
    assert listed["trouble"] in run("show", "odd").out


def test_that_show_of_an_unknown_name_helps(run, decided):
    assert "exclusions add --help" in run("show", "x", code=3).err
    decided(asked("failover"))
    assert "Did you mean 'failover'?" in run("show", "failovr", code=3).err
