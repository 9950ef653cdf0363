"""A desk whose pages answer from `tests.fakes.answers`: the whole console without a store."""

import threading
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QSettings

from app.bundle.outcome import Code, Outcome
from app.clock import FrozenClock
from app.model.marking import Level
from app.query.fleet import Overview
from app.query.holdings import Holdings
from app.settings import Station
from app.ui.discover import discover
from app.ui.pages.endpoints import EndpointsData
from app.ui.pages.sync import SyncData
from app.ui.shell.desk import Desk
from tests.fakes import answers
from tests.fakes.curves import explore_data
from tests.fakes.gpus import gpu_data
from tests.fakes.promises import levels_data

STATION = Station("station-04", "Watch floor 2", Level.TS)


@dataclass
class Answers:
    """What the fake station knows; threads that were asked are written down."""

    fleet: object = field(default_factory=answers.fleet)
    sync: object = field(default_factory=answers.sync_state)
    holdings: Holdings = field(default_factory=lambda: Holdings(Level.TS, True, (answers.U, answers.S, answers.TS)))
    outcome: Outcome = field(default_factory=lambda: Outcome(Code.APPLIED, "bundle-1", "Every check passed.", ""))
    error: Exception | None = None
    threads: list[threading.Thread] = field(default_factory=list)
    received: list[str] = field(default_factory=list)

    def overview(self, ask, job):
        self._asked()
        fleet = self.fleet
        gone = tuple(state for state in fleet.enclaves if state.enclave.id in ask.hidden)
        if gone:
            kept = tuple(state for state in fleet.enclaves if state.enclave.id not in ask.hidden)
            rows = tuple(
                replace(row, cells={name: cell for name, cell in row.cells.items() if name not in ask.hidden})
                for row in fleet.rows
            )
            shown = tuple(item for item in fleet.attention if item.enclave not in ask.hidden)
            fleet = replace(fleet, enclaves=kept, rows=rows if kept else (), attention=shown, hidden=gone)
        return Overview(fleet, answers.received(self.sync.lanes), ask.span, fleet.as_of)

    def arrivals(self, ask, job):
        self._asked()
        return SyncData(self.sync, ask.span)

    def endpoints(self, ask, job):
        fleet = self.overview(ask, job).fleet
        return EndpointsData(ask, fleet if ask.subject is None else None, None)

    def explore(self, ask, job):
        self._asked()
        return explore_data(ask)

    def gpus(self, ask, job):
        self._asked()
        return gpu_data(ask)

    def levels(self, ask, job):
        self._asked()
        return levels_data(ask, self.fleet.marking)

    def hold(self, job):
        self._asked()
        return self.holdings

    def receive(self, path, carrier, job):
        self._asked()
        self.received.append(path.name)
        return self.outcome

    def _asked(self):
        self.threads.append(threading.current_thread())
        if self.error is not None:
            raise self.error


def make_desk(look, runner, folder, told, *, station=STATION):
    """Desk over fake answers."""
    loads = {
        "overview": told.overview,
        "sync": told.arrivals,
        "explore": told.explore,
        "endpoints": told.endpoints,
        "gpu": told.gpus,
        "service-levels": told.levels,
    }
    pages = tuple(page._replace(load=loads[page.id]) for page in discover()) if station is not None else ()
    return Desk(
        store=lambda: None,
        station=station,
        clock=FrozenClock(answers.NOW),
        look=look,
        runner=runner,
        pages=pages,
        holdings=told.hold,
        token=lambda: (1,),
        receive=told.receive,
        retry=lambda job: [],
        untried=list,
        inbox=None,
        kept=None,
        person="M. Okafor",
        calls=("Your ISSM",),
        memory=QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat),
    )
