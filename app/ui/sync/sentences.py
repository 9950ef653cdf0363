"""The sync page in words: its sentence, the line below it and its figures."""

import math
from collections.abc import Sequence

from app.model.health import Freshness, Health
from app.query.sync import BundleRow, PutAway, SyncState
from app.ui import words
from app.ui.page import enclave_words
from app.ui.sentence import Figure, Span
from app.ui.sync.bundle_table import row_health


def sync_sentence(state: SyncState) -> tuple[Span, ...]:
    """What arrived, what is missing, and whom this station trusts, in one sentence."""
    if state.hidden and not state.lanes and not state.bundles and not state.locks:
        return (Span("Every enclave is hidden by the filter.", strong=True),)
    if not state.lanes and not state.bundles and not state.locks:
        return (Span("No bundle has arrived yet.", strong=True), Span(" Nothing is known of any enclave."))
    spans = [*_lock_spans(state), *_late_spans(state), *_missing_spans(state), *_held_spans(state.bundles)]
    if not spans:
        return (
            Span("Everything that should have arrived is here", strong=True),
            Span(", and every signature is trusted."),
        )
    return tuple(spans)


def _late_spans(state: SyncState) -> list[Span]:
    late = [lane for lane in state.lanes if lane.overdue > 0]
    if not late:
        return []
    worst = max(late, key=lambda lane: lane.overdue)
    if len(late) > 1:
        said = words.listed([enclave_words(lane, state.lanes) for lane in late])
        return [Span(f"{said} are overdue, up to {words.age(worst.overdue)}. ", strong=True, health=Health.WARNING)]
    said = f"{enclave_words(worst, state.lanes)} is {words.age(worst.overdue)} overdue"
    if state.missing == 1 and worst.missing:
        # one place, one sentence
        return [
            Span(said, strong=True, health=Health.WARNING),
            Span(f" and lacks bundle {worst.missing[0]}. "),
        ]
    return [Span(f"{said}. ", strong=True, health=Health.WARNING)]


def _missing_spans(state: SyncState) -> list[Span]:
    late = [lane for lane in state.lanes if lane.overdue > 0]
    if not state.missing or (state.missing == 1 and len(late) == 1 and late[0].missing):
        return []
    gaps = [lane for lane in state.lanes if lane.missing]
    if state.missing == 1 and len(gaps) == 1:
        said = f"{enclave_words(gaps[0], state.lanes)} lacks bundle {gaps[0].missing[0]}. "
    else:
        verb = "is" if state.missing == 1 else "are"
        number = words.capitalised(words.count_word(state.missing))
        said = f"{number} {words.plural(state.missing, 'bundle')} {verb} missing. "
    return [Span(said, strong=True, health=Health.WARNING)]


def _held_spans(rows: Sequence[BundleRow]) -> list[Span]:
    held = [row for row in rows if row.problem and row.code != "MISSING"]
    refused = [row for row in held if row_health(row) is Health.CRITICAL]
    if refused:
        noun, verb = words.plural(len(refused), "bundle"), "is" if len(refused) == 1 else "are"
        said = f"{words.capitalised(words.count_word(len(refused)))} {noun} {verb} not accepted"
        return [Span(f"{said}.", strong=True, health=Health.CRITICAL)]
    if held:
        noun, verb = words.plural(len(held), "bundle"), "waits" if len(held) == 1 else "wait"
        said = f"{words.capitalised(words.count_word(len(held)))} {noun} {verb} for a decision"
        return [Span(f"{said}.", strong=True, health=Health.WARNING)]
    return []


def _lock_spans(state: SyncState) -> list[Span]:
    if not state.locks:
        return []
    noun, verb = words.plural(len(state.locks), "source"), "is" if len(state.locks) == 1 else "are"
    named = words.listed([lock.source for lock in state.locks])
    return [Span(f"{words.capitalised(noun)} {named} {verb} locked. ", strong=True, health=Health.CRITICAL)]


def sync_below(state: SyncState) -> str:
    """What the sentence means for what is shown; before that what the filter hides."""
    return " ".join(part for part in (_hidden_words(state.hidden), _meaning(state)) if part)


def _hidden_words(hidden: Sequence[PutAway]) -> str:
    """What the filter hides and what is wrong with it, for a problem is never hidden silently."""
    if not hidden:
        return ""
    names = words.listed([one.enclave.name for one in hidden])
    late = [one.overdue for one in hidden if one.overdue > 0]
    missing, waiting = sum(one.missing for one in hidden), sum(one.waiting for one in hidden)
    parts = [f"{'up to ' if len(late) > 1 else ''}{words.age(max(late))} overdue"] if late else []
    if missing:
        parts.append(f"{words.count_word(missing)} {words.plural(missing, 'bundle')} missing")
    if waiting:
        parts.append(f"{words.count_word(waiting)} not accepted")
    return f"{names} hidden by the filter: {', '.join(parts) or 'nothing overdue or missing'}."


def _meaning(state: SyncState) -> str:
    if any(row.code in ("UNTRUSTED", "HELD") and row.problem for row in state.bundles):
        return "Nothing from a held or untrusted bundle is shown anywhere until somebody decides."
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
