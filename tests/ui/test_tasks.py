import threading

import pytest
from PySide6.QtCore import QObject

from app.errors import StoreBusy
from app.job import Progress
from app.ui.tasks import TaskRunner


def nothing(_):
    pass


def fail(error):
    raise AssertionError(error)


def test_that_work_runs_off_the_gui_thread_and_its_answer_comes_back_on_it(runner, qtbot):
    seen = []
    runner.run(
        lambda job: threading.current_thread(),
        receiver=runner,
        on_done=lambda worker: seen.append((worker, threading.current_thread())),
        on_error=fail,
    )
    qtbot.waitUntil(lambda: bool(seen))
    worker, deliverer = seen[0]
    assert worker is not threading.main_thread()
    assert deliverer is threading.main_thread()


def test_that_an_error_goes_to_its_caller_and_our_own_to_the_log(runner, qtbot, caplog):
    seen = []
    runner.run(lambda job: 1 / 0, receiver=runner, on_done=fail, on_error=seen.append)
    qtbot.waitUntil(lambda: bool(seen))
    assert isinstance(seen[0], ZeroDivisionError)
    assert "ZeroDivisionError" in caplog.text


def test_that_an_expected_failure_is_no_fault(runner, qtbot):
    def busy(job):
        raise StoreBusy("Another process writes.")

    seen = []
    runner.run(busy, receiver=runner, on_done=fail, on_error=seen.append)
    qtbot.waitUntil(lambda: bool(seen))


def test_that_a_cancelled_job_tells_nobody(runner, qtbot):
    begun, seen = threading.Event(), []

    def endless(job):
        begun.set()
        while True:
            job.step(1)

    job = runner.run(endless, receiver=runner, on_done=seen.append, on_error=seen.append)
    assert begun.wait(5)
    job.cancel()
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == []


def test_that_nothing_is_delivered_to_a_dead_receiver(runner, qtbot):
    gate, seen = threading.Event(), []
    receiver = QObject()
    runner.run(lambda job: gate.wait(5), receiver=receiver, on_done=seen.append, on_error=seen.append)
    receiver.deleteLater()
    destroyed = []
    receiver.destroyed.connect(lambda: destroyed.append(1))
    qtbot.waitUntil(lambda: bool(destroyed))
    gate.set()
    qtbot.waitUntil(lambda: runner.idle)
    assert seen == []


def test_that_only_the_newest_progress_is_delivered_and_always_before_the_answer(runner, qtbot):
    seen = []

    def work(job):
        for number in range(20_000):
            job.step(number, 20_000, "counting")
        return "done"

    runner.run(
        work,
        receiver=runner,
        on_done=seen.append,
        on_error=fail,
        on_progress=lambda progress: seen.append(progress.done),
    )
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == "done", timeout=20_000)
    assert len(seen) < 20_000
    assert seen[:-1] == sorted(seen[:-1])


def test_that_writes_run_one_after_another(runner, qtbot):
    inside, worst, seen = [], [], []

    def write(job):
        inside.append(1)
        worst.append(len(inside))
        inside.pop()
        return 1

    for _ in range(30):
        runner.run(write, receiver=runner, on_done=seen.append, on_error=fail, writes=True)
    qtbot.waitUntil(lambda: len(seen) == 30)
    assert max(worst) == 1


def test_that_a_callback_that_raises_does_not_eat_the_next_answer(runner, qtbot, monkeypatch):
    faults, seen = [], []
    monkeypatch.setattr("sys.excepthook", lambda *fault: faults.append(fault[0]))
    for callback in (lambda _: 1 / 0, seen.append):
        runner.run(lambda job: 1, receiver=runner, on_done=callback, on_error=fail)
    qtbot.waitUntil(lambda: bool(seen) and bool(faults))
    assert faults == [ZeroDivisionError]


def test_that_shutdown_ends_endless_jobs_and_later_work_is_not_begun(qapp):
    runner = TaskRunner()
    begun = threading.Event()

    def endless(job):
        begun.set()
        while True:
            job.check()

    runner.run(endless, receiver=runner, on_done=nothing, on_error=nothing)
    assert begun.wait(5)
    runner.shutdown()
    ran = []
    runner.run(lambda job: ran.append(1), receiver=runner, on_done=nothing, on_error=nothing)
    assert ran == []


def test_that_progress_carries_total_and_label(runner, qtbot):
    seen = []
    runner.run(
        lambda job: job.step(2, 3, "parts"), receiver=runner, on_done=nothing, on_error=fail, on_progress=seen.append
    )
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [Progress(2, 3, "parts")]


@pytest.mark.parametrize("count", [200])
def test_that_no_answer_is_lost(runner, qtbot, count):
    seen = []
    for number in range(count):
        runner.run(lambda job, n=number: n, receiver=runner, on_done=seen.append, on_error=fail)
    qtbot.waitUntil(lambda: len(seen) == count)
    assert sorted(seen) == list(range(count))
