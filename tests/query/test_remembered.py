"""A kept picture is shown only where everything about it is right; and it is never more than was kept."""

import json
import stat
from dataclasses import replace

import pytest

from app.clock import FrozenClock
from app.job import Job
from app.model.marking import Level
from app.model.time_range import TimeRange
from app.paths import Paths
from app.query import remembered
from app.query.fleet import Overview
from app.query.overview import USUAL_SECONDS, read_overview, refresh_picture
from app.query.picture_form import as_plain, from_plain
from app.query.remembered import keep, recall, stamp
from tests.fakes import answers
from tests.fakes.fleets import DAY, HOUR, MINUTE, NOW, U1, catalogue, endpoint, last, serving
from tests.fakes.stores import bring, open_store, station

STATION = station(Level.TS)


def overview(fleet=None):
    fleet = answers.fleet() if fleet is None else fleet
    return Overview(fleet, answers.received(answers.sync_state().lanes), answers.DAY, answers.NOW)


@pytest.fixture
def paths(tmp_path):
    made = Paths.under(tmp_path)
    made.make()
    made.cache_db.write_bytes(b"a cache")
    return made


@pytest.fixture
def kept(paths):
    keep(paths, STATION, overview(), stamp(paths))
    assert recalled(paths) is not None
    return paths


def recalled(paths, at=answers.NOW, station=STATION, seconds=86400.0):
    return recall(paths, station, at, TimeRange(at - seconds, at))


def rewritten(paths, **changed):
    """The kept picture with other content and a digest that fits: as another program might have written it."""
    head, body = paths.last_overview.read_bytes().split(b"\n", 1)
    text, curves = body.split(b"\n", 1)
    content = json.loads(text)
    content["answer"] |= {name: value for name, value in changed.items() if name in content["answer"]}
    content |= {name: value for name, value in changed.items() if name in content}
    body = json.dumps(content).encode() + b"\n" + curves
    form, _, mark = head.split(b" ")
    head = b"%b %08x %b" % (changed.get("form", form), remembered.zlib.crc32(body), mark)
    paths.last_overview.write_bytes(head + b"\n" + body)


@pytest.mark.parametrize("fleet", [answers.fleet(), answers.quiet_fleet()])
def test_that_an_answer_survives_its_plain_form_to_the_last_bit(fleet):
    told = overview(fleet)
    plain, curves = as_plain(told)
    assert repr(from_plain(json.loads(json.dumps(plain, allow_nan=False)), curves)) == repr(told)


def test_that_what_is_recalled_shows_the_ages_of_now(kept):
    later = recalled(kept, answers.NOW + 3 * HOUR)
    assert later.kept
    assert (later.seen, later.fleet.as_of) == (answers.NOW, answers.NOW + 3 * HOUR)
    now = recalled(kept)
    for before, after in zip(now.fleet.enclaves, later.fleet.enclaves, strict=True):
        assert after.age == before.age + 3 * HOUR
    assert {state.freshness.value for state in later.fleet.enclaves[:1]} == {"stale"}


def test_that_a_picture_of_this_very_moment_needs_no_confirmation(kept):
    assert not recalled(kept).kept


@pytest.mark.parametrize(
    "other",
    [
        replace(STATION, ceiling=Level.S),
        replace(STATION, ceiling=Level.TS_SCI),
        replace(STATION, id="station-05"),
        replace(STATION, aggregation_floor=Level.CUI),
    ],
)
def test_that_the_picture_of_another_station_or_ceiling_is_not_shown(kept, other):
    assert recalled(kept, station=other) is None


def test_that_what_claims_to_fit_but_holds_more_than_the_ceiling_is_not_shown(kept):
    rewritten(kept, ceiling="S", marking="S")
    assert recalled(kept, station=replace(STATION, ceiling=Level.S)) is None, "its enclaves are above it"


def test_that_a_picture_from_the_future_or_over_another_range_is_not_shown(kept):
    assert recalled(kept, answers.NOW - 1) is None
    assert recalled(kept, seconds=7 * 86400.0) is None


def test_that_a_picture_of_a_newer_or_older_program_is_not_shown(kept):
    rewritten(kept, form=b"watchfloor-overview/9")
    assert recalled(kept) is None


def test_that_no_flipped_byte_is_ever_shown(kept):
    good = kept.last_overview.read_bytes()
    for place in {*range(60), *range(60, len(good), 1997)} - {*range(31, 40)}:  # the stamp says nothing shown
        bad = bytearray(good)
        bad[place] ^= 1
        kept.last_overview.write_bytes(bad)
        assert recalled(kept) is None, place


@pytest.mark.parametrize("cut", [0, 10, 39, 40, 200, -8])
def test_that_a_torn_picture_is_not_shown(kept, cut):
    kept.last_overview.write_bytes(kept.last_overview.read_bytes()[:cut])
    assert recalled(kept) is None


@pytest.mark.parametrize(
    "changed",
    [{"enclaves": [[]]}, {"rows": [["a"]]}, {"marking": "X"}, {"figures": []}, {"attention": 3}, {"seen": "soon"}],
)
def test_that_a_picture_of_another_shape_is_not_shown(kept, changed):
    rewritten(kept, **changed)
    assert recalled(kept) is None


def test_that_a_cache_that_was_replaced_or_lost_takes_its_picture_with_it(kept):
    other = kept.cache_db.with_name("other")
    other.write_bytes(b"another cache")
    other.replace(kept.cache_db)
    assert recalled(kept) is None
    kept.cache_db.unlink()
    assert recalled(kept) is None


def test_that_the_picture_is_as_closed_as_the_cache(paths):
    paths.cache_db.chmod(0o600)
    keep(paths, STATION, overview(), stamp(paths))
    assert stat.S_IMODE(paths.last_overview.stat().st_mode) == 0o600
    assert sorted(file.name for file in paths.last_overview.parent.iterdir()) == ["cache.db", "overview.picture"]


def test_that_nothing_is_written_again_while_nobody_wrote_to_the_databases(kept):
    before = kept.last_overview.stat().st_ino
    keep(kept, STATION, overview(answers.quiet_fleet()), stamp(kept))
    assert kept.last_overview.stat().st_ino == before
    kept.cache_db.write_bytes(b"a cache with more")
    keep(kept, STATION, overview(answers.quiet_fleet()), stamp(kept))
    assert recalled(kept).fleet.rows[0].cells["u-east"].health is answers.quiet_fleet().rows[0].cells["u-east"].health
    assert not [item for row in recalled(kept).fleet.rows for item in row.cells.values() if item.reasons]


def test_that_a_folder_that_cannot_be_written_to_is_no_reason_to_fail(paths):
    keep(Paths.under(paths.base / "elsewhere"), STATION, overview(), 1)


def test_that_a_refreshed_picture_is_what_the_store_answers(tmp_path):
    store = open_store(tmp_path, NOW)
    end = NOW - 5 * MINUTE
    bad = serving(U1, "rag", end, endpoint_errors=last(30.0, 10, 0.0))
    bring(store, catalogue(U1, endpoint(U1, "rag")), TimeRange(end - 31 * DAY, end), bad)
    refresh_picture(store, STATION, Job())
    span = TimeRange(NOW - USUAL_SECONDS, NOW)
    read = read_overview(store, STATION, NOW, span, Job())
    assert repr(recall(store.paths, STATION, NOW, span)) == repr(read)
    assert read.received == {"enc-u1": (end + 60.0,)}
    assert isinstance(store.clock, FrozenClock)
