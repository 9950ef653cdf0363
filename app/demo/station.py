"""Building a demonstration: a station that real bundles of a made-up fleet have filled."""

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.bundle.inbound import receive
from app.bundle.outcome import Code
from app.clock import FrozenClock
from app.demo import place, recording
from app.demo.carriage import ARRIVED, FORGED, Journey, journeys
from app.demo.desk import Desk
from app.demo.fleet import OBJECTIVES, Site, sites
from app.demo.promises import decide, in_force_since
from app.demo.trust import install_trust
from app.errors import StoreError
from app.job import Job, Progress
from app.model.marking import Level
from app.model.sample import Series
from app.paths import Paths
from app.settings import Station, write_station
from app.store.block import Block, block_from_series
from app.store.database import Store

MEDIA = "demo-media"
_EXPECTED = {ARRIVED: Code.APPLIED, FORGED: Code.UNTRUSTED}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built: `now` in seconds UTC, `days` of history, `scale` copies of every endpoint and node."""

    now: float
    days: float = 30.0
    seed: int = 1
    scale: int = 1


def build_demo(paths: Paths, plan: Plan, job: Job, *, rebuild: bool = False) -> Counter[str]:
    """Build a demonstration station at ``paths.base``, whole or not at all.

    Returns
    -------
    Counter
        Bundles by outcome code; those that never came as ``LOST``.

    Raises
    ------
    Refused
        If something that is not a demonstration stands there, or one does and `rebuild` is False.
    Cancelled
        If the person asked to stop; nothing is left then.
    """
    place.require_free(paths.base, rebuild=rebuild)
    folder = place.building_site(paths.base)
    try:
        built = _build(Paths.under(folder), plan, job)
        place.move_in(paths.base)
    except BaseException:
        place.abandon(paths.base)
        raise
    return built


def _build(paths: Paths, plan: Plan, job: Job) -> Counter[str]:
    station = Station("demo-1", "Demonstration", Level.TS, demo=True)
    paths.make()
    write_station(paths, station)
    _write_limits(paths)
    fleet = sites(plan.scale)
    trips = journeys(fleet, plan.now, plan.days)
    workshop = paths.base / "enclaves"
    desks = {site.enclave.id: Desk.open(site, workshop / site.enclave.id, plan.now) for site in fleet}
    clock = FrozenClock(in_force_since(plan.now, plan.days))
    store = Store.open(paths, clock)
    decide(store, station, clock, plan.now, plan.days)
    clock.at = trips[0].received - 3600.0
    media = paths.base / MEDIA
    media.mkdir()
    (media / "trust-2.json").write_bytes(install_trust(store, station, list(desks.values())))
    progress = _Steps(job, _groups(fleet) + len(trips))
    built: Counter[str] = Counter()
    with _kept_open([store, *(desk.store for desk in desks.values())]):
        young = {site.enclave.id: _record_history(desks[site.enclave.id], trips, plan, progress) for site in fleet}
        for trip in trips:
            progress.step(f"{trip.site.enclave.name}: bundles")
            path = _cut(desks[trip.site.enclave.id], trip, young[trip.site.enclave.id], progress.inner)
            clock.at = trip.received
            built[_deliver(path, trip, store, station, progress.inner)] += 1
            _put_away(path, trip, media)
    shutil.rmtree(workshop)
    return built


@contextlib.contextmanager
def _kept_open(stores: Iterable[Store]) -> Iterator[None]:
    """Keep a connection to every database: else SQLite would clear its log away after each bundle."""
    with contextlib.ExitStack() as stack:
        for store in stores:
            stack.enter_context(store.writer())
            stack.enter_context(store.state())
        yield


class _Steps:
    """Progress of the whole build. What its parts report in their own units is told beside the step they are in."""

    def __init__(self, job: Job, total: int) -> None:
        self.job, self.total, self.done, self.label = job, total, -1, ""
        self.inner = replace(job, report=self._tell)

    def step(self, label: str) -> None:
        """Say that one more of the steps begins."""
        self.done, self.label = self.done + 1, label
        self.job.step(self.done, self.total, label)

    def _tell(self, inner: Progress) -> None:
        part = f"{inner.done}" if inner.total is None else f"{inner.done} of {inner.total}"
        self.job.report(Progress(self.done, self.total, f"{self.label}: {inner.label.lower()} {part}"))


def _groups(fleet: Iterable[Site]) -> int:
    return sum(1 + len(site.services) + len(site.machines) for site in fleet)


def _record_history(desk: Desk, trips: list[Journey], plan: Plan, progress: _Steps) -> dict[float, list[Block]]:
    """Collect an enclave's history in one run, a scrape group at a time.

    Returns
    -------
    dict
        The encoded samples of each younger bundle, by the end of its window: small, where the arrays are not.
    """
    own = [trip for trip in trips if trip.site is desk.site]
    full, deltas = own[0], own[1:]
    young: dict[float, list[Block]] = {trip.window.end: [] for trip in deltas}

    def blocks() -> Iterator[Block]:
        for series in recording.scrapes(desk.site, plan.seed, plan.now, plan.days):
            progress.step(f"{desk.site.enclave.name}: {plan.days:g} days of samples")
            for trip in deltas:
                young[trip.window.end] += _encoded(series, trip)
            yield from _encoded(series, full)

    desk.collect(full, blocks(), progress.inner)
    return young


def _encoded(series: list[Series], trip: Journey) -> list[Block]:
    return list(block_from_series(recording.stretch(series, trip.window)))


def _cut(desk: Desk, trip: Journey, young: dict[float, list[Block]], job: Job) -> Path:
    if trip.kind == "delta":
        desk.collect(trip, young.pop(trip.window.end), job)
    return desk.cut(trip, job)


def _deliver(path: Path, trip: Journey, store: Store, station: Station, job: Job) -> str:
    """Bring a bundle in by the one door, unless it is lost on its way; return what came of it."""
    if trip.fate not in _EXPECTED:
        return trip.fate.upper()
    outcome = receive(path, store, station, job, carrier=trip.carrier)
    if outcome.code is not _EXPECTED[trip.fate]:
        # Then the story would not be told.
        msg = f"A demonstration bundle came to {outcome.code.value}: {outcome.reason}"
        raise StoreError(msg, "This is our fault; please report it.")
    return outcome.code.value


def _put_away(path: Path, trip: Journey, media: Path) -> None:
    """Keep what a person may want to carry in by hand: the lost and the untrusted."""
    if trip.fate == ARRIVED:
        shutil.rmtree(path)
    else:
        folder = media / trip.fate
        folder.mkdir()
        path.rename(folder / path.name)


def _write_limits(paths: Paths) -> None:
    """Write the site's own limits: a promise for each endpoint, and twice of it as the end of patience."""
    lines = ["# Limits of the demonstration: p95 of each endpoint against its promise.\n"]
    for endpoint, seconds in OBJECTIVES.items():
        lines.append(
            f'[[endpoint]]\nmatch = "{endpoint}*"\n[endpoint.metric.endpoint_latency_seconds]\n'
            f"warning = {seconds:g}\ncritical = {2 * seconds:g}\n"
        )
    (paths.policy / "health.toml").write_text("\n".join(lines), encoding="utf-8")
