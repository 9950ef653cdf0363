"""A station from nothing to its first data, by the buttons of the first-run page, on real files."""

import json
import sys
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt

from app.bundle.inbound import receive
from app.bundle.outcome import Code
from app.bundle.trustfile import sign_trust
from app.bundle.trusting import current_trust
from app.clock import FrozenClock, SystemClock
from app.demo.place import is_demo
from app.demo.station import Plan, build_demo
from app.errors import InputError, Refused, SettingsError
from app.job import Job
from app.model.marking import Level
from app.paths import Paths
from app.settings import Station, load_station, write_station
from app.store import audit
from app.ui import first_run
from app.ui.first_run import FirstRun
from app.ui.main import _program, build
from app.ui.shell.beginning import Beginning
from app.ui.shell.choose import ChooseCard
from app.ui.shell.demo_card import DemoCard
from app.ui.shell.late_store import LateStore
from app.ui.shell.station_card import StationCard
from app.ui.shell.trust_card import TrustCard
from tests.fakes.bundles import Sender, series_of
from tests.fakes.keys import entry, p384, trust_file

NOW = 1_760_086_400.0
STATION = Station("station-04", "Watch floor", Level.TS)


@pytest.fixture
def paths(base_dir):
    return Paths.under(base_dir)


@pytest.fixture
def founded(paths):
    """A station with settings and nothing else."""
    paths.make()
    write_station(paths, STATION)
    return paths


@pytest.fixture
def console(paths, tmp_path, qapp, qtbot):
    """The console of the station as it stands when it is called for."""
    made = []

    def open_it(demo=None):
        memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
        console = build(paths, SystemClock(), memory, demo=demo)
        again = []
        console.window.desk = console.window.desk._replace(again=lambda: again.append(1))
        made.append(console)
        console.window.start()
        console.window.show()
        qtbot.waitUntil(lambda: console.window._began and console.window.settled)
        return console.window, again

    yield open_it
    for one in made:
        one.close()


def signed_file(folder, *, demo=False, roots=1, name="trust.json", sender=None):
    keys = [p384() for _ in range(roots)]
    trust = trust_file(keys, [entry(sender or Sender())], demo=demo, threshold=roots)
    file = folder / name
    file.write_bytes(sign_trust(trust, keys))
    return file, trust.root_fingerprint


def page_of(window):
    return window.findChild(FirstRun)


def card_of(window, kind):
    return window.overlay.findChild(kind)


def beginning(paths, station=STATION, demo=None):
    return Beginning(LateStore(paths, FrozenClock(NOW)), station, demo, ("watchfloor",))


# --- the page -----------------------------------------------------------------------------------------------


def test_that_a_station_without_settings_can_only_be_founded_or_shown_a_demonstration(console):
    window, _ = console()
    buttons = page_of(window).buttons
    enabled = {step for step, button in buttons.items() if button.isEnabled()}
    assert enabled == {first_run.STATION, first_run.DEMO}
    assert window.focusWidget() is None or page_of(window).first_focus() is buttons[first_run.STATION]


def test_that_a_founded_station_has_its_first_step_done(founded, console):
    window, _ = console()
    assert set(page_of(window).buttons) == {first_run.TRUST, first_run.IMPORT, first_run.DEMO}
    assert window.focusWidget() is page_of(window).buttons[first_run.TRUST]


# --- the station --------------------------------------------------------------------------------------------


def test_that_the_form_writes_the_settings_that_the_command_would(paths, console, qtbot):
    window, again = console()
    qtbot.mouseClick(page_of(window).buttons[first_run.STATION], Qt.MouseButton.LeftButton)
    card = card_of(window, StationCard)
    assert not card.button.isEnabled(), "nobody chose a ceiling yet"
    card.name.setText("Wache 7, Süd")
    qtbot.keyClick(card.name, Qt.Key.Key_Return)
    assert not paths.station_toml.exists()
    level = next(choice for choice in card.levels if choice.level is Level.S)
    level.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(level, Qt.Key.Key_Space)
    qtbot.mouseClick(card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(again))
    station = load_station(paths)
    assert (station.name, station.id, station.ceiling) == ("Wache 7, Süd", "wache-7-s-d", Level.S)
    with LateStore(paths, SystemClock())().state() as state:
        record = next(audit.records(state, 1))
        assert (record.component, record.event, record.object_label) == ("station", "init", "S")


def test_that_a_station_is_never_founded_twice(founded, qapp):
    with pytest.raises(Refused, match="set up already"):
        beginning(founded, None).found("Other", Level.U, Job())
    assert load_station(founded).ceiling is Level.TS


def test_that_after_founding_the_next_start_has_the_pages(paths, console):
    console()
    beginning(paths, None).found("Watch floor", Level.S, Job())
    window, _ = console()
    assert window.page == "overview"
    assert window.banners[0].words == "SECRET"


# --- trust --------------------------------------------------------------------------------------------------


def choose(window, qtbot, file):
    """Press the button and take the file from the list."""
    qtbot.mouseClick(page_of(window).buttons[first_run.TRUST], Qt.MouseButton.LeftButton)
    card_of(window, ChooseCard).look_at(file.parent)
    qtbot.waitUntil(lambda: window.settled)
    chooser = card_of(window, ChooseCard)
    names = [row.name for row in chooser._files.rows.rows]
    assert file.name in names
    chooser._files.choose(names.index(file.name))
    qtbot.keyClick(chooser._files, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.settled)
    return card_of(window, TrustCard)


def test_that_a_root_is_trusted_by_typing_what_its_holders_told(founded, console, qtbot, tmp_path):
    window, _ = console()
    (tmp_path / "disc" / "more").mkdir(parents=True)
    (tmp_path / "disc" / "picture.png").write_bytes(b"")
    file, fingerprint = signed_file(tmp_path / "disc", roots=2)
    card = choose(window, qtbot, file)
    shown = card._sign.accessibleName()
    assert fingerprint[8:16] in shown
    assert fingerprint[:8] not in shown, "what is to be typed is not to be read off the screen"
    assert fingerprint[-8:] not in shown
    assert "2 of 2 roots must sign" in shown
    assert window.focusWidget() is card.typed[0]
    qtbot.keyClicks(card.typed[0], f"{fingerprint[:4]} {fingerprint[4:8]}".upper())
    assert not card.button.isEnabled()
    qtbot.keyClicks(card.typed[1], fingerprint[-8:])
    assert card.button.isEnabled()
    qtbot.keyClick(card.typed[1], Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.overlay is None and window.settled)
    with window.desk.store().state() as state:
        assert current_trust(state, STATION).root_fingerprint == fingerprint
    assert "Trust file 1 is in force" in window.strip.accessibleName()


def test_that_another_fingerprint_trusts_nobody(founded, console, qtbot, tmp_path):
    window, _ = console()
    file, fingerprint = signed_file(tmp_path)
    card = choose(window, qtbot, file)
    wrong = "".join("0" if sign != "0" else "1" for sign in fingerprint[:8])
    qtbot.keyClicks(card.typed[0], wrong)
    qtbot.keyClicks(card.typed[1], fingerprint[-8:])
    assert not card.button.isEnabled()
    assert "Do not guess" in card._note.accessibleName()
    qtbot.keyClick(card.typed[1], Qt.Key.Key_Return)
    with window.desk.store().state() as state:
        assert current_trust(state, STATION) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"no json", b'{"payloadType": "x"}', b"\xff" * 100])
def test_that_a_file_that_is_no_trust_file_is_refused_in_words(founded, console, qtbot, tmp_path, content):
    window, _ = console()
    file = tmp_path / "trust.json"
    file.write_bytes(content)
    card = choose(window, qtbot, file)
    assert card._sign._error[0]
    assert not card.button.isEnabled()
    assert not any(field.isEnabled() for field in card.typed)


def test_that_a_signature_that_does_not_hold_is_refused(founded, tmp_path, qapp):
    file, _ = signed_file(tmp_path)
    content = file.read_bytes()
    at = content.index(b'"sig":"') + 20 if b'"sig":"' in content else content.index(b'"sig": "') + 20
    file.write_bytes(content[:at] + (b"A" if content[at : at + 1] != b"A" else b"B") + content[at + 1 :])
    with pytest.raises((Refused, InputError)):
        beginning(founded).read_roots(file, Job())


def test_that_a_station_has_its_roots_once_and_never_those_of_a_demonstration(founded, tmp_path, qapp):
    one = beginning(founded)
    demo, print_of_demo = signed_file(tmp_path, demo=True, name="demo.json")
    with pytest.raises(SettingsError, match="never meet"):
        one.trust(one.read_roots(demo, Job()), print_of_demo, Job())
    first, fingerprint = signed_file(tmp_path)
    with pytest.raises(Refused, match="not the one you gave"):
        one.trust(one.read_roots(first, Job()), "0" * 96, Job())
    assert "1 of 1 roots" in one.trust(one.read_roots(first, Job()), fingerprint, Job())
    with pytest.raises(Refused, match="has its roots already"):
        one.trust(one.read_roots(first, Job()), fingerprint, Job())
    with pytest.raises(SettingsError, match="no ceiling"):
        beginning(founded, None).trust(one.read_roots(first, Job()), fingerprint, Job())
    with pytest.raises(InputError, match="cannot be read"):
        one.read_roots(tmp_path / "nothing.json", Job())


def test_that_what_was_held_is_opened_once_its_signer_is_trusted(founded, console, qtbot, tmp_path):
    sender, now = Sender(), SystemClock().now()
    bundle = sender.cut(tmp_path / "disc", kind="full", created=now - 60, series=[series_of("s-east", start=now - 600)])
    store = LateStore(founded, SystemClock())()
    assert receive(bundle, store, STATION, Job(), carrier="disc").code is Code.UNTRUSTED
    window, _ = console()
    assert page_of(window).isVisible()
    file, fingerprint = signed_file(tmp_path / "disc", sender=sender)
    card = choose(window, qtbot, file)
    card.typed[0].setText(fingerprint[:8])
    card.typed[1].setText(fingerprint[-8:])
    card.button.click()
    qtbot.waitUntil(lambda: window.overlay is None and window.settled)
    qtbot.waitUntil(lambda: [enclave.id for enclave in window.header.filter.enclaves] == ["s-east"])
    assert not page_of(window).isVisible(), "there is something to see now"


# --- the demonstration --------------------------------------------------------------------------------------


def small(paths, job):
    build_demo(paths, Plan(NOW, 0.25), job)


def test_that_a_demonstration_is_built_with_progress_and_opened_in_a_console_of_its_own(
    founded, console, qtbot, tmp_path, monkeypatch
):
    window, _ = console(small)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    qtbot.mouseClick(page_of(window).buttons[first_run.DEMO], Qt.MouseButton.LeftButton)
    card = card_of(window, DemoCard)
    folder = tmp_path / "watchfloor-demonstration"
    assert card.folder.text() == str(folder)
    seen, opened = [], []
    monkeypatch.setattr(card._beginning, "open_demo", lambda where: opened.append(where) or True)
    progress = card.state.progress
    monkeypatch.setattr(card.state, "progress", lambda one: (seen.append(one), progress(one)))
    qtbot.keyClick(card.button, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: card.button.accessibleName() == "Open it", timeout=60_000)
    assert any(one.total and one.done for one in seen)
    assert is_demo(folder)
    assert not is_demo(founded.base)
    qtbot.keyClick(card.button, Qt.Key.Key_Return)
    assert opened == [folder]
    assert "second console" in card.state.accessibleName()


def test_that_a_build_that_is_stopped_leaves_nothing(founded, console, qtbot, tmp_path):
    window, _ = console(partial(slow, []))
    window.begin(first_run.DEMO)
    card = card_of(window, DemoCard)
    card.folder.setText(str(tmp_path / "demo"))
    card.button.click()
    qtbot.waitUntil(lambda: "made-up" in card.state.accessibleName())
    assert card.button.accessibleName() == "Stop"
    card.button.click()
    assert "Stopped" in card.state.accessibleName()
    qtbot.waitUntil(lambda: window.settled)
    assert card.button.accessibleName() == "Build it"
    assert not (tmp_path / "demo").exists()
    card.button.click()
    qtbot.waitUntil(lambda: "made-up" in card.state.accessibleName())
    window.close_overlay()
    qtbot.waitUntil(lambda: window.settled)


def slow(_, paths, job):
    """A build that goes on until it is stopped."""
    while True:
        job.step(1, 100, "made-up steps")


def test_that_the_demonstration_is_opened_by_the_program_that_runs_and_outlives_it(founded, qapp, qtbot, tmp_path):
    told = tmp_path / "told.json"
    script = f"import json, sys; open({str(told)!r}, 'w').write(json.dumps(sys.argv[1:]))"
    one = Beginning(LateStore(founded, FrozenClock(NOW)), STATION, small, (sys.executable, "-c", script))
    assert one.open_demo(tmp_path / "demo")
    qtbot.waitUntil(lambda: told.is_file() and told.read_text().endswith("]"))
    assert json.loads(told.read_text()) == ["console", "--base-dir", str(tmp_path / "demo")]
    assert not Beginning(one._store, STATION, small, (str(tmp_path / "no such program"),)).open_demo(tmp_path)


@pytest.mark.parametrize(
    ("called", "words"),
    [
        (["python3", "-P", "-m", "app", "console", "--base-dir", "D"], ["-P", "-m", "app"]),
        (["python3", "/usr/bin/watchfloor", "console"], ["/usr/bin/watchfloor"]),
        (["python3", "-m", "pytest"], ["-m", "app"]),
    ],
)
def test_that_the_program_calls_itself_as_it_was_called(monkeypatch, called, words):
    monkeypatch.setattr(sys, "orig_argv", called)
    assert _program() == (sys.executable, *words)


@pytest.mark.parametrize("where", ["", "relative/folder", "{station}", "{taken}"])
def test_that_a_folder_that_will_not_do_is_refused_in_words(founded, console, qtbot, tmp_path, where):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.txt").write_text("mine")
    window, _ = console(small)
    window.begin(first_run.DEMO)
    card = card_of(window, DemoCard)
    card.folder.setText(where.format(station=founded.base, taken=tmp_path / "taken"))
    card.button.click()
    qtbot.waitUntil(lambda: window.settled)
    assert card.state._health is not None
    assert card.state.accessibleName()
    assert (tmp_path / "taken" / "thesis.txt").read_text() == "mine"
    assert load_station(founded) == STATION


def test_that_a_past_moment_sets_up_nothing(founded, console):
    window, _ = console()
    window.desk = window.desk._replace(beginning=None)
    for step in (first_run.TRUST, first_run.STATION, first_run.DEMO):
        window.begin(step)
        assert window.overlay is None
        assert "past moment" in window.strip.message.title
