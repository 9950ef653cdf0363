"""The sync page in words: its sentence, the line below it and its figures."""

import math
from collections.abc import Sequence

from app.model.health import Freshness, Health
from app.query.sync import BundleRow, Lane, SyncState
from app.ui import words
from app.ui.bundle_table import row_health
from app.ui.sentence import Figure, Span


def lane_place(lane: Lane, lanes: Sequence[Lane]) -> str:
    """A lane in running text: its level, or the enclave's name where several share the level."""
    others = {other.enclave.id for other in lanes if other.enclave.level is lane.enclave.level}
    return lane.enclave.level.title if len(others) == 1 else lane.enclave.name


def sync_sentence(state: SyncState) -> tuple[Span, ...]:
    """The answer to: what arrived, what is missing, whom do I trust?"""
    if not state.lanes and not state.bundles:
        return (Span("No bundle has arrived yet.", strong=True), Span(" Nothing is known of any enclave."))
    spans = [*_late_spans(state.lanes), *_missing_spans(state), *_held_spans(state.bundles), *_lock_spans(state)]
    if not spans:
        return (Span("Everything that should have arrived is here", strong=True), Span(", and every signature is trusted."))
    return tuple(spans)


def _late_spans(lanes: Sequence[Lane]) -> list[Span]:
    late = [lane for lane in lanes if lane.overdue > 0]
    if not late:
        return []
    worst = max(late, key=lambda lane: lane.overdue)
    if len(late) == 1:
        return [Span(f"{lane_place(worst, lanes)} is {words.age(worst.overdue)} overdue", True, Health.WARNING), Span(". ")]
    said = words.listed([lane_place(lane, lanes) for lane in late])
    return [Span(f"{said} are overdue, up to {words.age(worst.overdue)}", True, Health.WARNING), Span(". ")]


def _missing_spans(state: SyncState) -> list[Span]:
    if not state.missing:
        return []
    gaps = [lane for lane in state.lanes if lane.missing]
    if state.missing == 1 and len(gaps) == 1:
        place = lane_place(gaps[0], state.lanes)
        return [Span(f"{place} lacks bundle {gaps[0].missing[0]}", True, Health.WARNING), Span(". ")]
    noun = words.plural(state.missing, "bundle")
    verb = "is" if state.missing == 1 else "are"
    return [Span(f"{words.capitalised(words.count_word(state.missing))} {noun} {verb} missing", True, Health.WARNING), Span(". ")]


def _held_spans(rows: Sequence[BundleRow]) -> list[Span]:
    held = [row for row in rows if row.problem and row.code != "MISSING"]
    refused = [row for row in held if row_health(row) is Health.CRITICAL]
    if refused:
        noun, verb = words.plural(len(refused), "bundle"), "is" if len(refused) == 1 else "are"
        said = f"{words.capitalised(words.count_word(len(refused)))} {noun} {verb} not accepted"
        return [Span(said, True, Health.CRITICAL), Span(".")]
    if held:
        noun, verb = words.plural(len(held), "bundle"), "waits" if len(held) == 1 else "wait"
        said = f"{words.capitalised(words.count_word(len(held)))} {noun} {verb} for a decision"
        return [Span(said, True, Health.WARNING), Span(".")]
    return []


def _lock_spans(state: SyncState) -> list[Span]:
    if not state.locks:
        return []
    noun, verb = words.plural(len(state.locks), "source"), "is" if len(state.locks) == 1 else "are"
    said = f" {words.capitalised(words.count_word(len(state.locks)))} {noun} {verb} locked"
    return [Span(said, True, Health.CRITICAL), Span(".")]


def sync_below(state: SyncState) -> str:
    """What the sentence means for what is shown."""
    if any(row.code in ("UNTRUSTED", "HELD") and row.problem for row in state.bundles):
        return "Nothing from a bundle that is held or not trusted is shown anywhere until somebody decides."
    if state.missing:
        return "What came after a gap is applied; the gap stays hatched until its bundle arrives."
    if not state.keys:
        return "This station trusts nobody yet: 'watchfloor trust init' takes the fingerprint of a root."
    known = [lane for lane in state.lanes if not math.isnan(lane.data_time)]
    if known and all(lane.freshness is Freshness.FRESH for lane in known):
        oldest = max(lane.age for lane in known)
        return f"The oldest data is {words.age(oldest)} old, within its cadence."
    return ""


def sync_figures(state: SyncState, span: float) -> tuple[Figure, ...]:
    """Up to four figures."""
    total = state.cache_bytes + state.free_bytes
    return (
        Figure(f"Imported, {words.span_words(span)}", words.grouped(state.imported)),
        Figure("Held", words.grouped(state.held), "", Health.CRITICAL if state.held else None),
        Figure("Missing", words.grouped(state.missing), "", Health.WARNING if state.missing else None),
        Figure("Cache", *_volume(state.cache_bytes, total)),
    )


def _volume(used: int, total: int) -> tuple[str, str]:
    number, unit = words.size(used).split(words.GAP)[-2:]
    return number, f"{unit} of {words.size(total)}"
