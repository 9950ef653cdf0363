"""The sentence of the page: which promises are at risk, and what the period can still end at."""

import math
from collections import Counter
from collections.abc import Collection, Sequence

from app.analysis.burn_rate import Pair
from app.model.health import Freshness, Health
from app.query.service_levels import Adhered, ServiceLevels
from app.query.standing import Reason, Standing
from app.ui import words
from app.ui.page import enclave_words
from app.ui.sentence import Figure, Span
from app.ui.service_levels.level_words import factor_words, share, span
from app.ui.words import GAP


def sentence(levels: ServiceLevels, standings: Sequence[Standing]) -> tuple[Span, ...]:
    """One sentence of a period that is over, or of one that runs."""
    if not levels.rows:
        return (Span("No promise is in view.", strong=True),)
    found = Counter(one.reason for one in standings)
    if found[Reason.AHEAD] == len(standings):
        return (Span(f"{_count(len(standings))} {words.plural(len(standings), 'promise')}", strong=True),
                Span(" will be in force: the period has not begun."))  # fmt: skip
    if found[Reason.MISSED] + found[Reason.UNPROVEN] + found[Reason.KEPT] == len(standings):
        return _over(found, len(standings))
    return _running(found, len(standings))


def _over(found: Counter[Reason], total: int) -> tuple[Span, ...]:
    missed, unproven, kept = found[Reason.MISSED], found[Reason.UNPROVEN], found[Reason.KEPT]
    verb = "was" if missed == 1 else "were"
    spans: list[Span] = []
    if missed:
        said = f"{_count(missed)} {words.plural(missed, 'promise')} {verb} missed"
        spans += [Span(said, strong=True, health=Health.CRITICAL), Span(", ")]
    if not missed and not kept:
        said = f"{_count(total)} {words.plural(total, 'promise')} can be proved neither way"
        return Span(said, strong=True), Span(": too little is known of the period.")
    counted = f"{words.grouped(kept)} of {words.grouped(total)} {'was' if kept == 1 else 'were'} kept"
    spans.append(Span(counted, strong=True))
    if unproven:
        spans.append(Span(f", {words.count_word(unproven)} can be proved neither way"))
    return (*spans, Span("."))


def _at_risk(found: Counter[Reason]) -> list[tuple[str, Health]]:
    """What needs somebody, worst first; of a version that is over before its period is, what became of it."""
    missed, spent, burning = found[Reason.MISSED], found[Reason.SPENT], found[Reason.BURNING]
    out, slow = found[Reason.RUNS_OUT], found[Reason.SLOW_BURN]
    told: list[tuple[str, Health]] = []
    if missed:
        told.append((f"{words.count_word(missed)} {'was' if missed == 1 else 'were'} missed", Health.CRITICAL))
    if spent:
        said = f"{words.plural(spent, 'budget')} {'is' if spent == 1 else 'are'} spent"
        told.append((f"{words.count_word(spent)} {said}", Health.CRITICAL))
    if burning:
        told.append((f"{words.count_word(burning)} {'burns' if burning == 1 else 'burn'} fast", Health.CRITICAL))
    if out:
        told.append((f"{words.count_word(out)} will run out", Health.WARNING))
    if slow:
        told.append((f"{words.count_word(slow)} {'burns' if slow == 1 else 'burn'} slowly", Health.WARNING))
    return told


def _running(found: Counter[Reason], total: int) -> tuple[Span, ...]:
    told = _at_risk(found)
    spans: list[Span] = []
    for number, (said, health) in enumerate(told):
        joint = "" if not number else " and " if number == len(told) - 1 else ", "
        loud = health is Health.CRITICAL
        spans += [Span(joint)] if joint else []
        spans.append(Span(said if number else words.capitalised(said), strong=loud, health=health if loud else None))
    if told:
        spans.append(Span(". "))
    unknown = found[Reason.UNKNOWN] + found[Reason.UNPROVEN] + found[Reason.AHEAD]
    pace, excluded = found[Reason.ON_PACE] + found[Reason.KEPT], found[Reason.EXCLUDED]
    verb = "is" if pace == 1 else "are"
    spans.append(Span(f"{words.grouped(pace)} of {words.grouped(total)} {verb} on pace", strong=True))
    if excluded:
        spans.append(Span(f", {words.count_word(excluded)} {'is' if excluded == 1 else 'are'} excluded now"))
    if unknown:
        spans.append(Span(f", {words.count_word(unknown)} cannot be told"))
    return (*spans, Span("."))


def below(levels: ServiceLevels, pairs: Sequence[Pair]) -> str:
    """What decides, and how old the picture is."""
    if not levels.rows:
        return ""
    told = [f"{words.listed([one.name for one in levels.hidden])} hidden by the filter."] if levels.hidden else []
    if levels.mute:
        verb = "speaks" if len(levels.mute) == 1 else "speak"
        told.append(f"{words.listed(list(levels.mute[:3]))} {verb} of no declared endpoint.")
    late = [one for one in levels.pictures if one.freshness is not Freshness.FRESH]
    if late:
        named = words.listed([f"{enclave_words(one, levels.pictures)} as of {_as_of(one.age)}" for one in late])
        told.append(f"{named}.")
    lengths = {row.promise.length for row in levels.rows}
    pages = [pair for pair in pairs if pair.severity == "page"]
    if pages and _runs(levels):
        burns = [f"{_factors(pair, lengths)} over {span(pair.long)}" for pair in pages]
        told.append(f"On call is paged at {words.listed(burns)}.")
    waiting = {one.id for row in levels.rows for one in row.promise.waiting}
    if waiting:
        verb = "waits" if len(waiting) == 1 else "wait"
        exclusions = words.plural(len(waiting), "exclusion")
        told.append(
            f"{_count(len(waiting))} {exclusions} {verb} for approval and {verb_change(len(waiting))} nothing yet."
        )
    elif any(one.treatment != "count" for row in levels.rows for one in row.promise.standing):
        told.append("Approved exclusions do not count.")
    return " ".join(told)


def _factors(pair: Pair, lengths: Collection[float]) -> str:
    """The factor of a pair; where promises have windows of several lengths, the lowest and the highest."""
    said = [factor_words(pair.factor(length)) for length in (min(lengths), max(lengths))]
    return " to ".join(dict.fromkeys(said))


def verb_change(count: int) -> str:
    """``changes`` or ``change``."""
    return "changes" if count == 1 else "change"


def _as_of(age: float) -> str:
    return "never" if math.isnan(age) else f"{words.age(age)} ago"


def _count(number: int) -> str:
    return words.capitalised(words.count_word(number))


def figures(levels: ServiceLevels) -> tuple[Figure, ...]:
    """Met as far as known, good answers of all, and how much of the period is over."""
    rows = levels.rows
    if not rows:
        return ()
    if not any(row.promise.period.span.start < levels.as_of for row in rows):
        return ()
    met = sum(row.found.now.met_as_known and row.found.now.known > 0.0 for row in rows)
    found = [Figure("Met as known", words.grouped(met), f"of {words.grouped(len(rows))}")]
    good, total = _answers(rows)
    if total:
        number, _, unit = share(good / total).partition(GAP)
        found.append(Figure("Good answers", number, unit))
    if _runs(levels):
        spans = [row.promise.period.span for row in rows]  # a version may be in force for a part alone
        start, end = min(one.start for one in spans), max(one.end for one in spans)
        gone = (min(levels.as_of, end) - start) / (end - start)
        found.append(Figure("Elapsed", f"{gone * 100:.0f}", "%"))
    return tuple(found)


def _runs(levels: ServiceLevels) -> bool:
    """Whether a part of the period is over, and a part is still to come."""
    return not is_over(levels) and any(row.promise.period.span.start < levels.as_of for row in levels.rows)


def is_over(levels: ServiceLevels) -> bool:
    """Whether nothing of the period is still to come; a version may end before its period does."""
    return bool(levels.rows) and all(row.promise.period.is_over(levels.as_of) for row in levels.rows)


def _answers(rows: Sequence[Adhered]) -> tuple[float, float]:
    """Good and all answers of the fleet by promises of answers without error, those of one endpoint and time once."""
    seen: dict[tuple[str, str, float], Adhered] = {}
    for row in rows:
        promise, measured = row.promise, row.promise.objective.indicator
        if row.unit == "events" and measured.bad is not None and measured.bad.metric == "endpoint_errors":
            seen.setdefault((promise.enclave.id, promise.endpoint.id, promise.period.span.start), row)
    good, total = (sum(getattr(row.found.now, name) for row in seen.values()) for name in ("good", "total"))
    return good, total
