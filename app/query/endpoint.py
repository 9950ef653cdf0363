"""One endpoint in one enclave, closely: how it is, since when, after which change, and how it is elsewhere."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.analysis.changes import Change, Kind, Served, Share, replica_changes, shares, version_changes
from app.analysis.deployment import RULES
from app.analysis.grid import Fold
from app.analysis.health_policy import HealthPolicy, Rule
from app.analysis.merged import at_times, merged
from app.job import Job
from app.model.event import Event
from app.model.health import Health
from app.model.marking import Level
from app.model.sample import Series
from app.model.time_range import TimeRange
from app.query import deployments
from app.query.deployments import Surroundings, own_latency_limit
from app.query.enclaves import Picture, known_at, pictures
from app.query.endpoint_objectives import PromisedLine, promised_lines
from app.query.fleet import Deployment
from app.query.health import marking_of
from app.query.policy import read_policy
from app.query.readings import Shelf, read_flags, read_shelves
from app.settings import Station
from app.store import register
from app.store.bundles import BundleRecord, bundles, newest_bundle
from app.store.database import Reader, Store
from app.store.events import events
from app.store.samples import SeriesRef, find_series, read_series

LANES = ("alert", "deployment", "maintenance")
"""Kinds of events that are told of an endpoint."""
_LOOK_BACK = 30 * 86400.0
"""How far back changes are looked for, however short the visible range: the one that matters may lie before it."""
_TOO_FAR = 400 * 86400.0
_AFTER, _BEFORE = 3600.0, 120.0
"""Seconds from a change to a trouble that began after it; or, as a state may be dated back, just before it."""
_SHARE_WINDOW = 3600.0
_MISSED = 2.5
"""Steps after the beginning of what is looked at within which a version was there already: scrapes get lost."""
_SAME = 1800.0
"""Seconds within which a change found in the series and a deployment that was told are one."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version: what it did over the last hour of data, and when it was heard first and last, seconds UTC.

    `first` is NaN where it was heard already when what was looked at begins: it may be older.
    """

    share: Share
    first: float
    last: float

    @property
    def name(self) -> str:
        """The version itself."""
        return self.share.version


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, computed from the samples; nothing in it is a guess.

    `since` is when the state began and `until` up to when it is known to last, seconds UTC. `change` is the
    newest change within the hour before it, None without one: that it came after is a fact, that it came of
    it is not claimed. `versions` are the shares of all versions from `since` on, and `blamed` the one that has
    most of the errors and more of them than of the traffic.
    """

    since: float
    until: float
    change: Change | None
    versions: tuple[Share, ...]
    blamed: Share | None


@dataclass(frozen=True, slots=True, eq=False)
class EndpointAnswer:
    """Everything about one deployment but its curves, which `app.query.endpoint_curves` reads.

    `here` is the deployment itself, `elsewhere` the same endpoint in the other enclaves that are shown, and
    `hidden` how many more the filter hides. `limits` are the rules in force by metric, with the endpoint's own
    limit of latency as `own_limit` (s, NaN without one), and `error_window` the seconds over which errors are
    counted before they are held against theirs. `promised` are the promises that a chart can be held against, in
    force at `as_of`. `changes` were found in the series, `events` told by
    the source; both by time. `received` are the moments at which bundles of the enclave came in, within the
    span, and `bundle` the newest of them. `refs` are its series. Times are seconds UTC.
    """

    as_of: float
    marking: Level
    span: TimeRange
    picture: Picture
    here: Deployment
    elsewhere: tuple[Deployment, ...]
    hidden: int
    limits: Mapping[str, Rule]
    own_limit: float
    error_window: float
    promised: tuple[PromisedLine, ...]
    events: tuple[Event, ...]
    changes: tuple[Change, ...]
    received: tuple[float, ...]
    bundle: BundleRecord | None
    versions: tuple[Version, ...]
    trouble: Trouble | None
    refs: tuple[SeriesRef, ...]


def read_endpoint(
    store: Store,
    station: Station,
    at: float,
    span: TimeRange,
    where: tuple[str, str],
    job: Job,
    *,
    ceiling: Level | None = None,
    hidden: frozenset[str] = frozenset(),
) -> EndpointAnswer | None:
    """Answer for one endpoint at `at`, from what had come in by then; None where its enclave declares no such.

    Parameters
    ----------
    span
        The visible range: what of events and arrivals is told.
    where
        Ids of the enclave and of the endpoint.
    ceiling
        Show only what is marked at or below it.
    hidden
        Ids of enclaves that a filter leaves out of `elsewhere`.

    Raises
    ------
    SettingsError
        If the health policy is wrong.
    StoreError
        If the cache cannot be read.
    """
    ceiling = station.reach(ceiling)
    policy = read_policy(store.paths)
    job.step(0, None, "Reading the endpoint")
    with store.reader(ceiling) as reader:
        seen = [one for picture in pictures(reader, at) if (one := _narrow(picture, where[1], at)) is not None]
        own = next((one for one in seen if one.enclave.id == where[0]), None)
        if own is None:
            return None
        moment = known_at(reader, at)
        with store.state() as state:
            promises = register.objectives(state, known_at=moment)
        near = _Near(reader, policy, at, span, own, moment)
        cells = near.judged([one for one in seen if one is own or one.enclave.id not in hidden])
        job.check()
        return near.answer(station, cells, promised_lines(promises, *where, at), hidden=len(seen) - len(cells))


def _narrow(picture: Picture, endpoint: str, at: float) -> Picture | None:
    """The picture of an enclave with one endpoint only; None where that is not declared there, or no more."""
    declared = picture.catalogue.endpoints
    mine = tuple(one for one in declared if one.id == endpoint and (one.retired_at is None or one.retired_at > at))
    return replace(picture, catalogue=replace(picture.catalogue, endpoints=mine)) if mine else None


class _Near:
    """Reads what is known of one endpoint; works on one reader."""

    def __init__(
        self, reader: Reader, policy: HealthPolicy, at: float, span: TimeRange, own: Picture, moment: float | None
    ) -> None:
        self._reader, self._policy, self._at, self._span, self._own = reader, policy, at, span, own
        self._moment = moment
        self._endpoint = own.catalogue.endpoints[0]
        back = max(_LOOK_BACK, span.seconds)
        self._told = events(reader, TimeRange(at - min(back, _TOO_FAR), at), LANES, known_at=moment)
        plans = tuple(event for event, _ in self._told if event.kind == "maintenance")
        self._around = Surroundings(policy, at, span, plans)
        self._shelves: dict[tuple[str, str, str], Shelf] = {}
        self._refs = [
            ref
            for ref in find_series(reader, None, {"endpoint": self._endpoint.id})
            if ref.enclave == own.enclave.id and ref.key.metric != "exported"
        ]

    def judged(self, seen: Sequence[Picture]) -> list[Deployment]:
        """How the endpoint is in each enclave."""
        ends = {one.enclave.id: one.covered for one in seen}
        self._shelves = read_shelves(
            self._reader, deployments.wants(self._policy, self._endpoint.id), ends, self._moment
        )
        flags, needed = deployments.flags_wanted(self._policy, self._endpoint.id)
        read_flags(self._reader, self._shelves, flags, ends, self._moment, needed)
        return [cell for one in seen for cell in deployments.deployments(one, self._shelves, self._around)]

    def answer(
        self, station: Station, cells: Sequence[Deployment], promised: tuple[PromisedLine, ...], hidden: int
    ) -> EndpointAnswer:
        """Bring everything together."""
        enclave, endpoint = self._own.enclave, self._endpoint
        here = next(cell for cell in cells if cell.enclave.id == enclave.id)
        back = TimeRange(self._at - min(max(_LOOK_BACK, self._span.seconds), _TOO_FAR), self._at)
        served = self._served(back)
        mine = tuple(event for event, _ in self._told if self._concerns(event))
        changes = self._changes(served, mine)
        arrived = [one.record for one in bundles(self._reader, self._span) if one.record.enclave == enclave.id]
        newest = newest_bundle(self._reader, enclave.id, self._moment)
        levels = [level for event, level in self._told if self._concerns(event)] + [ref.level for ref in self._refs]
        shelf = self._shelves.get((enclave.id, "endpoint", endpoint.id), Shelf())
        timed = bool(shelf.series.get("endpoint_latency_seconds"))
        return EndpointAnswer(
            as_of=self._at,
            marking=marking_of(station, [cell.enclave for cell in cells], levels, station.ceiling),
            span=self._span,
            picture=self._own,
            here=here,
            elsewhere=tuple(cell for cell in cells if cell is not here),
            hidden=hidden,
            limits={name: self._policy.rule(name, endpoint.id, enclave.id) for name in RULES},
            own_limit=own_latency_limit(shelf, endpoint, self._own.covered, self._around) if timed else math.nan,
            error_window=self._policy.evaluation.window_minutes * 60.0,
            promised=promised,
            events=mine,
            changes=tuple(changes),
            received=tuple(sorted(one.received for one in arrived if self._span.start <= one.received <= self._at)),
            bundle=None if newest is None else newest.record,
            versions=tuple(self._versions(served, back.start)),
            trouble=self._trouble(here, served, changes, mine),
            refs=tuple(self._refs),
        )

    def _concerns(self, event: Event) -> bool:
        subjects = {self._endpoint.id} | ({self._own.enclave.id, ""} if event.kind == "maintenance" else set())
        return event.enclave == self._own.enclave.id and event.subject in subjects

    # --- changes ------------------------------------------------------------------------------------------

    def _series(self, metric: str, span: TimeRange) -> list[Series]:
        refs = [ref for ref in self._refs if ref.key.metric == metric]
        return [one for one in read_series(self._reader, refs, span, self._moment) if one.time.size]

    def _served(self, span: TimeRange) -> list[Served]:
        """Requests by version; series that name none are of one version without a name."""
        by_version: dict[str, list[Series]] = {}
        for one in self._series("endpoint_requests", span):
            by_version.setdefault(one.key.label("version"), []).append(one)
        return [Served(version, *merged(found, Fold.SUM)) for version, found in by_version.items()]

    def _changes(self, served: Sequence[Served], told: Sequence[Event]) -> list[Change]:
        """Changes found in the series, without those that the source has told of itself."""
        found = version_changes(served, self._endpoint.step)
        named = [(dict(event.labels).get("version", ""), event.start) for event in told if event.kind == "deployment"]
        found = [
            change
            for change in found
            if not any(version == change.subject and abs(at - change.at) <= _SAME for version, at in named)
        ]
        time, wanted = merged(self._series("endpoint_replicas_wanted", self._span), Fold.SUM)
        ready_time, ready = merged(self._series("endpoint_replicas_ready", self._span), Fold.SUM)
        works = [event for event in told if event.kind == "maintenance"]
        for change in replica_changes(time, wanted, at_times(time, ready_time, ready)):
            # replicas that are away for planned work are that work, and it is told already
            if change.kind is not Kind.MISSING or not any(_lasts(work, change.at) for work in works):
                found.append(change)
        return sorted(found, key=lambda change: change.at)

    # --- versions and trouble -----------------------------------------------------------------------------

    def _shares(self, served: Sequence[Served], span: TimeRange) -> list[Share]:
        failed: dict[str, float] = {}
        for one in self._series("endpoint_errors", span):
            version = one.key.label("version")
            failed[version] = failed.get(version, 0.0) + float(one.value[one.value > 0].sum())
        counts = {}
        for part in served:
            inside = part.requests[(part.time >= span.start) & (part.time < span.end)]
            counts[part.version] = (float(inside[inside > 0].sum()), failed.get(part.version, 0.0))
        return shares(counts)

    def _versions(self, served: Sequence[Served], since: float) -> list[Version]:
        end = max((float(part.time[-1]) for part in served), default=math.nan)
        if math.isnan(end):
            return []
        heard = {}
        for part in served:
            first = float(part.time[0])
            heard[part.version] = (
                math.nan if first - since <= _MISSED * self._endpoint.step else first,
                float(part.time[-1]),
            )
        window = TimeRange(end - _SHARE_WINDOW, math.nextafter(end, math.inf))
        found = [Version(share, *heard[share.version]) for share in self._shares(served, window) if share.version]
        return sorted(found, key=lambda one: (-one.share.requests, -one.last))

    def _trouble(
        self, here: Deployment, served: Sequence[Served], changes: Sequence[Change], told: Sequence[Event]
    ) -> Trouble | None:
        if here.health not in (Health.CRITICAL, Health.WARNING) or math.isnan(here.since):
            return None
        until = here.data_time
        deployed = [_as_change(event) for event in told if event.kind == "deployment"]
        near = [one for one in (*changes, *deployed) if _could_precede(one, here.since)]
        span = TimeRange(here.since, max(math.nextafter(until, math.inf), here.since + 1.0))
        versions = tuple(share for share in self._shares(served, span) if share.requests > 0)
        blamed = next((one for one in versions if _is_blamed(one)), None) if len(versions) > 1 else None
        return Trouble(here.since, until, max(near, key=lambda one: one.at, default=None), versions, blamed)


def _lasts(event: Event, moment: float) -> bool:
    return event.start <= moment and (event.end is None or moment <= event.end)


def _as_change(event: Event) -> Change:
    version = dict(event.labels).get("version", "")
    return Change(event.start, Kind.VERSION, version, event.text, math.nan, math.nan)


def _could_precede(change: Change, since: float) -> bool:
    """Whether a change lies in the hour before a trouble; missing replicas are part of it rather than before it."""
    return change.kind is not Kind.MISSING and since - _AFTER <= change.at <= since + _BEFORE


def _is_blamed(share: Share) -> bool:
    return share.blame >= 0.5 and share.blame > 2.0 * share.traffic
