"""The collector's reading half: asks every source, side by side, and says how it went.

One broken source never stops the others.
"""

import logging
import math
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import httpx

from app.clock import Clock
from app.collect.access import open_client, pause_for
from app.collect.health import Attempt
from app.collector_settings import CollectorSettings, SourceTable
from app.errors import AppError, SourceError
from app.job import Cancelled, Job
from app.model.event import Event
from app.model.sample import Series
from app.model.time_range import TimeRange
from app.paths import Paths, resources
from app.source import Access, Context, Finding, Source, discover, failure, read_source, unknown_kind
from app.toml import read_toml

log = logging.getLogger("watchfloor.collect")

_WORKERS = 8


@dataclass(frozen=True, slots=True)
class Target:
    """One source of the settings, checked against its adapter."""

    table: SourceTable
    source: Source
    access: Access
    settings: object

    @property
    def name(self) -> str:
        """Name of its table."""
        return self.table.name


@dataclass(frozen=True, slots=True)
class Collector:
    """What reads the sources of one collector.toml; it writes nothing.

    Parameters
    ----------
    settings
        What collector.toml says.
    paths
        Files of the base folder: its policy folder holds the site's own recipes.
    secret
        Looks up a secret by its reference.
    transport
        For tests: what stands in for the network.
    """

    settings: CollectorSettings
    paths: Paths
    clock: Clock
    secret: Callable[[str], str]
    transport: httpx.BaseTransport | None = None

    def targets(self) -> list[Target]:
        """Check every ``[sources.NAME]`` table against its adapter; SettingsError says what is wrong."""
        known = discover()
        found = []
        for table in self.settings.sources:
            if table.kind not in known:
                raise unknown_kind(table, known)
            found.append(Target(table, known[table.kind], *read_source(table, known[table.kind])))
        return found

    def end(self, now: float) -> float:
        """End of the window at a moment: just behind the last whole step."""
        step = self.settings.stream.step
        return math.floor(now / step) * step + step

    def read(self, targets: Sequence[Target], windows: Mapping[str, TimeRange], job: Job) -> list[Attempt]:
        """Read all sources side by side; a series that two of them give is taken from the first."""
        with ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="collect") as pool:
            waiting = [pool.submit(self._read, target, windows[target.name], job) for target in targets]
            try:
                attempts = [one.result() for one in waiting]
            except BaseException:
                job.cancel()  # stop the others, too, before the pool waits for them
                raise
        return _without_doubles(attempts, self.settings.catalogue.enclave.id)

    def check(self, job: Job) -> Iterator[Finding]:
        """Say for each source what would be read and whether it can be."""
        end = self.end(self.clock.now())
        window = TimeRange(end - 10 * self.settings.stream.step, end)
        for target in self.targets():
            try:
                with self._client(target, job) as client:
                    yield from target.source.check(target.settings, self._context(target, window, client), job)
            except httpx.HTTPError as error:
                yield Finding(target.name, "failed", str(failure(error)))
            except AppError as error:
                yield Finding(target.name, "failed", str(error))

    def _client(self, target: Target, job: Job) -> httpx.Client:
        return open_client(target.access, self.secret, pause_for(job.check), self.transport)

    def _context(self, target: Target, window: TimeRange, client: httpx.Client) -> Context:
        settings = self.settings
        return Context(
            source=target.name,
            window=window,
            step=settings.stream.step,
            client=client,
            catalogue=settings.catalogue,
            matches=settings.matches,
            node_matches=settings.node_matches,
            policy=lambda folder: policy_files(self.paths, folder),
        )

    def _read(self, target: Target, window: TimeRange, job: Job) -> Attempt:
        began = time.monotonic()
        found: list[Series | Event] = []
        error: SourceError | None = None
        try:
            with self._client(target, job) as client:
                context = self._context(target, window, client)
                found = list(target.source.collect(target.settings, context, job))
        except Cancelled:
            raise
        except httpx.HTTPError as caught:
            error = failure(caught)
        except SourceError as caught:
            error = caught
        except AppError as caught:
            error = SourceError(caught.message, caught.hint, kind="settings")
        except Exception:
            number = secrets.token_hex(4)
            log.exception("fault %s while reading %s", number, target.name)
            error = SourceError(f"A fault of ours while reading it (id {number}).", kind="fault")
        seconds = time.monotonic() - began
        if error:
            return Attempt(target.name, window, (), (), seconds, error)
        series = tuple(one for one in found if isinstance(one, Series))
        events = tuple(one for one in found if isinstance(one, Event))
        return Attempt(target.name, window, series, events, seconds)


def _without_doubles(attempts: Sequence[Attempt], enclave: str) -> list[Attempt]:
    """Take a series that two sources give from the first of them, and say so."""
    owner: dict[object, str] = {}
    cleaned = []
    for attempt in attempts:
        mine = [one for one in attempt.series if owner.setdefault(one.key, attempt.source) == attempt.source]
        doubled = {owner[one.key] for one in attempt.series} - {attempt.source}
        events = list(attempt.events)
        for other in sorted(doubled):
            text = f"{attempt.source} and {other} both give some series; those of {other} are kept"
            key = f"{attempt.source}/doubled/{other}"
            at = attempt.window.end
            events.append(Event(enclave, "collection", key, attempt.source, at, at, text, (("class", "settings"),)))
        cleaned.append(replace(attempt, series=tuple(mine), events=tuple(events)))
    return cleaned


def policy_files(paths: Paths, folder: str) -> Mapping[str, str]:
    """Texts of the policy files of a folder; the site's own stand in for shipped ones of the same name."""
    found = {}
    for root in (resources() / "policy" / folder, paths.policy / folder):
        for path in sorted(root.glob("*.toml")):
            found[path.name] = read_toml(path)[1].text
    return found
