"""What the ledger decides, what the cache holds afterwards, and that the two never disagree."""

import itertools
import shutil

import pytest

from app.bundle.inbound import new_arrivals, receive, reconcile, retry_held
from app.bundle.layout import find_bundles
from app.bundle.outcome import Code
from app.bundle.parts import catalogue_lines
from app.bundle.trustfile import sign_trust
from app.bundle.trusting import next_trust, release
from app.errors import StoreBusy, StoreError
from app.job import Cancelled, Job
from app.model.marking import Level
from app.store import audit, ledger
from app.store.database import Store
from app.store.turn import take_turn
from tests.bundle.conftest import Desk, picture
from tests.fakes.bundles import DAY, START, Sender, catalogue_of, event_of, series_of, zipped
from tests.fakes.keys import entry, p384, trust_file, trusting
from tests.fakes.stores import open_store


def codes(desk, paths):
    return [desk.take(path).code for path in paths]


def test_that_what_was_sent_can_be_read(desk):
    sent = series_of("s-east", count=7)
    event = event_of("s-east")
    desk.take(desk.sender.cut(desk.outbox, kind="full", series=[sent], events=[event]))
    series, events, catalogues = desk.picture()
    assert series == [(str(sent.key), "s-east", desk.sender.level, sent.time.tolist(), sent.value.tolist())]
    assert events == [(event, desk.sender.level)]
    assert [c.enclave.id for c in catalogues] == ["s-east"]


def test_that_both_schemas_bring_the_same(tmp_path):
    pictures = []
    for schema in ("chunks", "plain"):
        sender = Sender()
        store = open_store(tmp_path / schema, START + DAY)
        from tests.fakes.stores import station

        me = station(Level.S)
        trusting(store, me, sender)
        receive(sender.cut(tmp_path / f"out-{schema}", schema=schema), store, me, Job(), carrier="x")
        pictures.append(picture(store))
    assert pictures[0] == pictures[1]
    assert pictures[0][0]


def test_that_a_replay_is_a_duplicate_and_changes_nothing(desk):
    path = desk.sender.cut(desk.outbox)
    assert desk.take(path).code is Code.APPLIED
    before = desk.picture()
    assert desk.take(path).code is Code.DUPLICATE
    assert desk.take(zipped(path)).code is Code.DUPLICATE
    assert desk.picture() == before


def test_that_every_attempt_leaves_a_row_and_an_audit_record(desk):
    path = desk.sender.cut(desk.outbox)
    stranger = Sender(source="enc99").cut(desk.outbox)
    for one in (path, path, stranger):
        desk.take(one)
    with desk.store.state() as state:
        found = ledger.attempts(state)
        records = [r for r in audit.records(state) if r.component == "bundle"]
        assert audit.verify(state) is None
    assert [a.code for a in found] == ["UNTRUSTED", "DUPLICATE", "APPLIED"]
    assert [(r.outcome, r.reason_code) for r in records] == [
        ("accepted", "APPLIED"),
        ("accepted", "DUPLICATE"),
        ("held", "UNTRUSTED"),
    ]
    applied = found[-1]
    assert (applied.seq, applied.kind, applied.enclave, applied.carrier) == (1, "delta", "s-east", "relay")
    assert applied.rows > 0
    assert applied.window_end == applied.created


@pytest.mark.parametrize("declared", [Level.U, Level.TS])
def test_that_a_catalogue_of_another_level_than_the_label_does_not_come_in(desk, declared):
    """Pages mark an enclave by its catalogue: a lower level there would show its content under too low a mark."""
    catalogue = b"".join(catalogue_lines(catalogue_of("s-east", declared)))
    outcome = desk.take(desk.sender.cut(desk.outbox, raw_parts=[("catalogue", catalogue)]))
    assert outcome.code is Code.PART_MISMATCH
    assert "another level than the label" in outcome.reason
    assert desk.picture() == ([], [], [])


# --- forks


def test_that_another_bundle_with_the_same_sequence_is_a_fork(desk):
    assert desk.take(desk.sender.cut(desk.outbox, keep=False)).code is Code.APPLIED
    before = desk.picture()
    outcome = desk.take(desk.sender.cut(desk.outbox / "b", created=START + 7200.0))
    assert outcome.code is Code.FORK
    assert "sequence 1" in outcome.reason
    assert desk.picture() == before
    assert desk.memory()[1] == [("enc01", "FORK")]


def test_that_a_fork_locks_until_released_and_is_a_fork_again(desk):
    desk.take(desk.sender.cut(desk.outbox, keep=False))
    forked = desk.sender.cut(desk.outbox / "b", created=START + 7200.0)
    following = desk.sender.cut(desk.outbox / "b")
    assert codes(desk, [forked, following]) == [Code.FORK, Code.SOURCE_LOCKED]
    release(desk.store, "enc01", "settled on the telephone")
    assert codes(desk, [forked]) == [Code.FORK]


def test_that_a_successor_of_another_predecessor_is_a_fork(desk):
    desk.take(desk.sender.cut(desk.outbox))
    outcome = desk.take(desk.sender.cut(desk.outbox, prev="1" * 96, history={}))
    assert outcome.code is Code.FORK


def test_that_a_predecessor_that_comes_late_must_be_the_one_that_was_named(desk):
    first = desk.sender.cut(desk.outbox)
    second = desk.sender.cut(desk.outbox)
    third = desk.sender.cut(desk.outbox)
    other = Sender(keys=desk.sender.keys, seq=1, chain={1: desk.sender.chain[1]})
    forged = other.cut(desk.outbox / "b", created=START + 9000.0)
    assert codes(desk, [first, third]) == [Code.APPLIED, Code.APPLIED]
    assert codes(desk, [forged]) == [Code.FORK]
    release(desk.store, "enc01", "the medium was swapped")
    assert codes(desk, [second]) == [Code.APPLIED]


def test_that_a_fork_shows_across_a_gap_by_history(desk):
    """43 and 44 are lost; 45 tells of a 42 that is not the one accepted."""
    desk.take(desk.sender.cut(desk.outbox, keep=False))
    other = Sender(keys=desk.sender.keys)
    for _ in range(3):
        path = other.cut(desk.outbox / "b", created=START + 3600.0 * other.seq + 3601.0)
    assert desk.take(path).code is Code.FORK


# --- gaps


def test_that_a_delta_after_a_gap_is_applied_and_the_gap_is_known_until_it_fills(desk):
    paths = [desk.sender.cut(desk.outbox) for _ in range(4)]
    assert codes(desk, [paths[0], paths[3]]) == [Code.APPLIED, Code.APPLIED]
    with desk.store.state() as state:
        (gap,) = ledger.gaps(state)
    assert (gap.first, gap.last, gap.before.seq, gap.after.seq) == (2, 3, 1, 4)
    assert codes(desk, [paths[2]]) == [Code.APPLIED]
    with desk.store.state() as state:
        assert [(g.first, g.last) for g in ledger.gaps(state)] == [(2, 2)]
    outcome = desk.take(paths[1])
    assert outcome.code is Code.APPLIED
    assert "fills a gap" in outcome.checks[5].text
    with desk.store.state() as state:
        assert ledger.gaps(state) == []


def test_that_the_order_of_import_does_not_matter(tmp_path):
    """Overlapping bundles, every order: the same picture."""
    from tests.fakes.stores import station

    sender = Sender()
    paths = [
        sender.cut(tmp_path / "out", series=[series_of("s-east", start=START + 60.0 * n, offset=10.0 * n, count=6)])
        for n in range(4)
    ]
    pictures = []
    for number, order in enumerate(itertools.permutations(paths)):
        store, me = open_store(tmp_path / str(number), START + DAY), station(Level.S)
        trusting(store, me, sender)
        desk = Desk(store, me, sender, tmp_path)
        assert set(codes(desk, order)) == {Code.APPLIED}
        pictures.append(picture(store))
    assert all(one == pictures[0] for one in pictures)
    assert len(pictures[0][0][0][3]) == 9


def test_that_a_new_epoch_starts_its_own_chain(desk):
    desk.take(desk.sender.cut(desk.outbox))
    renewed = Sender(epoch=2, keys=[p384()])
    trust = trust_file([desk.root], [entry(desk.sender), entry(renewed)], version=2)
    next_trust(desk.store, desk.me, sign_trust(trust, [desk.root]))
    assert desk.take(renewed.cut(desk.outbox)).code is Code.APPLIED
    assert [row[:3] for row in desk.memory()[0]] == [("enc01", 1, 1), ("enc01", 2, 1)]


# --- clocks and expiry


def test_that_a_bundle_from_the_future_waits_for_the_clock(desk):
    path = desk.sender.cut(desk.outbox, created=desk.clock.at + 301.0)
    outcome = desk.take(path)
    assert outcome.code is Code.CLOCK
    assert "2025-11-13T00:05:01Z" in outcome.reason
    assert "2025-11-13T00:00:00Z" in outcome.reason
    assert retry_held(desk.store, desk.me, Job()) == []
    desk.clock.at += 60.0
    (again,) = retry_held(desk.store, desk.me, Job())
    assert again.code is Code.APPLIED


def test_that_five_minutes_ahead_is_let_pass(desk):
    assert desk.take(desk.sender.cut(desk.outbox, created=desk.clock.at + 300.0)).code is Code.APPLIED


def test_that_an_expired_bundle_is_history(desk):
    path = desk.sender.cut(desk.outbox)
    desk.clock.at += 40 * DAY
    outcome = desk.take(path)
    assert outcome.code is Code.EXPIRED_AS_HISTORY
    assert "never counts as current" in outcome.reason
    assert desk.picture()[0]


# --- what waits


def test_that_an_untrusted_bundle_is_copied_unparsed_and_comes_in_with_trust(desk):
    renewed = Sender(epoch=2, keys=[p384()])
    path = renewed.cut(desk.outbox)
    sent = {file.name: file.read_bytes() for file in path.iterdir()}
    assert desk.take(path).code is Code.UNTRUSTED
    (copy,) = desk.store.paths.held.glob("*/*")
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == sent
    shutil.rmtree(path)  # the medium has gone home
    assert retry_held(desk.store, desk.me, Job()) == []
    desk.clock.at += 1.0
    trust = trust_file([desk.root], [entry(desk.sender), entry(renewed)], version=2)
    next_trust(desk.store, desk.me, sign_trust(trust, [desk.root]))
    (again,) = retry_held(desk.store, desk.me, Job())
    assert again.code is Code.APPLIED
    assert list(desk.store.paths.held.iterdir()) == []
    assert retry_held(desk.store, desk.me, Job()) == []


def test_that_a_copy_that_still_waits_stays(desk):
    desk.take(Sender(source="enc99").cut(desk.outbox))
    desk.clock.at += 1.0
    trust = trust_file([desk.root], [entry(desk.sender)], version=2)
    next_trust(desk.store, desk.me, sign_trust(trust, [desk.root]))
    assert [o.code for o in retry_held(desk.store, desk.me, Job())] == [Code.UNTRUSTED]
    assert len(list(desk.store.paths.held.iterdir())) == 1
    desk.clock.at += 1.0
    assert retry_held(desk.store, desk.me, Job()) == []


def test_that_a_waiting_bundle_is_copied_once(desk):
    stranger = Sender(source="enc99")
    path = stranger.cut(desk.outbox)
    codes(desk, [path, path, zipped(path)])
    assert len(list(desk.store.paths.held.glob("*/*"))) == 1


def test_that_a_fuller_copy_takes_the_place_of_a_partial_one(desk):
    path = Sender(source="enc99").cut(desk.outbox)
    (path / "p0002.ndjson").rename(desk.outbox / "later")
    desk.take(path)
    (desk.outbox / "later").rename(path / "p0002.ndjson")
    desk.take(path)
    (copy,) = desk.store.paths.held.glob("*/*")
    assert (copy / "p0002.ndjson").exists()


def test_that_strangers_cannot_fill_the_disk(desk, monkeypatch):
    import app.bundle.held

    monkeypatch.setattr(app.bundle.held, "HELD_BYTES", 100)
    assert desk.take(Sender(source="enc99").cut(desk.outbox)).code is Code.UNTRUSTED
    assert list(desk.store.paths.held.iterdir()) == []


def test_that_a_copy_that_fails_is_not_half_kept(desk, monkeypatch):
    import os

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert desk.take(Sender(source="enc99").cut(desk.outbox)).code is Code.UNTRUSTED
    assert list(desk.store.paths.held.iterdir()) == []


def test_that_a_held_spill_stays_as_evidence(desk):
    """Only trust tells that the key may not sign this level."""
    secret = Sender(source="enc99", enclave="x")
    desk.take(secret.cut(desk.outbox))

    desk.clock.at += 1.0
    trust = trust_file([desk.root], [entry(secret, max_level=Level.U)], version=2)
    next_trust(desk.store, desk.me, sign_trust(trust, [desk.root]))
    assert [o.code for o in retry_held(desk.store, desk.me, Job())] == [Code.SPILL]
    assert len(list(desk.store.paths.held.iterdir())) == 1


def test_that_a_held_copy_that_proves_false_is_dropped(desk):
    other = Sender(source="enc99", enclave="x")
    desk.take(other.cut(desk.outbox, enclave="y"))
    desk.clock.at += 1.0
    next_trust(desk.store, desk.me, sign_trust(trust_file([desk.root], [entry(other)], version=2), [desk.root]))
    assert [o.code for o in retry_held(desk.store, desk.me, Job())] == [Code.BAD_MANIFEST]
    assert list(desk.store.paths.held.iterdir()) == []


def test_that_a_held_journal_is_tried_again_when_something_arrived(desk):
    first = desk.sender.cut(desk.outbox)
    journal = desk.sender.cut(
        desk.outbox, content="journal", base=desk.sender.chain[1], raw_parts=[("journal", b"{}\n")]
    )
    assert desk.take(journal).code is Code.HELD
    assert retry_held(desk.store, desk.me, Job()) == []
    desk.clock.at += 1.0
    desk.take(first)
    (again,) = retry_held(desk.store, desk.me, Job())
    assert "does not read journals" in again.reason


def test_that_a_held_journal_is_not_tried_again_for_every_arrival(desk):
    base = desk.sender.cut(desk.outbox)
    digest = desk.take(base).manifest
    other = Sender(source="enc02", enclave="s-west", keys=[p384()])
    trust = trust_file([desk.root], [entry(desk.sender), entry(other)], version=2)
    next_trust(desk.store, desk.me, sign_trust(trust, [desk.root]))
    parts = [("journal", b"{}\n")]
    journals = [
        desk.sender.cut(desk.outbox, content="journal", base=named, raw_parts=parts) for named in (digest, "1" * 96)
    ]
    assert codes(desk, journals) == [Code.HELD, Code.HELD]
    for _ in range(3):
        desk.clock.at += 1.0
        assert desk.take(other.cut(desk.outbox)).code is Code.APPLIED
        assert retry_held(desk.store, desk.me, Job()) == []


def test_that_a_heartbeat_brings_nothing_new_and_counts_as_arrived(desk):
    outcome = desk.take(desk.sender.cut(desk.outbox, kind="heartbeat"))
    assert (outcome.code, outcome.code.accepted) == (Code.NOTHING_NEW, True)
    assert desk.memory()[0][0][2] == 1
    desk.clock.at += 40 * DAY
    assert desk.take(desk.sender.cut(desk.outbox, kind="heartbeat")).code is Code.EXPIRED_AS_HISTORY


# --- a watched inbox


def test_that_an_inbox_offers_what_is_new_or_has_changed(desk):
    path = desk.sender.cut(desk.outbox)
    body = (path / "p0002.ndjson").read_bytes()
    (path / "p0002.ndjson").write_bytes(body[:50])
    assert new_arrivals(find_bundles(desk.outbox), desk.store) == [path]
    assert desk.take(path).code is Code.INCOMPLETE
    assert new_arrivals(find_bundles(desk.outbox), desk.store) == []
    (path / "p0002.ndjson").write_bytes(body)
    assert new_arrivals(find_bundles(desk.outbox), desk.store) == [path]
    desk.take(path)
    assert new_arrivals(find_bundles(desk.outbox), desk.store) == []


def test_that_an_unsafe_bundle_is_offered_once(desk):
    path = desk.sender.cut(desk.outbox)
    (path / "notes.txt").touch()
    assert desk.take(path).code is Code.UNSAFE_LAYOUT
    assert new_arrivals([path], desk.store) == []


def test_that_one_unsafe_bundle_does_not_hide_the_next(desk):
    """What cannot be opened has no members to tell it by: all such bundles once looked like the same one."""
    paths = [desk.sender.cut(desk.outbox) for _ in range(3)]
    for path in paths[:2]:
        (path / "notes.txt").touch()
    (paths[2] / ".partial").touch()
    for number, code in enumerate((Code.UNSAFE_LAYOUT, Code.UNSAFE_LAYOUT, Code.INCOMPLETE)):
        assert new_arrivals(paths, desk.store) == paths[number:]
        assert desk.take(paths[number]).code is code
    assert new_arrivals(paths, desk.store) == []
    (paths[1] / "notes.txt").unlink()
    assert new_arrivals(paths, desk.store) == [paths[1]]
    assert desk.take(paths[1]).code is Code.APPLIED


def test_that_what_a_lock_turned_away_is_offered_once_and_again_after_its_release(desk):
    desk.take(desk.sender.cut(desk.outbox, keep=False))
    forked = desk.sender.cut(desk.outbox / "b", created=START + 7200.0)
    desk.take(forked)
    shutil.rmtree(desk.outbox)
    path = desk.sender.cut(desk.outbox)
    assert new_arrivals([path], desk.store) == [path]
    assert desk.take(path).code is Code.SOURCE_LOCKED
    assert new_arrivals([path], desk.store) == []
    release(desk.store, "enc01", "settled on the telephone")
    assert new_arrivals([path], desk.store) == [path]


def test_that_nothing_at_all_is_never_taken_for_something_tried(desk):
    gone = desk.outbox / "s_enc01_core_0000000001_e1"
    assert desk.take(gone).code is Code.INCOMPLETE
    assert new_arrivals([gone], desk.store) == [gone]


@pytest.mark.parametrize("why", [Code.UNTRUSTED, Code.CLOCK])
def test_that_what_waits_without_a_copy_is_told_and_offered_again_when_it_is_due(desk, monkeypatch, why):
    renewed = Sender(epoch=2, keys=[p384()])
    early = {"created": desk.clock.at + 400.0} if why is Code.CLOCK else {}
    path = (renewed if why is Code.UNTRUSTED else desk.sender).cut(desk.outbox, **early)
    with monkeypatch.context() as patch:
        patch.setattr("app.bundle.held.HELD_BYTES", 100)
        outcome = desk.take(path)
    assert outcome.code is why
    assert "no room to keep a copy" in outcome.action
    assert new_arrivals([path], desk.store) == []
    desk.clock.at += 400.0
    if why is Code.UNTRUSTED:
        trust = trust_file([desk.root], [entry(desk.sender), entry(renewed)], version=2)
        next_trust(desk.store, desk.me, sign_trust(trust, [desk.root]))
    assert new_arrivals([path], desk.store) == [path]
    assert desk.take(path).code is Code.APPLIED
    assert new_arrivals([path], desk.store) == []


# --- losing the cache, losing the state


def lose_cache(desk):
    for file in desk.store.cache.parent.iterdir():
        file.unlink()
    return Desk(Store.open(desk.store.paths, desk.clock), desk.me, desk.sender, desk.outbox, desk.root)


def test_that_a_lost_cache_is_filled_again_and_holds_the_same(desk):
    paths = [desk.sender.cut(desk.outbox) for _ in range(3)]
    codes(desk, paths)
    before = desk.picture()
    fresh = lose_cache(desk)
    assert fresh.picture() == ([], [], [])
    assert codes(fresh, paths) == [Code.RESTORED] * 3
    assert fresh.picture() == before
    assert codes(fresh, paths) == [Code.DUPLICATE] * 3


def test_that_anti_rollback_survives_the_loss_of_the_cache(desk):
    desk.take(desk.sender.cut(desk.outbox, keep=False))
    fresh = lose_cache(desk)
    other = desk.sender.cut(desk.outbox / "b", created=START + 7200.0)
    assert fresh.take(other).code is Code.FORK
    assert fresh.picture() == ([], [], [])


def test_that_an_old_cache_is_filled_up(desk):
    paths = [desk.sender.cut(desk.outbox) for _ in range(3)]
    codes(desk, paths[:1])
    for name in ("cache.db", "cache.db-wal"):
        source = desk.store.cache.with_name(name)
        if source.exists():
            shutil.copy(source, desk.outbox / name)
    codes(desk, paths[1:])
    before = desk.picture()
    for file in desk.store.cache.parent.iterdir():
        file.unlink()
    for name in ("cache.db", "cache.db-wal"):
        if (desk.outbox / name).exists():
            shutil.copy(desk.outbox / name, desk.store.cache.with_name(name))
    assert codes(desk, paths) == [Code.DUPLICATE, Code.RESTORED, Code.RESTORED]
    assert desk.picture() == before


def test_that_a_state_older_than_the_cache_catches_up(desk):
    paths = [desk.sender.cut(desk.outbox) for _ in range(2)]
    state = desk.store.paths.state_db
    codes(desk, paths[:1])
    with desk.store.state() as opened:
        opened.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(state, desk.outbox / "station.db")
    codes(desk, paths[1:])
    before = desk.picture()
    for file in state.parent.glob("station.db*"):
        file.unlink()
    shutil.copy(desk.outbox / "station.db", state)
    outcome = desk.take(paths[1])
    assert outcome.code is Code.RESTORED
    assert "memory" in outcome.reason
    assert desk.picture() == before
    assert codes(desk, paths) == [Code.DUPLICATE] * 2


# --- cancel, full disk, another process


def cancelling_after(steps):
    """A job that is cancelled at one of its steps."""
    count = itertools.count()

    def report(_):
        if next(count) >= steps:
            job.cancel()

    job = Job(report)
    return job


@pytest.mark.parametrize("steps", range(6))
def test_that_cancel_at_any_step_leaves_everything_as_it_was(desk, steps):
    path = desk.sender.cut(desk.outbox, kind="full", events=[event_of("s-east")])
    before = (desk.picture(), desk.memory())
    try:
        outcome = desk.take(path, cancelling_after(steps))
    except Cancelled:
        assert (desk.picture(), desk.memory()) == before
        with desk.store.writer() as writer:
            assert writer.db.execute("SELECT count(*) FROM bundle").fetchone() == (0,)
            assert writer.db.execute("SELECT count(*) FROM head").fetchone() == (0,)
    else:
        assert outcome.code is Code.APPLIED
        assert steps > 3
    assert desk.take(path).code.accepted


def test_that_a_full_disk_is_told_and_nothing_is_lost(desk):
    first = desk.sender.cut(desk.outbox)
    desk.take(first)
    before = desk.picture()
    many = [series_of("s-east", metric=f"m{n}", count=400, offset=n / 7.0, step=1.0) for n in range(200)]
    path = desk.sender.cut(desk.outbox, series=many)
    with desk.store.writer() as writer:
        pages = writer.db.execute("PRAGMA page_count").fetchone()[0]

    class SmallDisk(Store):
        """SQLite's own page limit: the same error as a full disk."""

        __slots__ = ()

        def writer(self):
            opened = super().writer()
            opened.db.execute(f"PRAGMA max_page_count = {pages + 3}")
            return opened

    small = SmallDisk(desk.store.paths, desk.clock, desk.store.cache)
    with pytest.raises(StoreError, match="full"):
        receive(path, small, desk.me, Job(), carrier="x")
    assert desk.picture() == before
    reconcile(desk.store)
    assert desk.memory()[2] == []
    assert desk.take(path).code is Code.APPLIED
    assert len(desk.picture()[0]) == 201


def test_that_two_importers_take_turns(desk, monkeypatch):
    import app.store.turn

    path = desk.sender.cut(desk.outbox)
    monkeypatch.setattr(app.store.turn, "_PATIENCE_SECONDS", 0.05)
    with take_turn(desk.store):
        with pytest.raises(StoreBusy):
            desk.take(path)
        reconcile(desk.store)  # leaves a living importer alone
    assert desk.take(path).code is Code.APPLIED


def test_that_an_unforeseen_fault_leaves_everything_as_it_was(desk, monkeypatch):
    import app.store.intake

    path = desk.sender.cut(desk.outbox)
    before = (desk.picture(), desk.memory())

    def broken(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(app.store.intake, "publish", broken)
        with pytest.raises(ZeroDivisionError):
            desk.take(path)
    assert (desk.picture(), desk.memory()) == before
    assert desk.take(path).code is Code.APPLIED


def test_that_a_fault_before_anything_was_staged_leaves_no_intent(desk, monkeypatch):
    import app.store.intake

    path = desk.sender.cut(desk.outbox)

    def broken(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(app.store.intake, "begin", broken)
        with pytest.raises(ZeroDivisionError):
            desk.take(path)
    assert desk.memory()[2] == []
    assert desk.take(path).code is Code.APPLIED


def test_that_a_copy_cut_short_by_a_crash_is_removed(desk):
    unfinished = desk.store.paths.held / ("a" * 32 + ".copying") / "x"
    unfinished.mkdir(parents=True)
    reconcile(desk.store)
    assert list(desk.store.paths.held.iterdir()) == []


def test_that_reconciling_takes_nobodys_turn_where_nothing_is_left(desk):
    desk.take(desk.sender.cut(desk.outbox))

    class OnlyRead(Store):
        __slots__ = ()

        def writer(self):
            raise AssertionError

    reconcile(OnlyRead(desk.store.paths, desk.clock, desk.store.cache))
    desk.store.paths.state_db.with_name("turn.lock").unlink()
    reconcile(desk.store)
    assert not desk.store.paths.state_db.with_name("turn.lock").exists()


def test_that_the_cache_is_on_disk_before_the_ledger_relies_on_it(desk, monkeypatch):
    import app.store.intake

    seen = []
    publish = app.store.intake.publish

    def watched(writer, number):
        seen.append(writer.db.execute("PRAGMA synchronous").fetchone()[0])
        return publish(writer, number)

    monkeypatch.setattr(app.store.intake, "publish", watched)
    desk.take(desk.sender.cut(desk.outbox))
    assert seen == [2]  # FULL
