"""Cutting a bundle: everything is written into a hidden folder, signed, reserved, then renamed.

The sequence number and the hash of the manifest are reserved in `state` before the folder gets its
name. Kill it anywhere: either no number was taken, or the finished folder waits to be renamed.
"""

import contextlib
import hashlib
import math
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from app import __version__
from app.bundle.content import full_blocks, full_events, newer_blocks, unsent_span
from app.bundle.layout import MANIFEST, SUMS, OuterName, outer_name
from app.bundle.manifest import (
    HISTORY,
    NO_MANIFEST,
    PAYLOAD_TYPE,
    Manifest,
    Part,
    read_manifest,
    sums_text,
    write_manifest,
)
from app.bundle.parts import (
    Bounds,
    PartRefused,
    catalogue_lines,
    check_part,
    chunk_lines,
    event_lines,
    plain_lines,
)
from app.bundle.signature import PROFILES, SigningKey, sign
from app.clock import Clock
from app.collector_settings import StreamSettings
from app.errors import InputError, Refused, SettingsError, StoreError
from app.job import Job
from app.model.catalogue import Catalogue
from app.model.time_range import TimeRange
from app.store import ledger
from app.store.block import Block
from app.store.bundles import newest_run
from app.store.catalogue import catalogues
from app.store.clock_code import clock_span
from app.store.database import Reader, State, Store
from app.store.events import events_after
from app.store.outgoing import (
    Outgoing,
    last_full,
    last_outgoing,
    mark_published,
    newest_epoch,
    reserve_sequence,
)
from app.store.turn import take_turn

PART_BYTES: Final = 32 * 2**20
FULL_OVERLAP: Final = 86400.0
"""Seconds that a full reaches back behind the one before it."""

_HIDDEN: Final = ".cut-"
Kind = Literal["full", "delta", "heartbeat"]
Schema = Literal["chunks", "plain"]


def cut_bundle(  # noqa: PLR0913 -- each is one choice of whoever cuts, and all but three have a default
    store: Store,
    stream: StreamSettings,
    signers: Sequence[SigningKey],
    *,
    kind: Kind,
    since: float | None = None,
    schema: Schema | None = None,
    clock: Clock | None = None,
    demo: bool = False,
    epoch: int | None = None,
    job: Job | None = None,
) -> Path:
    """Cut the next bundle of a stream into the outbox and return its folder.

    Parameters
    ----------
    store
        The collector's own store.
    kind
        A delta holds everything that runs brought after the last bundle; a full that, too, and the
        open events and every sample since the full before it, with an overlap; a heartbeat nothing.
    since
        Where a full starts, seconds UTC; None: the day before the last full ended, or everything. It
        starts earlier where something older has not left yet.
    schema
        Form of the samples; None: as the stream's settings say.
    epoch
        None: the newest one in use. A higher one starts a new chain.

    Raises
    ------
    Refused
        If the outbox holds newer bundles than the station's memory: it was restored.
    SettingsError, InputError, StoreError
    """
    job = job or Job()
    schemes = {key.public.scheme for key in signers}
    if not PROFILES[stream.profile] <= schemes:
        msg = f"Profile {stream.profile} needs a key of each of: {', '.join(sorted(PROFILES[stream.profile]))}."
        raise SettingsError(msg, "Make the missing key: watchfloor keys new --scheme SCHEME --name NAME")
    with take_turn(store), store.state() as state, store.reader() as reader, _full_disk_is_told():
        outbox = store.paths.outbox
        outbox.mkdir(parents=True, exist_ok=True)
        chain = _chain(state, stream, epoch)
        _finish_interrupted(outbox, state, chain)
        _refuse_restored(outbox, chain)
        catalogue = _own_catalogue(reader)
        name = OuterName(catalogue.enclave.level, stream.source, stream.stream, chain.seq, chain.epoch)
        hidden = outbox / f"{_HIDDEN}{name}"
        shutil.rmtree(hidden, ignore_errors=True)
        hidden.mkdir()
        order = _Order(kind, round((clock or store.clock).now(), 3), since, schema or stream.schema, demo)
        try:
            manifest = _content(hidden, state, reader, chain, catalogue, order, job)
            reserved = _sealed(hidden, manifest, signers, _newest_run(reader, chain, kind), job)
            with ledger.recording(state):
                reserve_sequence(state, reserved)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        return _publish(outbox, state, hidden, reserved)


@contextlib.contextmanager
def _full_disk_is_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"The bundle could not be written ({os.strerror(error.errno or 0)}); no sequence number was lost."
        raise StoreError(msg, "Make room in the outbox, check its owner, and try again.") from error


@dataclass(frozen=True, slots=True)
class _Chain:
    """Where the next bundle stands; `past` are the bundles before it, newest first."""

    settings: StreamSettings
    epoch: int
    past: tuple[Outgoing, ...]

    @property
    def seq(self) -> int:
        return self.past[0].seq + 1 if self.past else 1


@dataclass(frozen=True, slots=True)
class _Order:
    """What to cut; `now` and `since` in seconds UTC."""

    kind: Kind
    now: float
    since: float | None
    schema: Schema
    demo: bool


def _chain(state: State, stream: StreamSettings, epoch: int | None) -> _Chain:
    newest = newest_epoch(state, stream.source, stream.stream)
    if epoch is not None and newest is not None and epoch < newest:
        msg = f"Epoch {epoch} has ended; epoch {newest} is in use."
        raise InputError(msg, "Name a higher epoch, or none.")
    chosen = epoch or newest or 1
    past = last_outgoing(state, stream.source, stream.stream, chosen, HISTORY)
    return _Chain(stream, chosen, tuple(past))


def _finish_interrupted(outbox: Path, state: State, chain: _Chain) -> None:
    """Give a bundle that was reserved before an interruption the name it was waiting for."""
    if chain.past and not chain.past[0].published:
        last = chain.past[0]
        for hidden in outbox.glob(f"{_HIDDEN}*_{last.source}_{last.stream}_{last.seq:010d}_e{last.epoch}"):
            _publish(outbox, state, hidden, last)


def _refuse_restored(outbox: Path, chain: _Chain) -> None:
    """Refuse to go on where the outbox knows more than the state: a number would be given twice."""
    last = (chain.epoch, chain.past[0].seq if chain.past else 0)
    names = filter(None, map(outer_name, outbox.iterdir()))
    own = (chain.settings.source, chain.settings.stream)
    newer = [n for n in names if (n.source, n.stream) == own and (n.epoch, n.seq) > last]
    if newer:
        highest = max(newer, key=lambda n: (n.epoch, n.seq))
        msg = f"The outbox holds {highest}, but this collector's memory ends before it: it was restored."
        hint = (
            f"Start a new epoch: let the root holders add epoch {highest.epoch + 1} to the trust file, then cut with"
            f" --epoch {highest.epoch + 1}. Stations would take a number given twice for a forgery."
        )
        raise Refused(msg, hint)


def _own_catalogue(reader: Reader) -> Catalogue:
    found = catalogues(reader)
    if len(found) != 1:
        msg = "The collector's store does not declare exactly one enclave."
        raise InputError(msg, "Collect at least once before cutting a bundle: watchfloor collect --once")
    return found[0]


# --- content --------------------------------------------------------------------------------------------------------


def _content(
    hidden: Path, state: State, reader: Reader, chain: _Chain, catalogue: Catalogue, order: _Order, job: Job
) -> Manifest:
    """Write the parts and say in a manifest what they hold."""
    before = chain.past[0] if chain.past else None
    run = before.run if before else 0
    start = _start(state, reader, chain, order)
    span = _Span()
    writer = _PartWriter(hidden, job)
    if order.kind != "heartbeat":
        full = order.kind == "full"
        since = TimeRange(start or 0.0, order.now + 1.0)
        told = full_events(reader, since, run) if full else events_after(reader, run)
        blocks = full_blocks(reader, since.start, order.now) if full else newer_blocks(reader, run, order.now)
        lines = chunk_lines if order.schema == "chunks" else plain_lines
        writer.write("catalogue", catalogue_lines(catalogue))
        writer.write("events", event_lines(told))
        writer.write(order.schema, lines(span.of(blocks)))
    return Manifest(
        source=chain.settings.source,
        stream=chain.settings.stream,
        epoch=chain.epoch,
        seq=chain.seq,
        prev=before.manifest if before else NO_MANIFEST,
        history={one.seq: one.manifest for one in chain.past},
        base=NO_MANIFEST,
        content="telemetry",
        kind=order.kind,
        enclave=catalogue.enclave.id,
        level=catalogue.enclave.level,
        created=order.now,
        window_start=min(order.now, span.first if start is None else start),
        window_end=order.now,
        expires=order.now + chain.settings.expires,
        cadence=catalogue.enclave.cadence,
        demo=order.demo,
        program=f"watchfloor {__version__}",
        parts=tuple(writer.parts),
    )


def _newest_run(reader: Reader, chain: _Chain, kind: Kind) -> int:
    """Newest run that the bundle holds; a heartbeat holds none, so the next delta brings them."""
    if kind == "heartbeat":
        return chain.past[0].run if chain.past else 0
    return newest_run(reader)


def _sealed(hidden: Path, manifest: Manifest, signers: Sequence[SigningKey], run: int, job: Job) -> Outgoing:
    """Check what was written, sign it, and write manifest and sums beside it."""
    payload = write_manifest(manifest)
    _read_back(hidden, payload, job)
    envelope = sign(payload, PAYLOAD_TYPE, signers)
    _write_file(hidden / MANIFEST, [envelope])
    _write_file(hidden / SUMS, [sums_text(envelope, manifest)])
    _keep_folder(hidden)
    return Outgoing(
        manifest.source,
        manifest.stream,
        manifest.epoch,
        manifest.seq,
        hashlib.sha384(payload).hexdigest(),
        manifest.kind,
        manifest.created,
        manifest.window_start,
        manifest.window_end,
        run,
    )


def _start(state: State, reader: Reader, chain: _Chain, order: _Order) -> float | None:
    """Start of the bundle's window; None where it is simply the first sample."""
    if order.kind != "full":
        return chain.past[0].window_end if chain.past else None
    full = last_full(state, chain.settings.source, chain.settings.stream, chain.epoch)
    if full is None and order.since is None:
        return None
    # A full that was cut while our clock was ahead ended in what is still to come.
    last = math.inf if full is None else min(full.window_end, order.now) - FULL_OVERLAP
    unsent = unsent_span(reader, chain.past[0].run if chain.past else 0)
    wanted = last if order.since is None else order.since
    return wanted if unsent is None else min(wanted, unsent.start)


@dataclass(slots=True)
class _Span:
    """Time of the first sample that went by, seconds UTC; infinity while there was none."""

    first: float = math.inf

    def of(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in blocks:
            self.first = min(self.first, clock_span(block.clock)[0] / 1000.0)
            yield block


class _PartWriter:
    """Writes lines into part files of at most about 32 MiB each."""

    def __init__(self, folder: Path, job: Job) -> None:
        self.folder, self.job = folder, job
        self.parts: list[Part] = []

    def write(self, schema: str, lines: Iterable[bytes]) -> None:
        """Write all lines of one schema; no lines, no part."""
        waiting: list[bytes] = []
        size = 0
        for line in lines:
            if waiting and size + len(line) > PART_BYTES:
                self._part(schema, waiting)
                waiting, size = [], 0
            waiting.append(line)
            size += len(line)
        if waiting:
            self._part(schema, waiting)

    def _part(self, schema: str, lines: list[bytes]) -> None:
        name = f"p{len(self.parts) + 1:04d}.ndjson"
        self.job.step(len(self.parts) + 1, None, "Cutting")
        digest = _write_file(self.folder / name, lines)
        self.parts.append(Part(name, sum(map(len, lines)), len(lines), digest, schema))


def _read_back(folder: Path, payload: bytes, job: Job) -> None:
    """Read our own parts as a station would: what it would refuse must not leave here."""
    manifest = read_manifest(payload)
    bounds = Bounds(manifest.enclave, manifest.level, manifest.created)
    for done, part in enumerate(manifest.parts, start=1):
        job.step(done, len(manifest.parts), "Reading back")
        with (folder / part.name).open("rb") as file:
            lines = (line.removesuffix(b"\n") for line in file)
            try:
                check_part(part.schema, lines, bounds)
            except PartRefused as error:
                msg = f"A bundle of these data would be refused ({part.schema}, {error}); it was not published."
                raise InputError(msg, "Correct what the source delivers, or the collector's settings.") from error


# --- files ----------------------------------------------------------------------------------------------------------


def _write_file(path: Path, chunks: Iterable[bytes]) -> str:
    """Write a file through to the disk and return its SHA-384 in hex."""
    digest = hashlib.sha384()
    with path.open("xb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _keep_folder(folder: Path) -> None:
    """Write a folder's entries through to the disk, where the system lets folders be opened."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _publish(outbox: Path, state: State, hidden: Path, reserved: Outgoing) -> Path:
    final = outbox / hidden.name.removeprefix(_HIDDEN)
    hidden.rename(final)
    _keep_folder(outbox)
    with ledger.recording(state):
        mark_published(state, reserved)
    return final
