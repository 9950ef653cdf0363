"""An endpoint in words: what is wrong, since when, after which change, and what that is known from."""

import math

from app.analysis.changes import Share
from app.model.health import Health
from app.query.endpoint import EndpointAnswer, Trouble
from app.query.fleet import Deployment
from app.ui import words
from app.ui.sentence import Span

_LOUD = (Health.CRITICAL, Health.WARNING)
_PLAIN_ERRORS = 0.01
"""Error rate from which on "one in so many" says more than per cent."""


def chip_words(cell: Deployment, at: float) -> str:
    """``Critical since 11:48 Z``; of old data ``Last known critical, as of 11:20 Z``."""
    state = words.STATES[cell.health]
    if cell.stale:
        if math.isnan(cell.data_time):
            return "Never heard of"
        return f"Last known {state}, as of {words.when(cell.data_time, at)}{words.GAP}Z"
    if cell.health is Health.MAINTENANCE and math.isfinite(cell.maintenance_until):
        return f"In maintenance until {words.when(cell.maintenance_until, at)}{words.GAP}Z"
    if math.isnan(cell.since) or cell.health in (Health.HEALTHY, Health.OFF):
        return words.capitalised(state)
    return f"{words.capitalised(state)} since {words.when(cell.since, at)}{words.GAP}Z"


def sentence(answer: EndpointAnswer) -> tuple[Span, ...]:
    """What is wrong, since when, and after which change; each part is computed from samples."""
    cell, trouble = answer.here, answer.trouble
    spans = [*_state(cell), *_beginning(answer)]
    if trouble is not None and trouble.blamed is not None:
        spans.append(Span(f" {_blame(trouble.blamed)}"))
    if cell.data_time < answer.span.start:
        ended = words.when(cell.data_time, answer.as_of)
        spans.append(Span(f" Nothing of this range is known: the data end at {ended}{words.GAP}Z. W widens it."))
    return tuple(spans)


def _state(cell: Deployment) -> list[Span]:
    reasons = [reason.text for reason in cell.reasons]
    was = "was" if cell.stale else "is"
    if cell.health in _LOUD:
        parts = [_plain(cell), *[text for text in reasons if not _is_error(text, cell)]]
        parts = [part for part in parts if part] or reasons
        first = words.capitalised(parts[0])
        spans = [Span(f"{first}.", strong=True, health=None if cell.stale else cell.health)]
        if parts[1:]:
            spans.append(Span(f" {words.capitalised('; '.join(parts[1:]))}."))
        return spans
    if cell.health is Health.HEALTHY:
        return [Span(f"Everything that is known {was} inside its limits.", strong=True)]
    if cell.health is Health.UNKNOWN:
        text = words.capitalised("; ".join(reasons)) or "Nothing is known"
        return [Span(f"{text}.", strong=True)]
    text = words.capitalised("; ".join(reasons)) or words.capitalised(words.STATES[cell.health])
    return [Span(f"{text}.", strong=True)]


def _plain(cell: Deployment) -> str:
    if not cell.error_ratio >= _PLAIN_ERRORS or not any(_is_error(reason.text, cell) for reason in cell.reasons):
        return ""
    often = round(1.0 / cell.error_ratio)
    failing = "failed" if cell.stale else "fails"
    return f"every request {failing}" if often <= 1 else f"one in {often} requests {failing}"


def _is_error(text: str, cell: Deployment) -> bool:
    return cell.error_ratio >= _PLAIN_ERRORS and text.startswith("error rate")


def _beginning(answer: EndpointAnswer) -> list[Span]:
    trouble, at = answer.trouble, answer.as_of
    if trouble is None:
        last = _last_change(answer)
        return [Span(f" Last change: {last}")] if last else []
    began = f" It began at {words.when(trouble.since, at)}{words.GAP}Z"
    if trouble.change is None:
        return [Span(f"{began}; no change is known in the hour before.")]
    apart = trouble.since - trouble.change.at
    near = f", {words.age(apart)} after this: " if apart >= 60.0 else ", together with this: "
    return [Span(f"{began}{near}{trouble.change.text}.")]


def _last_change(answer: EndpointAnswer) -> str:
    told = [(event.start, event.text) for event in answer.events if event.kind == "deployment"]
    told += [(change.at, change.text) for change in answer.changes]
    if not told:
        return ""
    moment, text = max(told)
    return f"{text}, {words.age(answer.as_of - moment)} ago."


def _blame(share: Share) -> str:
    return (
        f"Since then {share.version} has {words.percent(share.traffic, 0)} of the requests"
        f" and {words.percent(share.blame, 0)} of the errors."
    )


def evidence(answer: EndpointAnswer) -> str:
    """What the sentence was computed from, line by line."""
    cell, at = answer.here, answer.as_of
    lines = [f"{words.capitalised(reason.text)} (rule {reason.metric})" for reason in cell.reasons if reason.metric]
    if answer.trouble is not None:
        lines += _trouble_lines(answer.trouble, at)
    lines.append(source_words(answer))
    return "\n".join(lines)


def _trouble_lines(trouble: Trouble, at: float) -> list[str]:
    began, until = words.when(trouble.since, at), words.when(trouble.until, at)
    lines = [f"The state began at {began} Z and is known to last until {until} Z."]
    if trouble.change is not None:
        lines.append(
            f"Change at {words.when(trouble.change.at, at)} Z: {trouble.change.text}. That one came after the other is"
            " what the times say; what caused it they do not."
        )
    lines += [
        f"{share.version or 'all versions'} since then: {words.grouped(share.requests)} requests,"
        f" {words.grouped(share.errors)} errors, {words.percent(share.error_ratio)}"
        for share in trouble.versions
    ]
    return lines


def source_words(answer: EndpointAnswer) -> str:
    """Which bundle the newest samples came with, and when they were measured."""
    cell, bundle = answer.here, answer.bundle
    if bundle is None or math.isnan(cell.data_time):
        return "No bundle has brought samples of it."
    came = words.when(bundle.received, answer.as_of)
    return (
        f"Newest sample {words.when(cell.data_time, answer.as_of)} Z by the collector's clock; newest bundle"
        f" {bundle.source} {bundle.seq}, received {came} Z."
    )
