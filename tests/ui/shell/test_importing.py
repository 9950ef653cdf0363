import threading
from pathlib import Path

import pytest

from app.bundle.outcome import Code, Outcome
from app.errors import StoreBusy
from app.model.health import Health
from app.ui.outcomes import outcome_health, outcome_message, outcome_title, summary
from app.ui.shell.importing import Importing


def outcome(code, name="courier-7"):
    return Outcome(code, name, "The reason.", "What to do.")


class Door:
    """Answers as it was told, and writes down who came."""

    def __init__(self):
        self.codes, self.came, self.threads, self.error, self.errors = {}, [], [], None, {}

    def __call__(self, path, carrier, job):
        self.threads.append(threading.current_thread())
        self.came.append((path.name, carrier))
        error = self.errors.get(path.name, self.error)
        if error is not None:
            raise error
        job.step(1, 4, "Checking parts")
        return outcome(self.codes.get(path.name, Code.APPLIED), path.name)


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def importing(runner, door):
    made = Importing(runner, door, lambda job: [outcome(Code.APPLIED, "held-1")])
    made.messages, made.ends, made.spills, made.back = [], [], [], []
    made.put_back.connect(lambda path: made.back.append(path.name))
    made.said.connect(made.messages.append)
    made.done.connect(lambda: made.ends.append(1))
    made.spilled.connect(lambda: made.spills.append(1))
    return made


def test_that_bundles_are_imported_in_order_off_the_gui_thread(importing, door, runner, qtbot):
    importing.start([Path("a"), Path("b")], "M. Okafor")
    importing.start([Path("c")], "inbox")
    qtbot.waitUntil(lambda: bool(importing.ends))
    assert door.came == [("a", "M. Okafor"), ("b", "M. Okafor"), ("c", "inbox")]
    assert threading.main_thread() not in door.threads
    assert importing.messages[-1].title == "Three of three bundles imported"
    assert importing.messages[0].title.startswith("Importing 1 of 2: checking")
    assert not importing.running


def test_that_the_worst_outcome_of_several_is_told(importing, door, qtbot):
    door.codes = {"b": Code.UNTRUSTED, "c": Code.INCOMPLETE}
    importing.start([Path("a"), Path("b"), Path("c")], "inbox")
    qtbot.waitUntil(lambda: bool(importing.ends))
    message = importing.messages[-1]
    assert message.title == "One of three bundles imported"
    assert message.text.startswith("Not opened: signer not trusted: b. The reason. What to do.")
    assert message.text.endswith("One more on the Sync page.")
    assert message.health is Health.CRITICAL


def test_that_a_spill_stops_the_queue_and_names_nothing(importing, door, qtbot):
    door.codes = {"very-secret-name": Code.SPILL}
    importing.start([Path("very-secret-name"), Path("b")], "inbox")
    qtbot.waitUntil(lambda: bool(importing.ends))
    assert importing.spills == [1]
    assert [name for name, _ in door.came] == ["very-secret-name"]
    assert not any("very-secret-name" in message.title + message.text for message in importing.messages)


def test_that_an_error_is_told_with_its_hint_and_loses_nothing_of_the_inbox(importing, door, qtbot):
    door.errors = {"a": StoreBusy("Another process is importing.", "Wait for it to finish.")}
    importing.start([Path("a"), Path("b"), Path("c")], "inbox")
    qtbot.waitUntil(lambda: not importing.running)
    message = importing.messages[-1]
    assert message.title == "Another process is importing."
    assert message.text == "Wait for it to finish. It is tried again by itself. Two of two bundles imported."
    assert message.health is Health.CRITICAL
    assert [name for name, _ in door.came] == ["a", "b", "c"]
    assert importing.back == ["a"]
    assert importing.ends == [1]
    assert any(message.title.startswith("Importing 2 of 3") for message in importing.messages)


def test_that_what_a_person_chose_is_not_tried_again_by_itself(importing, door, qtbot):
    door.error = StoreBusy("Another process is importing.", "Wait for it to finish.")
    importing.start([Path("a"), Path("b")], "M. Okafor")
    qtbot.waitUntil(lambda: not importing.running)
    message = importing.messages[-1]
    assert (message.title, message.text) == ("Another process is importing.", "Wait for it to finish.")
    assert [name for name, _ in door.came] == ["a", "b"]
    assert importing.back == []


def test_that_what_waited_behind_a_spill_is_put_back_or_named(importing, door, qtbot):
    door.codes = {"a": Code.SPILL}
    importing.start([Path("a"), Path("b")], "inbox")
    importing.start([Path("c")], "M. Okafor")
    qtbot.waitUntil(lambda: bool(importing.ends))
    assert [name for name, _ in door.came] == ["a"]
    assert importing.back == ["b"]
    assert importing.messages[-1].text.endswith("One bundle was not tried; choose again.")


def test_that_a_spill_among_what_was_held_is_a_spill(runner, door, qtbot):
    importing, spills, messages = Importing(runner, door, lambda job: [outcome(Code.SPILL, "secret-name")]), [], []
    importing.spilled.connect(lambda: spills.append(1))
    importing.said.connect(messages.append)
    importing.retry_held()
    importing.start([Path("b")], "inbox")
    qtbot.waitUntil(lambda: not importing.running)
    assert spills == [1]
    assert door.came == []
    assert not any("secret-name" in message.title + message.text for message in messages)


def test_that_a_failed_retry_does_not_stop_what_arrived_meanwhile(runner, door, qtbot):
    def retry(job):
        raise StoreBusy("Another process is importing.", "Wait.")

    importing = Importing(runner, door, retry)
    importing.retry_held()
    importing.start([Path("b")], "inbox")
    qtbot.waitUntil(lambda: not importing.running)
    assert door.came == [("b", "inbox")]


def test_that_our_own_fault_is_told_as_such(importing, door, qtbot, caplog):
    door.error = KeyError("x")
    importing.start([Path("a")], "inbox")
    qtbot.waitUntil(lambda: not importing.running)
    assert "our fault" in importing.messages[-1].text


def test_that_an_import_can_be_stopped(runner, qtbot):
    begun = threading.Event()

    def receive(path, carrier, job):
        begun.set()
        while True:
            job.check()

    importing, seen = Importing(runner, receive, lambda job: []), []
    back = []
    importing.said.connect(seen.append)
    importing.put_back.connect(back.append)
    importing.start([Path("a"), Path("b")], "inbox")
    assert begun.wait(5)
    importing.cancel()
    qtbot.waitUntil(lambda: runner.idle)
    assert seen[-1].title == "Import stopped"
    assert seen[-1].text.endswith("What was not imported stays untried; the inbox is tried again at the next start.")
    assert back == [], "the person wants no more of it in this run"
    assert not importing.running


def test_that_what_was_held_is_tried_again(importing, qtbot):
    importing.retry_held()
    qtbot.waitUntil(lambda: bool(importing.ends))
    assert importing.messages[-1].title == "Imported: held-1"


def test_that_trying_again_in_vain_says_nothing(runner, qtbot):
    importing, seen = Importing(runner, Door(), lambda job: []), []
    importing.said.connect(seen.append)
    importing.done.connect(lambda: seen.append("done"))
    importing.retry_held()
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == []


@pytest.mark.parametrize("code", list(Code))
def test_that_every_outcome_has_words_and_an_ink(code):
    assert outcome_title(code)
    health = outcome_health(code)
    assert (health is Health.HEALTHY) == code.accepted
    message = outcome_message(outcome(code))
    assert message.health is health
    assert ("courier-7" in message.title) == (code is not Code.SPILL)
    assert summary([outcome(code)]) == message
