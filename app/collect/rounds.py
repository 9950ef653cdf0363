"""The collector's keeping half: one round reads, publishes a run in the own store and cuts a bundle."""

import hashlib
import logging
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.bundle.pack import Kind, cut_bundle
from app.bundle.signature import SigningKey
from app.collect.collector import Collector
from app.collect.fitting import fitted, fitting_events
from app.collect.health import Attempt, Past, own_events, own_series, recall
from app.errors import AppError
from app.job import Job
from app.model.time_range import TimeRange
from app.store.block import block_from_series
from app.store.bundles import BundleRecord, newest_run
from app.store.database import Store
from app.store.intake import begin, discard, publish, stage_blocks, stage_catalogue, stage_events, staged
from app.store.outgoing import last_full, last_outgoing, newest_epoch
from app.store.settle import settle

log = logging.getLogger("watchfloor.collect")

_LONGEST_RUN = 86400.0
"""Seconds of history that one run reads: after a long outage several runs follow each other."""

_MOST_JITTER = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One run. After a long outage it reads only a day: then `caught_up` is False and another is due at once."""

    attempts: tuple[Attempt, ...]
    caught_up: bool


@dataclass(frozen=True, slots=True)
class Rounds:
    """A collector with its own store."""

    collector: Collector
    store: Store

    def run(self, job: Job) -> Round:
        """Read what every source has since it was last read, and publish it as one run.

        Raises
        ------
        SettingsError
            If a source's table is wrong: nothing is collected on half-understood settings.
        StoreError
        """
        targets = self.collector.targets()
        now = self.collector.clock.now()
        enclave, stream = self.collector.settings.catalogue.enclave.id, self.collector.settings.stream
        with self.store.reader() as reader:
            span = TimeRange(now - stream.backfill, now + 86400.0)
            pasts = {one.name: recall(reader, enclave, one.name, span) for one in targets}
            number = newest_run(reader) + 1
        windows = {one.name: self._window(pasts[one.name], now) for one in targets}
        attempts = [fitted(one, enclave, now) for one in self.collector.read(targets, windows, job)]
        end, caught_up = self.collector.end(now), True
        for attempt in attempts:
            _tell(attempt, pasts[attempt.source])
            caught_up &= attempt.error is not None or attempt.window.end >= end
        self._keep(number, attempts, pasts, now, job)
        return Round(tuple(attempts), caught_up)

    def catch_up(self, job: Job) -> Round:
        """Run until everything that is due was read, and return the last round."""
        while True:
            done = self.run(job)
            if done.caught_up:
                return done

    def cut(
        self,
        signers: Sequence[SigningKey],
        job: Job,
        *,
        full: bool = False,
        since: float | None = None,
        epoch: int | None = None,
    ) -> Path:
        """Cut the bundle that is due into the outbox: a full at its interval or when asked, else a delta.

        A heartbeat says that there is nothing new, which is news, too.
        """
        kind: Kind = "full" if full or epoch is not None else self._kind_due()
        stream = self.collector.settings.stream
        path = cut_bundle(self.store, stream, signers, kind=kind, since=since, epoch=epoch, job=job)
        self._fold(job)
        return path

    def _fold(self, job: Job) -> None:
        """Fold what has left; runs that no bundle has taken yet stay as they came, for the next delta."""
        stream = self.collector.settings.stream
        with self.store.state() as state:
            epoch = newest_epoch(state, stream.source, stream.stream)
            sent = [] if epoch is None else last_outgoing(state, stream.source, stream.stream, epoch, 1)
        with self.store.writer() as writer:
            settle(writer, job, through=sent[0].run if sent else 0)

    def _window(self, past: Past, now: float) -> TimeRange:
        """What to read: behind the last reading, with the overlap, and not too much at once."""
        stream, end = self.collector.settings.stream, self.collector.end(now)
        start = end - stream.backfill
        if past.read_until is not None:
            start = max(start, min(past.read_until, end) + stream.step - stream.overlap)
        start = math.floor(start / stream.step) * stream.step
        return TimeRange(start, min(end, start + max(_LONGEST_RUN, 2 * stream.overlap)))

    def _keep(self, number: int, attempts: Sequence[Attempt], pasts: Mapping[str, Past], now: float, job: Job) -> None:
        """Publish one run: samples, events, catalogue and how it went, all or nothing."""
        settings = self.collector.settings
        enclave = settings.catalogue.enclave.id
        series = [one for attempt in attempts for one in attempt.series]
        events = [one for attempt in attempts for one in attempt.events]
        for attempt in attempts:
            series += own_series(enclave, attempt, settings.stream.step)
            events += own_events(enclave, attempt, pasts[attempt.source], now)
        with self.store.writer() as writer:
            for left, _ in staged(writer):
                discard(writer, left)
            bundle = begin(writer, self._record(number, attempts, now))
            stage_blocks(writer, bundle, block_from_series(series), job)
            stage_events(writer, bundle, fitting_events(events))
            stage_catalogue(writer, bundle, replace(settings.catalogue, as_of=now))
            publish(writer, bundle)

    def _record(self, number: int, attempts: Sequence[Attempt], now: float) -> BundleRecord:
        stream, enclave = self.collector.settings.stream, self.collector.settings.catalogue.enclave
        return BundleRecord(
            source=stream.source,
            stream=stream.stream,
            epoch=1,
            seq=number,
            manifest=hashlib.sha384(secrets.token_bytes(32)).hexdigest(),  # a run has no manifest, only a name
            kind="run",
            enclave=enclave.id,
            level=enclave.level,
            created=now,
            window_start=min((one.window.start for one in attempts), default=now),
            window_end=max((one.window.end for one in attempts), default=now),
            expires=now + stream.expires,
            received=now,
            rows=sum(one.samples for one in attempts),
        )

    def _kind_due(self) -> Kind:
        stream = self.collector.settings.stream
        with self.store.state() as state, self.store.reader() as reader:
            epoch = newest_epoch(state, stream.source, stream.stream) or 1
            full = last_full(state, stream.source, stream.stream, epoch)
            last = last_outgoing(state, stream.source, stream.stream, epoch, 1)
            if full is None or not last:
                return "full"
            old = self.collector.clock.now() - full.created >= stream.full_interval
            if old or last[0].seq - full.seq >= stream.full_every:
                return "full"
            return "delta" if newest_run(reader) > last[0].run else "heartbeat"


def _tell(attempt: Attempt, past: Past) -> None:
    """Log the first failure and the recovery, not every attempt."""
    if attempt.error and past.down is None:
        log.warning("%s cannot be read (%s): %s", attempt.source, attempt.error.kind, attempt.error)
    elif attempt.error is None and past.down is not None:
        log.warning("%s can be read again", attempt.source)


def next_start(now: float, cadence: float, name: str) -> float:
    """When the next round starts: at the next multiple of the cadence, shifted by what is this collector's own.

    Many collectors so never ask the same server in the same second. The shift is at most a tenth of
    the cadence and a minute.
    """
    share = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    shift = share * min(0.1 * cadence, _MOST_JITTER)
    return (now - shift) // cadence * cadence + cadence + shift


def serve(
    rounds: Rounds,
    signers: Sequence[SigningKey],
    pause: Callable[[float], None],
    tell: Callable[[Path], None],
    job: Job,
) -> None:
    """Collect and cut at each cadence until `job` is cancelled, which raises Cancelled.

    A failure of ours to keep or to cut (a full disk, a busy store) is logged when it begins and when it
    ends; the next round tries again, and what was collected by then travels with the next bundle.
    """
    failing = ""
    settings = rounds.collector.settings
    while True:
        try:
            rounds.catch_up(job)
            tell(rounds.cut(signers, job))
        except AppError as error:
            if str(error) != failing:
                log.error("no bundle: %s", error)  # noqa: TRY400 -- expected, and said in full
            failing = str(error)
        else:
            if failing:
                log.warning("bundles are cut again")
            failing = ""
        now = rounds.collector.clock.now()
        pause(next_start(now, settings.catalogue.enclave.cadence, settings.stream.source) - now)
