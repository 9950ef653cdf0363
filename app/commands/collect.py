"""Read an enclave's own systems and cut signed bundles (enclave side)."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.bundle.keyfile import load_key
from app.bundle.signature import SigningKey
from app.cli import Command, Context, moment
from app.clock import to_iso
from app.collect.access import pause_for
from app.collect.collector import Collector
from app.collect.lock import only_collector
from app.collect.rounds import Rounds, serve
from app.collector_settings import CollectorSettings, load_collector
from app.credentials import SecretStore, passphrase_source
from app.errors import Refused, UsageError
from app.job import Cancelled, Job
from app.paths import Paths
from app.settings import load_station
from app.store.database import Store

_MARKS = {"ok": "ok      ", "missing": "missing ", "proposal": "proposed", "failed": "FAILED  "}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="settings (default: config/collector.toml of the base folder)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="collect, cut one bundle and end; otherwise go on for ever")
    how.add_argument("--check", action="store_true", help="say what would be read and whether it can be; write nothing")
    parser.add_argument("--full", action="store_true", help="collect once and cut a full bundle")
    parser.add_argument("--since", metavar="T", help="where the full bundle starts (ISO 8601), for a new station")
    parser.add_argument("--epoch", type=epoch, metavar="N", help="start a new chain, after the collector was restored")
    parser.add_argument(
        "--passphrase-file", metavar="F", help="file with the passphrase of the key files, for services"
    )


def epoch(text: str) -> int:
    """Read the number of an epoch; its name stands in the message of a wrong one."""
    number = int(text)
    if not 1 <= number <= 9999:
        raise ValueError(text)
    return number


def _refuse_above_ceiling(settings: CollectorSettings, paths: Paths) -> None:
    """A machine that may not open a level may not collect at it, where it has been told its ceiling."""
    level = settings.catalogue.enclave.level
    if paths.station_toml.exists() and level > load_station(paths).ceiling:
        msg = f"The enclave is declared {level.title}, above this machine's ceiling."
        raise Refused(msg, "Correct the level in collector.toml, or the ceiling in station.toml.")


def _since(text: str | None, *, full: bool) -> float | None:
    if text is None:
        return None
    if not full:
        msg = "--since says where a full bundle starts; it needs --full."
        raise UsageError(msg)
    return moment("--since", text)


def _run(options: argparse.Namespace, context: Context) -> int:
    since = _since(options.since, full=options.full)
    paths = context.paths
    settings = load_collector(Path(options.config) if options.config else paths.collector_toml)
    _refuse_above_ceiling(settings, paths)
    file = Path(options.passphrase_file) if options.passphrase_file else None
    secrets = SecretStore(paths.keys, passphrase_source(file))
    collector = Collector(settings, paths, context.clock, secrets.read_secret)
    if options.check:
        return _check(collector, context)
    with only_collector(paths.collector_db.parent):
        signers = [load_key(paths.keys, name, secrets.get) for name in settings.stream.keys]
        rounds = Rounds(collector, Store.open_collector(paths, context.clock))
        if options.once or options.full or options.epoch is not None:
            return _once(rounds, signers, options, since, context)
        return _serve(rounds, signers, context)


def _check(collector: Collector, context: Context) -> int:
    """Print the findings; 3 where a source cannot be read."""
    failed = False
    for finding in collector.check(context.job()):
        print(f"{_MARKS[finding.state]} {finding.source}: {finding.text}")
        if finding.snippet:
            print(f"           to declare it: {finding.snippet}")
        failed |= finding.state == "failed"
    return 3 if failed else 0


def _once(
    rounds: Rounds, signers: Sequence[SigningKey], options: argparse.Namespace, since: float | None, context: Context
) -> int:
    """One round and one bundle; 3 where no source at all could be read."""
    job = context.job()
    with _stopped_by_signal(job):
        attempts = rounds.catch_up(job).attempts
        path = rounds.cut(signers, job, full=options.full, since=since, epoch=options.epoch)
    for one in attempts:
        if one.error:
            print(f"FAILED   {one.source}: {one.error}", file=sys.stderr)
        else:
            print(f"ok       {one.source}: {one.samples} samples until {to_iso(one.window.end)} in {one.seconds:.1f} s")
    print(path)
    return 3 if attempts and all(one.error for one in attempts) else 0


def _serve(rounds: Rounds, signers: Sequence[SigningKey], context: Context) -> int:
    """Go on until told to stop, which is no failure."""
    job = context.job()
    with _stopped_by_signal(job):
        try:
            serve(rounds, signers, pause_for(job.check), lambda path: print(path, flush=True), job)
        except Cancelled:
            return 0
    return 0


@contextmanager
def _stopped_by_signal(job: Job) -> Iterator[None]:
    """Cancel the job on SIGTERM and SIGINT; a run that is not finished leaves nothing behind."""
    before = [(one, signal.signal(one, lambda *_: job.cancel())) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)


COMMAND = Command(_arguments, _run)
