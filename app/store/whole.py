"""Whether a store is whole: the walk through all of it, and the parts of it that are not settled samples."""

import itertools
import json
import math
from collections.abc import Iterator

import numpy as np

from app.errors import StoreDamaged
from app.job import Job
from app.model.marking import Level
from app.model.metrics import COUNTED
from app.store.bundles import highest_level
from app.store.database import Reader, readable_pages
from app.store.head import FRAMES, HOUR, HeadRow, all_rows, bucket, frames
from app.store.inspection import Finding, Inspection, Member, Remedy, members, pages, settled
from app.store.last import PAGE, Rows, read_page
from app.store.overlay import ranks
from app.store.sheaf import Sheaf
from app.store.sheets import Sheet, make_sheet, open_sheet
from app.store.superseded import open_value
from app.store.tiers import DAYS, SPANS, hidden_chunks


def inspect(reader: Reader, job: Job) -> Iterator[Finding]:
    """Look at everything that the reader may see, and tell what is wrong, as it is found.

    Nothing is changed, and one row is in memory at a time.
    """
    one = Inspection(reader, job, highest_level_or_all(reader))
    yield from pages(one)
    series, wrong = members(one)
    yield from wrong
    yield from _orphans(one, series)
    yield from settled(one, series)
    yield from _head(one)
    yield from _superseded(one, series)
    yield from _registers(one)
    yield from _sheets(one, series)
    yield from _last(one, series)


def highest_level_or_all(reader: Reader) -> Level:
    """Highest level held, or, where that cannot be read, that could be."""
    try:
        with readable_pages():
            return highest_level(reader) or reader.ceiling or max(Level)
    except (StoreDamaged, ValueError):
        return reader.ceiling or max(Level)


# --- rows without the row that they belong to -----------------------------------------------------------------------


def _orphans(one: Inspection, series: dict[int, Member]) -> Iterator[Finding]:
    """Chunks without times or series; rollups and hours without chunk or times."""
    db = one.reader.db
    try:
        with readable_pages():
            group = dict(db.execute("SELECT id, scrape_group FROM main.series"))
            hidden = hidden_chunks(one.reader)
            for tier in (SPANS, DAYS):
                clocks = {key for (key,) in db.execute(f"SELECT id FROM main.{tier.clocks}")}
                chunks = {key for (key,) in db.execute(f"SELECT id FROM main.{tier.chunks}")} - hidden
                for key in chunks:
                    owner, span = tier.owner_and_span(key)
                    why = "No series has this number."
                    if owner in group:
                        if tier.key(group[owner], span) in clocks:
                            continue
                        why = "The times of its scrape group are missing."
                    if owner in series or owner not in group:
                        one.unread.add(owner)
                        yield _orphan(one, series.get(owner), "samples", why, (tier.length, span), Remedy.IMPORT)
    except StoreDamaged as error:
        yield Finding("the lists of rows", error.message, Remedy.IMPORT, one.highest)
        return
    yield from _derived_orphans(one, series)


def _derived_orphans(one: Inspection, series: dict[int, Member]) -> Iterator[Finding]:
    try:
        with readable_pages():
            lone = one.reader.db.execute("SELECT id FROM rollup WHERE id NOT IN (SELECT id FROM chunk)").fetchall()
            hours = one.reader.db.execute("SELECT id FROM hours WHERE id NOT IN (SELECT id FROM clock)").fetchall()
    except StoreDamaged as error:
        yield Finding("the lists of rows", error.message, Remedy.COMPACT, one.highest)
        return
    for (key,) in lone:
        owner, span = SPANS.owner_and_span(key)
        why = "The samples that they were made of are missing."
        what = "hourly extremes and sums"
        yield _orphan(one, series.get(owner), what, why, (SPANS.length, span), Remedy.COMPACT)
    for (key,) in hours:
        span = SPANS.owner_and_span(key)[1]
        why = "The times that they were made of are missing."
        yield _orphan(one, None, "hours of a scrape group", why, (SPANS.length, span), Remedy.COMPACT)


def _orphan(
    one: Inspection, member: Member | None, what: str, why: str, place: tuple[int, int], remedy: Remedy
) -> Finding:
    length, span = place
    start, end = span * length / 1000.0, (span + 1) * length / 1000.0
    if member is None:
        return Finding(what, why, remedy, one.highest, start=start, end=end)
    return member.finding(what, why, remedy, start, end)


# --- the head and what lost ---------------------------------------------------------------------------------------


def _head(one: Inspection) -> Iterator[Finding]:
    try:
        rows = all_rows(one.reader)
        with readable_pages():
            known = {number for (number,) in one.reader.db.execute("SELECT id FROM main.series")}
            bundles = {
                number: (str(enclave), Level(level), f"bundle {source} {stream} {epoch}/{seq}")
                for number, enclave, level, source, stream, epoch, seq in one.reader.db.execute(
                    "SELECT id, enclave, level, source, stream, epoch, seq FROM bundle"
                )
            }
            told = dict(one.reader.db.execute("SELECT id, samples * 4294967296 + bucket FROM head"))
    except (StoreDamaged, ValueError) as error:
        one.unread.add(0)
        yield Finding("the head", str(error), Remedy.IMPORT, one.highest)
        return
    for row in rows:
        one.step(None, "reading what arrived")
        enclave, level, name = bundles[row.bundle]
        try:
            _check_row(one, row, known, *divmod(told[row.id], 4294967296))
        except StoreDamaged as error:
            start, end = row.first / 1000.0, row.last / 1000.0 + 0.001
            what = f"samples of {name}" if row.form < HOUR else f"samples of an hour up to {name}"
            yield Finding(what, error.message, Remedy.IMPORT, level, enclave, start=start, end=end)


def _check_row(one: Inspection, row: HeadRow, known: set[int], samples: int, place: int) -> None:
    """Decode all of a row of the head, and compare what stands beside it.

    Raises
    ------
    StoreDamaged
    """
    body = row.read(one.reader).body
    order = ranks(one.reader)
    held, ids, first, last = 0, set[int](), row.first, row.last
    if row.form == FRAMES:
        for frame in frames(row.bundle, body):
            for number, layer in frame.layers(row.bundle):
                ids.add(number)
                held += layer.time.size
                if layer.time.size:
                    first, last = min(first, int(layer.time[0])), max(last, int(layer.time[-1]))
    else:
        sheaf = Sheaf(body)
        first, last = sheaf.span
        for part in sheaf.parts():
            order.check_origin(part.origin)
            ids.update(part.ids.tolist())
            held += part.values.size if part.present is None else int(part.present.sum())
            if row.form == HOUR and bucket(part.group) != place:
                msg = "A row of the head stands in the wrong bucket."
                raise StoreDamaged(msg)
    if not ids <= known:
        msg = "A row of the head speaks of a series that the cache does not know."
        raise StoreDamaged(msg)
    if (held, first, last) != (samples, row.first, row.last):
        msg = "A row of the head holds other times or another number of samples than is noted beside it."
        raise StoreDamaged(msg)


def _superseded(one: Inspection, series: dict[int, Member]) -> Iterator[Finding]:
    try:
        with readable_pages():
            for number, time, bundle, stored in one.reader.db.execute("SELECT * FROM superseded"):
                one.step(None, "reading superseded values")
                member = series.get(number)
                try:
                    open_value(number, time, bundle, stored)
                    ranks(one.reader).check([bundle])
                except StoreDamaged as error:
                    if member is not None:
                        start = time / 1000.0 if isinstance(time, int) else math.nan
                        yield member.finding("superseded value", error.message, Remedy.IMPORT, start, start + 0.001)
    except StoreDamaged as error:
        yield Finding("table superseded", error.message, Remedy.IMPORT, one.highest)


def _registers(one: Inspection) -> Iterator[Finding]:
    """Catalogues and the labels of events are JSON that must read."""
    for table, column in (("catalogue", "body"), ("event", "labels")):
        try:
            with readable_pages():
                for enclave, text in one.reader.db.execute(f"SELECT enclave, {column} FROM {table}"):
                    one.step(None, "reading registers")
                    try:
                        json.loads(text)
                    except (TypeError, ValueError):
                        why = "It is not what was written."
                        yield Finding(f"a row of {table}", why, Remedy.IMPORT, one.highest, enclave)
        except StoreDamaged as error:
            yield Finding(f"table {table}", error.message, Remedy.IMPORT, one.highest)


# --- sheets and newest values -------------------------------------------------------------------------------------


def _sheets(one: Inspection, series: dict[int, Member]) -> Iterator[Finding]:
    """Sheets that are read, compared with sheets made anew of rollups; only those of series that can be seen."""
    places: dict[tuple[str, str], Level] = {}
    for member in series.values():
        if member.metric in COUNTED:
            key = (member.enclave, member.metric)
            places[key] = max(places.get(key, member.level), member.level)
    db = one.reader.db
    try:
        with readable_pages():
            stale = set(db.execute("SELECT enclave, metric, month FROM stale_sheet"))
            keys = db.execute("SELECT id, enclave, metric, month FROM sheet ORDER BY id").fetchall()
            everyone = set(db.execute("SELECT DISTINCT enclave, metric FROM main.series"))
    except StoreDamaged as error:
        yield Finding("monthly sheets", error.message, Remedy.COMPACT, one.highest)
        return
    for number, enclave, metric, month in keys:
        one.job.step(one.rows, None, "summing up months")
        one.rows += 1
        if (enclave, metric, month) in stale or ((enclave, metric) in everyone and (enclave, metric) not in places):
            continue
        level = places.get((enclave, metric), one.highest)
        try:
            with readable_pages():
                (stored,) = db.execute("SELECT body FROM sheet WHERE id = ?", (number,)).fetchone()
            held = open_sheet(month, stored)
        except StoreDamaged as error:
            yield Finding("monthly sheet", error.message, Remedy.COMPACT, level, str(enclave), str(metric))
            continue
        try:
            made = make_sheet(one.reader, enclave, metric, month)
        except StoreDamaged:
            continue  # the samples are damaged, and that was told
        if made is None or not same_sheet(held, made):
            why = "It differs from the rollups that it is made of."
            yield Finding("monthly sheet", why, Remedy.COMPACT, level, str(enclave), str(metric))


def same_sheet(a: Sheet, b: Sheet) -> bool:
    """Whether two sheets are the same to the bit."""
    pairs = ((a.ids, b.ids), (a.count, b.count), (a.total, b.total))
    return a.first == b.first and all(x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in pairs)


def _last(one: Inspection, series: dict[int, Member]) -> Iterator[Finding]:
    """Newest values as they are noted, compared with the newest settled sample that was found."""
    for page, mine in itertools.groupby(sorted(series), key=lambda number: number // PAGE):
        numbers = list(mine)
        try:
            rows = read_page(one.reader, page)
        except StoreDamaged as error:
            if any(number in one.newest for number in numbers):
                yield series[numbers[0]].finding("page of newest values", error.message, Remedy.COMPACT)
            continue
        for number in numbers:
            if number not in one.unread and 0 not in one.unread and not _is_noted(one, rows, number):
                why = "It differs from the newest settled sample."
                yield series[number].finding("newest value", why, Remedy.COMPACT)


def _is_noted(one: Inspection, rows: Rows, number: int) -> bool:
    slot, newest = rows[number % PAGE], one.newest.get(number)
    if newest is None:
        return int(slot["time"]) < 0
    value = np.array([slot["value"]]).tobytes()
    return (int(slot["time"]), value, int(slot["bundle"])) == (newest.time, newest.value, newest.bundle)
