import pytest

from app.bundle.outcome import Code
from app.errors import Refused, SettingsError
from app.job import Cancelled, Job
from app.model.marking import Level
from app.store import ledger
from app.ui.shell.door import Door
from tests.fakes.bundles import DAY, START, Sender
from tests.fakes.keys import trusting
from tests.fakes.stores import open_store, station


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "station", START + DAY)


@pytest.fixture
def sender(store):
    made = Sender()
    trusting(store, station(Level.S), made)
    return made


def leave_half_done(store):
    with store.state() as state, ledger.recording(state):
        ledger.write_intent(state, ledger.Intent("ab" * 48, b"{}", "b-1", "relay", 1, START))


def half_done(store):
    with store.state() as state:
        return len(ledger.intents(state))


def attempts(store):
    with store.state() as state:
        return [attempt.code for attempt in ledger.attempts(state)]


def test_that_what_a_crash_left_is_put_right_at_the_start_and_after_a_failure_only(store, sender, tmp_path):
    door = Door(lambda: store, station(Level.S))
    leave_half_done(store)
    door.retry(Job())
    assert half_done(store) == 0
    leave_half_done(store)
    door.retry(Job())
    assert half_done(store) == 1, "not looked for again: it takes the one writer"
    stopped = Job()
    stopped.cancel()
    with pytest.raises(Cancelled):
        door.receive(sender.cut(tmp_path / "medium"), "relay", stopped)
    door.retry(Job())
    assert half_done(store) == 0


def test_that_every_unsafe_bundle_is_offered_and_a_known_one_is_not(store, sender, tmp_path):
    door, inbox = Door(lambda: store, station(Level.S)), tmp_path / "inbox"
    good, first, second = (sender.cut(inbox) for _ in range(3))
    for unsafe in (first, second):
        (unsafe / "link").symlink_to(good)
    assert door.receive(good, "inbox", Job()).code.accepted
    assert door.receive(first, "inbox", Job()).code is Code.UNSAFE_LAYOUT
    assert door.untried([good, first, second]) == [first, second]


def test_that_a_look_at_the_past_writes_nothing(store, sender, tmp_path):
    door = Door(lambda: store, station(Level.S), past=True)
    leave_half_done(store)
    with pytest.raises(Refused, match="past moment"):
        door.receive(sender.cut(tmp_path / "medium"), "relay", Job())
    assert door.retry(Job()) == []
    assert half_done(store) == 1
    assert attempts(store) == []


def test_that_a_station_without_settings_imports_nothing(store, sender, tmp_path):
    with pytest.raises(SettingsError, match="no ceiling"):
        Door(lambda: store, None).receive(sender.cut(tmp_path / "medium"), "relay", Job())
