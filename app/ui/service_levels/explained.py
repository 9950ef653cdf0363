"""Why each number says what it says: method, window, exclusions, gaps and assumptions, with the numbers put in."""

import math
from typing import NamedTuple

from app.analysis.budget import Outlook
from app.model.objective import Missing, Objective, ServiceHours
from app.model.time_range import TimeRange
from app.query.service_level import Closely
from app.query.service_levels import Adhered, PairNow
from app.ui import words
from app.ui.exclusions.exclusion_words import KINDS, TREATMENTS, approval_words, day_words, span_words
from app.ui.service_levels.level_words import (
    amount,
    burn_words,
    decimals_of,
    factor_words,
    method_words,
    period_words,
    rate_words,
    runs_out_words,
    share,
    span,
    target_words,
)
from app.ui.words import GAP

_MOST_BURNS, _MOST_GAPS = 8, 8
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MISSING = {
    Missing.UNKNOWN: "Time without data is unknown: neither good nor bad, it makes the range.",
    Missing.BAD: "Time without data is taken for bad, as the objective says.",
    Missing.GOOD: "Time without data is taken for good, as the objective says: this figure proves nothing there.",
}


class Fact(NamedTuple):
    """One figure explained: what it is, what it says, and how it came about."""

    name: str
    value: str
    how: str


def facts(row: Adhered, at: float, close: Closely | None = None) -> tuple[Fact, ...]:
    """Every figure of a promise, in the order of the page; `close` has what only a close look tells."""
    figure = row.found.now
    decimals = decimals_of(figure.target)
    return (
        Fact("Promise", target_words(row.promise.objective), promise_tip(row)),
        Fact("So far", share(figure.known_only, decimals), available_tip(row)),
        Fact("Verdict", figure.verdict.value, verdict_tip(row)),
        Fact("Best possible", share(row.found.best_possible, decimals), best_tip(row)),
        Fact("Budget", amount(row, row.budget.allowed), budget_tip(row)),
        Fact("Excluded", span(row.found.aside_seconds + row.found.dropped_seconds), excluded_tip(row)),
        *(() if row.promise.period.is_over(at) else (Fact("Runs out", runs_out_words(row, at), out_tip(row, at)),)),
        *(Fact(f"Burn rate {pair.pair.name}", rate_words(pair.long), burn_tip(row, pair)) for pair in row.pairs),
        *((_burned(close), _data(close)) if close is not None else ()),
    )


def _data(close: Closely) -> Fact:
    """What the figures are made of: how many bundles, and where they say nothing, the longest gaps first."""
    gaps = sorted((TimeRange(start, end) for start, end in close.gaps.tolist()), key=lambda gap: -gap.seconds)
    lines = [f"{close.bundles} {words.plural(close.bundles, 'bundle')} of this enclave tell of the period."]
    lines += [f"Nothing known {span_words(gap)}, {span(gap.seconds)}" for gap in gaps[:_MOST_GAPS]]
    if len(gaps) > _MOST_GAPS:
        lines.append(f"and {len(gaps) - _MOST_GAPS} shorter gaps, {span(sum(g.seconds for g in gaps[_MOST_GAPS:]))}")
    if not gaps:
        lines.append("There is no gap in it.")
    said = f"{words.grouped(len(gaps))} {words.plural(len(gaps), 'gap')}" if gaps else "whole"
    return Fact("Data", said, "\n".join(lines))


def _burned(close: Closely) -> Fact:
    """Every stretch in which a pair spoke, with when it was learned."""
    burns = sorted(close.burns, key=lambda burn: -burn.start)
    lines = [burn_words(burn) for burn in burns[:_MOST_BURNS]]
    if len(burns) > _MOST_BURNS:
        name = close.row.promise.objective.id
        lines.append(f"{len(burns) - _MOST_BURNS} earlier ones: watchfloor sla --objective {name} --json")
    count = f"{len(burns)} {words.plural(len(burns), 'time')}" if burns else "never"
    return Fact("Burned", count, "\n".join(lines) or "No pair of windows spoke in this period.")


def promise_tip(row: Adhered) -> str:
    """Who promised what to whom, since when, and by which entry of the journal."""
    promise, objective = row.promise, row.promise.objective
    lines = [f"{objective.title or objective.id} ({objective.id}) at {promise.enclave.name}"]
    if objective.party:
        lines.append(f"Promised to {objective.party}.")
    version = promise.version
    since = f"In force since {words.date(version.since)} by entry {version.entry} of {version.author}: {version.why}"
    lines.append(since)
    lines.append(f"Judged over {period_words(promise)}, {hours_words(objective.hours)}.")
    picture = promise.picture
    if math.isnan(picture.data_time):
        lines.append("No data of this enclave has ever arrived.")
    else:
        told = words.when(picture.data_time, row.judged.end)
        lines.append(f"Data of this enclave reach to {told}{GAP}Z, {words.age(picture.age)} ago.")
    return "\n".join(lines)


def hours_words(hours: ServiceHours | None) -> str:
    """When the service is promised."""
    if hours is None:
        return "at all hours"
    days = ", ".join(_DAY_NAMES[day] for day in hours.days)
    return f"{days} from {hours.start} to {hours.end}, {hours.zone}"


def target_tip(row: Adhered) -> str:
    """The target and how it is counted."""
    objective = row.promise.objective
    return f"{target_words(objective)} of {_base(objective)}.\n{method_words(objective)}."


def _base(objective: Objective) -> str:
    window = objective.window
    if window.seconds is not None:
        return f"every {span(window.seconds)}, {hours_words(objective.hours)}"
    unit = window.unit if window.count == 1 else f"{window.count} {window.unit}s"
    return f"each {unit} in {window.zone}, {hours_words(objective.hours)}"


def available_tip(row: Adhered) -> str:
    """Known, worst and best case, and what is missing."""
    figure, decimals = row.found.now, decimals_of(row.found.now.target)
    if math.isnan(figure.known_only):
        return f"Nothing is known of {span(figure.expected)} that are over. No data is never good data."
    good, total = (amount(row, value) for value in (figure.good, figure.total))
    lines = [
        f"{share(figure.known_only, decimals)} of what is known: {good} good of {total}.",
        f"{share(figure.worst, decimals)} if everything unknown was bad, {share(figure.best, decimals)} if good.",
        f"Known are {share(figure.coverage)} of the {span(figure.expected)} that count and are over.",
        f"{method_words(row.promise.objective)}. {_MISSING[figure.missing]}",
    ]
    if not math.isnan(row.assumed_rate) and figure.known < figure.expected:
        lines.append(
            f"Assumed: unknown time was never busier than the busiest hour known, {words.grouped(row.assumed_rate, 1)} "
            "answers a second."
        )
    return "\n".join(lines)


def verdict_tip(row: Adhered) -> str:
    """Why it is met, missed, or can be proved neither way."""
    figure, decimals = row.found.now, decimals_of(row.found.now.target)
    target = share(figure.target, decimals)
    return {
        "met": f"Even the worst case, {share(figure.worst, decimals)}, reaches {target}.",
        "missed": f"Not even the best case, {share(figure.best, decimals)}, reaches {target}.",
    }.get(
        figure.verdict.value,
        f"{target} lies between the worst case, {share(figure.worst, decimals)}, and the best, "
        f"{share(figure.best, decimals)}: the data that are missing decide.",
    )


def best_tip(row: Adhered) -> str:
    """What the whole period can still end at."""
    decimals = decimals_of(row.found.now.target)
    estimate = ", with as many answers to come as so far" if row.budget.estimated else ""
    return (
        f"If everything unknown was good and all that is still to come is, the period ends at "
        f"{share(row.found.best_possible, decimals)}; if it is all bad, at "
        f"{share(row.found.worst_possible, decimals)}{estimate}."
    )


def budget_tip(row: Adhered) -> str:
    """What may go wrong in the period, what did, and what missing data could add."""
    budget = row.budget
    if not budget.allowed > 0.0:
        return "Nothing is promised in this period, or nothing took place: there is no budget."
    estimate = ", with as many answers to come as so far" if budget.estimated else ""
    allowed, spent, left = (amount(row, value) for value in (budget.allowed, budget.spent, budget.left))
    lines = [
        f"{allowed} may go wrong in the whole period{estimate}: {share(1 - row.found.now.target, 3)} of it.",
        "Nothing is known of what did."
        if math.isnan(budget.spent)
        else f"{spent} did, {left} are left: {words.grouped(100 * budget.share_left, 1)}{GAP}%.",
    ]
    gaps = budget.spent_most - budget.spent - row.behind
    if gaps > 0:
        lines.append(f"Gaps in the data could have cost {amount(row, gaps)} more: the hatched part of the bar.")
    if row.behind > 0:
        lines.append(f"The time since the newest data could have cost {amount(row, row.behind)}.")
    if not math.isnan(budget.pace):
        lines.append(f"Pace {rate_words(budget.pace)}: at 1× it is spent exactly at the end.")
    return "\n".join(lines)


def burn_tip(row: Adhered, pair: PairNow) -> str:
    """Both windows of a pair, its factor and what follows."""
    objective = row.promise.objective
    lines = [
        f"{pair.pair.name}: {rate_words(pair.long)} over {span(pair.pair.long)}, {rate_words(pair.short)} over "
        f"{span(pair.pair.short)}, at the newest data.",
        f"Speaks ({pair.pair.severity}) where both are above {factor_words(pair.factor)}: that spends "
        f"{share(pair.pair.share, 0)} of the budget in {span(pair.pair.long)}.",
        f"A full outage makes it speak after {span(pair.pair.detection(objective.target, row.promise.length))}.",
        "Burn rate = bad share / (1 − target); 1× spends the budget exactly by the end of the window.",
    ]
    lines += [f"Here it {flaw.value}." for flaw in pair.flaws]
    return "\n".join(lines)


def excluded_tip(row: Adhered) -> str:
    """What exclusions take out, and the figure without them."""
    promise, decimals = row.promise, decimals_of(row.found.now.target)
    if not promise.standing and not promise.waiting:
        return "Nothing is excluded."
    lines = [f"Without any exclusion: {share(row.found.without.known_only, decimals)}."]
    if promise.standing:
        lines[0] = f"With exclusions {share(row.found.now.known_only, decimals)}. {lines[0]}"
    lines += [
        f"{KINDS[one.kind]}, {TREATMENTS[one.treatment]}: {one.reason} ({approval_words(one)})"
        for one in promise.standing
    ]
    lines += [f"Waiting: {one.reason} ({approval_words(one)})" for one in promise.waiting]
    return "\n".join(lines)


def out_tip(row: Adhered, at: float) -> str:
    """The forecast with its band, and what it is made of."""
    outlook = row.outlook
    if row.promise.period.is_over(at):
        return verdict_tip(row)
    if outlook.outlook is Outlook.UNKNOWN:
        return f"{outlook.days} whole days are known; a forecast needs five."
    if outlook.outlook is Outlook.SPENT:
        return "By what is known the budget is spent."
    made = f"1,000 futures drawn from the {outlook.days} known days (bootstrap)".replace(",", GAP)
    chance = f"{outlook.chance * 100:.0f}{GAP}%"
    if outlook.outlook is Outlook.RUNS_OUT:
        last = day_words(outlook.latest) if math.isfinite(outlook.latest) else "after the period"
        band = f"nine of ten run out between {day_words(outlook.earliest)} and {last}"
        return f"{made}: {chance} run out before the period ends, {band}."
    return f"{made}: {chance} run out before the period ends."
