"""What is said of promises: their words, their shares, their amounts, their dates."""

import math

from app.analysis.budget import Outlook
from app.analysis.burn_rate import Burn
from app.model.objective import Method, Objective, Selector
from app.model.time_range import TimeRange
from app.query.levels_form import percent
from app.query.promise import Promise
from app.query.service_levels import Adhered
from app.query.standing import gaps_decide
from app.ui import words
from app.ui.exclusions.exclusion_words import day_words, span_words
from app.ui.exclusions.form import Scope
from app.ui.words import GAP

_COMPARED = {"lt": "under", "lte": "at most", "gt": "over", "gte": "at least"}


def promise_words(objective: Objective) -> str:
    """What is promised, without the target: ``answers without error``, ``p95 within 1 s``."""
    measured = objective.indicator
    if measured.metric is not None and measured.value is not None and measured.op is not None:
        timed = measured.metric.metric.endswith("_seconds") and measured.op in ("lt", "lte")
        compared = "within" if timed else _COMPARED[measured.op]
        return f"{_named(measured.metric)} {compared} {_value(measured.metric, measured.value)}"
    if measured.total is not None and measured.good == measured.total:
        return "up"
    if measured.good is not None and measured.good.metric == "endpoint_requests_within":
        return f"answers within {_seconds(float(dict(measured.good.labels)['le']))}"
    return "answers without error"


def _named(selector: Selector) -> str:
    labels = dict(selector.labels)
    if selector.metric == "endpoint_latency_seconds" and "quantile" in labels:
        return f"p{float(labels['quantile']) * 100:g}"
    plain = selector.metric.removeprefix("endpoint_")
    for unit in ("_seconds", "_ratio"):
        plain = plain.removesuffix(unit)
    return plain.replace("_", " ")


def _value(selector: Selector, value: float) -> str:
    if selector.metric.endswith("_seconds"):
        return _seconds(value)
    return words.percent(value, 0) if selector.metric.endswith("_ratio") else f"{value:g}"


def _seconds(value: float) -> str:
    return f"{value:g}{GAP}s" if value >= 1 else f"{value * 1000:g}{GAP}ms"


def share(value: float, decimals: int = 2) -> str:
    """A share of availability."""
    return words.NO_DATA if math.isnan(value) else f"{percent(value, decimals)}{GAP}%"


def decimals_of(target: float) -> int:
    """Decimals that tell a figure from its target: at least two, four at most."""
    return min(4, max(2, len(f"{target * 100:.10g}".partition(".")[2])))


def target_words(objective: Objective) -> str:
    """The target as it was promised."""
    return share(objective.target, decimals_of(objective.target))


def window_words(objective: Objective) -> str:
    """The window it is judged over: ``28 d`` where it goes with the time, ``month`` or ``2 weeks`` of a calendar."""
    window = objective.window
    if window.seconds is not None:
        return span(window.seconds)
    return str(window.unit) if window.count == 1 else f"{window.count}{GAP}{window.unit}s"


def left_words(row: Adhered) -> str:
    """Share of the budget that is left; of what is overspent, how many budgets."""
    left = row.budget.share_left
    if math.isnan(left) or math.isnan(row.found.now.known_only):
        return words.NO_DATA
    if left <= -9.995:
        return f"{words.grouped(left)}{GAP}×"
    return f"{words.grouped(math.floor(left * 100 + 1e-9))}{GAP}%"


def amount(row: Adhered, value: float) -> str:
    """An amount of the budget: time, or answers."""
    if math.isnan(value):
        return words.NO_DATA
    if math.isinf(value):
        return "no bound"
    if row.unit == "s":
        sign = "−" if value < 0 else ""
        return f"{sign}{span(abs(value))}"
    return f"{count(value)} {words.plural(abs(round(value)), 'answer')}"


def count(value: float) -> str:
    """A number of answers in short: ``−65 k``."""
    if math.isnan(value):
        return words.NO_DATA
    if math.isinf(value):
        return "no bound"
    return f"{'−' if round(value) < 0 else ''}{words.amount(abs(round(value)))}"


def span(seconds: float) -> str:
    """A length of time: ``43 s``, ``18 min``, ``6 h``, ``1 h 05 m``, ``3 d 4 h``."""
    seconds = round(seconds, 3)  # what is left of sums that cancel is rounding, and costs no minute
    if seconds < 24 * 3600:
        return words.span_words(seconds) if seconds and seconds % 3600 == 0 else words.age(seconds)
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days}{GAP}d{GAP}{hours}{GAP}h" if hours else f"{days}{GAP}d"


def rate_words(rate: float) -> str:
    """A burn rate: ``14.9×``."""
    if math.isnan(rate):
        return "\u2013"
    return f"{words.grouped(rate, 1 if rate < 99.95 else 0)}×"


def factor_words(factor: float) -> str:
    """The burn rate above which a pair speaks: ``14.4×``, ``6×``."""
    return f"{factor:.3g}×"


def burn_words(burn: Burn) -> str:
    """When a pair spoke, and when that was learned."""
    # what lasts at the end of a period that is over does not last until now
    when = f"{span_words(TimeRange(burn.start, burn.end))}{' and on' if burn.lasts else ''}"
    told = f"{when}: {burn.pair.name} above {factor_words(burn.factor)}"
    late = burn.learned - burn.start
    learned = f"learned {words.age(late)} later" if late >= 60.0 else "learned at once"
    return f"{told}, {rate_words(burn.peak)} at most; {learned}"


def runs_out_words(row: Adhered, at: float) -> str:
    """When the budget runs out; of a period that is over, what became of it."""
    period = row.promise.period
    if period.is_over(at):
        return row.found.now.verdict.value
    outlook = row.outlook
    if outlook.outlook is Outlook.SPENT:
        return f"spent {day_words(outlook.middle)}" if outlook.middle < at else "spent"
    if outlook.outlook is Outlook.UNKNOWN:
        return "too early" if row.found.now.known else "not known"
    if outlook.outlook is Outlook.RUNS_OUT:
        return day_words(outlook.middle)
    if gaps_decide(row):
        return "not known"
    return f"after {day_words(period.span.end - 1.0)}"


def period_words(promise: Promise) -> str:
    """The period in words; of a version that was in force for a part of it, of which part."""
    span_of = promise.period.span
    return f"{words.date(span_of.start)} to {words.date(span_of.end - 1.0)}"


def method_words(objective: Objective) -> str:
    """How the budget is counted."""
    if objective.method is Method.OCCURRENCES:
        return (
            "Occurrences: every answer weighs alike" if _events(objective) else "Occurrences: every second weighs alike"
        )
    slices = span(objective.slice_seconds or 0.0)
    if objective.method is Method.RATIO_TIMESLICES:
        return f"RatioTimeslices: the mean of the shares of all slices of {slices}"
    return f"Timeslices: slices of {slices}, each good from {share(objective.slice_target or 0.0)} on"


def _events(objective: Objective) -> bool:
    measured = objective.indicator
    return measured.kind == "ratio" and measured.good != measured.total


def scopes(promise: Promise) -> list[Scope]:
    """What time can be excluded from, beginning with this promise alone."""
    objective, enclave, endpoint = promise.objective.id, promise.enclave.id, promise.endpoint.id
    return [
        Scope("this promise", objective, enclave, endpoint),
        Scope("all of this endpoint", "*", enclave, endpoint),
        Scope("the whole enclave", "*", enclave, "*"),
    ]
