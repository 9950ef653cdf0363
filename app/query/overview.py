"""What the overview asks of the store: the fleet, and when bundles came in."""

import math

from app.errors import AppError
from app.job import Job
from app.model.time_range import TimeRange
from app.query.fleet import Overview
from app.query.health import read_fleet
from app.query.remembered import keep, stamp
from app.settings import Station
from app.store.bundles import bundles
from app.store.database import Store

USUAL_SECONDS = 86400.0
"""Length of the range for which the picture of the next start is kept."""


def read_overview(
    store: Store, station: Station, at: float, span: TimeRange, job: Job, *, hidden: frozenset[str] = frozenset()
) -> Overview:
    """Answer as known at `at` (seconds UTC); `hidden` are the ids of enclaves that a filter leaves out.

    Raises
    ------
    SettingsError
        If the health policy is wrong.
    StoreError
        If the cache cannot be read.
    """
    job.step(0, None, "Reading the fleet")
    fleet = read_fleet(store, station, at, span, hidden=hidden)
    job.check()
    moments: dict[str, list[float]] = {state.enclave.id: [] for state in fleet.enclaves}
    with store.reader(station.ceiling) as reader:
        for one in bundles(reader, span):
            received = one.record.received
            if received <= at and one.record.enclave in moments and not math.isnan(received):
                moments[one.record.enclave].append(received)
    return Overview(fleet, {name: tuple(sorted(found)) for name, found in moments.items()}, span, at)


def refresh_picture(store: Store, station: Station, job: Job) -> None:
    """Read the overview as it is now and keep it, so that the next start paints it at once.

    What stands in the way of it stands in the way of the console as well, which says so in words.
    """
    at, before = store.clock.now(), stamp(store.paths)
    try:
        overview = read_overview(store, station, at, TimeRange(at - USUAL_SECONDS, at), job)
    except AppError:
        return
    keep(store.paths, station, overview, before)
