"""Looking at every stored row: is it what was written, does it belong where it stands, does what is derived follow.

Nothing is changed. One row is in memory at a time, so that a store of any size can be looked through.
"""

import json
import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from app.errors import StoreDamaged
from app.job import Job
from app.model.marking import Level
from app.store.database import Reader, readable_pages
from app.store.last import Newest, newest_of
from app.store.overlay import Layer, ranks
from app.store.rollup import Hours, Rollup, decode_rollup, hours_of, unpack_hours
from app.store.sheets import rollup_of
from app.store.tiers import SPANS, TIERS, Clock, Tier, hidden_chunks, open_chunk, read_clock, read_row


class Remedy(Enum):
    """What a person can do about a finding."""

    IMPORT = "Move cache/cache.db away and import the newest full bundles again; until then it is shown as a gap."
    COMPACT = "Nothing is lost: 'watchfloor store compact' makes it again from the samples."
    RESTORE = "Restore state/station.db from its backup: it holds trust, ledger and audit."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    `what` names the row, `labels` the series where it is about one; times are seconds UTC, NaN where it is not about a
    time. `level` is that of what it is about.
    """

    what: str
    why: str
    remedy: Remedy
    level: Level
    enclave: str = ""
    metric: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    start: float = math.nan
    end: float = math.nan


@dataclass(frozen=True, slots=True)
class Member:
    """One series: what is needed to look at it and to name it."""

    id: int
    metric: str
    labels: tuple[tuple[str, str], ...]
    enclave: str
    level: Level
    group: int

    def finding(self, what: str, why: str, remedy: Remedy, start: float = math.nan, end: float = math.nan) -> Finding:
        """Something that is wrong with this series."""
        return Finding(what, why, remedy, self.level, self.enclave, self.metric, self.labels, start, end)


@dataclass(slots=True)
class Inspection:
    """What a walk through a store found out so far.

    `newest` has the newest settled sample of each series; `unread` the series of which something could not be read, so
    that what is derived from them cannot be judged.
    """

    reader: Reader
    job: Job
    highest: Level
    newest: dict[int, Newest] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    rows: int = 0

    def step(self, total: int | None, label: str) -> None:
        """One row more."""
        self.rows += 1
        if self.rows % 64 == 0:
            self.job.step(self.rows, total, label)


def pages(one: Inspection) -> Iterator[Finding]:
    """SQLite's own check of both files."""
    one.job.step(0, None, "checking the pages of the files")
    found = _checked_by_sqlite(one, "cache/cache.db", Remedy.IMPORT)
    with one.reader.store.state() as state:
        told = [text for (text,) in state.db.execute("PRAGMA integrity_check(20)") if text != "ok"]
    yield from found
    yield from (Finding("state/station.db", text, Remedy.RESTORE, one.highest) for text in told)


def _checked_by_sqlite(one: Inspection, what: str, remedy: Remedy) -> list[Finding]:
    try:
        with readable_pages(), closing(one.reader.db.execute("PRAGMA main.integrity_check(20)")) as rows:
            return [Finding(what, text, remedy, one.highest) for (text,) in rows if text != "ok"]
    except StoreDamaged as error:
        return [Finding(what, error.message, remedy, one.highest)]


def members(one: Inspection) -> tuple[dict[int, Member], list[Finding]]:
    """All series that can be seen, and those whose names are damaged."""
    found: dict[int, Member] = {}
    wrong: list[Finding] = []
    try:
        with readable_pages():
            rows = one.reader.db.execute(
                "SELECT s.id, s.metric, s.labels, s.enclave, s.level, s.scrape_group, g.enclave FROM series s"
                " LEFT JOIN scrape_group g ON g.id = s.scrape_group"
            ).fetchall()
    except StoreDamaged as error:
        return {}, [Finding("the list of series", error.message, Remedy.IMPORT, one.highest)]
    for number, metric, text, enclave, level, group, home in rows:
        try:
            labels = tuple((str(name), str(value)) for name, value in json.loads(text))
            found[number] = Member(number, str(metric), labels, str(enclave), Level(level), group)
        except (TypeError, ValueError):
            wrong.append(Finding(f"series {number}", "Its name cannot be read.", Remedy.IMPORT, one.highest))
            continue
        if home != enclave or dict(labels).get("enclave", enclave) != enclave:
            why = "Its labels, its enclave and its scrape group do not fit each other."
            wrong.append(found[number].finding("series", why, Remedy.IMPORT))
    return found, wrong


def settled(one: Inspection, series: dict[int, Member]) -> Iterator[Finding]:
    """Every clock, chunk, day, list of hours and rollup."""
    groups: dict[int, list[Member]] = {}
    for member in series.values():
        groups.setdefault(member.group, []).append(member)
    hidden = hidden_chunks(one.reader)
    for tier in TIERS:
        keys = _keys(one, tier.clocks)
        if isinstance(keys, Finding):
            yield keys
            continue
        total = sum(len(groups.get(tier.owner_and_span(key)[0], ())) for key in keys)
        for key in keys:
            group, span = tier.owner_and_span(key)
            mine = [m for m in groups.get(group, ()) if not (tier is SPANS and tier.key(m.id, span) in hidden)]
            if mine:
                yield from _group(one, tier, mine, span, total)


def _keys(one: Inspection, table: str) -> list[int] | Finding:
    try:
        with readable_pages():
            return [key for (key,) in one.reader.db.execute(f"SELECT id FROM main.{table} ORDER BY id")]
    except StoreDamaged as error:
        one.unread.add(0)
        return Finding(f"table {table}", error.message, Remedy.IMPORT, one.highest)


def _group(one: Inspection, tier: Tier, mine: list[Member], span: int, total: int) -> Iterator[Finding]:
    """One scrape group in one span of a tier."""
    start, end = span * tier.length / 1000.0, (span + 1) * tier.length / 1000.0
    group = mine[0].group
    try:
        clock = _clock(one, tier, group, span)
    except StoreDamaged as error:
        lost = [member for member in mine if _is_there(one, tier, member.id, span)]
        one.unread.update(member.id for member in lost)
        for member in lost or mine[:1]:
            yield member.finding("times of its scrape group", error.message, Remedy.IMPORT, start, end)
        return
    hours = None
    if tier is SPANS:
        try:
            hours = _hours(one, group, span, clock)
        except StoreDamaged as error:
            yield mine[0].finding("hours of its scrape group", error.message, Remedy.COMPACT, start, end)
    for member in mine:
        one.step(total, "reading samples")
        try:
            row = read_row(one.reader, tier.chunks, tier.key(member.id, span))
            if row is None:
                continue
            codes, time, origin = open_chunk(row, clock)
            ranks(one.reader).check_origin(origin)
            newest = Layer(time[-1:], codes.tail(), origin.cut(time.size - 1, time.size))
        except StoreDamaged as error:
            one.unread.add(member.id)
            what = "samples of 30 days" if tier is SPANS else "samples of a day"
            yield member.finding(what, error.message, Remedy.IMPORT, start, end)
            continue
        if time.size:
            _note(one, member, newest)
            if hours is not None:
                yield from _rollup(one, member, span, hours, rollup_of(codes, time, clock, hours))


def _clock(one: Inspection, tier: Tier, group: int, span: int) -> Clock:
    """Times of a group, in the span that they are stored for and from bundles that are known.

    Raises
    ------
    StoreDamaged
    """
    clock = read_clock(one.reader, tier, group, span)
    if clock is None:
        msg = "They are missing."
        raise StoreDamaged(msg)
    if {int(clock.time[0]) // tier.length, int(clock.time[-1]) // tier.length} != {span}:
        msg = "They do not lie in the span that they are stored for."
        raise StoreDamaged(msg)
    ranks(one.reader).check_origin(clock.origin)
    return clock


def _is_there(one: Inspection, tier: Tier, series: int, span: int) -> bool:
    """Whether a series has a row in a span, readable or not."""
    try:
        return read_row(one.reader, tier.chunks, tier.key(series, span)) is not None
    except StoreDamaged:
        return True


def _fail(message: str) -> None:
    raise StoreDamaged(message)


def _note(one: Inspection, member: Member, layer: Layer) -> None:
    newest = newest_of(member.id, layer)
    known, place = one.newest.get(member.id), ranks(one.reader).place
    if known is None or (newest.time, place[newest.bundle]) >= (known.time, place[known.bundle]):
        one.newest[member.id] = newest


def _hours(one: Inspection, group: int, span: int, clock: Clock) -> Hours:
    stored = read_row(one.reader, "hours", SPANS.key(group, span))
    if stored is None:
        _fail("They are missing.")
    hours, expected = unpack_hours(stored or b""), hours_of(clock.time)
    if not (np.array_equal(hours.hour, expected.hour) and np.array_equal(hours.count, expected.count)):
        _fail("They differ from the times that they are made of.")
    return hours


def _rollup(one: Inspection, member: Member, span: int, hours: Hours, made: bytes) -> Iterator[Finding]:
    """Compare a rollup with one that is made anew, to the bit."""
    start, end = span * SPANS.length / 1000.0, (span + 1) * SPANS.length / 1000.0
    try:
        stored = read_row(one.reader, "rollup", SPANS.key(member.id, span))
        if stored is None:
            _fail("It is missing.")
        if stored != made and not same_rollup(decode_rollup(stored or b"", hours), decode_rollup(made, hours)):
            _fail("It differs from the samples that it is made of.")
    except StoreDamaged as error:
        yield member.finding("hourly extremes and sums", error.message, Remedy.COMPACT, start, end)


def same_rollup(a: Rollup, b: Rollup) -> bool:
    """Whether two rollups are the same to the bit."""
    pairs = ((a.hour, b.hour), (a.count, b.count), (a.least, b.least), (a.most, b.most), (a.total, b.total))
    return all(x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in pairs)
