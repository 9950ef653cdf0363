"""The one place where threads meet Qt."""

import logging
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.errors import AppError
from app.job import Cancelled, Job, Progress

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Answer = TypeVar("Answer")
log = logging.getLogger("watchfloor")


class TaskRunner(QObject):
    """Runs functions off the GUI thread and brings their answers back to it.

    Reads run side by side; writes run one after another. Only the newest progress of a job is
    delivered. Nothing is delivered to a receiver that no longer exists.
    """

    _posted = Signal()

    def __init__(self, readers: int = 2) -> None:
        super().__init__()
        self._readers = readers
        self._pools: dict[bool, ThreadPoolExecutor] = {}
        self._lock = threading.Lock()
        self._progress: dict[Job, Callable[[], None]] = {}
        self._answers: list[Callable[[], None]] = []
        self._jobs: set[Job] = set()
        self._woken = False
        self._closed = False
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        work: Callable[[Job], Answer],
        *,
        receiver: QObject,
        on_done: Callable[[Answer], None],
        on_error: Callable[[Exception], None],
        on_progress: Callable[[Progress], None] | None = None,
        writes: bool = False,
    ) -> Job:
        """Start `work` and return its job. Callbacks run on the GUI thread.

        They are arguments, never connected afterwards: what is connected late loses answers.
        """
        job = Job()
        if on_progress is not None:
            told = on_progress
            job.report = lambda progress: self._post(job, partial(_call, receiver, told, progress))
        if self._closed:
            return job
        self._jobs.add(job)
        self._pool(writes=writes).submit(self._work, job, work, receiver, on_done, on_error)
        return job

    def _pool(self, *, writes: bool) -> "ThreadPoolExecutor":
        """The threads of one kind of work; made with the first of it, for a first picture has none."""
        from concurrent.futures import ThreadPoolExecutor

        if writes not in self._pools:
            made = ThreadPoolExecutor(1, "write") if writes else ThreadPoolExecutor(self._readers, "read")
            self._pools[writes] = made
        return self._pools[writes]

    @property
    def idle(self) -> bool:
        """Whether every job has ended and its answer was delivered."""
        return not self._jobs

    def shutdown(self) -> None:
        """Cancel every job and wait for the threads."""
        self._closed = True
        for job in list(self._jobs):
            job.cancel()
        for pool in self._pools.values():
            pool.shutdown()

    def _work(
        self,
        job: Job,
        work: Callable[[Job], Answer],
        receiver: QObject,
        on_done: Callable[[Answer], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        answer: Callable[[], None] | None
        try:
            job.check()
            answer = partial(_call, receiver, on_done, work(job))
        except Cancelled:
            answer = None
        except Exception as error:  # whatever it is, it belongs to the caller
            if not isinstance(error, AppError):
                log.exception("a task failed")  # our own fault: kept where it can be looked up
            answer = partial(_call, receiver, on_error, error)
        self._post(job, partial(self._finish, job, answer), last=True)

    def _post(self, job: Job, call: Callable[[], None], *, last: bool = False) -> None:
        with self._lock:
            if last:
                self._answers.append(call)
            else:
                self._progress[job] = call
            wake, self._woken = not self._woken, True
        if wake:
            self._posted.emit()

    @Slot()
    def _deliver(self) -> None:
        with self._lock:
            calls = [*self._progress.values(), *self._answers]
            self._progress, self._answers, self._woken = {}, [], False
        for call in calls:
            try:
                call()
            except Exception:  # one callback's fault must not eat the next one's answer
                sys.excepthook(*sys.exc_info())

    def _finish(self, job: Job, call: Callable[[], None] | None) -> None:
        self._jobs.discard(job)
        if call is not None:
            call()


def _call(receiver: QObject, callback: Callable[[Any], None], value: Any) -> None:
    if shiboken6.isValid(receiver):
        callback(value)
