"""Settling: what arrived moves from the head through the day into its span, off the path of import.

Each step is a transaction that writes what is folded and drops what it was folded from. Kill it anywhere and
nothing is lost. What is damaged stays where it is, for readers to show as a gap, and holds up nothing else.
A dozen bundles make an hour, a day's hours are folded into days, a past month's days into spans: so a sample is
written about four times in its life, whatever the number of series.
"""

import contextlib
import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from app.errors import StoreDamaged
from app.job import Job
from app.store.block import SPAN
from app.store.database import Writer, readable_pages, transaction
from app.store.fold import Folding, Layers
from app.store.head import FRAMES, HOUR, SHEAF, Frame, HeadRow, bucket, frames, write_head
from app.store.intake import discard, staged
from app.store.overlay import Layer, Lost, Ranks, overlay, ranks
from app.store.retention import apply_retention
from app.store.sheaf import Part, Sheaf, encode_sheaf, metrics_of
from app.store.sheets import refresh_sheets
from app.store.superseded import keep_lost
from app.store.tiers import DAY, DAYS, SPANS, Tier, days_held, group_times, read_chunk, read_clock

# A dozen bundles of five minutes are an hour, and a day has two dozen hours. By bytes, too: few but large bundles
# must not wait for a dozen, because every reader walks what is in the head.
_BUNDLES: Final = 12
_BUNDLE_BYTES: Final = 8 * 2**20
_HOURS: Final = 24
_HOUR_BYTES: Final = 64 * 2**20
_DELETE_BATCH: Final = 500

log = logging.getLogger("watchfloor.store")


def settle(
    writer: Writer, job: Job, *, through: int | None = None, always: bool = False, before: int | None = None
) -> None:
    """Move what has gathered one step on, where enough has gathered.

    Parameters
    ----------
    through
        Highest bundle to settle; None: all published ones. A collector keeps back what it has not cut yet.
    always
        Settle everything into its span, however little it is.
    before
        Milliseconds before which nothing need be kept; what is older goes when days are folded.
    """
    limit = 2**62 if through is None else through
    # Only one process imports or settles at a time, so whatever is unfinished was given up. What it had put in place
    # must not be folded with what was published.
    for number, _ in staged(writer):
        discard(writer, number)
    order = ranks(writer)
    with _around_damage():
        _fold_frames(writer, limit, order, job)
    with _around_damage():
        _fold_gathered(writer, limit, order, job, always=always, before=before)
    with _around_damage():
        refresh_sheets(writer, job)


def _fold_gathered(writer: Writer, limit: int, order: Ranks, job: Job, *, always: bool, before: int | None) -> None:
    count, size = _gathered(writer, SHEAF, limit)
    if always:
        _fold_sheaves(writer, SPANS, SHEAF, limit, order, job)
        _fold_sheaves(writer, SPANS, HOUR, limit, order, job)
        _fold_days(writer, range(1 << 40), order, job)
    elif count >= _BUNDLES or size > _BUNDLE_BYTES:
        _merge_hour(writer, limit, order, job)
        if not _is_day_over(writer, limit):
            return
        _fold_sheaves(writer, DAYS, HOUR, limit, order, job)
        _fold_days(writer, _past_spans(writer), order, job)
        if before is not None:
            apply_retention(writer, before)


@contextlib.contextmanager
def _around_damage() -> Iterator[None]:
    """Let one step fail where the database cannot read or write a page, so that the next may still be done."""
    try:
        with readable_pages():
            yield
    except StoreDamaged as error:
        log.warning("settling goes on around what is damaged: %s", error)


def _where(form: int) -> str:
    return f"form = {form:d} AND bundle <= ? AND bundle IN (SELECT id FROM bundle WHERE published = 1)"


def _gathered(writer: Writer, form: int, limit: int) -> tuple[int, int]:
    """Bundles and bytes of one form that wait in the head."""
    count, size = writer.db.execute(
        f"SELECT count(DISTINCT bundle), coalesce(sum(length(body)), 0) FROM head WHERE {_where(form)}", (limit,)
    ).fetchone()
    return count, size


def _is_day_over(writer: Writer, limit: int) -> bool:
    """Whether a day's hours have gathered."""
    count, size = _gathered(writer, HOUR, limit)
    if size > _HOUR_BYTES or count >= 2 * _HOURS:
        return True
    first, last = writer.db.execute(f"SELECT min(first), max(last) FROM head WHERE {_where(HOUR)}", (limit,)).fetchone()
    return count >= _HOURS or (count > 0 and first // DAY < last // DAY and count >= _HOURS // 2)


# --- the hour -------------------------------------------------------------------------------------------------------


def _merge_hour(writer: Writer, limit: int, order: Ranks, job: Job) -> None:
    """Make one row for each bucket of scrape groups out of the sheaves of a dozen bundles."""
    rows = _rows(writer, SHEAF, limit)
    metrics = metrics_of(writer)
    groups: dict[int, list[Part]] = {}
    merged = []
    for done, row in enumerate(rows):
        job.step(done, len(rows), "folding what arrived into the cache")
        parts = _whole_parts(writer, row, order)
        if parts:
            merged.append((row.id, row.bundle))
        for part in parts:
            groups.setdefault(part.group, []).append(part)
    if not merged:
        return
    buckets: dict[int, list[Part]] = {}
    lost: list[tuple[int, Lost]] = []
    for group, parts in sorted(groups.items()):
        job.check()
        buckets.setdefault(bucket(group), []).extend(_joined(group, parts, order, lost))
    newest = max(bundle for _, bundle in merged)
    with transaction(writer.db):
        for place, parts in buckets.items():
            span = min(int(p.time[0]) for p in parts), max(int(p.time[-1]) for p in parts)
            samples = sum(p.values.size if p.present is None else int(p.present.sum()) for p in parts)
            write_head(writer, newest, HOUR, place, span, samples, encode_sheaf(parts, metrics))
        for series, gone in lost:
            keep_lost(writer, series, gone)
        _delete(writer, [number for number, _ in merged])


def _rows(writer: Writer, form: int, limit: int, place: int | None = None) -> list[HeadRow]:
    """Rows of one form, of one bucket where that is given."""
    where, given = (_where(form), (limit,)) if place is None else (f"{_where(form)} AND bucket = ?", (limit, place))
    rows = writer.db.execute(f"SELECT id, bundle, form, first, last FROM head WHERE {where} ORDER BY id", given)
    return [HeadRow(*row) for row in rows.fetchall()]


def _whole_parts(writer: Writer, row: HeadRow, order: Ranks) -> list[Part]:
    """Parts of a row of the head; none where it is damaged."""
    try:
        parts = list(Sheaf(row.read(writer).body).parts())
        for part in parts:
            order.check_origin(part.origin)
        return parts
    except StoreDamaged as error:
        log.warning("row %d of the head is left where it is: %s", row.id, error)
        return []


def _joined(group: int, parts: Sequence[Part], order: Ranks, lost: list[tuple[int, Lost]]) -> list[Part]:
    """What several bundles say of one group as one part; a series with an origin of its own stands apart."""
    if len(parts) == 1:
        return list(parts)
    parts = sorted(parts, key=lambda part: int(part.time[0]))
    follow = all(a.time[-1] < b.time[0] for a, b in itertools.pairwise(parts))
    alike = all(p.present is None and np.array_equal(p.ids, parts[0].ids) for p in parts)
    if follow and alike:
        time = np.concatenate([p.time for p in parts])
        origin = parts[0].origin.join([p.origin for p in parts])
        return [Part(group, parts[0].ids, time, np.concatenate([p.values for p in parts], axis=1), None, origin)]
    layers: dict[int, list[Layer]] = {}
    for part in parts:
        for series, layer in layers_of(part):
            layers.setdefault(series, []).append(layer)
    merged = {}
    for series, found in layers.items():
        merged[series], gone = overlay(found, order)
        if gone.rivals.time.size or gone.agreed.time.size:
            lost.append((series, gone))
    return list(_as_parts(group, merged, order))


def layers_of(part: Part) -> Iterator[tuple[int, Layer]]:
    """Each series of a part, with the samples it has."""
    for row, series in enumerate(part.ids.tolist()):
        if part.present is None:
            yield series, Layer(part.time, part.values[row], part.origin)
        elif part.present[row].any():
            there = part.present[row]
            yield series, Layer(part.time[there], part.values[row][there], part.origin.pick(there))


def _as_parts(group: int, merged: Mapping[int, Layer], order: Ranks) -> Iterator[Part]:
    """One part of all series that share the group's origin, and one for each of the others."""
    time, origin = group_times(list(merged.values()), order.place)
    winner, first = origin.expand()
    ids, values, masks = [], [], []
    for series, layer in sorted(merged.items()):
        at = np.searchsorted(time, layer.time)
        own = layer.origin.expand()
        if not (np.array_equal(own[0], winner[at]) and np.array_equal(own[1], first[at])):
            yield Part(group, np.array([series]), layer.time, layer.value[None, :], None, layer.origin)
            continue
        row, mask = np.full(time.size, np.nan), np.zeros(time.size, bool)
        row[at], mask[at] = layer.value, True
        ids.append(series)
        values.append(row)
        masks.append(mask)
    if ids:
        present = np.stack(masks)
        yield Part(group, np.array(ids), time, np.stack(values), None if present.all() else present, origin)


# --- the day and the span -------------------------------------------------------------------------------------------


def _fold_sheaves(writer: Writer, tier: Tier, form: int, limit: int, order: Ranks, job: Job) -> None:
    """Fold the sheaves of one form into a tier, a bucket at a time."""
    places = [p for (p,) in writer.db.execute(f"SELECT DISTINCT bucket FROM head WHERE {_where(form)}", (limit,))]
    for done, place in enumerate(places):
        job.step(done, len(places), "folding what arrived into the cache")
        rows = {row.id: _whole_parts(writer, row, order) for row in _rows(writer, form, limit, place)}
        with _around_damage(), transaction(writer.db):
            folding = Folding(writer, tier, order)
            kept = {number for number, parts in rows.items() if not parts}
            for (group, span), fresh in _by_span(tier, rows).items():
                job.check()
                if not _folded(folding, group, span, {n: [layer for layer, _ in found] for n, found in fresh.items()}):
                    kept.update(row for found in fresh.values() for _, row in found)
            folding.finish()
            _delete(writer, [number for number in rows if number not in kept])


def _folded(folding: Folding, group: int, span: int, fresh: Layers) -> bool:
    """Fold, unless what the tier holds is damaged or has no room."""
    try:
        return folding.fold(group, span, fresh)
    except StoreDamaged as error:
        log.warning("scrape group %d is not folded into span %d: %s", group, span, error)
        return False


_BySpan = dict[tuple[int, int], dict[int, list[tuple[Layer, int]]]]


def _by_span(tier: Tier, rows: Mapping[int, Sequence[Part]]) -> _BySpan:
    """Layers of sheaves by scrape group and span of a tier, each with the row it came from."""
    found: _BySpan = {}
    for number, parts in rows.items():
        for part in parts:
            for series, layer in layers_of(part):
                for span in tier.spans(int(layer.time[0]), int(layer.time[-1]) + 1):
                    piece = layer.part(span * tier.length, (span + 1) * tier.length)
                    if piece.time.size:
                        found.setdefault((part.group, span), {}).setdefault(series, []).append((piece, number))
    return found


def _fold_frames(writer: Writer, limit: int, order: Ranks, job: Job) -> None:
    """Fold long blocks that could not be adopted into their spans; their rows go last, because a row holds many."""
    heads = _rows(writer, FRAMES, limit)
    places: dict[tuple[int, int], dict[int, HeadRow]] = {}
    kept: set[int] = set()
    for row in heads:
        for one in _frames(writer, row, kept):
            places.setdefault((one.group, one.span[0] // SPAN), {})[row.id] = row
    for done, ((group, span), rows) in enumerate(places.items()):
        job.step(done, len(places), "folding what arrived into the cache")
        fresh: dict[int, list[Layer]] = {}
        for row in rows.values():
            for one in _frames(writer, row, kept):
                if one.group == group and one.span[0] // SPAN == span:
                    try:
                        for series, layer in list(one.layers(row.bundle)):
                            fresh.setdefault(series, []).append(layer)
                    except StoreDamaged as error:
                        _leave(row, error, kept)
        folded = False
        with _around_damage(), transaction(writer.db):
            folding = Folding(writer, SPANS, order)
            folded = _folded(folding, group, span, fresh)
            folding.finish()
        if not folded:
            kept.update(rows)
    with transaction(writer.db):
        _delete(writer, [row.id for row in heads if row.id not in kept])


def _frames(writer: Writer, row: HeadRow, kept: set[int]) -> list[Frame]:
    """Blocks of a row of the head, none where it is damaged; it is then one of those that are `kept`."""
    try:
        found = list(frames(row.bundle, row.read(writer).body))
        for one in found:
            _ = one.span
        return found
    except StoreDamaged as error:
        _leave(row, error, kept)
        return []


def _leave(row: HeadRow, error: StoreDamaged, kept: set[int]) -> None:
    if row.id not in kept:
        log.warning("row %d of the head is left where it is: %s", row.id, error)
    kept.add(row.id)


def _past_spans(writer: Writer) -> range:
    """Spans that are over: a later one has begun."""
    return range((days_held(writer).stop - 1) * DAY // SPAN)


def _fold_days(writer: Writer, spans: range, order: Ranks, job: Job) -> None:
    """Fold the days of whole spans into them, a scrape group at a time."""
    held = days_held(writer)
    for span in range(max(spans.start, held.start * DAY // SPAN), min(spans.stop, (held.stop * DAY - 1) // SPAN + 1)):
        days = DAYS.spans(span * SPAN, (span + 1) * SPAN)
        groups: dict[int, list[int]] = {}
        low, high = DAYS.key(0, days.start), DAYS.key(0, days.stop) - 1
        for (key,) in writer.db.execute("SELECT id FROM day_clock WHERE id BETWEEN ? AND ?", (low, high)).fetchall():
            group, day = DAYS.owner_and_span(key)
            groups.setdefault(group, []).append(day)
        for done, (group, mine) in enumerate(groups.items()):
            job.step(done, len(groups), "folding days into months")
            with _around_damage(), transaction(writer.db):
                try:
                    _fold_group(writer, group, span, mine, order)
                except StoreDamaged as error:
                    log.warning("days of scrape group %d are not folded into span %d: %s", group, span, error)


def _fold_group(writer: Writer, group: int, span: int, days: Sequence[int], order: Ranks) -> None:
    members = [n for (n,) in writer.db.execute("SELECT id FROM series WHERE scrape_group = ?", (group,))]
    fresh: dict[int, list[Layer]] = {}
    for day in days:
        clock = read_clock(writer, DAYS, group, day)
        for number in members if clock is not None else ():
            layer = read_chunk(writer, DAYS, number, day, clock) if clock is not None else None
            if layer is not None:
                fresh.setdefault(number, []).append(order.checked(layer))
    folding = Folding(writer, SPANS, order)
    if folding.fold(group, span, fresh):
        folding.finish()
        for day in days:
            writer.db.execute("DELETE FROM day_clock WHERE id = ?", (DAYS.key(group, day),))
            writer.db.executemany("DELETE FROM day WHERE id = ?", [(DAYS.key(number, day),) for number in members])


def _delete(writer: Writer, heads: Sequence[int]) -> None:
    for start in range(0, len(heads), _DELETE_BATCH):
        batch = heads[start : start + _DELETE_BATCH]
        writer.db.execute(f"DELETE FROM head WHERE id IN ({', '.join('?' * len(batch))})", batch)
